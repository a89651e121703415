//! One writer a session: a lock that dies with its process.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::disk::{Disk, LockedFile};
use super::error::StoreError;

/// Who writes to a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Such as "storywright write".
    pub name: String,
    pub pid: u32,
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("another program");
        }
        write!(
            f,
            "{} (process {}, since {})",
            self.name, self.pid, self.since
        )
    }
}

/// The lock, and a notice where the file system has none.
#[derive(Debug)]
pub(crate) struct SessionLock {
    _file: LockedFile,
    pub(crate) held: bool,
}

/// Takes the lock of a session.
///
/// # Errors
/// [`StoreError::Locked`], which names the holder, where somebody else has it.
pub(crate) fn take(path: &Path, holder: &str, disk: &Disk) -> Result<SessionLock, StoreError> {
    let Some(mut file) = disk.lock(path)? else {
        return Err(StoreError::Locked {
            path: path.parent().unwrap_or(path).to_owned(),
            holder: read_holder(path, disk).unwrap_or_else(|| Holder {
                name: String::new(),
                pid: 0,
                since: Timestamp::UNIX_EPOCH,
            }),
        });
    };
    let holder = Holder {
        name: holder.to_owned(),
        pid: std::process::id(),
        since: disk.now(),
    };
    let text = serde_json::to_vec(&holder).unwrap_or_default();
    file.write(disk, path, &text)?;
    Ok(SessionLock {
        held: file.held,
        _file: file,
    })
}

/// Who is named in a lock file. Says nothing about whether the lock is still held.
fn read_holder(path: &Path, disk: &Disk) -> Option<Holder> {
    let bytes = disk.read(path).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// Whether a process runs; `true` where that can't be known.
pub(crate) fn is_alive(pid: u32) -> bool {
    #[cfg(unix)]
    {
        let Ok(pid) = libc::pid_t::try_from(pid) else {
            return false;
        };
        // SAFETY: signal 0 sends nothing; it only asks whether the process is there.
        let answer = unsafe { libc::kill(pid, 0) };
        answer == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}
