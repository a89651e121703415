//! Describes what is at a path: its kind, size and times.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::regular::NoFile;
use crate::session::error::StoreError;

/// An entry of a folder, links not followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    File,
    Folder,
    Link,
    Other(NoFile),
}

impl EntryKind {
    /// Returns the kind of an entry that is no file; `None` for files and links.
    pub fn no_file(self) -> Option<NoFile> {
        match self {
            EntryKind::File | EntryKind::Link => None,
            EntryKind::Folder => Some(NoFile::Folder),
            EntryKind::Other(what) => Some(what),
        }
    }
}

/// The metadata of a path, links not followed.
#[derive(Debug, Clone)]
pub struct Metadata {
    pub kind: EntryKind,
    /// Whether writing to it is forbidden.
    pub read_only: bool,
    pub modified: Option<Timestamp>,
    /// The length in bytes.
    pub length: u64,
    /// The file system that it is on, where that can be told.
    pub(in crate::session) device: Option<u64>,
    pub(super) permissions: fs::Permissions,
}

/// Refuses what is no folder and no link to one.
pub(super) fn refuse_no_folder(path: &Path, kind: EntryKind) -> Result<(), StoreError> {
    let what = match kind {
        EntryKind::Folder | EntryKind::Link => return Ok(()),
        EntryKind::File => "a file".to_owned(),
        EntryKind::Other(what) => what.to_string(),
    };
    let path = path.to_owned();
    Err(StoreError::NotAFolder { path, what })
}

/// Refuses what is no file and no link to one.
pub(super) fn refuse_no_file(path: &Path, kind: EntryKind) -> Result<(), StoreError> {
    match kind.no_file() {
        None => Ok(()),
        Some(what) => Err(StoreError::NotAFile {
            path: path.to_owned(),
            what,
        }),
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // elsewhere it can't be told
pub(super) fn device_of(metadata: &fs::Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Some(metadata.dev())
}

#[cfg(not(unix))]
pub(super) fn device_of(_: &fs::Metadata) -> Option<u64> {
    None
}

pub(super) fn kind_of(kind: fs::FileType) -> EntryKind {
    match NoFile::of(kind) {
        None if kind.is_symlink() => EntryKind::Link,
        None => EntryKind::File,
        Some(NoFile::Folder) => EntryKind::Folder,
        Some(what) => EntryKind::Other(what),
    }
}
