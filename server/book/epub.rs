//! Writes a book as EPUB 3.3: package, navigation, and an XHTML file a chapter.

use super::contents::{Direction, Flow};
use super::language_words::{self, Words};
use super::xhtml::{self, Page, STYLE};
use super::{Book, Chapter, Content, Matter, Part, xml};

/// A file in the reading order.
struct Item {
    id: String,
    file: String,
    /// What the table of contents calls it; `None` where it is not in it.
    label: Option<String>,
}

/// Returns the parts of the archive in order; the first has to be stored as it is (OCF 3.3, 4.3).
pub fn parts(book: &Book) -> Vec<Part<'_>> {
    let words = language_words::of(&book.language);
    let items = items(book, &words);
    let mut parts = vec![
        Part::text("mimetype", "application/epub+zip"),
        Part::text("META-INF/container.xml", CONTAINER),
        Part::text("OEBPS/package.opf", package(book, &items)),
        Part::text("OEBPS/nav.xhtml", navigation(book, &items, &words)),
        Part::text("OEBPS/style.css", style(book)),
    ];
    if let Some(cover) = &book.cover {
        parts.push(Part::text("OEBPS/cover.xhtml", cover_page(book, &words)));
        parts.push(Part {
            name: format!("OEBPS/{}", cover.picture.file()),
            content: Content::Bytes(&cover.bytes),
        });
    }
    parts.push(Part::text("OEBPS/title.xhtml", title_page(book, &words)));
    for (number, matter) in book.front.iter().enumerate() {
        parts.push(matter_part(book, matter, format!("front-{}", number + 1)));
    }
    for (number, chapter) in book.chapters.iter().enumerate() {
        let name = format!("OEBPS/{}.xhtml", chapter_id(number));
        parts.push(Part::pieces(
            name,
            chapter_pieces(book, chapter, number, words),
        ));
    }
    for (number, matter) in book.back.iter().enumerate() {
        parts.push(matter_part(book, matter, format!("back-{}", number + 1)));
    }
    parts
}

const CONTAINER: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\">
<rootfiles>
<rootfile full-path=\"OEBPS/package.opf\" media-type=\"application/oebps-package+xml\"/>
</rootfiles>
</container>
";

fn chapter_id(number: usize) -> String {
    format!("chapter-{:03}", number + 1)
}

/// Lists what is read one after the other.
fn items(book: &Book, words: &Words) -> Vec<Item> {
    let item = |id: String, label: Option<String>| Item {
        file: format!("{id}.xhtml"),
        id,
        label,
    };
    let mut items = Vec::new();
    if book.cover.is_some() {
        items.push(item("cover".to_owned(), None));
    }
    items.push(item("title".to_owned(), Some(words.title_page.to_owned())));
    let matter = |prefix: &str, all: &[Matter]| -> Vec<Item> {
        let all = all.iter().enumerate();
        all.map(|(number, matter)| {
            item(
                format!("{prefix}-{}", number + 1),
                Some(matter.title.clone()),
            )
        })
        .collect()
    };
    items.extend(matter("front", &book.front));
    for (number, chapter) in book.chapters.iter().enumerate() {
        items.push(item(
            chapter_id(number),
            Some(chapter.label(book).to_owned()),
        ));
    }
    items.extend(matter("back", &book.back));
    items
}

fn package(book: &Book, items: &[Item]) -> String {
    let text = xml::escaped;
    let direction = direction(book);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" \
         unique-identifier=\"book-id\" xml:lang=\"{language}\"{direction}>\n\
         <metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:identifier id=\"book-id\">{}</dc:identifier>\n\
         <dc:title id=\"main-title\">{}</dc:title>\n<meta refines=\"#main-title\" property=\"title-type\">main</meta>\n",
        text(&book.identifier),
        text(&book.title),
        language = book.language,
    );
    if let Some(subtitle) = &book.subtitle {
        out.push_str(&format!(
            "<dc:title id=\"subtitle\">{}</dc:title>\n\
             <meta refines=\"#subtitle\" property=\"title-type\">subtitle</meta>\n",
            text(subtitle)
        ));
    }
    out.push_str(&format!("<dc:language>{}</dc:language>\n", book.language));
    for (number, author) in book.authors.iter().enumerate() {
        let id = format!("author-{}", number + 1);
        out.push_str(&format!(
            "<dc:creator id=\"{id}\">{}</dc:creator>\n\
             <meta refines=\"#{id}\" property=\"role\" scheme=\"marc:relators\">aut</meta>\n",
            text(author)
        ));
    }
    if let Some(publisher) = &book.publisher {
        out.push_str(&format!(
            "<dc:publisher>{}</dc:publisher>\n",
            text(publisher)
        ));
    }
    if let Some(rights) = &book.rights {
        out.push_str(&format!("<dc:rights>{}</dc:rights>\n", text(rights)));
    }
    out.push_str(&format!(
        "<meta property=\"dcterms:modified\">{}</meta>\n",
        text(&book.modified)
    ));
    out.push_str(&accessibility(book));
    out.push_str("</metadata>\n<manifest>\n");
    out.push_str(
        "<item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n\
         <item id=\"style\" href=\"style.css\" media-type=\"text/css\"/>\n",
    );
    if let Some(cover) = &book.cover {
        out.push_str(&format!(
            "<item id=\"cover-image\" href=\"{}\" media-type=\"{}\" properties=\"cover-image\"/>\n",
            cover.picture.file(),
            cover.picture.media_type()
        ));
    }
    for item in items {
        out.push_str(&format!(
            "<item id=\"{}\" href=\"{}\" media-type=\"application/xhtml+xml\"/>\n",
            item.id, item.file
        ));
    }
    let progression = match book.direction {
        Direction::LeftToRight => "",
        Direction::RightToLeft => " page-progression-direction=\"rtl\"",
    };
    out.push_str(&format!("</manifest>\n<spine{progression}>\n"));
    for (number, item) in items.iter().enumerate() {
        out.push_str(&format!("<itemref idref=\"{}\"/>\n", item.id));
        if item.id == "title" && number + 1 < items.len() {
            out.push_str("<itemref idref=\"nav\"/>\n");
        }
    }
    out.push_str("</spine>\n</package>\n");
    out
}

/// Describes how the book can be read (EPUB Accessibility 1.1, 2.2).
fn accessibility(book: &Book) -> String {
    let mut out = String::new();
    let mut meta = |property: &str, value: &str| {
        out.push_str(&format!(
            "<meta property=\"schema:{property}\">{value}</meta>\n"
        ));
    };
    meta("accessMode", "textual");
    if book.cover.is_some() {
        meta("accessMode", "visual");
    }
    meta("accessModeSufficient", "textual");
    for feature in [
        "tableOfContents",
        "readingOrder",
        "structuralNavigation",
        "displayTransformability",
    ] {
        meta("accessibilityFeature", feature);
    }
    if book.cover.is_some() {
        meta("accessibilityFeature", "alternativeText");
    }
    meta("accessibilityHazard", "none");
    meta(
        "accessibilitySummary",
        "A text with headings, landmarks and a table of contents. Nothing in it is told by pictures, sound or colour alone.",
    );
    out
}

/// Returns the base direction as an attribute.
fn direction(book: &Book) -> &'static str {
    match book.is_right_to_left() {
        true => " dir=\"rtl\"",
        false => "",
    }
}

fn head(book: &Book, title: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\" \
         lang=\"{language}\" xml:lang=\"{language}\"{}>\n<head>\n<meta charset=\"UTF-8\"/>\n<title>{}</title>\n\
         <link rel=\"stylesheet\" type=\"text/css\" href=\"style.css\"/>\n</head>\n",
        direction(book),
        xml::escaped(title),
        language = book.language,
    )
}

const FOOT: &str = "</body>\n</html>\n";

fn navigation(book: &Book, items: &[Item], words: &Words) -> String {
    let mut out = head(book, words.contents);
    out.push_str(&format!(
        "<body>\n<nav epub:type=\"toc\" role=\"doc-toc\" id=\"toc\">\n<h1>{}</h1>\n<ol>\n",
        words.contents
    ));
    for item in items {
        if let Some(label) = &item.label {
            let label = if label.trim().is_empty() {
                &book.title
            } else {
                label
            };
            out.push_str(&format!(
                "<li><a href=\"{}\">{}</a></li>\n",
                item.file,
                xml::escaped(label)
            ));
        }
    }
    out.push_str(&format!(
        "</ol>\n</nav>\n<nav epub:type=\"landmarks\" hidden=\"\" aria-label=\"{}\">\n<ol>\n",
        words.landmarks
    ));
    let mut landmark = |kind: &str, file: &str, label: &str| {
        out.push_str(&format!(
            "<li><a epub:type=\"{kind}\" href=\"{file}\">{label}</a></li>\n"
        ));
    };
    if book.cover.is_some() {
        landmark("cover", "cover.xhtml", words.cover);
    }
    landmark("titlepage", "title.xhtml", words.title_page);
    landmark("toc", "nav.xhtml#toc", words.contents);
    if !book.chapters.is_empty() {
        landmark(
            "bodymatter",
            &format!("{}.xhtml", chapter_id(0)),
            words.beginning,
        );
    }
    out.push_str("</ol>\n</nav>\n");
    out.push_str(FOOT);
    out
}

fn style(book: &Book) -> String {
    let mut style = STYLE.to_owned();
    if book.flow == Flow::Vertical {
        style.insert_str(
            0,
            "html { -epub-writing-mode: vertical-rl; -webkit-writing-mode: vertical-rl; writing-mode: vertical-rl; }\n",
        );
    }
    style.push_str("img { max-width: 100%; max-height: 100%; }\n.cover { text-align: center; }\nnav ol { list-style: none; }\n");
    style
}

fn cover_page(book: &Book, words: &Words) -> String {
    let picture = book.cover.as_ref().map_or("", |cover| cover.picture.file());
    format!(
        "{}<body epub:type=\"frontmatter\">\n<section epub:type=\"cover\" class=\"cover\" aria-label=\"{}\">\n\
         <img src=\"{picture}\" alt=\"{}\" role=\"doc-cover\"/>\n</section>\n{FOOT}",
        head(book, words.cover),
        words.cover,
        xml::escaped(&book.title),
    )
}

fn title_page(book: &Book, words: &Words) -> String {
    let mut out = head(book, &book.title);
    out.push_str(&format!(
        "<body epub:type=\"frontmatter\">\n<section epub:type=\"titlepage\" class=\"title\" aria-label=\"{}\">\n\
         <h1>{}</h1>\n",
        words.title_page,
        xml::escaped(&book.title)
    ));
    out.push_str(&xhtml::title_lines(book));
    out.push_str("</section>\n");
    out.push_str(FOOT);
    out
}

fn matter_part<'a>(book: &'a Book, matter: &'a Matter, id: String) -> Part<'a> {
    let whole = if matter.kind.is_front() {
        "frontmatter"
    } else {
        "backmatter"
    };
    let mut text = head(book, &matter.title);
    text.push_str(&format!("<body epub:type=\"{whole}\">\n"));
    text.push_str(&Page::new(true, 2).matter(book, matter, &id));
    text.push_str(FOOT);
    Part::text(format!("OEBPS/{id}.xhtml"), text)
}

fn chapter_pieces<'a>(
    book: &'a Book,
    chapter: &'a Chapter,
    number: usize,
    words: Words,
) -> impl Iterator<Item = String> + 'a {
    let label = chapter.label(book);
    let id = chapter_id(number);
    let mut page = Page::new(true, 2);
    let mut start = head(book, label);
    start.push_str("<body epub:type=\"bodymatter\">\n");
    start.push_str(&page.chapter(chapter, &id, label));
    let mut scenes = chapter.scenes.iter().enumerate();
    let mut start = Some(start);
    let mut is_done = false;
    std::iter::from_fn(move || {
        if let Some(start) = start.take() {
            return Some(start);
        }
        if let Some((index, scene)) = scenes.next() {
            return Some(page.scene(book, scene, index == 0));
        }
        if std::mem::replace(&mut is_done, true) {
            return None;
        }
        Some(format!("{}</section>\n{FOOT}", page.notes(words.notes)))
    })
}
