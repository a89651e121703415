//! Files that a text is written to before it takes the place of another: their names, where they
//! lie, and how those go that a killed process left.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, EntryKind};
use super::layout::{self, SessionPaths, StoryFolder};
use super::lock;
use super::work;

/// The numbers of those that this process is writing.
static IN_USE: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());
static COUNT: AtomicU64 = AtomicU64::new(0);

/// So many folders deep those are looked for that were left.
const DEEPEST: u32 = 4;

/// The place of a temporary file, which counts as in use for as long as this lives.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    count: u64,
}

/// Who made a temporary file, and which of that process's it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Maker {
    process: u32,
    count: u64,
}

impl Temporary {
    /// Takes a place in the nearest `.work/` of the same file system, where neither explorers nor git
    /// show it; beside `path` where there is none.
    pub(super) fn of(path: &Path, disk: &Disk) -> Temporary {
        let is_near = |work: &PathBuf| is_on_disk_of(work, path, disk);
        match work::work_folder_of(path).filter(is_near) {
            Some(work) => Temporary::inside(&work, path),
            None => Temporary::beside(path),
        }
    }

    /// Takes a place in the same folder.
    pub(super) fn beside(path: &Path) -> Temporary {
        Temporary::inside(path.parent().unwrap_or(Path::new("")), path)
    }

    /// `.NAME.PID-COUNT.tmp`
    fn inside(folder: &Path, path: &Path) -> Temporary {
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

    pub(super) fn path(&self) -> &Path {
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

/// Whether a folder is there, is no link, and is on the file system of a file that is to be written.
fn is_on_disk_of(work: &Path, path: &Path, disk: &Disk) -> bool {
    let found = |path: &Path| disk.metadata(path).ok().flatten();
    let (Some(work), Some(folder)) = (found(work), path.parent().and_then(found)) else {
        return false;
    };
    work.kind == EntryKind::Folder && work.device == folder.device
}

/// The name of what a temporary file was to become, and its maker; `None` for any other name.
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
    /// Whether the process that made it is gone.
    pub(crate) fn is_gone(self) -> bool {
        !lock::is_alive(self.process)
    }

    /// Whether nobody can be writing to it in a folder that is this process's alone: in a container every
    /// process may have the same id.
    fn is_done(self) -> bool {
        match self.process == std::process::id() {
            true => !in_use().contains(&self.count),
            false => self.is_gone(),
        }
    }
}

/// Removes what interrupted saves left in a session, whose lock is held, and in what is about no
/// session.
///
/// Nothing hangs on them: what can't be removed stays until the next time.
pub(super) fn remove_left_over(folder: &StoryFolder, paths: &SessionPaths, disk: &Disk) {
    remove_in(&paths.root, DEEPEST, &|_, maker| maker.is_done(), disk);
    folder.remove_temporaries(disk);
}

impl StoryFolder {
    /// Removes what interrupted saves of processes that are gone left beside the brief and in
    /// `generated/`, but for its sessions.
    ///
    /// Nothing hangs on them: what can't be removed stays until the next time.
    pub fn remove_temporaries(&self, disk: &Disk) {
        let disk = &disk.within(self.root());
        // The folder of a brief is the author's own.
        let is_left = |target: &str, maker: Maker| layout::is_brief_name(target) && maker.is_gone();
        remove_in(self.root(), 0, &is_left, disk);
        let is_gone = |_: &str, maker: Maker| maker.is_gone();
        remove_in(&self.generated(), 0, &is_gone, disk);
        remove_in(&self.work(), DEEPEST, &is_gone, disk);
    }
}

fn remove_in(folder: &Path, deep: u32, is_left: &impl Fn(&str, Maker) -> bool, disk: &Disk) {
    for entry in disk.list(folder).unwrap_or_default() {
        let path = folder.join(&entry.name);
        match entry.kind {
            EntryKind::Folder if deep > 0 => remove_in(&path, deep - 1, is_left, disk),
            EntryKind::File => {
                let found = temporary_of(&entry.name);
                if found.is_some_and(|(target, maker)| is_left(target, maker)) {
                    let _ = disk.remove(&path);
                }
            }
            _ => {}
        }
    }
}
