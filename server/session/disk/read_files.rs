//! Records what a look at the disk read, so that its outcome holds as long as none of that changes.
//!
//! A file is known by what git knows it by: size, times and number. Times are coarse, so a file that
//! changed only just before it was read may change again unnoticed; such a look is used once.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How far apart two changes of a file have to be to have different times, where the file system
/// counts fractions of a second.
const FINE: Duration = Duration::from_millis(20);
/// The same where it counts seconds, as FAT does in twos.
const COARSE: Duration = Duration::from_secs(2);

/// Holds the files and folders that a look read, each as it was before that.
#[derive(Debug, Default)]
pub struct ReadFiles {
    marks: Mutex<HashMap<PathBuf, Mark>>,
}

/// A file as it was when it was noted.
#[derive(Debug, Clone, Copy)]
pub(in crate::session) struct Mark {
    /// `None` where there was nothing.
    file: Option<FileMark>,
    /// Whether it may change without another mark.
    is_fresh: bool,
}

/// Identifies a file with its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileMark {
    kind: fs::FileType,
    /// In bytes.
    length: u64,
    modified: Option<SystemTime>,
    platform: PlatformMark,
}

impl ReadFiles {
    /// Notes a path that is about to be read; the first note of a path counts.
    pub fn note(&self, path: &Path) {
        let mut marks = self.marks();
        if !marks.contains_key(path) {
            marks.insert(path.to_owned(), Mark::of(path, SystemTime::now()));
        }
    }

    /// Tells whether all that was read would be read the same now.
    pub fn are_unchanged(&self) -> bool {
        let marks = self.marks();
        let mut marks = marks.iter();
        marks.all(|(path, mark)| !mark.is_fresh && FileMark::of(path) == mark.file)
    }

    /// Locks the marks. Those of a poisoned lock are still whole: each is put in by one step.
    fn marks(&self) -> MutexGuard<'_, HashMap<PathBuf, Mark>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mark {
    pub(super) fn of(path: &Path, now: SystemTime) -> Mark {
        let file = FileMark::of(path);
        Mark {
            file,
            is_fresh: file.is_some_and(|file| file.is_fresh_at(now)),
        }
    }

    /// Tells whether what was read at the time of this mark would be read the same at the time of a later one.
    pub(in crate::session) fn is_same_file_as(&self, later: &Mark) -> bool {
        !self.is_fresh && self.file.is_some() && self.file == later.file
    }
}

impl FileMark {
    /// Reads the mark of what lies at a path; of a link, what it leads to.
    fn of(path: &Path) -> Option<FileMark> {
        let mut metadata = fs::symlink_metadata(path).ok()?;
        if metadata.is_symlink() {
            metadata = fs::metadata(path).unwrap_or(metadata);
        }
        Some(FileMark {
            kind: metadata.file_type(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            platform: PlatformMark::of(&metadata),
        })
    }

    fn is_fresh_at(&self, now: SystemTime) -> bool {
        let Some(modified) = self.modified else {
            return true;
        };
        let since_epoch = modified.duration_since(SystemTime::UNIX_EPOCH);
        let is_fine = since_epoch.is_ok_and(|since| since.subsec_nanos() != 0);
        // A time that lies ahead says nothing of when the file changed.
        now.duration_since(modified)
            .map_or(true, |age| age < if is_fine { FINE } else { COARSE })
    }
}

/// What only some systems tell: when anything of the file changed last, and which file it is.
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PlatformMark {
    changed: (i64, i64),
    device: u64,
    inode: u64,
}

#[cfg(unix)]
impl PlatformMark {
    fn of(metadata: &fs::Metadata) -> PlatformMark {
        use std::os::unix::fs::MetadataExt as _;
        PlatformMark {
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// What only some systems tell: when the file was made.
#[cfg(not(unix))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PlatformMark {
    created: Option<SystemTime>,
}

#[cfg(not(unix))]
impl PlatformMark {
    fn of(metadata: &fs::Metadata) -> PlatformMark {
        PlatformMark {
            created: metadata.created().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a file look as if it had been written an hour ago.
    fn age(path: &Path) {
        let then = SystemTime::now() - Duration::from_secs(3600) + Duration::from_nanos(7_000);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(then).unwrap();
    }

    #[test]
    fn what_was_read_is_known_by_its_mark() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chunk_01.md");
        let missing = folder.path().join("chunk_02.md");
        let noted = |path: &Path| {
            let read = ReadFiles::default();
            read.note(path);
            read
        };
        fs::write(&file, "The lamp.").unwrap();
        assert!(!noted(&file).are_unchanged(), "it may change unnoticed");
        age(&file);
        let read = noted(&file);
        assert!(read.are_unchanged());
        fs::write(&file, "The lamp!").unwrap();
        read.note(&file);
        assert!(!read.are_unchanged(), "the first note counts");
        let read = noted(&missing);
        assert!(read.are_unchanged());
        fs::write(&missing, "").unwrap();
        assert!(!read.are_unchanged());
    }

    #[test]
    fn times_in_whole_seconds_take_longer_to_tell_changes_apart() {
        let at = |seconds, nanos| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
        let folder = tempfile::tempdir().unwrap();
        let mark = |modified| FileMark {
            modified: Some(modified),
            ..FileMark::of(folder.path()).unwrap()
        };
        assert!(!mark(at(50, 1)).is_fresh_at(at(51, 0)));
        assert!(mark(at(50, 0)).is_fresh_at(at(51, 0)));
        assert!(!mark(at(50, 0)).is_fresh_at(at(53, 0)));
        assert!(mark(at(99, 1)).is_fresh_at(at(51, 0)));
    }
}
