//! Identifies the processes that hold a lock or a journal of a story, and tells whether they still run.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Names who writes to a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Such as "storywright write".
    pub name: String,
    pub pid: u32,
    pub since: Timestamp,
}

impl Holder {
    /// Makes the name of this process, which is called `name`.
    pub(super) fn of_process(name: &str, since: Timestamp) -> Holder {
        Holder {
            name: name.to_owned(),
            pid: std::process::id(),
            since,
        }
    }

    /// Makes a name for a process that gives none.
    pub(super) fn nameless() -> Holder {
        Holder {
            name: String::new(),
            pid: 0,
            since: Timestamp::UNIX_EPOCH,
        }
    }
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

/// Tells whether a process runs; `true` where that can't be known.
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
    #[cfg(windows)]
    {
        use windows_sys::Win32::Foundation::{
            CloseHandle, ERROR_ACCESS_DENIED, GetLastError, WAIT_TIMEOUT,
        };
        use windows_sys::Win32::System::Threading::{
            OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject,
        };
        // SAFETY: the handle is checked, used for a wait of no time and closed here.
        unsafe {
            let process = OpenProcess(PROCESS_SYNCHRONIZE, 0, pid);
            if process.is_null() {
                return GetLastError() == ERROR_ACCESS_DENIED;
            }
            let runs = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
            CloseHandle(process);
            runs
        }
    }
    #[cfg(not(any(unix, windows)))]
    {
        let _ = pid;
        true
    }
}
