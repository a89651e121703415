//! Records what an answer about a story was read from, and keeps the answer while none of it changes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::session::{Disk, Owner, Owners, ReadFiles};

/// The inputs of one answer: files, open documents, and other answers.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    files: Arc<ReadFiles>,
    /// The revision of each file's open document at that time; `None` where it was not open.
    documents: Mutex<HashMap<PathBuf, Option<u64>>>,
    /// The version of all open documents at which these were found unchanged last.
    unchanged_at: Mutex<Option<u64>>,
    answers: Mutex<Vec<Arc<Inputs>>>,
}

impl Inputs {
    /// Returns where files are noted that are read without a [`Disk`].
    pub fn files(&self) -> &ReadFiles {
        &self.files
    }

    /// Returns a disk that notes here what is read from it.
    pub fn disk(&self, disk: &Disk) -> Disk {
        disk.noting(Arc::clone(&self.files))
    }

    /// Returns an editor that notes here which of its documents are asked for.
    pub fn owners<'a>(&'a self, owners: &'a dyn Owners) -> impl Owners + 'a {
        NotingOwners {
            owners,
            inputs: self,
        }
    }

    /// Notes another answer that this one was made from.
    pub fn add(&self, inputs: Arc<Inputs>) {
        lock(&self.answers).push(inputs);
    }

    /// Tells whether everything would be read the same now.
    pub fn are_unchanged(&self, owners: &dyn Owners) -> bool {
        self.documents_are_unchanged(owners)
            && self.files.are_unchanged()
            && lock(&self.answers)
                .iter()
                .all(|inputs| inputs.are_unchanged(owners))
    }

    fn documents_are_unchanged(&self, owners: &dyn Owners) -> bool {
        let version = owners.version();
        let mut unchanged_at = lock(&self.unchanged_at);
        if version.is_some() && *unchanged_at == version {
            return true;
        }
        let documents = lock(&self.documents);
        let mut documents = documents.iter();
        let unchanged = documents.all(|(path, revision)| owners.revision(path) == *revision);
        if unchanged {
            *unchanged_at = version;
        }
        unchanged
    }
}

struct NotingOwners<'a> {
    owners: &'a dyn Owners,
    inputs: &'a Inputs,
}

impl NotingOwners<'_> {
    /// Notes a document before it is asked for, so that a change in between is noticed.
    fn note(&self, path: &Path) {
        let mut documents = lock(&self.inputs.documents);
        if !documents.contains_key(path) {
            documents.insert(path.to_owned(), self.owners.revision(path));
        }
    }
}

impl Owners for NotingOwners<'_> {
    fn owner(&self, path: &Path) -> Owner {
        self.note(path);
        self.owners.owner(path)
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        self.note(path);
        self.owners.open_text(path)
    }

    fn revision(&self, path: &Path) -> Option<u64> {
        self.note(path);
        self.owners.revision(path)
    }

    fn version(&self) -> Option<u64> {
        self.owners.version()
    }
}

/// The newest answer to one question, with its inputs.
#[derive(Debug)]
pub(super) struct Memo<T>(Mutex<Option<(Arc<Inputs>, Arc<T>)>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<T> Memo<T> {
    /// Returns the answer that is kept if it still holds; else finds it anew, while other callers wait. An
    /// error is not kept.
    pub fn get<E>(
        &self,
        owners: &dyn Owners,
        find: impl FnOnce(&Inputs) -> Result<T, E>,
    ) -> Result<(Arc<Inputs>, Arc<T>), E> {
        let mut kept = lock(&self.0);
        if let Some((inputs, answer)) = kept.as_ref()
            && inputs.are_unchanged(owners)
        {
            return Ok((Arc::clone(inputs), Arc::clone(answer)));
        }
        let inputs = Arc::new(Inputs::default());
        let answer = Arc::new(find(&inputs)?);
        let found = (inputs, answer);
        *kept = Some(found.clone());
        Ok(found)
    }
}

/// Locks what is kept. That of a poisoned lock is still whole: each holder changes it in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
