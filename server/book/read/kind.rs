//! Tells what kind of source something is, by what is in it and by its name where that decides.

use super::front_matter;
use super::source::Source;

/// The kinds of sources that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Markdown,
    Plain,
    Rtf,
    Docx,
    Epub,
    /// A character card or a lorebook, as JSON or in a picture.
    Card,
    /// A folder of texts.
    Texts,
    NovelWriter,
    Longform,
    Scrivener,
}

impl Kind {
    /// Returns the kind's name for reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Markdown => "markdown",
            Kind::Plain => "text",
            Kind::Rtf => "rtf",
            Kind::Docx => "docx",
            Kind::Epub => "epub",
            Kind::Card => "card",
            Kind::Texts => "folder",
            Kind::NovelWriter => "novelwriter",
            Kind::Longform => "longform",
            Kind::Scrivener => "scrivener",
        }
    }
}

/// The ends of names that texts have.
pub(super) const TEXTS: [&str; 5] = [".md", ".markdown", ".txt", ".text", ".mdown"];

/// Finds the kind of a source that is a file; `None` where it is none that is read.
fn kind_of_file(source: &Source) -> Option<Kind> {
    let file = source.files.first()?;
    let start = file.bytes.get(..file.bytes.len().min(4096))?;
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Kind::Card);
    }
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("{\\rtf") {
        return Some(Kind::Rtf);
    }
    if file.has_end(&[".json"])
        || (text.starts_with('{') && text.contains('"') && !file.has_end(&TEXTS))
    {
        return Some(Kind::Card);
    }
    if file.has_end(&[".md", ".markdown", ".mdown"]) {
        return Some(Kind::Markdown);
    }
    let is_markdown = text
        .lines()
        .any(|line| line.starts_with("# ") || line.starts_with("## "));
    match file.has_end(&[".txt", ".text"]) || !file.bytes.contains(&0) {
        true if is_markdown => Some(Kind::Markdown),
        true => Some(Kind::Plain),
        false => None,
    }
}

/// Finds the kind of a source that is a folder; `None` where nothing in it is read.
fn kind_of_folder(source: &Source) -> Option<Kind> {
    let any = |ends: &[&str]| source.files.iter().any(|file| file.has_end(ends));
    if any(&[".nwx"]) {
        return Some(Kind::NovelWriter);
    }
    if any(&[".scrivx"]) {
        return Some(Kind::Scrivener);
    }
    if source.files.iter().any(front_matter::is_longform) {
        return Some(Kind::Longform);
    }
    any(&TEXTS).then_some(Kind::Texts)
}

/// Finds the kind of a source; `is_folder` tells a folder from a file. Archives are told apart before they are
/// unpacked.
pub fn kind_of(source: &Source, is_folder: bool) -> Option<Kind> {
    match is_folder {
        true => kind_of_folder(source),
        false => kind_of_file(source),
    }
}
