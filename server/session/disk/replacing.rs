//! Replaces files as a whole, and only as they were read where somebody else may save them.

use std::fs;
use std::io;
use std::path::Path;

use super::temporary::Temporary;
use super::{Call, Disk, Metadata, is_closed};
use crate::session::error::{Doing, StoreError};

impl Disk {
    /// Replaces a file as a whole: a reader sees the old bytes or the new ones, and the new
    /// ones are safe when this returns.
    ///
    /// # Errors
    /// [`StoreError::ReadOnlyFile`] where the author closed the file to writing,
    /// [`StoreError::Outside`] where it is a symbolic link.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.replace(path, bytes)?;
        match path.parent() {
            Some(folder) => self.sync_folder(folder),
            None => Ok(()),
        }
    }

    /// Replaces a file as [`Disk::write`] does, under the condition of [`Disk::replace_unchanged`].
    pub(in crate::session) fn write_unchanged(
        &self,
        path: &Path,
        bytes: &[u8],
        read: Option<&str>,
    ) -> Result<bool, StoreError> {
        let is_written = self.replace_unchanged(path, bytes, read)?;
        match path.parent().filter(|_| is_written) {
            Some(folder) => self.sync_folder(folder).map(|()| true),
            None => Ok(is_written),
        }
    }

    /// Writes as [`Disk::write`] does, but a power cut may still bring the old bytes back, whole, until the
    /// folder is synced: several files of a folder need that only once.
    pub(in crate::session) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.replace_where(path, bytes, || true).map(|_| ())
    }

    /// Replaces a file as [`Disk::replace`] does, if it still holds the text that was read of it (`None`: if
    /// there still is none). Returns false, and changes nothing, where another program saved it meanwhile: the
    /// new bytes take their time to get to disk.
    pub(in crate::session) fn replace_unchanged(
        &self,
        path: &Path,
        bytes: &[u8],
        read: Option<&str>,
    ) -> Result<bool, StoreError> {
        // What can't be read now was readable a moment ago, and has been looked at.
        let is_same = || {
            self.read_text(path)
                .map_or(true, |now| now.as_deref() == read)
        };
        self.replace_where(path, bytes, is_same)
    }

    fn replace_where(
        &self,
        path: &Path,
        bytes: &[u8],
        may_replace: impl Fn() -> bool,
    ) -> Result<bool, StoreError> {
        self.hold_inside(path)?;
        let before = self.metadata(path)?;
        if let Some(before) = &before {
            self.refuse_unwritable(path, before)?;
        }
        let temporary = self.temporary_for(path);
        let mut written = self.replace_by(&temporary, path, bytes, before.as_ref(), &may_replace);
        let is_beside = temporary.path().parent() == path.parent();
        if matches!(&written, Err(error) if is_closed(error)) && !is_beside {
            // `.work/` may be closed to writing, or have been deleted this very moment.
            let beside = Temporary::beside(path);
            written = self.replace_by(&beside, path, bytes, before.as_ref(), &may_replace);
        }
        written.map_err(|error| StoreError::io(Doing::Write, path, error))
    }

    fn replace_by(
        &self,
        temporary: &Temporary,
        path: &Path,
        bytes: &[u8],
        before: Option<&Metadata>,
        may_replace: &impl Fn() -> bool,
    ) -> io::Result<bool> {
        let temporary = temporary.path();
        let written = self
            .fill(temporary, bytes, before)
            .and_then(|()| match may_replace() {
                true => self.rename(temporary, path).map(|()| true),
                false => Ok(false),
            });
        if !matches!(written, Ok(true)) {
            // Should this fail too, the next start removes it.
            let _ = self
                .go(Call::Remove, temporary)
                .map(|()| fs::remove_file(temporary));
        }
        written
    }
}
