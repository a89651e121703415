//! Names the formats that a book leaves in.

use serde::Serialize;

use super::{Book, Part, docx, epub, html, markdown, text};

/// A format of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// EPUB 3.3.
    Epub,
    /// Word's format, laid out as publishers ask for manuscripts.
    Docx,
    /// Word's format, laid out as a book.
    DocxPlain,
    /// One page that needs no network.
    Html,
    /// Markdown with a head as pandoc takes it.
    Md,
    Txt,
}

impl Format {
    pub const ALL: [Format; 6] = [
        Format::Epub,
        Format::Docx,
        Format::DocxPlain,
        Format::Html,
        Format::Md,
        Format::Txt,
    ];

    /// Returns what follows the name of the draft in the name of the file.
    pub fn suffix(self) -> &'static str {
        match self {
            Format::Epub => ".epub",
            Format::Docx => ".docx",
            Format::DocxPlain => "-plain.docx",
            Format::Html => ".html",
            Format::Md => ".md",
            Format::Txt => ".txt",
        }
    }

    /// Tells whether the format is an archive (ZIP) of parts.
    pub fn is_archive(self) -> bool {
        matches!(self, Format::Epub | Format::Docx | Format::DocxPlain)
    }

    /// Returns the parts of a book in this format; one, where the format is no archive.
    pub fn parts(self, book: &Book) -> Vec<Part<'_>> {
        match self {
            Format::Epub => epub::parts(book),
            Format::Docx => docx::parts(book, docx::Layout::Manuscript),
            Format::DocxPlain => docx::parts(book, docx::Layout::Plain),
            Format::Html => vec![Part::pieces("", html::pieces(book))],
            Format::Md => vec![Part::pieces("", markdown::pieces(book))],
            Format::Txt => vec![Part::pieces("", text::pieces(book))],
        }
    }
}
