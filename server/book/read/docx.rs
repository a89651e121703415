//! Reads a document of Word's format (ECMA-376, WordprocessingML): headings by their styles, emphasis, breaks between
//! scenes, footnotes. What was deleted with changes tracked is left out.

use std::collections::BTreeMap;

use super::assembly::{self, Piece, TitleIs};
use super::imported::ImportedBook;
use super::markdown::attach_notes;
use super::source::{Source, Unreadable};
use super::styled::{Paragraph, Style, is_break, on_one_line};
use super::xml::{self, Element, Event};

/// What a style of paragraphs means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Heading(u8),
    Title,
    /// What stands around a title: subtitle, author, date.
    TitlePage,
    Quote,
    /// A line across the page.
    Rule,
    Prose,
}

pub(super) fn read(source: &Source) -> Result<ImportedBook, Unreadable> {
    let document = source.file("word/document.xml").ok_or_else(|| {
        Unreadable::new(
            &source.name,
            "it has no word/document.xml, as every DOCX has",
        )
    })?;
    let styles = match source.file("word/styles.xml") {
        Some(file) => styles(&xml::events(&file.path, &file.text()?)?),
        None => BTreeMap::new(),
    };
    let mut book = ImportedBook::default();
    if let Some(file) = source.file("docProps/core.xml") {
        properties(&xml::events(&file.path, &file.text()?)?, &mut book);
    }
    let mut reader = Reader::new(&styles);
    reader.read(&xml::events(&document.path, &document.text()?)?);
    reader.flush_paragraph();
    let notes = notes(source, &styles)?;
    if !reader.title.is_empty() {
        book.title = Some(reader.title.clone());
    }
    let title_is = match reader.title.is_empty() {
        true => TitleIs::FirstHeading,
        false => TitleIs::KnownApart,
    };
    book.chapters = assembly::chapters(reader.pieces, &mut book.title, title_is);
    attach_notes(&mut book, &notes);
    Ok(book)
}

fn properties(events: &[Event], book: &mut ImportedBook) {
    let mut name = String::new();
    for event in events {
        match event {
            Event::Start(element) => name.clone_from(&element.name),
            Event::End(_) => name.clear(),
            Event::Text(text) => {
                let text = on_one_line(text);
                match name.as_str() {
                    _ if text.is_empty() => {}
                    "title" => book.title = Some(text),
                    "creator" => book.authors.push(text),
                    "language" => book.language = Some(text),
                    _ => {}
                }
            }
        }
    }
}

/// Reads what the styles of a document mean, by their names and levels.
fn styles(events: &[Event]) -> BTreeMap<String, Means> {
    let mut found = BTreeMap::new();
    let (mut id, mut means, mut based_on) = (String::new(), None, BTreeMap::new());
    for event in events {
        match event {
            Event::Start(element) => {
                let value = element.attribute("val").unwrap_or_default();
                match element.name.as_str() {
                    "style" => {
                        id = element.attribute("styleId").unwrap_or_default().to_owned();
                        means = None;
                    }
                    "name" => means = means.or(meaning(value)),
                    "basedOn" => drop(based_on.insert(id.clone(), value.to_owned())),
                    "outlineLvl" => {
                        let level = value.parse::<u8>().ok().filter(|level| *level < 9);
                        means = means.or(level.map(|level| Means::Heading(level + 1)));
                    }
                    _ => {}
                }
            }
            Event::End(name) if name == "style" => {
                if let Some(means) = means.take() {
                    found.insert(id.clone(), means);
                }
            }
            _ => {}
        }
    }
    // A style of the author's own is what it was made from.
    for id in based_on.keys() {
        let mut above = id;
        for _ in 0..10 {
            let Some(next) = based_on.get(above) else {
                break;
            };
            if let Some(means) = found.get(next).copied() {
                found.entry(id.clone()).or_insert(means);
                break;
            }
            above = next;
        }
    }
    found
}

/// Returns what a style means by its name, as Word and LibreOffice call them in every language.
fn meaning(name: &str) -> Option<Means> {
    let name = name.to_lowercase().replace(' ', "");
    if let Some(level) = name.strip_prefix("heading") {
        let level = level.parse().ok().filter(|level| (1..=9).contains(level))?;
        return Some(Means::Heading(level));
    }
    match name.as_str() {
        "title" => Some(Means::Title),
        "subtitle" | "author" | "date" | "byline" | "contact" | "abstract" | "tocheading" => {
            Some(Means::TitlePage)
        }
        "quote" | "intensequote" | "blocktext" | "quotations" => Some(Means::Quote),
        "horizontalline" => Some(Means::Rule),
        name if name.starts_with("toc") => Some(Means::TitlePage),
        _ => None,
    }
}

fn notes(
    source: &Source,
    styles: &BTreeMap<String, Means>,
) -> Result<Vec<(String, String)>, Unreadable> {
    let mut notes = Vec::new();
    for (path, prefix, element_name) in [
        ("word/footnotes.xml", "", "footnote"),
        ("word/endnotes.xml", "e", "endnote"),
    ] {
        let Some(file) = source.file(path) else {
            continue;
        };
        let events = xml::events(&file.path, &file.text()?)?;
        let mut from = None;
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Start(element)
                    if element.name == element_name && element.attribute("type").is_none() =>
                {
                    from = element
                        .attribute("id")
                        .map(|id| (at + 1, format!("{prefix}{id}")));
                }
                Event::End(name) if name == element_name => {
                    let Some((start, label)) = from.take() else {
                        continue;
                    };
                    let mut reader = Reader::new(styles);
                    reader.read(&events[start..at]);
                    reader.flush_paragraph();
                    let texts: Vec<String> = reader
                        .pieces
                        .into_iter()
                        .filter_map(|piece| match piece {
                            Piece::Text(text) => Some(text),
                            _ => None,
                        })
                        .collect();
                    notes.push((
                        label.clone(),
                        format!("[^{label}]: {}", texts.join("\n\n    ")),
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(notes)
}

struct Reader<'a> {
    styles: &'a BTreeMap<String, Means>,
    pieces: Vec<Piece>,
    title: String,
    paragraph: Paragraph,
    means: Means,
    is_item: bool,
    /// The style of the run that is open, and of the paragraph's mark, which is not one.
    style: Style,
    in_run: bool,
    in_text: bool,
    passed_over: usize,
}

/// Elements of which nothing is read.
const PASSED_OVER: [&str; 12] = [
    "del",
    "instrText",
    "Fallback",
    "drawing",
    "pict",
    "object",
    "sectPr",
    "pPrChange",
    "rPrChange",
    "moveFrom",
    "delText",
    "txbxContent",
];

impl<'a> Reader<'a> {
    fn new(styles: &'a BTreeMap<String, Means>) -> Reader<'a> {
        Reader {
            styles,
            pieces: Vec::new(),
            title: String::new(),
            paragraph: Paragraph::default(),
            means: Means::Prose,
            is_item: false,
            style: Style::default(),
            in_run: false,
            in_text: false,
            passed_over: 0,
        }
    }

    fn read(&mut self, events: &[Event]) {
        for event in events {
            match event {
                // A line across the page, as some programs draw it.
                Event::Start(element) if element.attribute("hr") == Some("t") => {
                    self.passed_over += usize::from(self.passed_over > 0);
                    self.pieces.push(Piece::Break);
                }
                Event::Start(element)
                    if self.passed_over > 0 || PASSED_OVER.contains(&element.name.as_str()) =>
                {
                    self.passed_over += 1;
                }
                Event::End(_) if self.passed_over > 0 => self.passed_over -= 1,
                _ if self.passed_over > 0 => {}
                Event::Start(element) => self.start(element),
                Event::End(name) => match name.as_str() {
                    "p" => self.flush_paragraph(),
                    "r" => self.in_run = false,
                    "t" => self.in_text = false,
                    _ => {}
                },
                Event::Text(text) if self.in_text => self.paragraph.push(self.style, text),
                Event::Text(_) => {}
            }
        }
    }

    fn start(&mut self, element: &Element) {
        let value = element.attribute("val").unwrap_or_default();
        let is_on = !matches!(value, "0" | "false" | "none" | "off");
        match element.name.as_str() {
            "p" => {
                self.flush_paragraph();
                self.means = Means::Prose;
                self.is_item = false;
            }
            "pStyle" => {
                let known = self.styles.get(value).copied();
                self.means = known.or_else(|| meaning(value)).unwrap_or(Means::Prose);
            }
            "outlineLvl" if self.means == Means::Prose => {
                let level = value.parse::<u8>().ok().filter(|level| *level < 9);
                self.means = level.map_or(Means::Prose, |level| Means::Heading(level + 1));
            }
            "numPr" => self.is_item = true,
            "r" => {
                self.in_run = true;
                self.style = Style::default();
            }
            "b" if self.in_run => self.style.strong = is_on,
            "i" if self.in_run => self.style.emphasis = is_on,
            "strike" | "dstrike" if self.in_run => self.style.strike = is_on,
            "t" => self.in_text = true,
            "tab" if self.in_run => self.paragraph.push(self.style, " "),
            "noBreakHyphen" => self.paragraph.push(self.style, "\u{2011}"),
            "br" if !matches!(element.attribute("type"), Some("page" | "column")) => {
                self.paragraph.break_line()
            }
            "footnoteReference" => self.call(element, ""),
            "endnoteReference" => self.call(element, "e"),
            _ => {}
        }
    }

    fn call(&mut self, element: &Element, prefix: &str) {
        if let Some(id) = element.attribute("id") {
            self.paragraph.call_note(&format!("{prefix}{id}"));
        }
    }

    fn flush_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let plain = paragraph.plain();
        if self.means == Means::Rule {
            self.means = Means::Prose;
            self.pieces.push(Piece::Break);
        }
        if plain.is_empty() {
            return;
        }
        let piece = match self.means {
            Means::Title => {
                // Of a title in several lines, all.
                self.title = on_one_line(&format!("{} {plain}", self.title));
                return;
            }
            Means::TitlePage => return,
            Means::Heading(level) => Piece::Heading {
                level,
                title: plain,
            },
            _ if is_break(&plain) => Piece::Break,
            Means::Quote => Piece::Text(quoted(&paragraph.markdown())),
            Means::Prose if self.is_item => Piece::Text(format!("- {}", paragraph.markdown())),
            Means::Rule | Means::Prose => Piece::Text(paragraph.markdown()),
        };
        self.pieces.push(piece);
    }
}

fn quoted(text: &str) -> String {
    let lines = text.lines().map(|line| format!("> {line}"));
    lines.collect::<Vec<_>>().join("\n")
}
