//! Reads an EPUB (2 and 3): the pages of its spine in order, with the titles of its table of contents.

use std::collections::{BTreeMap, BTreeSet};

use super::assembly::{self, Piece, TitleIs};
use super::html::{self, Page};
use super::imported::ImportedBook;
use super::markdown::attach_notes;
use super::source::{Source, Unreadable, stem};
use super::styled::on_one_line;
use super::xml::{self, Element, Event};

/// The most pages of a book.
const PAGES: usize = 5_000;
/// A page of a title or of contents has fewer letters.
const SMALL_PAGE: usize = 3_000;

/// What the package says.
#[derive(Default)]
struct Package {
    folder: String,
    title: Option<String>,
    authors: Vec<String>,
    language: Option<String>,
    /// By their ids: path, media type, properties.
    items: BTreeMap<String, (String, String, String)>,
    spine: Vec<String>,
}

pub(super) fn read(source: &Source) -> Result<ImportedBook, Unreadable> {
    let package = package(source)?;
    refuse_encrypted(source, &package)?;
    let titles = titles(source, &package)?;
    let mut seen = BTreeSet::new();
    let mut pages: Vec<(String, Page)> = Vec::new();
    let mut missing = Vec::new();
    for id in &package.spine {
        let Some((path, _, properties)) = package.items.get(id) else {
            continue;
        };
        // A page that comes again is read once.
        if !seen.insert(path.clone()) || properties.split_whitespace().any(|it| it == "nav") {
            continue;
        }
        if pages.len() == PAGES {
            return Err(Unreadable::new(
                &source.name,
                format!("its spine has more than {PAGES} pages"),
            ));
        }
        match source.file(path) {
            Some(file) => {
                let events = xml::events(&file.path, &file.text()?)?;
                pages.push((path.clone(), html::page(&events)));
            }
            None => missing.push(path.clone()),
        }
    }
    if pages.is_empty() {
        return Err(Unreadable::new(
            &source.name,
            "its spine names no page that is in it",
        ));
    }
    let mut book = ImportedBook {
        title: package.title,
        authors: package.authors,
        language: package.language,
        ..ImportedBook::default()
    };
    for path in missing {
        book.notices.push(format!(
            "{path} is in the spine and not in the file, so it is left out"
        ));
    }
    let (pieces, notes) = together(pages, &titles, &mut book);
    book.chapters = assembly::chapters(pieces, &mut book.title, TitleIs::KnownApart);
    attach_notes(&mut book, &notes);
    Ok(book)
}

/// Joins the pages that are the story's.
fn together(
    pages: Vec<(String, Page)>,
    titles: &BTreeMap<String, String>,
    book: &mut ImportedBook,
) -> (Vec<Piece>, Vec<(String, String)>) {
    let first_levels: Vec<u8> = pages
        .iter()
        .filter_map(|(_, page)| first_heading(page))
        .collect();
    let usual = usual(&first_levels);
    let (mut pieces, mut notes) = (Vec::new(), Vec::new());
    for (number, (path, page)) in pages.into_iter().enumerate() {
        let is_kind = |kind: &str| page.kinds.iter().any(|it| it == kind);
        let is_apart = [
            "titlepage",
            "cover",
            "toc",
            "landmarks",
            "title-page",
            "halftitlepage",
        ]
        .iter()
        .any(|it| is_kind(it));
        let name = stem(&path).to_lowercase().replace(['-', '_'], "");
        let is_named = [
            "titlepage",
            "cover",
            "coverpage",
            "toc",
            "contents",
            "halftitle",
        ]
        .contains(&name.as_str())
            && page.letters < SMALL_PAGE;
        let is_contents = page.letters > 0 && page.linked * 10 > page.letters * 8;
        if is_apart || is_named || is_contents {
            continue;
        }
        // Notes of each page have ids of their own.
        let mut own = page.pieces;
        for (label, text) in &page.notes {
            let unique = format!("{label}p{}", number + 1);
            for piece in &mut own {
                if let Piece::Text(prose) = piece {
                    *prose = prose.replace(&format!("[^{label}]"), &format!("[^{unique}]"));
                }
            }
            notes.push((unique.clone(), format!("[^{unique}]: {text}")));
        }
        let has_heading = own.iter().any(|it| matches!(it, Piece::Heading { .. }));
        if !has_heading
            && let Some(title) = titles.get(&path)
            && !own.is_empty()
        {
            let known = book.title.as_deref().unwrap_or_default();
            if title != known {
                pieces.push(Piece::Heading {
                    level: usual,
                    title: title.clone(),
                });
            }
        }
        pieces.extend(own);
    }
    (pieces, notes)
}

fn first_heading(page: &Page) -> Option<u8> {
    page.pieces.iter().find_map(|piece| match piece {
        Piece::Heading { level, .. } => Some(*level),
        _ => None,
    })
}

/// Returns the level on which most pages begin.
fn usual(levels: &[u8]) -> u8 {
    let count = |level: u8| levels.iter().filter(|it| **it == level).count();
    (1..=6)
        .rev()
        .max_by_key(|level| count(*level))
        .filter(|level| count(*level) > 0)
        .unwrap_or(1)
}

fn elements(events: &[Event]) -> impl Iterator<Item = (usize, &Element)> {
    events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| match event {
            Event::Start(element) => Some((at, element)),
            _ => None,
        })
}

/// Returns the text up to the end of the element that begins at an event.
fn text_of(events: &[Event], at: usize) -> String {
    let mut depth = 0_usize;
    let mut text = String::new();
    for event in events.get(at..).unwrap_or_default() {
        match event {
            Event::Start(_) => depth += 1,
            Event::Text(words) => text.push_str(words),
            Event::End(_) => depth = depth.saturating_sub(1),
        }
        if depth == 0 {
            break;
        }
    }
    on_one_line(&text)
}

fn package(source: &Source) -> Result<Package, Unreadable> {
    let container = source.file("META-INF/container.xml");
    let container = container.ok_or_else(|| {
        Unreadable::new(
            &source.name,
            "it has no META-INF/container.xml, as every EPUB has",
        )
    })?;
    let events = xml::events(&container.path, &container.text()?)?;
    let path = elements(&events)
        .find(|(_, it)| it.name == "rootfile")
        .and_then(|(_, it)| it.attribute("full-path").map(decoded));
    let path = path.ok_or_else(|| Unreadable::new(&container.path, "it names no package"))?;
    let file = source
        .file(&path)
        .ok_or_else(|| Unreadable::new(&path, "this package is named and is not in the file"))?;
    let events = xml::events(&file.path, &file.text()?)?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut package = Package {
        folder: folder.to_owned(),
        ..Package::default()
    };
    for (at, element) in elements(&events) {
        let value = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        match element.name.as_str() {
            "title" if package.title.is_none() => {
                package.title = Some(text_of(&events, at)).filter(|it| !it.is_empty())
            }
            "creator" => package.authors.push(text_of(&events, at)),
            "language" if package.language.is_none() => {
                package.language = Some(text_of(&events, at))
            }
            "item" => {
                let path = joined(&package.folder, &decoded(&value("href")));
                package.items.insert(
                    value("id"),
                    (path, value("media-type"), value("properties")),
                );
            }
            "itemref" => package.spine.push(value("idref")),
            _ => {}
        }
    }
    package.authors.retain(|it| !it.is_empty());
    match package.spine.is_empty() {
        true => Err(Unreadable::new(
            &path,
            "it has no spine, so nothing says what is read after what",
        )),
        false => Ok(package),
    }
}

/// Refuses a book whose pages are encrypted; fonts may be.
fn refuse_encrypted(source: &Source, package: &Package) -> Result<(), Unreadable> {
    let Some(file) = source.file("META-INF/encryption.xml") else {
        return Ok(());
    };
    let events = xml::events(&file.path, &file.text()?)?;
    let paths: BTreeSet<&str> = package
        .items
        .values()
        .filter(|(_, kind, _)| kind.contains("xhtml"))
        .map(|(path, _, _)| path.as_str())
        .collect();
    let mut ciphers = elements(&events).filter(|(_, it)| it.name == "CipherReference");
    let is_page = ciphers.any(|(_, it)| {
        let uri = decoded(it.attribute("URI").unwrap_or_default());
        paths.contains(uri.as_str())
    });
    match is_page {
        true => Err(Unreadable::new(
            &source.name,
            "its pages are encrypted; only a book without copy protection can be read",
        )),
        false => Ok(()),
    }
}

/// Returns the titles of pages by their paths, from the table of contents.
fn titles(source: &Source, package: &Package) -> Result<BTreeMap<String, String>, Unreadable> {
    let mut titles = BTreeMap::new();
    let mut add = |base: &str, target: &str, title: String| {
        let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = target.split('#').next().unwrap_or_default();
        if !path.is_empty() && !title.is_empty() {
            titles
                .entry(joined(folder, &decoded(path)))
                .or_insert(title);
        }
    };
    for (path, kind, properties) in package.items.values() {
        let is_nav = properties.split_whitespace().any(|it| it == "nav");
        let is_ncx = kind == "application/x-dtbncx+xml";
        let Some(file) = source.file(path).filter(|_| is_nav || is_ncx) else {
            continue;
        };
        let events = xml::events(&file.path, &file.text()?)?;
        let mut label = String::new();
        for (at, element) in elements(&events) {
            match element.name.as_str() {
                "a" if is_nav => add(
                    path,
                    element.attribute("href").unwrap_or_default(),
                    text_of(&events, at),
                ),
                "navLabel" => label = text_of(&events, at),
                "content" if is_ncx => add(
                    path,
                    element.attribute("src").unwrap_or_default(),
                    std::mem::take(&mut label),
                ),
                _ => {}
            }
        }
    }
    Ok(titles)
}

/// Returns a path below a folder without its `.` and `..`; what leads out of the book is a path that is not in it.
pub(super) fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if path.starts_with('/') {
        parts.clear();
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Replaces the `%20` of a link.
fn decoded(link: &str) -> String {
    let bytes = link.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = link.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| link.to_owned())
}
