//! Reads a page of a book, as XHTML, into headings, breaks and paragraphs of markdown.

use std::collections::BTreeMap;

use super::assembly::Piece;
use super::styled::{Paragraph, Style, is_break, label_of};
use super::xml::{Element, Event};

/// A page of a book, read.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub pieces: Vec<Piece>,
    /// Footnotes by their labels, as markdown.
    pub notes: BTreeMap<String, String>,
    /// What the page says of itself: `titlepage`, `toc`, `cover`.
    pub kinds: Vec<String>,
    /// The characters of its text, and those of them in links.
    pub letters: usize,
    pub linked: usize,
}

/// Elements of which nothing is read.
const PASSED_OVER: [&str; 11] = [
    "head", "script", "style", "svg", "math", "audio", "video", "object", "nav", "iframe",
    "template",
];
/// Elements that begin and end a paragraph.
const BLOCKS: [&str; 22] = [
    "p",
    "div",
    "section",
    "article",
    "body",
    "main",
    "header",
    "footer",
    "figure",
    "figcaption",
    "li",
    "ul",
    "ol",
    "table",
    "tr",
    "td",
    "th",
    "blockquote",
    "pre",
    "aside",
    "dd",
    "dt",
];

struct Reader {
    page: Page,
    paragraph: Paragraph,
    /// The styles of the open elements.
    styles: Vec<Style>,
    /// The names of the open elements.
    open: Vec<String>,
    heading: Option<u8>,
    quotes: usize,
    /// Whether a list counts its items, and how many it had; the innermost last.
    lists: Vec<Option<usize>>,
    item: Option<String>,
    /// How deep in what is passed over.
    passed_over: usize,
    links: usize,
    /// The footnote that is being read, and how many elements were open when it began.
    note: Option<(String, usize, Vec<String>)>,
    is_break_named: bool,
}

/// Reads the events of a page. Pages where a link leads are known by `calls`, the ids that notes are called by.
pub(super) fn page(events: &[Event]) -> Page {
    let called = called_notes(events);
    let mut reader = Reader {
        page: Page::default(),
        paragraph: Paragraph::default(),
        styles: Vec::new(),
        open: Vec::new(),
        heading: None,
        quotes: 0,
        lists: Vec::new(),
        item: None,
        passed_over: 0,
        links: 0,
        note: None,
        is_break_named: false,
    };
    for event in events {
        match event {
            Event::Start(element) => reader.start(element, &called),
            Event::End(name) => reader.end(name),
            Event::Text(text) => reader.text(text),
        }
    }
    reader.flush();
    reader.page
}

/// Tells whether an element calls a footnote.
fn is_call(element: &Element) -> bool {
    let says = |name: &str, words: &[&str]| {
        let value = element.attribute(name).unwrap_or_default();
        value.split_whitespace().any(|it| words.contains(&it))
    };
    element.name == "a"
        && (says("type", &["noteref"])
            || says("role", &["doc-noteref"])
            || says("class", &["note", "footnote-ref", "noteref"]))
}

/// Returns the ids that notes of this page are called by.
fn called_notes(events: &[Event]) -> Vec<String> {
    let calls = events.iter().filter_map(|event| match event {
        Event::Start(element) if is_call(element) => target(element),
        _ => None,
    });
    calls.collect()
}

/// Returns the id that a link leads to.
fn target(element: &Element) -> Option<String> {
    let (_, id) = element.attribute("href")?.split_once('#')?;
    (!id.is_empty()).then(|| id.to_owned())
}

impl Reader {
    fn start(&mut self, element: &Element, called: &[String]) {
        let name = element.name.to_lowercase();
        if self.passed_over > 0 || PASSED_OVER.contains(&name.as_str()) {
            if let Some(kinds) = element.attribute("type").filter(|_| name == "nav") {
                self.page.kinds.push(kinds.to_owned());
            }
            self.passed_over += 1;
            self.styles.push(Style::default());
            self.open.push(name);
            return;
        }
        let kinds = element.attribute("type").unwrap_or_default();
        if matches!(name.as_str(), "body" | "section" | "div" | "article") {
            self.page
                .kinds
                .extend(kinds.split_whitespace().map(str::to_owned));
        }
        if BLOCKS.contains(&name.as_str()) || name.starts_with('h') && name.len() == 2 {
            self.flush();
        }
        self.open.push(name.clone());
        let style = self.styles.last().copied().unwrap_or_default();
        self.styles.push(styled(&name, style));
        let id = element.attribute("id").unwrap_or_default();
        let is_called = name != "a" && called.iter().any(|it| it == id);
        if self.note.is_none() && !id.is_empty() && (is_note(element, &name, kinds) || is_called) {
            self.note = Some((label_of(id), self.open.len(), Vec::new()));
        }
        let class = element
            .attribute("class")
            .unwrap_or_default()
            .to_lowercase();
        match name.as_str() {
            "br" => self.paragraph.break_line(),
            "hr" => self.push(Piece::Break),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading = name.as_bytes().get(1).map(|digit| digit - b'0');
            }
            "blockquote" => self.quotes += 1,
            "ul" => self.lists.push(None),
            "ol" => self.lists.push(Some(
                element
                    .attribute("start")
                    .and_then(|it| it.parse().ok())
                    .unwrap_or(1),
            )),
            "li" => self.begin_item(),
            "a" if is_call(element) => {
                if let Some(id) = target(element) {
                    self.paragraph.call_note(&id);
                }
                self.passed_over += 1;
            }
            // The way back from a footnote.
            "a" if self.note.is_some() => self.passed_over += 1,
            "a" => self.links += 1,
            "div" | "p" => {
                if let Some(beat) = element.attribute("data-beat").or(element.attribute("beat")) {
                    self.push(Piece::Scene {
                        key: beat.to_owned(),
                    });
                }
                self.is_break_named = [
                    "scene-break",
                    "scenebreak",
                    "section-break",
                    "separator",
                    "ornament",
                ]
                .iter()
                .any(|it| class.contains(it));
            }
            _ => {}
        }
    }

    fn begin_item(&mut self) {
        self.item = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number += 1;
                Some(mark)
            }
            _ => Some("- ".to_owned()),
        };
    }

    fn end(&mut self, name: &str) {
        let name = name.to_lowercase();
        if self.passed_over > 0 {
            self.passed_over -= 1;
            self.open.pop();
            self.styles.pop();
            return;
        }
        if BLOCKS.contains(&name.as_str()) || name.starts_with('h') && name.len() == 2 {
            if self.is_break_named
                && self.paragraph.plain().is_empty()
                && matches!(name.as_str(), "div" | "p")
            {
                self.push(Piece::Break);
            }
            self.is_break_named = false;
            self.flush();
        }
        match name.as_str() {
            "blockquote" => self.quotes = self.quotes.saturating_sub(1),
            "ul" | "ol" => drop(self.lists.pop()),
            "li" => self.item = None,
            "a" => self.links = self.links.saturating_sub(1),
            _ => {}
        }
        if let Some((_, depth, _)) = &self.note
            && *depth == self.open.len()
            && let Some((label, _, paragraphs)) = self.note.take()
        {
            self.page.notes.insert(label, paragraphs.join("\n\n    "));
        }
        self.open.pop();
        self.styles.pop();
    }

    fn text(&mut self, text: &str) {
        if self.passed_over > 0 {
            return;
        }
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        self.page.letters += letters;
        self.page.linked += if self.links > 0 { letters } else { 0 };
        let style = self.styles.last().copied().unwrap_or_default();
        self.paragraph.push(style, text);
    }

    fn push(&mut self, piece: Piece) {
        if self.note.is_none() {
            self.flush();
            self.page.pieces.push(piece);
        }
    }

    /// Ends the paragraph that is open.
    fn flush(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let plain = paragraph.plain();
        let heading = self.heading.take();
        if plain.is_empty() && paragraph.markdown().is_empty() {
            return;
        }
        if let Some((_, _, paragraphs)) = &mut self.note {
            paragraphs.push(paragraph.markdown());
            return;
        }
        let piece = match heading {
            Some(level) => Piece::Heading {
                level,
                title: plain,
            },
            None if is_break(&plain) => Piece::Break,
            None => {
                let mark = self.item.take().unwrap_or_default();
                let text = format!("{mark}{}", paragraph.markdown());
                let quote = "> ".repeat(self.quotes.min(4));
                let lines = text.lines().map(|line| format!("{quote}{line}"));
                Piece::Text(lines.collect::<Vec<_>>().join("\n"))
            }
        };
        // Paragraphs of one quotation, or items of one list, belong together.
        if let (Piece::Text(text), Some(Piece::Text(before))) =
            (&piece, self.page.pieces.last_mut())
            && text.starts_with("> ")
            && before.starts_with("> ")
        {
            before.push_str(&format!("\n>\n{text}"));
            return;
        }
        self.page.pieces.push(piece);
    }
}

fn is_note(element: &Element, name: &str, kinds: &str) -> bool {
    let is_kind = |word: &str| {
        matches!(
            word,
            "footnote" | "rearnote" | "endnote" | "doc-footnote" | "doc-endnote"
        )
    };
    let role = element.attribute("role").unwrap_or_default();
    matches!(name, "aside" | "li" | "div" | "p")
        && kinds
            .split_whitespace()
            .chain(role.split_whitespace())
            .any(is_kind)
}

fn styled(name: &str, style: Style) -> Style {
    match name {
        "em" | "i" | "cite" | "dfn" => Style {
            emphasis: !style.emphasis,
            ..style
        },
        "strong" | "b" => Style {
            strong: true,
            ..style
        },
        "del" | "s" | "strike" => Style {
            strike: true,
            ..style
        },
        name if name.starts_with('h') && name.len() == 2 => Style::default(),
        _ => style,
    }
}
