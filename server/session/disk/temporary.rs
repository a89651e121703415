//! Names the temporary files that a text is written to before it replaces another, and knows which of them
//! are in use.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::session::holder::is_alive;

/// The numbers of those that this process is writing.
static IN_USE: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The place of a temporary file, which counts as in use for as long as this lives.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    count: u64,
}

/// The process that made a temporary file, and the number of the file in that process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Maker {
    process: u32,
    count: u64,
}

impl Temporary {
    /// Reserves a temporary path in the same folder.
    pub(crate) fn beside(path: &Path) -> Temporary {
        Temporary::inside(path.parent().unwrap_or(Path::new("")), path)
    }

    /// Takes a place in a folder: `.NAME.PID-COUNT.tmp`.
    pub(crate) fn inside(folder: &Path, path: &Path) -> Temporary {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}-{count}.tmp", std::process::id()));
        in_use().insert(count);
        Temporary {
            path: folder.join(name),
            count,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        in_use().remove(&self.count);
    }
}

fn in_use() -> MutexGuard<'static, BTreeSet<u64>> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the name of what a temporary file was to become, and its maker; `None` for any other name.
pub(crate) fn temporary_of(name: &str) -> Option<(&str, Maker)> {
    let inner = name.strip_prefix('.')?.strip_suffix(".tmp")?;
    let (target, stamp) = inner.rsplit_once('.')?;
    let (process, count) = stamp.split_once('-')?;
    let maker = Maker {
        process: process.parse().ok()?,
        count: count.parse().ok()?,
    };
    Some((target, maker))
}

impl Maker {
    /// Tells whether the process that made it has ended.
    pub(crate) fn is_gone(self) -> bool {
        !is_alive(self.process)
    }

    /// Tells whether no process can be writing to the file, in a folder that only this process uses: in a
    /// container every process may have the same id.
    pub(crate) fn is_done(self) -> bool {
        match self.process == std::process::id() {
            true => !in_use().contains(&self.count),
            false => self.is_gone(),
        }
    }
}
