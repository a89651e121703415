//! Writes a book as plain text: a paragraph a line, a blank line between any two.

use super::markup::{self, Block, Inline};
use super::{Book, Matter};

/// Returns the file in pieces.
pub fn pieces(book: &Book) -> impl Iterator<Item = String> + '_ {
    let lines = [
        Some(book.title.clone()),
        book.subtitle.clone(),
        Some(book.byline()),
        book.rights.clone(),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .collect();
    let head = lines.join("\n") + "\n";
    let front = book.front.iter().map(|it| matter(book, it));
    let back = book.back.iter().map(|it| matter(book, it));
    let chapters = book.chapters.iter().flat_map(move |chapter| {
        let mut notes = Writer::new(Marks::Shown);
        let last = chapter.scenes.len();
        chapter
            .scenes
            .iter()
            .enumerate()
            .map(move |(index, scene)| {
                let mut piece = String::new();
                match &chapter.title {
                    Some(title) if index == 0 => piece.push_str(&format!("\n\n{title}\n\n")),
                    _ if index == 0 => piece.push_str("\n\n"),
                    _ => piece.push_str("\n* * *\n\n"),
                }
                piece.push_str(&notes.scene(&markup::read(&scene.text, &book.typography)));
                if index + 1 == last {
                    piece.push_str(&notes.notes());
                }
                piece
            })
    });
    std::iter::once(head)
        .chain(front)
        .chain(chapters)
        .chain(back)
}

fn matter(book: &Book, matter: &Matter) -> String {
    let mut writer = Writer::new(Marks::Shown);
    let mut piece = "\n\n".to_owned();
    if matter.has_heading() {
        piece.push_str(&format!("{}\n\n", matter.title));
    }
    piece.push_str(&writer.scene(&markup::read(&matter.text, &book.typography)));
    piece + &writer.notes()
}

/// Whether emphasis and footnotes show in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    Shown,
    /// The words alone, as they are counted.
    LeftOut,
}

/// Writes blocks as plain text.
pub struct Writer {
    marks: Marks,
    called: usize,
    pending: Vec<(usize, Vec<Block>)>,
}

impl Writer {
    pub fn new(marks: Marks) -> Writer {
        Writer {
            marks,
            called: 0,
            pending: Vec::new(),
        }
    }

    /// Writes the text of a scene, and keeps its footnotes.
    pub fn scene(&mut self, prose: &markup::Prose) -> String {
        let mut out = String::new();
        let first = self.called + 1;
        self.called += prose.notes.len();
        self.blocks(&mut out, &prose.blocks, first, "");
        let numbers = first..;
        self.pending
            .extend(numbers.zip(prose.notes.iter().cloned()));
        out
    }

    /// Writes the footnotes that were called since the last time.
    pub fn notes(&mut self) -> String {
        let mut out = String::new();
        for (number, blocks) in std::mem::take(&mut self.pending) {
            if self.marks == Marks::Shown {
                out.push_str(&format!("\n[{number}] "));
            }
            self.blocks(&mut out, &blocks, 0, "");
        }
        out
    }

    fn blocks(&self, out: &mut String, blocks: &[Block], first: usize, margin: &str) {
        for (number, block) in blocks.iter().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            match block {
                Block::Paragraph(inlines) | Block::Heading(inlines) => {
                    out.push_str(margin);
                    self.inlines(out, inlines, first);
                    out.push('\n');
                }
                Block::Quote(inner) => {
                    let margin = match self.marks {
                        Marks::Shown => format!("{margin}    "),
                        Marks::LeftOut => String::new(),
                    };
                    self.blocks(out, inner, first, &margin);
                }
                Block::List {
                    first: start,
                    items,
                } => {
                    for (index, item) in items.iter().enumerate() {
                        if let Some(start) = start {
                            out.push_str(&format!(
                                "{margin}{}. ",
                                start.saturating_add(index as u64)
                            ));
                        } else if self.marks == Marks::Shown {
                            out.push_str(&format!("{margin}- "));
                        }
                        self.blocks(out, item, first, "");
                        if item.is_empty() {
                            out.push('\n');
                        }
                    }
                }
                Block::Code(text) => {
                    for line in text.lines() {
                        out.push_str(&format!("{margin}{line}\n"));
                    }
                }
                Block::Break if self.marks == Marks::Shown => out.push_str("* * *\n"),
                Block::Break => {}
            }
        }
    }

    fn inlines(&self, out: &mut String, inlines: &[Inline], first: usize) {
        let is_shown = self.marks == Marks::Shown;
        for inline in inlines {
            let (mark, inner) = match inline {
                Inline::Text(text) | Inline::Code(text) => {
                    out.push_str(text);
                    continue;
                }
                Inline::LineBreak => {
                    out.push('\n');
                    continue;
                }
                Inline::Note(index) => {
                    if is_shown && first > 0 {
                        out.push_str(&format!("[{}]", first + index));
                    }
                    continue;
                }
                Inline::Link { content, .. } => ("", content),
                Inline::Emphasis(inner) => ("_", inner),
                Inline::Strong(inner) => ("*", inner),
                Inline::Strike(inner) => ("~", inner),
            };
            let mark = if is_shown { mark } else { "" };
            out.push_str(mark);
            self.inlines(out, inner, first);
            out.push_str(mark);
        }
    }
}
