//! Writes prose as the XHTML that EPUB and the one page share.

use super::markup::{self, Block, Inline, Prose};
use super::{Chapter, Matter, Scene, xml};
use crate::book::Book;
use crate::story::brief::matter::MatterKind;

/// The style of both formats; small, so that a reader's own settings win.
pub const STYLE: &str = "\
p { margin: 0; text-indent: 1.3em; }
h1 + p, h2 + p, hr + p, section > p:first-child, blockquote > p:first-child, li > p, aside p { text-indent: 0; }
h1, h2 { text-align: center; font-weight: normal; line-height: 1.3; margin: 3em 0 2em; break-after: avoid; }
h3 { margin: 1.5em 0 0.5em; break-after: avoid; }
hr.scene { border: 0; height: 1.2em; margin: 1.2em 0; text-align: center; }
hr.scene::before { content: \"* * *\"; }
blockquote { margin: 1em 1.5em; }
pre { white-space: pre-wrap; font-family: inherit; margin: 1em 1.5em; }
aside { font-size: 0.9em; margin: 0.5em 0; }
a.note { font-size: 0.75em; vertical-align: super; line-height: 0; text-decoration: none; }
.title { text-align: center; margin-top: 25%; }
.title p { text-indent: 0; margin: 1em 0; }
.dedication, .epigraph { text-align: center; font-style: italic; margin-top: 20%; }
.dedication p, .epigraph p { text-indent: 0; }
";

/// Writes what stands under the title: subtitle, authors, publisher, rights, a paragraph each.
pub fn title_lines(book: &Book) -> String {
    let lines = [
        book.subtitle.clone(),
        Some(book.byline()).filter(|it| !it.is_empty()),
        book.publisher.clone(),
        book.rights.clone(),
    ];
    let paragraph = |line: String| format!("<p>{}</p>\n", xml::escaped(&line));
    lines.into_iter().flatten().map(paragraph).collect()
}

/// Makes the ids and numbers of one page, and keeps its footnotes until they are printed.
pub struct Page {
    /// Whether the marks of EPUB are written, which plain HTML does not know.
    is_epub: bool,
    notes: usize,
    pending: Vec<(usize, Vec<Block>)>,
    /// The level of headings in the text, 2 to 6.
    level: u8,
}

impl Page {
    pub fn new(is_epub: bool, level: u8) -> Page {
        Page {
            is_epub,
            notes: 0,
            pending: Vec::new(),
            level,
        }
    }

    /// Returns the mark of what a part of a book is.
    pub fn role(&self, epub_type: &str, role: Option<&str>) -> String {
        let mut marks = String::new();
        if self.is_epub {
            marks = format!(" epub:type=\"{epub_type}\"");
        }
        if let Some(role) = role {
            marks.push_str(&format!(" role=\"{role}\""));
        }
        marks
    }

    /// Returns a scene, with the break above it where it is not the first of its chapter.
    pub fn scene(&mut self, book: &Book, scene: &Scene, is_first: bool) -> String {
        let mut out = String::with_capacity(scene.text.len() + scene.text.len() / 4);
        if !is_first {
            out.push_str("<hr class=\"scene\"/>\n");
        }
        let mut beat = String::new();
        xml::push(&mut beat, scene.beat.as_str());
        out.push_str(&format!(
            "<div id=\"scene-{}\" data-beat=\"{beat}\">\n",
            scene.number
        ));
        self.prose(&mut out, markup::read(&scene.text, &book.typography));
        out.push_str("</div>\n");
        out
    }

    /// Returns a part of the front or back matter, heading included.
    pub fn matter(&mut self, book: &Book, matter: &Matter, id: &str) -> String {
        let (epub_type, role) = matter_marks(matter.kind);
        let class = match matter.kind {
            MatterKind::Dedication => " class=\"dedication\"",
            MatterKind::Epigraph => " class=\"epigraph\"",
            _ => "",
        };
        let mut out = format!(
            "<section id=\"{id}\"{class}{}>\n",
            self.role(epub_type, role)
        );
        if matter.has_heading() {
            let level = self.level - 1;
            out.push_str(&format!(
                "<h{level}>{}</h{level}>\n",
                xml::escaped(&matter.title)
            ));
        }
        self.prose(&mut out, markup::read(&matter.text, &book.typography));
        out.push_str(&self.notes(""));
        out.push_str("</section>\n");
        out
    }

    /// Returns the beginning of a chapter.
    pub fn chapter(&self, chapter: &Chapter, id: &str, label: &str) -> String {
        let marks = self.role("chapter", Some("doc-chapter"));
        let level = self.level - 1;
        match &chapter.title {
            Some(title) => format!(
                "<section id=\"{id}\" aria-labelledby=\"{id}-title\"{marks}>\n<h{level} id=\"{id}-title\">{}</h{level}>\n",
                xml::escaped(title)
            ),
            None => format!(
                "<section id=\"{id}\" aria-label=\"{}\"{marks}>\n",
                xml::escaped(label)
            ),
        }
    }

    fn prose(&mut self, out: &mut String, prose: Prose) {
        let first = self.notes + 1;
        self.notes += prose.notes.len();
        let mut called = vec![false; prose.notes.len()];
        self.blocks(out, &prose.blocks, first, &mut called);
        let numbers = first..;
        self.pending.extend(numbers.zip(prose.notes));
    }

    /// Returns the footnotes that were called since the last time, and forgets them.
    pub fn notes(&mut self, heading: &str) -> String {
        let mut out = String::new();
        if self.pending.is_empty() {
            return out;
        }
        if !heading.is_empty() {
            out.push_str(&format!("<h3>{}</h3>\n", xml::escaped(heading)));
        }
        for (number, blocks) in std::mem::take(&mut self.pending) {
            out.push_str(&format!(
                "<aside id=\"note-{number}\"{}>\n",
                self.role("footnote", Some("doc-footnote"))
            ));
            let back = format!(
                "<a href=\"#call-{number}\"{}>{number}</a> ",
                if self.is_epub {
                    " role=\"doc-backlink\""
                } else {
                    ""
                }
            );
            let mut inner = String::new();
            let mut called = Vec::new();
            self.blocks(&mut inner, &blocks, 0, &mut called);
            match inner.strip_prefix("<p>") {
                Some(rest) => out.push_str(&format!("<p>{back}{rest}")),
                None => out.push_str(&format!("<p>{back}</p>\n{inner}")),
            }
            out.push_str("</aside>\n");
        }
        out
    }

    fn blocks(&self, out: &mut String, blocks: &[Block], first: usize, called: &mut [bool]) {
        for block in blocks {
            match block {
                Block::Paragraph(inlines) => {
                    out.push_str("<p>");
                    self.inlines(out, inlines, first, called);
                    out.push_str("</p>\n");
                }
                Block::Heading(inlines) => {
                    out.push_str(&format!("<h{}>", self.level));
                    self.inlines(out, inlines, first, called);
                    out.push_str(&format!("</h{}>\n", self.level));
                }
                Block::Quote(inner) => {
                    out.push_str("<blockquote>\n");
                    self.blocks(out, inner, first, called);
                    out.push_str("</blockquote>\n");
                }
                Block::List {
                    first: start,
                    items,
                } => {
                    let tag = if start.is_some() { "ol" } else { "ul" };
                    match start {
                        Some(number) if *number != 1 => {
                            out.push_str(&format!("<ol start=\"{number}\">\n"));
                        }
                        _ => out.push_str(&format!("<{tag}>\n")),
                    }
                    for item in items {
                        out.push_str("<li>");
                        self.blocks(out, item, first, called);
                        out.push_str("</li>\n");
                    }
                    out.push_str(&format!("</{tag}>\n"));
                }
                Block::Code(text) => {
                    out.push_str("<pre>");
                    xml::push(out, text);
                    out.push_str("</pre>\n");
                }
                Block::Break => out.push_str("<hr class=\"scene\"/>\n"),
            }
        }
    }

    fn inlines(&self, out: &mut String, inlines: &[Inline], first: usize, called: &mut [bool]) {
        for inline in inlines {
            let (tag, inner) = match inline {
                Inline::Text(text) => {
                    xml::push(out, text);
                    continue;
                }
                Inline::Code(text) => {
                    out.push_str("<code>");
                    xml::push(out, text);
                    out.push_str("</code>");
                    continue;
                }
                Inline::LineBreak => {
                    out.push_str("<br/>");
                    continue;
                }
                // A note in a note is called by nothing.
                Inline::Note(_) if first == 0 => continue,
                Inline::Note(index) => {
                    let number = first + index;
                    // The first call is where the note leads back to.
                    let is_again = called
                        .get_mut(*index)
                        .is_none_or(|it| std::mem::replace(it, true));
                    let id = if is_again {
                        String::new()
                    } else {
                        format!(" id=\"call-{number}\"")
                    };
                    let marks = self.role("noteref", Some("doc-noteref"));
                    out.push_str(&format!(
                        "<a{id} class=\"note\" href=\"#note-{number}\"{marks}>{number}</a>"
                    ));
                    continue;
                }
                Inline::Emphasis(inner) => ("em", inner),
                Inline::Strong(inner) => ("strong", inner),
                Inline::Strike(inner) => ("s", inner),
                Inline::Link { to, content } => {
                    if !is_web_address(to) {
                        self.inlines(out, content, first, called);
                        continue;
                    }
                    out.push_str("<a href=\"");
                    xml::push(out, to);
                    out.push_str("\">");
                    self.inlines(out, content, first, called);
                    out.push_str("</a>");
                    continue;
                }
            };
            out.push_str(&format!("<{tag}>"));
            self.inlines(out, inner, first, called);
            out.push_str(&format!("</{tag}>"));
        }
    }
}

impl Matter {
    /// Tells whether its heading is printed: a dedication has none.
    pub fn has_heading(&self) -> bool {
        !matches!(
            self.kind,
            MatterKind::Dedication | MatterKind::Epigraph | MatterKind::Copyright
        )
    }
}

/// Returns the marks that EPUB and WAI-ARIA have for a part of a book.
fn matter_marks(kind: MatterKind) -> (&'static str, Option<&'static str>) {
    match kind {
        MatterKind::Copyright => ("copyright-page", None),
        MatterKind::Dedication => ("dedication", Some("doc-dedication")),
        MatterKind::Epigraph => ("epigraph", None),
        MatterKind::Foreword => ("foreword", Some("doc-foreword")),
        MatterKind::Preface => ("preface", Some("doc-preface")),
        MatterKind::Afterword => ("afterword", Some("doc-afterword")),
        MatterKind::Acknowledgments => ("acknowledgments", Some("doc-acknowledgments")),
        MatterKind::AboutTheAuthor => ("contributors", None),
    }
}

/// Tells whether a link may stand in a book that leaves the folder it was written in.
pub(super) fn is_web_address(to: &str) -> bool {
    let is_plain = to.chars().all(|c| {
        c.is_ascii_graphic()
            && !matches!(
                c,
                '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '[' | ']'
            )
    });
    let rest = to
        .strip_prefix("https://")
        .or_else(|| to.strip_prefix("http://"));
    is_plain && rest.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric()))
}
