//! Every version that was replaced, oldest first. Versions are only ever added.
//!
//! A version is a file like a chunk file, with `replaced:` and `why:` in its front matter,
//! and below them the lines that the author had put there.
//! The folder is named after the chunk file of that moment; what a version belongs to is the
//! beat in its front matter, which stays right when chunks are renumbered. What the manifest
//! knew of a version (model, inputs, usage) lies beside it, as `0001.json`.

use std::path::{Path, PathBuf};

use super::chunk_file::{self, ChunkFile, FileStatus};
use super::disk::{Disk, EntryKind};
use super::error::StoreError;
use super::generated;
use super::layout::SessionPaths;
use super::manifest::ChunkRecord;
use crate::story::{BeatId, ChunkNumber, Digest};

const REPLACED: &str = "replaced";
const WHY: &str = "why";

/// A text to keep.
#[derive(Debug, Clone)]
pub(crate) struct Version<'a> {
    pub(crate) number: ChunkNumber,
    pub(crate) beat: BeatId,
    pub(crate) status: FileStatus,
    pub(crate) prose: &'a str,
    /// Front matter lines of the author's.
    pub(crate) extra: &'a [String],
    pub(crate) why: &'a str,
    /// What is known of this very text.
    pub(crate) record: Option<&'a ChunkRecord>,
}

impl Version<'_> {
    pub(crate) fn render(&self, disk: &Disk) -> String {
        let mut extra = vec![
            chunk_file::extra_line(REPLACED, &disk.now().to_string()),
            chunk_file::extra_line(WHY, self.why),
        ];
        extra.extend_from_slice(self.extra);
        chunk_file::render_with(self.number, &self.beat, self.status, &extra, self.prose)
    }
}

/// A version that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptVersion {
    pub path: PathBuf,
    /// When it was replaced, as it stands in the file.
    pub replaced: Option<String>,
    pub why: Option<String>,
    /// Its front matter lines are the author's.
    pub file: ChunkFile,
}

impl KeptVersion {
    fn parse(path: PathBuf, text: &str) -> KeptVersion {
        let mut file = chunk_file::parse(text);
        KeptVersion {
            replaced: file.take_extra(REPLACED),
            why: file.take_extra(WHY),
            path,
            file,
        }
    }
}

/// Keeps a version in `history/<folder>/` and returns where. A text that is the latest
/// version there already is not kept twice.
pub(crate) fn keep(
    paths: &SessionPaths,
    folder: &str,
    version: &Version,
    disk: &Disk,
) -> Result<PathBuf, StoreError> {
    let (path, known) = place(paths, folder, version, disk)?;
    if !known {
        if let Some(folder) = path.parent() {
            disk.make_folder(folder)?;
        }
        disk.write(&path, version.render(disk).as_bytes())?;
    }
    // After the text, which is what was paid for.
    if let Some(record) = version.record {
        let (path, text) = (record_path(&path), record.render());
        if disk
            .read(&path)?
            .is_none_or(|there| there != text.as_bytes())
        {
            disk.write(&path, text.as_bytes())?;
        }
    }
    Ok(path)
}

/// Where the record of a version is.
pub(crate) fn record_path(version: &Path) -> PathBuf {
    version.with_extension("json")
}

/// A record that lies beside a text; `None` where there is none that can be read.
pub(crate) fn read_record(path: &Path, disk: &Disk) -> Result<Option<ChunkRecord>, StoreError> {
    let bytes = disk.read(path)?.unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).ok())
}

/// What is known of a version; `None` where nothing is, or its text was changed since.
pub(crate) fn record_of(
    kept: &KeptVersion,
    disk: &Disk,
) -> Result<Option<ChunkRecord>, StoreError> {
    let record = read_record(&record_path(&kept.path), disk)?;
    let digest = chunk_file::digest(&kept.file.prose);
    Ok(record.filter(|record| record.content_sha256.as_ref() == Some(&digest)))
}

/// Where a version goes, and whether its text is there already.
pub(crate) fn place(
    paths: &SessionPaths,
    folder: &str,
    version: &Version,
    disk: &Disk,
) -> Result<(PathBuf, bool), StoreError> {
    let folder = paths.history().join(folder);
    let latest = numbers(&folder, disk)?.into_iter().max().unwrap_or(0);
    if latest > 0 {
        let path = folder.join(name(latest));
        if let Some(bytes) = disk.read(&path)? {
            let kept = KeptVersion::parse(path.clone(), &chunk_file::decode(bytes)).file;
            if kept.beat.as_ref() == Some(&version.beat)
                && kept.extra == version.extra
                && chunk_file::source_digest(&kept.prose)
                    == chunk_file::source_digest(version.prose)
            {
                return Ok((path, true));
            }
        }
    }
    Ok((folder.join(name(latest.saturating_add(1))), false))
}

/// The front matter lines that the author had in the chunk that was put into this folder last.
pub(crate) fn latest_extra(
    paths: &SessionPaths,
    folder: &str,
    beat: &BeatId,
    disk: &Disk,
) -> Result<Vec<String>, StoreError> {
    let folder = paths.history().join(folder);
    let Some(latest) = numbers(&folder, disk)?.into_iter().max() else {
        return Ok(Vec::new());
    };
    let path = folder.join(name(latest));
    let Some(bytes) = disk.read(&path)? else {
        return Ok(Vec::new());
    };
    let file = KeptVersion::parse(path, &chunk_file::decode(bytes)).file;
    let is_same = file.beat.as_ref() == Some(beat);
    Ok(if is_same { file.extra } else { Vec::new() })
}

/// The version of a beat with this very text. Looks under `stem`, where it most likely is, and
/// only then in all of history/.
pub(crate) fn find(
    paths: &SessionPaths,
    stem: &str,
    beats: &[&BeatId],
    digest: &Digest,
    disk: &Disk,
) -> Result<Option<KeptVersion>, StoreError> {
    let is_it = |kept: &KeptVersion| {
        kept.file
            .beat
            .as_ref()
            .is_some_and(|beat| beats.contains(&beat))
            && &chunk_file::digest(&kept.file.prose) == digest
    };
    let near = in_folder(&paths.history().join(stem), disk)?;
    if let Some(kept) = near.into_iter().find(is_it) {
        return Ok(Some(kept));
    }
    Ok(versions(paths, beats, disk)?.into_iter().find(is_it))
}

/// The versions of a beat, by any id that it had, oldest first, wherever its chunk was numbered.
pub(crate) fn versions(
    paths: &SessionPaths,
    beats: &[&BeatId],
    disk: &Disk,
) -> Result<Vec<KeptVersion>, StoreError> {
    let mut found = Vec::new();
    for entry in disk.list(&paths.history())? {
        if entry.kind == EntryKind::Folder && entry.name != generated::FOLDER {
            let folder = paths.history().join(&entry.name);
            let kept = in_folder(&folder, disk)?;
            found.extend(kept.into_iter().filter(|kept| {
                kept.file
                    .beat
                    .as_ref()
                    .is_some_and(|of| beats.contains(&of))
            }));
        }
    }
    found.sort_by(|a, b| (&a.replaced, &a.path).cmp(&(&b.replaced, &b.path)));
    Ok(found)
}

/// The versions of one folder, oldest first.
pub(crate) fn in_folder(folder: &Path, disk: &Disk) -> Result<Vec<KeptVersion>, StoreError> {
    let mut found = Vec::new();
    let mut numbers = numbers(folder, disk)?;
    numbers.sort_unstable();
    for number in numbers {
        let path = folder.join(name(number));
        if let Some(bytes) = disk.read(&path)? {
            found.push(KeptVersion::parse(path, &chunk_file::decode(bytes)));
        }
    }
    Ok(found)
}

fn numbers(folder: &Path, disk: &Disk) -> Result<Vec<u32>, StoreError> {
    let entries = disk.list(folder)?;
    Ok(entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::File)
        .filter_map(|entry| entry.name.strip_suffix(".md")?.parse().ok())
        .collect())
}

fn name(number: u32) -> String {
    format!("{number:04}.md")
}
