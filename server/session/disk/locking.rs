//! Locks files until their process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Disk;
use super::call::Call;
use super::regular::{self, Links};
use crate::session::error::{Doing, StoreError};

impl Disk {
    /// Opens a file, creating it if need be, and locks it for as long as the handle lives. `None` where
    /// another handle holds the lock.
    pub(crate) fn lock(&self, path: &Path) -> Result<Option<LockedFile>, StoreError> {
        self.lock_by(path, File::try_lock)
    }

    /// Locks as [`Disk::lock`] does, but any number of handles may share the lock.
    pub(in crate::session) fn share(&self, path: &Path) -> Result<Option<LockedFile>, StoreError> {
        self.lock_by(path, File::try_lock_shared)
    }

    fn lock_by(
        &self,
        path: &Path,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Option<LockedFile>, StoreError> {
        self.hold_inside(path)?;
        self.check_file(path)?;
        let opened = self.patiently(Call::Lock, || {
            self.go(Call::Lock, path).and_then(|()| {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create(true).truncate(false);
                regular::open(path, &options, Links::Refuse)
            })
        });
        let file = opened.map_err(|error| StoreError::io(Doing::Lock, path, error))?;
        match lock(&file) {
            Ok(()) => Ok(Some(LockedFile::of(file, true))),
            Err(TryLockError::WouldBlock) => Ok(None),
            // Some network file systems have no locks; better to write without than not at all.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Some(LockedFile::of(file, false)))
            }
            Err(TryLockError::Error(error)) => Err(StoreError::io(Doing::Lock, path, error)),
        }
    }
}

/// A file whose lock goes with the handle, and so with the process.
#[derive(Debug)]
pub(crate) struct LockedFile {
    file: File,
    /// False where the file system has no locks.
    pub(crate) held: bool,
    /// The file next to the lock that names its holder, on systems where a locked file can't be read.
    name: Option<PathBuf>,
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Nobody holds it any more; and an empty file stays the same from job to job for those
        // who keep the folder in git.
        let _ = self.file.set_len(0);
        if let Some(name) = &self.name {
            let _ = File::create(name);
        }
    }
}

impl LockedFile {
    fn of(file: File, held: bool) -> LockedFile {
        LockedFile {
            file,
            held,
            name: None,
        }
    }

    /// Writes the holder's name into a file next to the lock, for as long as the lock is held.
    pub(crate) fn write_beside(
        &mut self,
        disk: &Disk,
        name: PathBuf,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        disk.write_copy(&name, bytes)?;
        self.name = Some(name);
        Ok(())
    }

    /// Replaces the content in place: another name for the file would be another lock.
    pub(crate) fn write(
        &mut self,
        disk: &Disk,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        disk.go(Call::Write, path)
            .and_then(|()| {
                use std::io::Seek as _;
                self.file.set_len(0)?;
                self.file.rewind()?;
                self.file.write_all(bytes)
            })
            .map_err(|error| StoreError::io(Doing::Write, path, error))
    }
}
