//! Writes the text of a document and its footnotes.

use super::fixed;
use super::layout::{Layout, length, section};
use crate::book::markup::{self, Block, Inline};
use crate::book::xhtml::is_web_address;
use crate::book::{Book, Chapter, Matter, Scene, xml};
use crate::story::brief::matter::MatterKind;

/// Returns the document in pieces.
pub fn document(book: &Book, layout: Layout) -> impl Iterator<Item = String> + '_ {
    let mut writer = Writer::new(layout, book.is_right_to_left());
    let mut state = Place::Start;
    std::iter::from_fn(move || {
        let piece = match state {
            Place::Start => {
                let front: String = book
                    .front
                    .iter()
                    .map(|it| writer.matter(book, it))
                    .collect();
                start(book, layout, &writer) + &front
            }
            Place::Scene(chapter, scene) => {
                let chapter = book.chapters.get(chapter)?;
                writer.scene(book, chapter, scene)
            }
            Place::End => {
                let back: String = book.back.iter().map(|it| writer.matter(book, it)).collect();
                format!("{back}{}</w:body></w:document>\n", section(book))
            }
            Place::Done => return None,
        };
        state = state.next(book);
        Some(piece)
    })
}

/// The footnotes of the document, in the order of their calls.
pub fn footnotes(book: &Book) -> impl Iterator<Item = String> + '_ {
    let right_to_left = book.is_right_to_left();
    let mut number = 0;
    let front = book.front.iter().map(|it| it.text.as_str());
    let scenes = book.scenes().map(|scene| &*scene.text);
    let back = book.back.iter().map(|it| it.text.as_str());
    // Most texts have none, and are not read twice.
    let texts = front
        .chain(scenes)
        .chain(back)
        .filter(|text| text.contains("[^"));
    let notes = texts.map(move |text| {
        let mut writer = Writer::new(Layout::Plain, right_to_left);
        writer.style = Some("FootnoteText");
        let prose = markup::read(text, &book.typography);
        let mut piece = String::new();
        for note in &prose.notes {
            number += 1;
            piece.push_str(&format!("<w:footnote w:id=\"{number}\">"));
            writer.opening = Some(
                "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteRef/></w:r>\
                <w:r><w:t xml:space=\"preserve\"> </w:t></w:r>"
                    .to_owned(),
            );
            let mut inner = String::new();
            writer.blocks(&mut inner, note, 0);
            if let Some(mark) = writer.opening.take() {
                inner.push_str(&format!(
                    "<w:p><w:pPr><w:pStyle w:val=\"FootnoteText\"/></w:pPr>{mark}</w:p>"
                ));
            }
            piece.push_str(&inner);
            piece.push_str("</w:footnote>\n");
        }
        piece
    });
    let start = format!(
        "{}<w:footnotes xmlns:w=\"{}\"><w:footnote w:type=\"separator\" w:id=\"-1\"><w:p><w:r><w:separator/></w:r></w:p>\
         </w:footnote><w:footnote w:type=\"continuationSeparator\" w:id=\"0\"><w:p><w:r><w:continuationSeparator/></w:r>\
         </w:p></w:footnote>\n",
        fixed::HEAD,
        fixed::NAMESPACE
    );
    std::iter::once(start)
        .chain(notes)
        .chain(["</w:footnotes>\n".to_owned()])
}

/// Where in the book the writing is.
#[derive(Clone, Copy)]
enum Place {
    Start,
    /// A scene, by the numbers of its chapter and in it.
    Scene(usize, usize),
    End,
    Done,
}

impl Place {
    fn next(self, book: &Book) -> Place {
        let (chapter, scene) = match self {
            Place::Start => (0, 0),
            Place::Scene(chapter, scene) => match book.chapters.get(chapter) {
                Some(it) if scene + 1 < it.scenes.len() => (chapter, scene + 1),
                _ => (chapter + 1, 0),
            },
            Place::End | Place::Done => return Place::Done,
        };
        match book.chapters.get(chapter) {
            Some(_) => Place::Scene(chapter, scene),
            None => Place::End,
        }
    }
}

fn start(book: &Book, layout: Layout, writer: &Writer) -> String {
    let mut out = format!(
        "{}<w:document xmlns:w=\"{}\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
         <w:body>\n",
        fixed::HEAD,
        fixed::NAMESPACE
    );
    let byline = book.byline();
    if layout == Layout::Manuscript {
        let tab = "<w:r><w:tab/></w:r>";
        let first = format!("{}{tab}{}", writer.run(&byline), writer.run(&length(book)));
        out.push_str(&writer.paragraph("Contact", &first));
        for line in book
            .contact
            .iter()
            .flat_map(|contact| contact.split([';', '\n']))
        {
            out.push_str(&writer.paragraph("Contact", &writer.run(line.trim())));
        }
    }
    out.push_str(&writer.paragraph("Title", &writer.run(&book.title)));
    if let Some(subtitle) = &book.subtitle {
        out.push_str(&writer.paragraph("Subtitle", &writer.run(subtitle)));
    }
    if !byline.is_empty() {
        let by = match book.language.primary().as_str() {
            "en" if layout == Layout::Manuscript => format!("by {byline}"),
            _ => byline,
        };
        out.push_str(&writer.paragraph("Subtitle", &writer.run(&by)));
    }
    if layout == Layout::Plain
        && let Some(rights) = &book.rights
    {
        out.push_str(&writer.paragraph("Subtitle", &writer.run(rights)));
    }
    out
}

/// The marks of a stretch of text.
#[derive(Clone, Copy, Default)]
struct Marks {
    emphasis: bool,
    strong: bool,
    strike: bool,
}

struct Writer {
    layout: Layout,
    right_to_left: bool,
    /// The style of all paragraphs, in footnotes.
    style: Option<&'static str>,
    /// What stands at the beginning of the next paragraph.
    opening: Option<String>,
    notes: usize,
    /// Whether the next paragraph is the first after a heading or a break.
    is_first: bool,
}

impl Writer {
    fn new(layout: Layout, right_to_left: bool) -> Writer {
        Writer {
            layout,
            right_to_left,
            style: None,
            opening: None,
            notes: 0,
            is_first: true,
        }
    }

    fn scene(&mut self, book: &Book, chapter: &Chapter, index: usize) -> String {
        let mut out = String::new();
        let Some(scene) = chapter.scenes.get(index) else {
            return out;
        };
        match &chapter.title {
            Some(title) if index == 0 => {
                out.push_str(&self.paragraph("Heading1", &self.run(title)))
            }
            _ if index == 0 => {
                out.push_str("<w:p><w:pPr><w:pageBreakBefore/></w:pPr></w:p>");
            }
            _ => out.push_str(&self.scene_break()),
        }
        self.is_first = true;
        self.opening = Some(bookmark(scene));
        self.prose(&mut out, &scene.text, book);
        out
    }

    fn matter(&mut self, book: &Book, matter: &Matter) -> String {
        let mut out = String::new();
        match matter.has_heading() {
            true => out.push_str(&self.paragraph("Heading1", &self.run(&matter.title))),
            false => out.push_str("<w:p><w:pPr><w:pageBreakBefore/></w:pPr></w:p>"),
        }
        self.is_first = true;
        if matches!(matter.kind, MatterKind::Dedication | MatterKind::Epigraph) {
            self.style = Some("Subtitle");
        }
        self.prose(&mut out, &matter.text, book);
        self.style = None;
        out
    }

    fn prose(&mut self, out: &mut String, text: &str, book: &Book) {
        let prose = markup::read(text, &book.typography);
        let first = self.notes + 1;
        self.notes += prose.notes.len();
        self.blocks(out, &prose.blocks, first);
        self.opening = None;
    }

    fn scene_break(&self) -> String {
        let mark = match self.layout {
            Layout::Manuscript => "#",
            Layout::Plain => "* * *",
        };
        self.paragraph("SceneBreak", &self.run(mark))
    }

    fn blocks(&mut self, out: &mut String, blocks: &[Block], first: usize) {
        for block in blocks {
            match block {
                Block::Paragraph(inlines) => {
                    let style = match self.is_first {
                        true => "FirstParagraph",
                        false => "BodyText",
                    };
                    self.add(out, style, inlines, first);
                    self.is_first = false;
                }
                Block::Heading(inlines) => {
                    self.add(out, "Heading3", inlines, first);
                    self.is_first = true;
                }
                Block::Quote(inner) => {
                    let outer = self.style.replace(self.style.unwrap_or("BlockText"));
                    self.blocks(out, inner, first);
                    self.style = outer;
                    self.is_first = true;
                }
                Block::List {
                    first: start,
                    items,
                } => self.list(out, *start, items, first),
                Block::Code(text) => {
                    let lines: Vec<Inline> = text
                        .lines()
                        .flat_map(|line| [Inline::LineBreak, Inline::Text(line.to_owned())])
                        .skip(1)
                        .collect();
                    self.add(out, "BlockText", &lines, first);
                }
                Block::Break => {
                    out.push_str(&self.scene_break());
                    self.is_first = true;
                }
            }
        }
    }

    fn list(&mut self, out: &mut String, start: Option<u64>, items: &[Vec<Block>], first: usize) {
        let outer = self.style.replace(self.style.unwrap_or("ListParagraph"));
        for (index, item) in items.iter().enumerate() {
            let mark = match start {
                Some(start) => format!("{}.", start.saturating_add(index as u64)),
                None => "•".to_owned(),
            };
            let mark = format!("{}<w:r><w:tab/></w:r>", self.run(&mark));
            let before = self.opening.take().unwrap_or_default();
            self.opening = Some(before + &mark);
            self.blocks(out, item, first);
            if let Some(mark) = self.opening.take() {
                out.push_str(&self.paragraph("ListParagraph", &mark));
            }
        }
        self.style = outer;
    }

    fn add(&mut self, out: &mut String, style: &'static str, inlines: &[Inline], first: usize) {
        let mut runs = self.opening.take().unwrap_or_default();
        self.inlines(&mut runs, inlines, Marks::default(), first);
        out.push_str(&self.paragraph(self.style.unwrap_or(style), &runs));
    }

    fn inlines(&self, out: &mut String, inlines: &[Inline], marks: Marks, first: usize) {
        for inline in inlines {
            match inline {
                Inline::Text(text) | Inline::Code(text) => self.marked_run(out, text, marks),
                Inline::LineBreak => out.push_str("<w:r><w:br/></w:r>"),
                // A note in a note is called by nothing.
                Inline::Note(_) if first == 0 => {}
                Inline::Note(index) => out.push_str(&format!(
                    "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteReference w:id=\"{}\"/></w:r>",
                    first + index
                )),
                // Emphasis within emphasis is set upright.
                Inline::Emphasis(inner) => {
                    let emphasis = !marks.emphasis;
                    self.inlines(out, inner, Marks { emphasis, ..marks }, first);
                }
                Inline::Strong(inner) => self.inlines(out, inner, Marks { strong: true, ..marks }, first),
                Inline::Strike(inner) => self.inlines(out, inner, Marks { strike: true, ..marks }, first),
                Inline::Link { to, content } if is_web_address(to) => {
                    let to = xml::escaped(to);
                    out.push_str(&format!("<w:fldSimple w:instr=\" HYPERLINK &quot;{to}&quot; \">"));
                    self.inlines(out, content, marks, first);
                    out.push_str("</w:fldSimple>");
                }
                Inline::Link { content, .. } => self.inlines(out, content, marks, first),
            }
        }
    }

    fn run(&self, text: &str) -> String {
        let mut out = String::new();
        self.marked_run(&mut out, text, Marks::default());
        out
    }

    fn marked_run(&self, out: &mut String, text: &str, marks: Marks) {
        if text.is_empty() {
            return;
        }
        out.push_str("<w:r>");
        let has_marks = marks.emphasis || marks.strong || marks.strike || self.right_to_left;
        if has_marks {
            out.push_str("<w:rPr>");
            for (is_set, mark) in [
                (marks.strong, "<w:b/><w:bCs/>"),
                (marks.emphasis, "<w:i/><w:iCs/>"),
                (marks.strike, "<w:strike/>"),
                (self.right_to_left, "<w:rtl/>"),
            ] {
                if is_set {
                    out.push_str(mark);
                }
            }
            out.push_str("</w:rPr>");
        }
        out.push_str("<w:t xml:space=\"preserve\">");
        xml::push(out, text);
        out.push_str("</w:t></w:r>");
    }

    fn paragraph(&self, style: &str, runs: &str) -> String {
        let bidi = if self.right_to_left { "<w:bidi/>" } else { "" };
        format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{bidi}</w:pPr>{runs}</w:p>\n")
    }
}

/// Marks where a beat begins, so that it is told from a break inside of one.
fn bookmark(scene: &Scene) -> String {
    let number = scene.number;
    format!(
        "<w:bookmarkStart w:id=\"{number}\" w:name=\"scene_{number}\"/><w:bookmarkEnd w:id=\"{number}\"/>"
    )
}
