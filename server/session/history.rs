//! Keeps every version that was replaced, oldest first. Versions are only ever added.
//!
//! A version is a file like a chunk file, with `replaced:` and `why:` in its front matter,
//! and below them the lines that the author had put there.
//! The folder is named after the chunk file of that moment; what a version belongs to is the
//! beat in its front matter, which stays right when chunks are renumbered. What the manifest
//! knew of a version (model, inputs, usage) lies beside it, as `0001-3fa2c1d2.json`.
//!
//! A name has a number, by which a reader sees the order, and the digest of the file: two machines
//! that share a folder through git or a sync tool give the same number to different texts. Files
//! of earlier versions have the number alone.

pub(super) mod generated;
pub(super) mod provenance;
pub(super) mod versions;

use std::path::{Path, PathBuf};

use super::disk::{Disk, EntryKind};
use super::error::StoreError;
use super::layout::{COPIES, SessionPaths};
use super::manifest::record::ChunkRecord;
use crate::story::chunk_file::{self, ChunkFile, FileStatus, Form};
use crate::story::sync_copies;
use crate::story::{BeatId, ChunkNumber, Digest};

const REPLACED: &str = "replaced";
const WHY: &str = "why";
/// How much of a digest is in a name.
const DIGEST: usize = 8;

/// A text to keep.
#[derive(Debug, Clone)]
pub(crate) struct Version<'a> {
    pub(crate) number: ChunkNumber,
    pub(crate) beat: BeatId,
    pub(crate) status: FileStatus,
    pub(crate) prose: &'a str,
    /// Front matter lines of the author's.
    pub(crate) extra: &'a [String],
    /// How the author's programs write its file down.
    pub(crate) form: Form,
    pub(crate) why: &'a str,
    /// The record of this text.
    pub(crate) record: Option<&'a ChunkRecord>,
}

impl Version<'_> {
    pub(crate) fn render(&self, disk: &Disk) -> String {
        let mut extra = vec![
            chunk_file::extra_line(REPLACED, &disk.now().to_string()),
            chunk_file::extra_line(WHY, self.why),
        ];
        extra.extend_from_slice(self.extra);
        let like = ChunkFile {
            extra,
            form: self.form,
            ..ChunkFile::default()
        };
        chunk_file::render_like(&like, self.number, &self.beat, self.status, self.prose)
    }
}

/// A version that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptVersion {
    pub path: PathBuf,
    /// The time at which the version was replaced, as the file has it.
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
    let path = match place(paths, folder, version, disk)? {
        Placed::There(path) => path,
        Placed::New { path, text } => {
            if let Some(folder) = path.parent() {
                disk.make_folder(folder)?;
            }
            disk.write(&path, text.as_bytes())?;
            path
        }
    };
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

/// Tells where the record of a version is.
pub(crate) fn record_path(version: &Path) -> PathBuf {
    version.with_extension("json")
}

/// Reads the record of a text from the file next to it; `None` where the file does not exist or can't be
/// read.
pub(crate) fn read_record(path: &Path, disk: &Disk) -> Result<Option<ChunkRecord>, StoreError> {
    let bytes = disk.read(path)?.unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).ok())
}

/// Tells what is known of a version; `None` where nothing is, or its text was changed since.
pub(crate) fn record_of(
    kept: &KeptVersion,
    disk: &Disk,
) -> Result<Option<ChunkRecord>, StoreError> {
    let record = read_record(&record_path(&kept.path), disk)?;
    let digest = chunk_file::digest(&kept.file.prose);
    Ok(record.filter(|record| record.content_sha256.as_ref() == Some(&digest)))
}

/// The place of a version in history/.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The latest version has this text already.
    There(PathBuf),
    New {
        path: PathBuf,
        /// The whole file.
        text: String,
    },
}

/// Finds the place of a version. Writes nothing.
pub(crate) fn place(
    paths: &SessionPaths,
    folder: &str,
    version: &Version,
    disk: &Disk,
) -> Result<Placed, StoreError> {
    let folder = paths.history().join(folder);
    let (number, latest) = latest(&folder, disk)?;
    for kept in latest {
        let file = &kept.file;
        if file.beat.as_ref() == Some(&version.beat)
            && file.extra == version.extra
            && file.form == version.form
            && chunk_file::source_digest(&file.prose) == chunk_file::source_digest(version.prose)
        {
            return Ok(Placed::There(kept.path));
        }
    }
    let text = version.render(disk);
    let name = name(number.saturating_add(1), &text, "md");
    Ok(Placed::New {
        path: folder.join(name),
        text,
    })
}

/// Returns the chunk that was put into this folder last, where that is a beat's.
pub(crate) fn latest_file(
    paths: &SessionPaths,
    folder: &str,
    beat: &BeatId,
    disk: &Disk,
) -> Result<Option<ChunkFile>, StoreError> {
    let (_, latest) = latest(&paths.history().join(folder), disk)?;
    let file = latest.into_iter().next_back().map(|kept| kept.file);
    Ok(file.filter(|file| file.beat.as_ref() == Some(beat)))
}

/// Returns the version of a beat with this very text. Looks under `stem`, where it most likely is, and
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

/// Returns the versions of a beat, by any id that it had, oldest first, wherever its chunk was numbered.
pub(crate) fn versions(
    paths: &SessionPaths,
    beats: &[&BeatId],
    disk: &Disk,
) -> Result<Vec<KeptVersion>, StoreError> {
    let mut found = Vec::new();
    for folder in folders(paths, disk)? {
        let kept = in_folder(&folder, disk)?;
        found.extend(kept.into_iter().filter(|kept| {
            kept.file
                .beat
                .as_ref()
                .is_some_and(|of| beats.contains(&of))
        }));
    }
    found.sort_by(|a, b| (&a.replaced, &a.path).cmp(&(&b.replaced, &b.path)));
    Ok(found)
}

/// Lists the folders that hold versions, without the folder of generated copies.
pub(crate) fn folders(paths: &SessionPaths, disk: &Disk) -> Result<Vec<PathBuf>, StoreError> {
    let entries = disk.list(&paths.history())?.into_iter();
    let folders = entries.filter(|it| it.kind == EntryKind::Folder && it.name != COPIES);
    Ok(folders
        .map(|entry| paths.history().join(entry.name))
        .collect())
}

/// Returns the versions of one folder, oldest first.
pub(crate) fn in_folder(folder: &Path, disk: &Disk) -> Result<Vec<KeptVersion>, StoreError> {
    let names = numbered(folder, "md", disk)?;
    read(folder, names, disk)
}

/// Returns the highest number of a folder, 0 where it is empty, and the versions that have it: one, or
/// several where machines were brought together.
fn latest(folder: &Path, disk: &Disk) -> Result<(u32, Vec<KeptVersion>), StoreError> {
    let mut names = numbered(folder, "md", disk)?;
    let number = names.iter().map(|(number, _)| *number).max().unwrap_or(0);
    names.retain(|(other, _)| *other == number);
    Ok((number, read(folder, names, disk)?))
}

/// Reads versions in the order of their numbers, and of their times where two machines gave the same number.
fn read(
    folder: &Path,
    names: Vec<(u32, String)>,
    disk: &Disk,
) -> Result<Vec<KeptVersion>, StoreError> {
    let mut found = Vec::new();
    for (number, name) in names {
        let path = folder.join(name);
        if let Some(bytes) = disk.read(&path)? {
            let kept = KeptVersion::parse(path, &chunk_file::decode(bytes));
            found.push((number, kept));
        }
    }
    found.sort_by(|(a, one), (b, other)| {
        (a, &one.replaced, &one.path).cmp(&(b, &other.replaced, &other.path))
    });
    Ok(found.into_iter().map(|(_, kept)| kept).collect())
}

/// Returns the files of a folder that have a number, and the number: `0001-3fa2c1d2.md` and `0001.md`.
pub(crate) fn numbered(
    folder: &Path,
    extension: &str,
    disk: &Disk,
) -> Result<Vec<(u32, String)>, StoreError> {
    let number_of = |name: &str| {
        let stem = name.strip_suffix(extension)?.strip_suffix('.')?;
        let (digits, digest) = stem.split_once('-').unwrap_or((stem, ""));
        let is_digest = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.parse().ok().filter(|_| is_digest)
    };
    let entries = disk.list(folder)?.into_iter();
    let files = entries.filter(|entry| entry.kind == EntryKind::File);
    Ok(files
        .filter_map(|entry| Some((number_of(&entry.name)?, entry.name)))
        .collect())
}

/// Returns the file that one of a folder in history/ is a copy of by a sync tool; `None` for any other.
pub(crate) fn original_of(name: &str) -> Option<String> {
    let digits = name.find(|c: char| !c.is_ascii_digit())?;
    let rest = &name[digits..];
    let digest = rest.strip_prefix('-').map_or(0, |rest| {
        let digest = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digest == DIGEST { digest + 1 } else { 0 }
    });
    let stem = &name[..digits + digest];
    let is_copy = |end: &&&str| digits > 0 && sync_copies::is_copy_of(name, stem, end);
    let end = ["md", "json"].iter().find(is_copy)?;
    Some(format!("{stem}.{end}"))
}

/// Makes the name of a version: `0001-3fa2c1d2.md`.
pub(crate) fn name(number: u32, text: &str, extension: &str) -> String {
    let digest = Digest::of(text);
    let digest = digest.0.get(..DIGEST).unwrap_or_default();
    format!("{number:04}-{digest}.{extension}")
}
