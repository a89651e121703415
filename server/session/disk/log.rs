//! Appends to a file that grows line by line.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::session::disk::{Call, Disk};
use crate::session::error::{Doing, StoreError};

/// A file that grows line by line.
#[derive(Debug)]
pub struct Log {
    disk: Disk,
    path: PathBuf,
    file: File,
}

impl Disk {
    /// Opens a log to append to. Each [`Log::append`] is one write.
    pub(in crate::session) fn open_log(&self, path: &Path) -> Result<Log, StoreError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let opened = self.open_to_write(path, &options)?;
        let file = opened.map_err(|error| StoreError::io(Doing::Create, path, error))?;
        Ok(Log {
            disk: self.clone(),
            path: path.to_owned(),
            file,
        })
    }
}

impl Log {
    pub(in crate::session) fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.disk
            .put(&mut self.file, &self.path, bytes)
            .map_err(|error| StoreError::io(Doing::Write, &self.path, error))
    }

    /// Syncs what was appended to disk; the name of the file is safe once its folder is synced.
    pub(in crate::session) fn sync(&mut self) -> Result<(), StoreError> {
        self.disk
            .go(Call::Sync, &self.path)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| StoreError::io(Doing::Write, &self.path, error))
    }
}
