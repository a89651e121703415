//! Checks whether a text could be saved, before a call is paid for it.

use super::Session;
use super::states;
use crate::session::error::StoreError;
use crate::session::layout;
use crate::story::ChunkNumber;

/// The writes that a job is going to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Writes<'a> {
    pub chunks: &'a [ChunkNumber],
    /// Whether it keeps what it reads of them.
    pub states: bool,
    /// Whether the job writes revisions.
    pub revisions: bool,
    /// Whether it keeps what audits find.
    pub audits: bool,
}

impl Session {
    /// Stops at what is known not to take what a job writes. Changes nothing.
    ///
    /// # Errors
    /// What is in the way: a link, a folder or a pipe in the place of a file, a file that the
    /// author closed to writing, a folder that is none or that can't be written to.
    pub fn check_writable(&self, writes: &Writes<'_>) -> Result<(), StoreError> {
        let inner = &self.inner;
        let (paths, disk) = (&inner.paths, &inner.disk);
        let mut folders = vec![
            paths.root.clone(),
            paths.chunks(),
            paths.work(),
            paths.history(),
        ];
        folders.extend(writes.states.then(|| paths.states()));
        folders.extend(writes.revisions.then(|| paths.root.join("revisions")));
        for folder in &folders {
            disk.check_folder(folder)?;
        }
        let mut files = vec![paths.manifest(), paths.intent()];
        files.extend(writes.audits.then(|| paths.root.join("audit.json")));
        let cache = inner.lock_cache();
        for number in writes.chunks {
            let path = cache.files[inner.index(*number)?].clone();
            let stem = path.file_stem().unwrap_or_default();
            disk.check_folder(&paths.history().join(stem))?;
            if writes.states {
                // One that the author closed to writing is left alone, and that is no reason to stop.
                disk.check_place(&states::path_of(&paths.states(), &path))?;
            }
            files.push(layout::journal_path(&path));
            // Of a file that is open in an editor, only the journal is written.
            files.extend((!inner.is_open(&path)).then_some(path));
        }
        drop(cache);
        for file in &files {
            disk.check_file(file)?;
        }
        Ok(())
    }
}
