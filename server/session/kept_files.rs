//! Keeps what was read of files between two looks at a session.
//!
//! A file is known by its mark, as git knows it, and is read again when that has changed or might change
//! unnoticed. This serves looking only: before a file is replaced, the file itself is read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        if let Some((known, kept)) = self.files.get(path)
            && mark.is_some_and(|mark| known.is_same_file_as(&mark))
        {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some(held) = read()?.map(Arc::new) else {
            self.files.remove(path);
            return Ok(None);
        };
        if let Some(mark) = mark {
            self.files
                .insert(path.to_owned(), (mark, Arc::clone(&held)));
        }
        Ok(Some(held))
    }
}
