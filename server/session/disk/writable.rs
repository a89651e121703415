//! Checks whether files and folders can be written to, without writing.

use std::io;
use std::path::Path;

use super::Disk;
use super::call::Call;
use super::entry::{EntryKind, refuse_no_folder};
use crate::session::error::{Doing, StoreError};

impl Disk {
    /// Fails where the entry at a path is no file.
    pub(in crate::session) fn check_place(&self, path: &Path) -> Result<(), StoreError> {
        match self.check_file(path) {
            Err(StoreError::ReadOnlyFile { .. }) => Ok(()),
            checked => checked,
        }
    }

    /// Fails for a folder that is known not to take files; one that does not exist can be created.
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

/// Says yes: there is no such question on this system.
#[cfg(not(unix))]
fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}
