//! Keeps what was read of files between two looks at a session.
//!
//! A file is known by its mark, as git knows it, and is read again when that has changed or might change
//! unnoticed. This serves looking only: before a file is replaced, the file itself is read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::at_once::map_at_once;
use super::disk::{Disk, Mark};

/// What was read of files, by their paths.
#[derive(Debug)]
pub(crate) struct KeptFiles<T> {
    files: HashMap<PathBuf, (Mark, Arc<T>)>,
}

impl<T> Default for KeptFiles<T> {
    fn default() -> Self {
        KeptFiles {
            files: HashMap::new(),
        }
    }
}

/// The fewest files for which a thread is worth its cost.
const FEWEST_AT_ONCE: usize = 60;

impl<T: Send + Sync> KeptFiles<T> {
    /// Returns what each of the files holds, as [`KeptFiles::get`]; many are looked at and read on all processors.
    pub(crate) fn get_all<E: Send>(
        &mut self,
        paths: &[PathBuf],
        disk: &Disk,
        read: impl Fn(&Path) -> Result<Option<T>, E> + Sync,
    ) -> Result<Vec<Option<Arc<T>>>, E> {
        let found = map_at_once(paths, FEWEST_AT_ONCE, |path| {
            let mark = disk.mark(path).ok();
            match self.kept(path, mark) {
                Some(kept) => Ok((mark, Some(kept))),
                None => read(path).map(|held| (mark, held.map(Arc::new))),
            }
        });
        let found = paths.iter().zip(found);
        found
            .map(|(path, found)| found.map(|(mark, held)| self.keep(path, mark, held)))
            .collect()
    }
}

impl<T> KeptFiles<T> {
    /// Returns what a file holds, from what is kept while the file does not change; `read` reads it, and returns
    /// `None` where there is no such file. An error is not kept.
    pub(crate) fn get<E>(
        &mut self,
        path: &Path,
        disk: &Disk,
        read: impl FnOnce() -> Result<Option<T>, E>,
    ) -> Result<Option<Arc<T>>, E> {
        // What can't be looked at is read, which tells what is wrong.
        let mark = disk.mark(path).ok();
        match self.kept(path, mark) {
            Some(kept) => Ok(Some(kept)),
            None => Ok(self.keep(path, mark, read()?.map(Arc::new))),
        }
    }

    /// Returns what is kept of a file that still has its mark.
    fn kept(&self, path: &Path, mark: Option<Mark>) -> Option<Arc<T>> {
        let (known, kept) = self.files.get(path)?;
        let is_same = known.is_same_file_as(&mark?);
        is_same.then(|| Arc::clone(kept))
    }

    fn keep(&mut self, path: &Path, mark: Option<Mark>, held: Option<Arc<T>>) -> Option<Arc<T>> {
        match (mark, &held) {
            (Some(mark), Some(held)) => {
                let kept = (mark, Arc::clone(held));
                self.files.insert(path.to_owned(), kept);
            }
            (None, Some(_)) => {}
            (_, None) => drop(self.files.remove(path)),
        }
        held
    }
}
