//! Finds files of a session with unresolved merge conflicts. They are read as no text, and nothing of the
//! session is moved or written until they are resolved.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::disk::{Disk, EntryKind};
use super::error::StoreError;
use super::layout::{SessionId, StoryFolder};
use super::owners::{Owners, TextMark, read_text};
use super::writer::Session;
use crate::story::conflict_markers::conflict_line;

/// A file with marks of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmerged {
    pub path: PathBuf,
    /// The whole text of the file, from the editor that has it open, else from disk.
    pub text: String,
    /// The line of the first mark, from 1.
    pub line: usize,
}

/// The files that held no conflict at the last look, so that they are not read again while they do not change.
#[derive(Debug, Default)]
pub struct MergedFiles(HashMap<PathBuf, TextMark>);

/// Finds the chunk files, state files and revisions of a session, and its manifest, that hold an
/// unresolved conflict, sorted by path; `known` are passed over while they do not change.
///
/// # Errors
/// Where a folder or a file can't be read.
pub fn unmerged_files(
    folder: &StoryFolder,
    id: &SessionId,
    owners: &dyn Owners,
    disk: &Disk,
    known: &mut MergedFiles,
) -> Result<Vec<Unmerged>, StoreError> {
    let before = std::mem::take(&mut known.0);
    let mut found = Vec::new();
    for path in files_of(folder, id, disk)? {
        let mark = TextMark::of(&path, owners, disk)?;
        let is_merged = before
            .get(&path)
            .is_some_and(|it| it.is_same_text_as(&mark));
        match is_merged {
            false => match unmerged(path.clone(), owners, disk)? {
                Some(unmerged) => found.push(unmerged),
                None => drop(known.0.insert(path, mark)),
            },
            true => drop(known.0.insert(path, mark)),
        }
    }
    Ok(found)
}

/// Lists the files of a session that may hold a conflict, sorted.
fn files_of(folder: &StoryFolder, id: &SessionId, disk: &Disk) -> Result<Vec<PathBuf>, StoreError> {
    let paths = folder.paths(id);
    let mut files = vec![paths.manifest()];
    for (inside, end) in [
        (paths.chunks(), ".md"),
        (paths.root.join("revisions"), ".md"),
        (paths.states(), ".json"),
    ] {
        disk.ensure_inside(&inside, folder.root())?;
        let entries = disk.list(&inside)?.into_iter();
        let named = entries.filter(|it| it.kind == EntryKind::File && it.name.ends_with(end));
        files.extend(named.map(|entry| inside.join(entry.name)));
    }
    files.sort();
    Ok(files)
}

/// Returns a file if it holds a conflict.
fn unmerged(
    path: PathBuf,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Option<Unmerged>, StoreError> {
    let text = match read_text(&path, owners, disk) {
        Ok(text) => text.unwrap_or_default(),
        // A manifest that is a link is none of ours.
        Err(StoreError::Outside { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let line = conflict_line(&text);
    Ok(line.map(|line| Unmerged { path, text, line }))
}

impl Session {
    /// Refuses to go on where a merge has left a conflict in a chunk or a state since the session
    /// was opened.
    ///
    /// # Errors
    /// [`StoreError::Unmerged`].
    pub fn refuse_unmerged(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let owners = inner.owners.as_ref();
        refuse_unmerged(&inner.folder, &inner.id, owners, &inner.disk)
    }
}

/// Refuses a session with a chunk or a state in conflict. A manifest is made anew from the chunk
/// files, and a revision waits.
pub(crate) fn refuse_unmerged(
    folder: &StoryFolder,
    id: &SessionId,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<(), StoreError> {
    let paths = folder.paths(id);
    let stops = |path: &Path| path.starts_with(paths.chunks()) || path.starts_with(paths.states());
    let mut found = Vec::new();
    for path in files_of(folder, id, disk)? {
        found.extend(unmerged(path, owners, disk)?);
    }
    match found.into_iter().find(|file| stops(&file.path)) {
        Some(Unmerged { path, line, .. }) => Err(StoreError::Unmerged { path, line }),
        None => Ok(()),
    }
}
