//! Writes a book as one markdown file with a YAML head as pandoc takes it. The prose is the author's own, byte
//! for byte but for marks that would mean something else in the whole.

use std::borrow::Cow;

use super::{Book, Chapter, Matter, Scene};
use crate::story::title_page::{escaped, yaml};

/// The line between two scenes of a chapter.
pub const SCENE_BREAK: &str = "* * *";

/// Returns the file in pieces.
pub fn pieces(book: &Book) -> impl Iterator<Item = String> + '_ {
    let front = book.front.iter().map(matter);
    let chapters = book.chapters.iter().flat_map(|chapter| {
        let scenes = chapter.scenes.iter().enumerate();
        scenes.map(move |(index, scene)| piece(chapter, scene, index == 0))
    });
    let back = book.back.iter().map(matter);
    std::iter::once(head(book))
        .chain(front)
        .chain(chapters)
        .chain(back)
}

fn head(book: &Book) -> String {
    let mut head = format!("---\ntitle: {}\n", yaml(&book.title));
    if let Some(subtitle) = &book.subtitle {
        head.push_str(&format!("subtitle: {}\n", yaml(subtitle)));
    }
    match book.authors.as_slice() {
        [] => {}
        [author] => head.push_str(&format!("author: {}\n", yaml(author))),
        authors => {
            head.push_str("author:\n");
            head.extend(
                authors
                    .iter()
                    .map(|author| format!("  - {}\n", yaml(author))),
            );
        }
    }
    if let Some(rights) = &book.rights {
        head.push_str(&format!("rights: {}\n", yaml(rights)));
    }
    head.push_str(&format!("lang: {}\n", yaml(book.language.as_str())));
    if book.is_right_to_left() {
        head.push_str("dir: \"rtl\"\n");
    }
    head.push_str(&format!("---\n\n# {}\n", escaped(&book.title)));
    head
}

fn matter(matter: &Matter) -> String {
    format!(
        "\n## {}\n\n{}\n",
        escaped(matter.title.trim()),
        matter.text.trim()
    )
}

fn piece(chapter: &Chapter, scene: &Scene, is_first: bool) -> String {
    let mut piece = String::with_capacity(scene.text.len() + 80);
    match &chapter.title {
        Some(title) if is_first => piece.push_str(&format!("\n## {}\n", escaped(title))),
        _ if is_first => {}
        _ => piece.push_str(&format!("\n{SCENE_BREAK}\n")),
    }
    piece.push('\n');
    let text = with_own_labels(scene.text.trim(), scene.number.0);
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            piece.push('\n');
        }
        // A heading in the prose is below that of the chapter.
        if line.starts_with("# ") || line.starts_with("## ") {
            piece.push_str(&"###"[line.find(' ').unwrap_or(0)..]);
        }
        piece.push_str(line);
    }
    piece.push('\n');
    piece
}

/// Gives footnotes labels that no other chunk has.
fn with_own_labels(text: &str, number: u32) -> Cow<'_, str> {
    let has_definition = text
        .lines()
        .any(|line| line.starts_with("[^") && line.contains("]:"));
    match has_definition {
        true => Cow::Owned(text.replace("[^", &format!("[^{number}-"))),
        false => Cow::Borrowed(text),
    }
}
