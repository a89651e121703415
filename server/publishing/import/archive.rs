//! Unpacks the texts of an EPUB or a DOCX into memory. The archive may come from anybody: every name is judged before
//! anything is unpacked, and what is unpacked is counted byte by byte, whatever the headers say.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::error::ImportError;
use crate::book::read::{Kind, Source, SourceFile};
use crate::story::archive_limits::{Limits, Refusal, parts_of, shown};

/// What a book may ask of memory.
const LIMITS: Limits = Limits {
    entries: 20_000,
    bytes: 1 << 30,
    ratio: 200,
};
/// Unpacked bytes of one text, and of all texts of a book.
const ONE_TEXT: u64 = 64 << 20;
const ALL_TEXTS: u64 = 256 << 20;
/// The ends of names of what is read; pictures and fonts are not.
const TEXTS: [&str; 9] = [
    ".xml", ".xhtml", ".html", ".htm", ".opf", ".ncx", ".rels", ".xht", "mimetype",
];
/// Kinds of file in a Unix mode.
const KIND: u32 = 0o170_000;
const LINK: u32 = 0o120_000;

/// Reads an archive by what is in it; `None` for one that is neither EPUB nor DOCX.
///
/// # Errors
/// For an archive that is damaged or asks for more than a book does.
pub(super) fn read(
    path: &Path,
    file: File,
    length: u64,
) -> Result<Option<(Source, Kind)>, ImportError> {
    let damaged = |why: String| ImportError::Damaged {
        path: path.to_owned(),
        why,
    };
    let refused = |entry: Option<&str>, reason: Refusal| ImportError::Refused {
        path: path.to_owned(),
        entry: entry.map(shown),
        reason,
    };
    let mut zip =
        ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(error.to_string()))?;
    let kind = match () {
        () if zip.index_for_name("META-INF/container.xml").is_some() => Kind::Epub,
        () if zip.index_for_name("mimetype").is_some() => Kind::Epub,
        () if zip.index_for_name("word/document.xml").is_some() => Kind::Docx,
        () => return Ok(None),
    };
    if zip.len() > LIMITS.entries {
        let limit = LIMITS.entries;
        return Err(refused(None, Refusal::TooMany { limit }));
    }
    if zip.has_duplicate_names() {
        return Err(refused(None, Refusal::Duplicate));
    }
    let mut wanted = Vec::new();
    let mut declared = 0_u64;
    for index in 0..zip.len() {
        let entry = zip
            .by_index_raw(index)
            .map_err(|error| damaged(error.to_string()))?;
        let Ok(name) = std::str::from_utf8(entry.name_raw()) else {
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            return Err(refused(Some(&name), Refusal::NotUnicode));
        };
        let name = name.to_owned();
        declared = declared.saturating_add(entry.size());
        let checked = LIMITS.check(declared, length);
        checked.map_err(|reason| refused(Some(&name), reason))?;
        parts_of(&name).map_err(|reason| refused(Some(&name), reason))?;
        if entry.unix_mode().unwrap_or(0) & KIND == LINK || entry.is_symlink() {
            return Err(refused(Some(&name), Refusal::Link));
        }
        if entry.encrypted() {
            return Err(refused(Some(&name), Refusal::Encrypted));
        }
        let lower = name.to_lowercase();
        if !name.ends_with('/') && TEXTS.iter().any(|end| lower.ends_with(end)) {
            let is_packed_well = matches!(
                entry.compression(),
                CompressionMethod::Stored | CompressionMethod::Deflated
            );
            if !is_packed_well {
                return Err(refused(Some(&name), Refusal::Method));
            }
            wanted.push((index, name));
        }
    }
    let overlaps = zip.has_overlapping_entries();
    if overlaps.map_err(|error| damaged(error.to_string()))? {
        return Err(refused(None, Refusal::Overlap));
    }
    let mut source = Source {
        name: name_of(path),
        files: Vec::new(),
    };
    let mut unpacked = 0_u64;
    for (index, name) in wanted {
        let mut entry = zip
            .by_index(index)
            .map_err(|error| damaged(format!("\"{}\": {error}", shown(&name))))?;
        let mut bytes = Vec::new();
        // One more than may be, to see it; the checksum is looked at where the end is reached.
        let read = entry.by_ref().take(ONE_TEXT + 1).read_to_end(&mut bytes);
        read.map_err(|error| damaged(format!("\"{}\": {error}", shown(&name))))?;
        unpacked = unpacked.saturating_add(bytes.len() as u64);
        if bytes.len() as u64 > ONE_TEXT || unpacked > ALL_TEXTS {
            let limit = if unpacked > ALL_TEXTS {
                ALL_TEXTS
            } else {
                ONE_TEXT
            };
            return Err(refused(Some(&name), Refusal::TooLarge { limit }));
        }
        let checked = LIMITS.check(unpacked, length);
        checked.map_err(|reason| refused(Some(&name), reason))?;
        source.files.push(SourceFile { path: name, bytes });
    }
    Ok(Some((source, kind)))
}

/// Returns the name of a file without its end.
fn name_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
