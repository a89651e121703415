//! Reads and writes large files in pieces, and whole folders, for the archive of a session.
//!
//! As everywhere in the store, every call can be made to fail, and no write leaves the folder
//! that the disk is held inside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::session::disk::{self, Call, Disk, EntryKind};
use crate::session::error::{Doing, StoreError};

/// A file that did not exist before and is being written.
pub(crate) struct NewFile {
    disk: Disk,
    path: PathBuf,
    file: File,
}

impl Disk {
    /// Creates a file to be written in pieces; fails where the file exists.
    pub(crate) fn create_file(&self, path: &Path) -> Result<NewFile, StoreError> {
        self.hold_inside(path)?;
        let file = self
            .go(Call::Create, path)
            .and_then(|()| OpenOptions::new().write(true).create_new(true).open(path))
            .map_err(|error| StoreError::io(Doing::Create, path, error))?;
        Ok(NewFile {
            disk: self.clone(),
            path: path.to_owned(),
            file,
        })
    }

    /// Opens a file that the user named, links followed, and returns its length in bytes.
    pub(crate) fn open_file(&self, path: &Path) -> Result<(File, u64), StoreError> {
        let opened = self.go(Call::Read, path).and_then(|()| {
            let file = disk::open_linked(path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        });
        opened.map_err(|error| StoreError::io(Doing::Read, path, error))
    }

    /// Renames a file to its final name, replacing a file of that name. Removes it where that fails.
    pub(crate) fn put_in_place(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        let placed = self
            .hold_inside(to)
            .and_then(|()| self.refuse_special(to))
            .and_then(|()| {
                self.rename(from, to)
                    .map_err(|error| StoreError::io(Doing::Write, to, error))
            });
        if placed.is_err() {
            let _ = self.remove(from);
        }
        placed?;
        match to.parent() {
            Some(folder) => self.sync_folder(folder),
            None => Ok(()),
        }
    }

    /// Gives a folder a name that is free; `false` where something of that name is there.
    pub(crate) fn rename_folder(&self, from: &Path, to: &Path) -> Result<bool, StoreError> {
        self.hold_inside(to)?;
        if self.metadata(to)?.is_some() {
            return Ok(false);
        }
        match self.rename(from, to) {
            Ok(()) => {}
            // Another process was quicker: no system renames over a folder that holds something.
            Err(_) if self.metadata(to)?.is_some() => return Ok(false),
            Err(error) => return Err(StoreError::io(Doing::Write, to, error)),
        }
        let synced = to.parent().map_or(Ok(()), |above| self.sync_folder(above));
        if synced.is_err() {
            // What failed leaves nothing under the new name.
            let _ = self.rename(to, from);
        }
        synced.map(|()| true)
    }

    /// Removes a folder of our own making with all that is in it. Links in it are removed, not
    /// followed.
    pub(crate) fn remove_folder(&self, folder: &Path) -> Result<(), StoreError> {
        for entry in self.list(folder)? {
            let path = folder.join(&entry.name);
            match entry.kind {
                EntryKind::Folder => self.remove_folder(&path)?,
                _ => self.remove(&path)?,
            }
        }
        self.remove_empty_folder(folder)
    }

    /// Removes a folder that is empty; fails for any other.
    pub(crate) fn remove_empty_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.hold_inside(folder)?;
        self.go(Call::Remove, folder)
            .and_then(|()| fs::remove_dir(folder))
            .map_err(|error| StoreError::io(Doing::Remove, folder, error))
    }

    /// Syncs a folder, so that new files in it survive a power cut.
    pub(crate) fn settle_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.sync_folder(folder)
    }
}

impl NewFile {
    /// Syncs the bytes to disk; the name is safe after [`Disk::settle_folder`] or [`Disk::put_in_place`].
    pub(crate) fn finish(self) -> Result<(), StoreError> {
        self.disk
            .go(Call::Sync, &self.path)
            .and_then(|()| self.file.sync_all())
            .map_err(|error| StoreError::io(Doing::Write, &self.path, error))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.put(&mut self.file, &self.path, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for NewFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// Reads once into `piece`, again where a signal interrupts it; returns the number of bytes, 0 at the end.
pub(crate) fn read_piece(reader: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
