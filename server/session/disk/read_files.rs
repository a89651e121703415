//! Records what a look at the disk read, so that its outcome holds as long as none of that changes.
//!
//! A file is known by what git knows it by: size, times and number. Times are coarse, so a file that
//! changed only just before it was read may change again unnoticed; such a look is used once.
//!
//! Where the system reports changes ([`watch`]), files are not looked at again one by one until it does, or for a
//! while: what is asked at every move of a cursor costs the same in every story.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::watch::{self, Changes};

/// How far apart two changes of a file have to be to have different times, where the file system
/// counts fractions of a second.
const FINE: Duration = Duration::from_millis(20);
/// The same where it counts seconds, as FAT does in twos.
const COARSE: Duration = Duration::from_secs(2);

/// How long files are taken to be unchanged because no change was reported: not all changes are.
const TRUSTED: Duration = Duration::from_secs(2);

/// Holds the files and folders that a look read, each as it was before that.
#[derive(Debug, Default)]
pub struct ReadFiles {
    marks: Mutex<HashMap<PathBuf, Mark>>,
    watched: Mutex<Option<Watched>>,
}

/// The folders of files that were found unchanged.
#[derive(Debug)]
struct Watched {
    /// Each with its changes that were counted before that.
    folders: Vec<(Changes, u64)>,
    since: Instant,
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
    is_link: bool,
    kind: fs::FileType,
    /// In bytes.
    length: u64,
    modified: Option<SystemTime>,
    platform: PlatformMark,
}

impl ReadFiles {
    /// Notes a path that is about to be read; the first note of a path counts.
    pub fn note(&self, path: &Path) {
        let mut marks = lock(&self.marks);
        if !marks.contains_key(path) {
            marks.insert(path.to_owned(), Mark::of(path, SystemTime::now()));
        }
    }

    /// Returns the mark of a path as it was noted first.
    pub(super) fn mark(&self, path: &Path) -> Option<Mark> {
        lock(&self.marks).get(path).copied()
    }

    /// Tells whether all that was read would be read the same now.
    pub fn are_unchanged(&self) -> bool {
        let mut watched = lock(&self.watched);
        if watched.as_ref().is_some_and(Watched::is_quiet) {
            return true;
        }
        let marks = lock(&self.marks);
        // Before the files are looked at, so that no change in between is missed.
        let folders = watch_folders(&marks);
        let unchanged = marks
            .iter()
            .all(|(path, mark)| !mark.is_fresh && FileMark::of(path) == mark.file);
        *watched = folders.filter(|_| unchanged).map(|folders| Watched {
            folders,
            since: Instant::now(),
        });
        unchanged
    }
}

impl Watched {
    fn is_quiet(&self) -> bool {
        watch::take_in();
        let mut folders = self.folders.iter();
        self.since.elapsed() < TRUSTED && folders.all(|(changes, count)| changes.count() == *count)
    }
}

/// Watches all folders in which a change could change a mark; `None` where that can't be done.
fn watch_folders(marks: &HashMap<PathBuf, Mark>) -> Option<Vec<(Changes, u64)>> {
    let mut folders = BTreeSet::new();
    for (path, mark) in marks {
        match mark.file {
            // What it leads to may lie anywhere.
            Some(file) if file.is_link => return None,
            Some(file) if file.kind.is_dir() => drop(folders.insert(path.as_path())),
            _ => {}
        }
        // The nearest folder that is there: in it, the next one on the way would be made.
        let mut above = path.ancestors().skip(1);
        let folder = match mark.file {
            Some(_) => above.next(),
            None => above.find(|folder| folders.contains(folder) || folder.is_dir()),
        };
        folders.extend(folder);
    }
    let watched = folders.into_iter().map(watch::changes_in);
    let watched: Vec<Changes> = watched.collect::<Option<_>>()?;
    watch::take_in();
    let counted = watched.into_iter().map(|changes| {
        let count = changes.count();
        (changes, count)
    });
    Some(counted.collect())
}

/// Locks what is kept. That of a poisoned lock is still whole: each holder changes it in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let is_link = metadata.is_symlink();
        if is_link {
            metadata = fs::metadata(path).unwrap_or(metadata);
        }
        Some(FileMark {
            is_link,
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

    #[cfg(target_os = "linux")]
    #[test]
    fn what_changes_is_noticed_also_where_changes_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let chunks = folder.path().join("chunks");
        let file = folder.path().join("chunk_01.md");
        fs::write(&file, "The lamp.").unwrap();
        age(&file);
        let noted = || {
            let read = ReadFiles::default();
            for path in [
                &file,
                &chunks.join("chunk_02.md"),
                &folder.path().to_owned(),
            ] {
                read.note(path);
            }
            read
        };
        let steps: [&dyn Fn(); 4] = [
            &|| fs::write(&file, "The lamp!").unwrap(),
            &|| fs::create_dir(&chunks).unwrap(),
            &|| fs::write(chunks.join("chunk_02.md"), "").unwrap(),
            &|| fs::remove_file(&file).unwrap(),
        ];
        for (nth, step) in steps.iter().enumerate() {
            for entry in [folder.path(), &file, &chunks, &chunks.join("chunk_02.md")] {
                let then = SystemTime::now() - Duration::from_secs(3600);
                let _ = fs::File::open(entry).map(|entry| entry.set_modified(then));
            }
            let read = noted();
            assert!(read.are_unchanged() && read.are_unchanged(), "{nth}");
            step();
            assert!(!read.are_unchanged() && !read.are_unchanged(), "{nth}");
        }
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
