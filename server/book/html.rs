//! Writes a book as one HTML page that needs no network and runs no script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::contents::Flow;
use super::language_words;
use super::xhtml::{self, Page, STYLE};
use super::{Book, Matter, xml};

const SCREEN: &str = "\
:root { color-scheme: light dark; }
body { max-width: 36em; margin: 2em auto; padding: 0 1em; font-family: Georgia, \"Noto Serif\", serif; line-height: 1.5; }
nav ol { list-style: none; padding: 0; }
img.cover { display: block; max-width: 100%; max-height: 90vh; margin: 0 auto; }
.title { margin-top: 3em; }
@media print { section { break-before: page; } nav { display: none; } body { max-width: none; } }
";

const VERTICAL: &str = "\
html { writing-mode: vertical-rl; }
body { max-width: none; max-height: 36em; margin: auto 2em; padding: 1em 0; }
";

/// Returns the page in pieces.
pub fn pieces(book: &Book) -> impl Iterator<Item = String> + '_ {
    let words = language_words::of(&book.language);
    let mut page = Page::new(false, 3);
    let start = head(book, &words) + &matter(book, &mut page, &book.front, "front");
    let scenes = book.chapters.iter().enumerate().flat_map(|(chapter, it)| {
        let scenes = it.scenes.iter().enumerate();
        scenes.map(move |(index, scene)| (chapter, it, index, scene))
    });
    let mut scenes = scenes;
    let mut start = Some(start);
    let mut is_done = false;
    std::iter::from_fn(move || {
        if let Some(start) = start.take() {
            return Some(start);
        }
        if let Some((number, chapter, index, scene)) = scenes.next() {
            let mut piece = String::new();
            if index == 0 {
                let id = format!("chapter-{}", number + 1);
                piece.push_str(&page.chapter(chapter, &id, chapter.label(book)));
            }
            piece.push_str(&page.scene(book, scene, index == 0));
            if index + 1 == chapter.scenes.len() {
                piece.push_str(&page.notes(words.notes));
                piece.push_str("</section>\n");
            }
            return Some(piece);
        }
        if std::mem::replace(&mut is_done, true) {
            return None;
        }
        let mut end = matter(book, &mut page, &book.back, "back");
        end.push_str("</body>\n</html>\n");
        Some(end)
    })
}

fn head(book: &Book, words: &language_words::Words) -> String {
    let direction = if book.is_right_to_left() {
        " dir=\"rtl\""
    } else {
        ""
    };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"{direction}>\n<head>\n<meta charset=\"UTF-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{}</title>\n",
        book.language,
        xml::escaped(&book.title)
    );
    if !book.authors.is_empty() {
        out.push_str(&format!(
            "<meta name=\"author\" content=\"{}\"/>\n",
            xml::escaped(&book.byline())
        ));
    }
    let vertical = if book.flow == Flow::Vertical {
        VERTICAL
    } else {
        ""
    };
    out.push_str(&format!(
        "<style>\n{STYLE}{SCREEN}{vertical}</style>\n</head>\n<body>\n"
    ));
    if let Some(cover) = &book.cover {
        out.push_str(&format!(
            "<img class=\"cover\" alt=\"{}\" src=\"data:{};base64,{}\"/>\n",
            xml::escaped(&book.title),
            cover.picture.media_type(),
            STANDARD.encode(&cover.bytes)
        ));
    }
    out.push_str(&format!(
        "<header class=\"title\">\n<h1>{}</h1>\n",
        xml::escaped(&book.title)
    ));
    out.push_str(&xhtml::title_lines(book));
    out.push_str(&format!(
        "</header>\n<nav aria-label=\"{0}\">\n<h2>{0}</h2>\n<ol>\n",
        words.contents
    ));
    let mut line = |id: String, label: &str| {
        out.push_str(&format!(
            "<li><a href=\"#{id}\">{}</a></li>\n",
            xml::escaped(label)
        ));
    };
    for (number, matter) in book.front.iter().enumerate() {
        line(format!("front-{}", number + 1), &matter.title);
    }
    for (number, chapter) in book.chapters.iter().enumerate() {
        line(format!("chapter-{}", number + 1), chapter.label(book));
    }
    for (number, matter) in book.back.iter().enumerate() {
        line(format!("back-{}", number + 1), &matter.title);
    }
    out.push_str("</ol>\n</nav>\n");
    out
}

fn matter(book: &Book, page: &mut Page, all: &[Matter], prefix: &str) -> String {
    let all = all.iter().enumerate();
    all.map(|(number, matter)| page.matter(book, matter, &format!("{prefix}-{}", number + 1)))
        .collect()
}
