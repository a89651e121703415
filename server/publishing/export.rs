//! Exports a story: the session's ZIP, or the story as a book.

use std::io::{self, Cursor, Write};
use std::path::Path;

use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::draft::{self, DraftBook};
use crate::analysis::story_file::StoryFile;
use crate::archive::{self, Exported};
use crate::book::{self, Book, Content, Part};
use crate::jobs::run::error::JobError;
use crate::session::{Disk, Owners, SessionId};
use crate::settings::Settings;
use crate::story::counted::counted;

/// The format of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The session and the brief, as a ZIP.
    #[default]
    Zip,
    /// The complete part of the story.
    #[serde(untagged)]
    Book(book::Format),
}

impl Format {
    /// The formats by the names that shell and editors have for them.
    pub const NAMES: [(&str, Format); 7] = [
        ("zip", Format::Zip),
        ("epub", Format::Book(book::Format::Epub)),
        ("docx", Format::Book(book::Format::Docx)),
        ("docx-plain", Format::Book(book::Format::DocxPlain)),
        ("html", Format::Book(book::Format::Html)),
        ("md", Format::Book(book::Format::Md)),
        ("txt", Format::Book(book::Format::Txt)),
    ];

    /// Finds a format by its name.
    pub fn named(name: &str) -> Option<Format> {
        Format::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| *format)
    }
}

/// The result of an export, as `export --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    pub file: String,
    pub session: String,
    pub format: Format,
    pub files: usize,
    pub bytes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// Exports a session; without `wanted` the current one. Blocks on the file system.
///
/// # Errors
/// Where there is no such session, the target is taken, or the disk refused.
pub fn export(
    story: &StoryFile,
    settings: &Settings,
    wanted: Option<&SessionId>,
    format: Format,
    target: Option<&Path>,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<ExportReport, JobError> {
    // Without an outline the story would be empty; the ZIP takes the files as they are.
    if format != Format::Zip {
        story.check_merged()?;
    }
    let id = draft::session_of(story, wanted, "export", disk)?;
    let exported = match format {
        Format::Zip => archive::export_zip(&story.folder, &id, target, disk)?,
        Format::Book(format) => {
            let DraftBook { book, notices, .. } =
                draft::book_of(story, settings, id.clone(), owners, disk)?;
            let name = format!("{id}{}", format.suffix());
            let mut exported =
                archive::export_file(&story.folder, &id, &name, target, disk, |file| {
                    write_book(&book, format, file)
                })?;
            exported.notices.splice(0..0, notices);
            exported
        }
    };
    Ok(report(&id, format, exported))
}

/// Writes a book in a format, piece by piece.
///
/// # Errors
/// What `file` could not take.
pub fn write_book(book: &Book, format: book::Format, file: &mut dyn Write) -> io::Result<()> {
    let parts = format.parts(book);
    if format.is_archive() {
        return file.write_all(&pack(parts)?);
    }
    for part in parts {
        write_part(part, file)?;
    }
    Ok(())
}

/// Packs parts into a ZIP, in order; the same parts give the same bytes.
fn pack(parts: Vec<Part<'_>>) -> io::Result<Vec<u8>> {
    // In memory, since the library panics where a write fails in the middle of an entry.
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for part in parts {
        let method = match (part.name.as_str(), &part.content) {
            // Readers know an EPUB by these bytes at their place (OCF 3.3, 4.3).
            ("mimetype", _) | (_, Content::Bytes(_)) => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        let level = (method == CompressionMethod::Deflated).then_some(6);
        zip.start_file(
            &part.name,
            options.compression_method(method).compression_level(level),
        )?;
        write_part(part, &mut zip)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn write_part(part: Part<'_>, to: &mut dyn Write) -> io::Result<()> {
    match part.content {
        Content::Bytes(bytes) => to.write_all(bytes),
        Content::Text(mut pieces) => pieces.try_for_each(|piece| to.write_all(piece.as_bytes())),
    }
}

fn report(id: &SessionId, format: Format, exported: Exported) -> ExportReport {
    ExportReport {
        file: exported.path.display().to_string(),
        session: id.to_string(),
        format,
        files: exported.files,
        bytes: exported.bytes,
        notices: exported.notices,
    }
}

impl ExportReport {
    /// Returns a sentence with the path of the export, and any warnings.
    pub fn message(&self) -> String {
        let what = match self.format {
            Format::Zip => format!(
                "{}, {}, read back and sound",
                counted(self.files, "file"),
                counted(self.bytes, "byte")
            ),
            Format::Book(_) => counted(self.bytes, "byte"),
        };
        format!(
            "session {} is exported to {} ({what})",
            self.session, self.file
        )
    }
}
