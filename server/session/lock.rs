//! Allows one writer a session, by a lock that the system releases when its process dies.

pub(super) mod outline;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{Disk, LockedFile};
use super::error::StoreError;
use super::holder::{Holder, is_alive};
use super::layout::{SessionPaths, StoryFolder};
use super::work;

/// How long a lock is tried again for whose holder has not given its name yet.
const NAMELESS: u32 = 200;
/// How long two processes wait for one another to choose a session.
const CHOOSING: u32 = 10_000;
/// Between two tries; in milliseconds, like the others.
const PAUSE: u32 = 5;

/// The lock, and a notice where the file system has none.
#[derive(Debug)]
pub(crate) struct SessionLock {
    _file: LockedFile,
    _earlier: Option<LockedFile>,
    pub(crate) held: bool,
}

/// Takes the lock of a session.
///
/// # Errors
/// [`StoreError::Locked`], which names the holder, where somebody else has it.
pub(crate) fn take(
    paths: &SessionPaths,
    holder: &str,
    disk: &Disk,
) -> Result<SessionLock, StoreError> {
    work::make_work_folder(&paths.work(), disk)?;
    let path = &paths.lock();
    let mut file = acquire_of(paths, path, disk)?;
    let earlier = take_earlier(paths, disk)?;
    name_holder(&mut file, path, holder, disk)?;
    Ok(SessionLock {
        held: file.held,
        _file: file,
        _earlier: earlier,
    })
}

/// Takes the lock of earlier versions, where there is one, and puts its file away.
///
/// It is held as long as the session: a process of an earlier version may have opened the file
/// a moment ago.
fn take_earlier(paths: &SessionPaths, disk: &Disk) -> Result<Option<LockedFile>, StoreError> {
    let path = paths.earlier_lock();
    if disk.metadata(&path)?.is_none() {
        return Ok(None);
    }
    let file = acquire_of(paths, &path, disk)?;
    disk.remove(&path)?;
    Ok(Some(file))
}

/// Takes a lock, or returns its holder.
pub(super) fn acquire(path: &Path, disk: &Disk) -> Result<Result<LockedFile, Holder>, StoreError> {
    acquire_by(disk, path, Disk::lock)
}

/// Returns the holder of a lock; `None` where it is free or does not exist.
pub(super) fn holder(path: &Path, disk: &Disk) -> Result<Option<Holder>, StoreError> {
    match disk.metadata(path)? {
        None => Ok(None),
        // Let go of at once: this only looks.
        Some(_) => Ok(acquire_by(disk, path, Disk::share)?.err()),
    }
}

fn acquire_by(
    disk: &Disk,
    path: &Path,
    take: fn(&Disk, &Path) -> Result<Option<LockedFile>, StoreError>,
) -> Result<Result<LockedFile, Holder>, StoreError> {
    let mut waited = 0;
    loop {
        if let Some(file) = take(disk, path)? {
            return Ok(Ok(file));
        }
        let named = read_holder(path, disk);
        // A holder takes the lock first and then gives its name; until then the file is empty,
        // or names one that was killed.
        let is_known = named.as_ref().is_some_and(|holder| is_alive(holder.pid));
        if is_known || waited >= NAMELESS {
            return Ok(Err(named.unwrap_or_else(Holder::nameless)));
        }
        waited += pause();
    }
}

/// Takes a lock of a session.
fn acquire_of(paths: &SessionPaths, path: &Path, disk: &Disk) -> Result<LockedFile, StoreError> {
    acquire(path, disk)?.map_err(|holder| StoreError::Locked {
        path: paths.root.clone(),
        holder,
    })
}

/// Held while it is found out which session is to be written.
#[derive(Debug)]
pub struct Choosing {
    _files: Vec<LockedFile>,
}

impl StoryFolder {
    /// Waits for the lock under which a session is chosen: two processes that begin the same story at once
    /// would else make one session each, and both be paid for.
    ///
    /// Goes on after ten seconds all the same; each session has a lock of its own.
    pub fn choosing(&self, disk: &Disk) -> Result<Choosing, StoreError> {
        let disk = disk.within(self.root());
        let generated = self.generated();
        disk.ensure_inside(&generated, self.root())?;
        work::make_work_folder(&self.work(), &disk)?;
        let mut files = Vec::new();
        let mut waited = 0;
        let earlier = generated.join(".lock");
        // An earlier version, which locks another file, may be choosing.
        for path in [self.work().join("lock"), earlier.clone()] {
            if path == earlier && disk.metadata(&path)?.is_none() {
                continue;
            }
            loop {
                let file = disk.lock(&path)?;
                let is_ours = file.is_some();
                files.extend(file);
                if is_ours && path == earlier {
                    disk.remove(&path)?;
                }
                if is_ours || waited >= CHOOSING {
                    break;
                }
                waited += pause();
            }
        }
        Ok(Choosing { _files: files })
    }
}

fn pause() -> u32 {
    std::thread::sleep(Duration::from_millis(u64::from(PAUSE)));
    PAUSE
}

/// Gives the name of who holds a lock from here on.
pub(super) fn name_holder(
    file: &mut LockedFile,
    path: &Path,
    holder: &str,
    disk: &Disk,
) -> Result<(), StoreError> {
    let text = serde_json::to_vec(&Holder::of_process(holder, disk.now())).unwrap_or_default();
    if cfg!(windows) {
        file.write_beside(disk, name_file(path), &text)
    } else {
        file.write(disk, path, &text)
    }
}

/// Tells where the holder of a lock gives its name: Windows lets nobody else read a file that is locked.
fn name_file(lock: &Path) -> PathBuf {
    if cfg!(windows) {
        lock.with_extension("holder")
    } else {
        lock.to_owned()
    }
}

/// Tells who is named in a lock file. Says nothing about whether the lock is still held.
fn read_holder(path: &Path, disk: &Disk) -> Option<Holder> {
    let bytes = disk.read(&name_file(path)).ok()??;
    serde_json::from_slice(&bytes).ok()
}
