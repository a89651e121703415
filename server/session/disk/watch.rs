//! Tells whether anything changed in a folder without a look at its files, where the system reports it.
//!
//! Linux does (inotify(7)): what a call of any process changed is in the queue when that call returns. Not reported is
//! what another machine does on a network file system and what is written through a mapping of memory, so nobody may
//! go by this alone for long. Elsewhere no folder can be watched.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the changes in a folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Returns how many changes are known by now.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    #[cfg(target_os = "linux")]
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counts the changes in a folder from now on; `None` where it can't be watched.
pub(super) fn changes_in(folder: &Path) -> Option<Changes> {
    system::changes_in(folder)
}

/// Takes in what was reported.
pub(super) fn take_in() {
    system::take_in();
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    use crate::session::disk::watch::Changes;

    pub(super) fn changes_in(_: &Path) -> Option<Changes> {
        None
    }

    pub(super) fn take_in() {}
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashMap;
    use std::ffi::CString;
    use std::fs::File;
    use std::io::Read as _;
    use std::os::fd::{AsRawFd as _, FromRawFd as _};
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

    use crate::session::disk::watch::Changes;

    /// The most folders that are watched: some stories with all their drafts. The system has few to give.
    const MOST: usize = 256;
    const CHANGES: u32 = libc::IN_MODIFY
        | libc::IN_ATTRIB
        | libc::IN_CLOSE_WRITE
        | libc::IN_CREATE
        | libc::IN_DELETE
        | libc::IN_MOVED_FROM
        | libc::IN_MOVED_TO
        | libc::IN_DELETE_SELF
        | libc::IN_MOVE_SELF;
    /// The folder is no longer at its path, or nothing is reported any more.
    const GONE: u32 =
        libc::IN_DELETE_SELF | libc::IN_MOVE_SELF | libc::IN_IGNORED | libc::IN_UNMOUNT;
    /// The fixed part of a report: descriptor, mask, cookie and length of the name.
    const HEAD: usize = 16;

    /// The queue of reports; one serves the process.
    struct Queue {
        file: File,
        folders: Mutex<Folders>,
    }

    #[derive(Default)]
    struct Folders {
        changes: HashMap<i32, Changes>,
        descriptors: HashMap<PathBuf, i32>,
    }

    fn queue() -> Option<&'static Queue> {
        static QUEUE: OnceLock<Option<Queue>> = OnceLock::new();
        let queue = QUEUE.get_or_init(|| {
            // SAFETY: it takes no memory of ours.
            let descriptor = unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) };
            (descriptor >= 0).then(|| Queue {
                // SAFETY: it was opened just now, and nobody else has it.
                file: unsafe { File::from_raw_fd(descriptor) },
                folders: Mutex::default(),
            })
        });
        queue.as_ref()
    }

    pub(super) fn changes_in(folder: &Path) -> Option<Changes> {
        let queue = queue()?;
        let mut folders = queue.folders();
        let known = folders.descriptors.get(folder);
        if let Some(changes) = known.and_then(|known| folders.changes.get(known)) {
            return Some(changes.clone());
        }
        if folders.descriptors.len() >= MOST {
            return None;
        }
        let name = CString::new(folder.as_os_str().as_bytes()).ok()?;
        let wanted = CHANGES | libc::IN_ONLYDIR;
        // SAFETY: the name ends with a zero byte and outlives the call.
        let descriptor =
            unsafe { libc::inotify_add_watch(queue.file.as_raw_fd(), name.as_ptr(), wanted) };
        if descriptor < 0 {
            return None;
        }
        folders.descriptors.insert(folder.to_owned(), descriptor);
        // The same folder by another name has the same descriptor.
        Some(folders.changes.entry(descriptor).or_default().clone())
    }

    pub(super) fn take_in() {
        let Some(queue) = queue() else {
            return;
        };
        let mut folders = queue.folders();
        let mut reports = [0; 16 * 1024];
        while let Ok(length) = (&queue.file).read(&mut reports) {
            let mut rest = &reports[..length];
            if rest.is_empty() {
                return;
            }
            while let Some((head, behind)) = rest.split_first_chunk::<HEAD>() {
                let field = |at: usize| {
                    let mut bytes = [0; 4];
                    bytes.copy_from_slice(&head[at..at + 4]);
                    u32::from_ne_bytes(bytes)
                };
                let name = field(12) as usize;
                folders.take(field(0).cast_signed(), field(4));
                rest = behind.get(name..).unwrap_or_default();
            }
        }
    }

    impl Folders {
        fn take(&mut self, descriptor: i32, mask: u32) {
            if mask & libc::IN_Q_OVERFLOW != 0 {
                self.changes.values().for_each(Changes::add);
            }
            if let Some(changes) = self.changes.get(&descriptor) {
                changes.add();
            }
            if mask & GONE != 0 {
                self.changes.remove(&descriptor);
                self.descriptors.retain(|_, known| *known != descriptor);
            }
        }
    }

    impl Queue {
        /// Locks the folders. Those of a poisoned lock are still whole: each is put in and taken out by itself.
        fn folders(&self) -> MutexGuard<'_, Folders> {
            self.folders.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_changes_in_a_folder_is_counted_when_the_change_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chunk_01.md");
        fs::write(&file, "The lamp.").unwrap();
        let changes = changes_in(folder.path()).unwrap();
        let is_counted = |before: u64| {
            take_in();
            changes.count() > before
        };
        take_in();
        assert!(!is_counted(changes.count()));
        let other = tempfile::tempdir().unwrap();
        let steps: [&dyn Fn(); 5] = [
            &|| fs::write(&file, "The lamp!").unwrap(),
            &|| fs::write(folder.path().join("chunk_02.md"), "").unwrap(),
            &|| {
                fs::write(other.path().join("new"), "The light.").unwrap();
                fs::rename(other.path().join("new"), &file).unwrap();
            },
            &|| fs::remove_file(&file).unwrap(),
            &|| fs::rename(folder.path(), other.path().join("elsewhere")).unwrap(),
        ];
        for (nth, step) in steps.iter().enumerate() {
            let before = changes.count();
            step();
            assert!(is_counted(before), "{nth}");
        }
        assert!(changes_in(folder.path()).is_none(), "it is gone");
    }
}
