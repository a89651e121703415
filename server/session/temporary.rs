//! Names of the files that a text is written to before it takes the place of another.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// `.NAME.PID-COUNT.tmp` in the same folder.
pub(super) fn temporary_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(
        ".{}-{}.tmp",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    ));
    path.with_file_name(name)
}

/// The process that made a temporary file; `None` for any other name.
pub(crate) fn temporary_of(name: &str) -> Option<u32> {
    let inner = name.strip_prefix('.')?.strip_suffix(".tmp")?;
    let (_, stamp) = inner.rsplit_once('.')?;
    let (process, count) = stamp.split_once('-')?;
    count.parse::<u64>().ok()?;
    process.parse().ok()
}
