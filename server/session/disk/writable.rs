//! Whether files and folders can be written to, found out without writing.

use std::io;
use std::path::Path;

use super::{Call, Disk, EntryKind, Metadata};
use crate::session::error::{Doing, StoreError};

impl Disk {
    /// Stops at a place that is known not to take a file.
    pub(in crate::session) fn check_file(&self, path: &Path) -> Result<(), StoreError> {
        match self.metadata(path)? {
            Some(there) => self.refuse_unwritable(path, &there),
            None => Ok(()),
        }
    }

    /// Stops at a place where something else than a file lies.
    pub(in crate::session) fn check_place(&self, path: &Path) -> Result<(), StoreError> {
        match self.check_file(path) {
            Err(StoreError::ReadOnlyFile { .. }) => Ok(()),
            checked => checked,
        }
    }

    /// Stops at a folder that is known not to take files; one that is not there can be made.
    pub(in crate::session) fn check_folder(&self, folder: &Path) -> Result<(), StoreError> {
        let Some(there) = self.metadata(folder)? else {
            return Ok(());
        };
        refuse_no_folder(folder, there.kind)?;
        if there.kind == EntryKind::Link {
            self.hold_folder_inside(folder)?;
        }
        self.go(Call::Access, folder)
            .and_then(|()| may_write(folder))
            .map_err(|error| {
                let error = StoreError::io(Doing::Write, folder, error);
                error.safe("Nothing was sent, and nothing was changed.")
            })
    }

    pub(super) fn refuse_unwritable(
        &self,
        path: &Path,
        metadata: &Metadata,
    ) -> Result<(), StoreError> {
        match metadata.kind {
            EntryKind::Link => Err(self.outside(path)),
            EntryKind::Folder | EntryKind::Other(_) => refuse_no_file(path, metadata.kind),
            // A rename would replace a read-only file without a word.
            EntryKind::File if metadata.read_only => Err(StoreError::ReadOnlyFile {
                path: path.to_owned(),
                kept: None,
            }),
            EntryKind::File => Ok(()),
        }
    }

    /// Fails where something lies that is neither file, folder nor link.
    pub(in crate::session) fn refuse_special(&self, path: &Path) -> Result<(), StoreError> {
        match self.metadata(path)?.map(|found| found.kind) {
            Some(kind @ EntryKind::Other(_)) => refuse_no_file(path, kind),
            _ => Ok(()),
        }
    }
}

pub(super) fn refuse_no_folder(path: &Path, kind: EntryKind) -> Result<(), StoreError> {
    let what = match kind {
        EntryKind::Folder | EntryKind::Link => return Ok(()),
        EntryKind::File => "a file".to_owned(),
        EntryKind::Other(what) => what.to_string(),
    };
    let path = path.to_owned();
    Err(StoreError::NotAFolder { path, what })
}

fn refuse_no_file(path: &Path, kind: EntryKind) -> Result<(), StoreError> {
    match kind.no_file() {
        None => Ok(()),
        Some(what) => Err(StoreError::NotAFile {
            path: path.to_owned(),
            what,
        }),
    }
}

/// Asks the system whether this process may make files in a folder.
#[cfg(unix)]
fn may_write(folder: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    let Ok(name) = std::ffi::CString::new(folder.as_os_str().as_bytes()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // SAFETY: the name is a string that ends with a zero and lives as long as the call.
    match unsafe { libc::access(name.as_ptr(), libc::W_OK | libc::X_OK) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// There is no such question on this system.
#[cfg(not(unix))]
fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}
