//! Wraps the file system and the clock, one method a call, so that every call can be made to fail.
//!
//! Nothing else in the store may touch `std::fs`: a call that went around this type could
//! not be tested for what it does to the author's text when it fails, nor held inside the
//! story's folder. Files are read and replaced without following symbolic links.

mod call;
mod entry;
mod held;
mod inside;
mod locking;
pub(super) mod log;
mod read_files;
mod regular;
mod replacing;
pub(crate) mod stream;
mod temporary;
mod watch;
mod writable;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::error::{Doing, StoreError};
use super::layout::work_folder_of;
use crate::story::encoding::decode_any;
pub use call::{Call, Faults, Verdict};
pub use entry::{Entry, EntryKind, Metadata};
use entry::{device_of, kind_of, refuse_no_file, refuse_no_folder};
pub(crate) use locking::LockedFile;
pub(super) use read_files::Mark;
pub use read_files::ReadFiles;
use regular::Links;
pub(crate) use regular::NotAFile;
pub(super) use regular::open_linked;
pub use regular::{NoFile, read_file};
pub(super) use temporary::Maker;
pub(crate) use temporary::{Temporary, temporary_of};

/// The file system and the clock. Cheap to clone.
#[derive(Clone)]
pub struct Disk {
    faults: Option<Arc<dyn Faults>>,
    /// The folder, without links, that all writes must stay inside.
    root: Option<Arc<Path>>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// How long a file is tried again that another program holds.
    patience: Duration,
    /// Where all that is read is noted.
    read: Option<Arc<ReadFiles>>,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

impl Disk {
    pub fn real() -> Disk {
        Disk {
            faults: None,
            root: None,
            clock: Arc::new(Timestamp::now),
            patience: held::PATIENCE,
            read: None,
        }
    }

    /// Returns the real disk with faults for tests; its retries don't wait.
    pub fn with_faults(faults: Arc<dyn Faults>) -> Disk {
        Disk {
            faults: Some(faults),
            patience: Duration::ZERO,
            ..Disk::real()
        }
    }

    /// Returns this disk with another clock.
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Disk {
        Disk {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// Returns this disk, limited to `root` (a folder without links): a write outside of it fails with
    /// [`StoreError::Outside`].
    pub fn within(&self, root: &Path) -> Disk {
        Disk {
            root: Some(Arc::from(root)),
            ..self.clone()
        }
    }

    /// Returns the same disk, which notes all that is read from it.
    pub fn noting(&self, read: Arc<ReadFiles>) -> Disk {
        Disk {
            read: Some(read),
            ..self.clone()
        }
    }

    /// Returns the time, in whole seconds (the records need no finer one).
    pub fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Returns the time as exactly as the clock tells it, for what is compared with other times.
    pub(super) fn exact_now(&self) -> Timestamp {
        (self.clock)()
    }

    fn patiently<T>(&self, call: Call, make: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        held::patiently(self.patience, call, make)
    }

    pub(super) fn go(&self, call: Call, path: &Path) -> io::Result<()> {
        if let Some(read) = self.read.as_ref().filter(|_| !call.writes()) {
            read.note(path);
        }
        match &self.faults {
            None => Ok(()),
            Some(faults) => match faults.before(call, path) {
                Verdict::Go => Ok(()),
                Verdict::Fail(error) | Verdict::Short(_, error) => Err(error),
            },
        }
    }

    /// Reads the bytes of a file; `None` where the file does not exist.
    ///
    /// # Errors
    /// [`StoreError::Outside`] where it is a symbolic link.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.patiently(Call::Read, || {
            self.go(Call::Read, path)
                .and_then(|()| regular::read(path, Links::Refuse))
        });
        match bytes {
            Err(error) if is_link_refused(&error) => Err(self.outside(path)),
            bytes => optional(bytes.map(Some), Doing::Read, path),
        }
    }

    /// Reads the first bytes of a file, no more than `most`; `None` where the file does not exist.
    ///
    /// # Errors
    /// As [`Disk::read`].
    pub(super) fn read_start(&self, path: &Path, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.patiently(Call::Read, || {
            self.go(Call::Read, path)
                .and_then(|()| regular::read_start(path, Links::Refuse, most))
        });
        match bytes {
            Err(error) if is_link_refused(&error) => Err(self.outside(path)),
            bytes => optional(bytes.map(Some), Doing::Read, path),
        }
    }

    /// Reads the text of a file in any encoding that is recognised; `None` where the file does not exist.
    pub(crate) fn read_text(&self, path: &Path) -> Result<Option<String>, StoreError> {
        Ok(self.read(path)?.map(decode_any))
    }

    /// Returns the bytes of a file that the author may well have linked to, such as a brief.
    pub fn read_linked(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.patiently(Call::Read, || {
            self.go(Call::Read, path)
                .and_then(|()| regular::read(path, Links::Follow))
                .map(Some)
        });
        optional(bytes, Doing::Read, path)
    }

    /// Lists the entries of a folder, sorted by name; empty where the folder does not exist. Names that are
    /// not Unicode are left out: no file of ours has one.
    pub fn list(&self, folder: &Path) -> Result<Vec<Entry>, StoreError> {
        let entries = self.go(Call::List, folder).and_then(|()| {
            let mut entries = Vec::new();
            for entry in regular::read_folder(folder)? {
                let entry = entry?;
                if let Ok(name) = entry.file_name().into_string() {
                    let kind = kind_of(entry.file_type()?);
                    entries.push(Entry { name, kind });
                }
            }
            entries.sort();
            Ok(Some(entries))
        });
        Ok(optional(entries, Doing::List, folder)?.unwrap_or_default())
    }

    /// Tells what is known of a path; `None` where there is nothing.
    pub fn metadata(&self, path: &Path) -> Result<Option<Metadata>, StoreError> {
        let metadata = self.go(Call::Metadata, path).and_then(|()| {
            let metadata = fs::symlink_metadata(path)?;
            Ok(Some(Metadata {
                kind: kind_of(metadata.file_type()),
                read_only: metadata.permissions().readonly(),
                modified: metadata
                    .modified()
                    .ok()
                    .and_then(|time| Timestamp::try_from(time).ok()),
                length: metadata.len(),
                device: device_of(&metadata),
                permissions: metadata.permissions(),
            }))
        });
        optional(metadata, Doing::Read, path)
    }

    /// Returns what a file is known by, so that it is read again only when that has changed.
    pub(super) fn mark(&self, path: &Path) -> Result<Mark, StoreError> {
        let marked = self.go(Call::Metadata, path).map(|()| {
            let noted = self.read.as_ref().and_then(|read| read.mark(path));
            noted.unwrap_or_else(|| Mark::of(path, (self.clock)().into()))
        });
        marked.map_err(|error| StoreError::io(Doing::Read, path, error))
    }

    /// Returns the time of the last change of a path, where the system tells it.
    pub(super) fn modified(&self, path: &Path) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.metadata(path)?.and_then(|found| found.modified))
    }

    /// Returns the path without links; `None` where there is nothing.
    pub fn resolve(&self, path: &Path) -> Result<Option<PathBuf>, StoreError> {
        let resolved = self
            .go(Call::Resolve, path)
            .and_then(|()| dunce::canonicalize(path))
            .map(Some);
        optional(resolved, Doing::Read, path)
    }

    /// Returns this disk without a limit on where it writes.
    pub(crate) fn anywhere(&self) -> Disk {
        Disk {
            root: None,
            ..self.clone()
        }
    }

    fn outside(&self, path: &Path) -> StoreError {
        let above = path.parent().unwrap_or(path);
        StoreError::Outside {
            path: path.to_owned(),
            root: self.root.as_deref().unwrap_or(above).to_owned(),
        }
    }

    /// Fails where the folder of `path` leads out of the folder that writes must stay inside.
    pub(super) fn hold_inside(&self, path: &Path) -> Result<(), StoreError> {
        match path.parent() {
            Some(folder) => self.hold_folder_inside(folder),
            None => Ok(()),
        }
    }

    fn hold_folder_inside(&self, folder: &Path) -> Result<(), StoreError> {
        let Some(root) = &self.root else {
            return Ok(());
        };
        match self.resolve(folder)? {
            Some(real) if !real.starts_with(root) => Err(self.outside(folder)),
            // A folder that is not there fails in its own words.
            _ => Ok(()),
        }
    }

    /// Stops at a place that is known not to take a file.
    pub(in crate::session) fn check_file(&self, path: &Path) -> Result<(), StoreError> {
        match self.metadata(path)? {
            Some(there) => self.refuse_unwritable(path, &there),
            None => Ok(()),
        }
    }

    /// Stops at a file that may not be replaced.
    pub(super) fn refuse_unwritable(
        &self,
        path: &Path,
        metadata: &Metadata,
    ) -> Result<(), StoreError> {
        match metadata.kind {
            EntryKind::Link => Err(self.outside(path)),
            EntryKind::Folder | EntryKind::Other(_) => refuse_no_file(path, metadata.kind),
            // A rename would replace a read-only file without a word.
            EntryKind::File if metadata.read_only => Err(StoreError::ReadOnlyFile {
                path: path.to_owned(),
                kept: None,
            }),
            EntryKind::File => Ok(()),
        }
    }

    /// Fails where the path is neither file, folder nor link.
    pub(in crate::session) fn refuse_special(&self, path: &Path) -> Result<(), StoreError> {
        match self.metadata(path)?.map(|found| found.kind) {
            Some(kind @ EntryKind::Other(_)) => refuse_no_file(path, kind),
            _ => Ok(()),
        }
    }

    /// Makes a folder and those above it, each one safe on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::NotAFolder`] where something else has that name.
    pub fn make_folder(&self, folder: &Path) -> Result<(), StoreError> {
        if let Some(there) = self.metadata(folder)? {
            refuse_no_folder(folder, there.kind)?;
            return self.hold_folder_inside(folder);
        }
        if let Some(above) = folder.parent() {
            self.make_folder(above)?;
        }
        match self.make_new_folder(folder) {
            // Another process was quicker.
            Ok(_) | Err(StoreError::Io { .. }) if self.metadata(folder)?.is_some() => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Makes one folder; `false` where it was there already.
    pub fn make_new_folder(&self, folder: &Path) -> Result<bool, StoreError> {
        self.hold_inside(folder)?;
        let made = self
            .go(Call::MakeFolder, folder)
            .and_then(|()| fs::create_dir(folder));
        match made {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(StoreError::io(Doing::Create, folder, error)),
        }
        if let Some(above) = folder.parent() {
            self.sync_folder(above)?;
        }
        Ok(true)
    }

    /// Reserves a temporary path in the nearest `.work/` of the same file system, where neither explorers nor
    /// git show it, or in the folder of `path` where there is none.
    pub(crate) fn temporary_for(&self, path: &Path) -> Temporary {
        match work_folder_of(path).filter(|work| self.is_on_disk_of(work, path)) {
            Some(work) => Temporary::inside(&work, path),
            None => Temporary::beside(path),
        }
    }

    /// Tells whether a folder is there, is no link, and is on the file system of a file that is to be
    /// written.
    fn is_on_disk_of(&self, work: &Path, path: &Path) -> bool {
        let found = |path: &Path| self.metadata(path).ok().flatten();
        let (Some(work), Some(folder)) = (found(work), path.parent().and_then(found)) else {
            return false;
        };
        work.kind == EntryKind::Folder && work.device == folder.device
    }

    fn fill(&self, path: &Path, bytes: &[u8], like: Option<&Metadata>) -> io::Result<()> {
        self.go(Call::Create, path)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        self.put(&mut file, path, bytes)?;
        if let Some(like) = like
            && file.metadata()?.permissions() != like.permissions
        {
            self.go(Call::Permissions, path)?;
            file.set_permissions(like.permissions.clone())?;
        }
        self.go(Call::Sync, path)?;
        file.sync_all()
    }

    /// Writes a file in place and unsynced: only for a copy that its digest verifies and that can be made
    /// again.
    pub(super) fn write_copy(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        self.open_to_write(path, &options)?
            .and_then(|mut file| self.put(&mut file, path, bytes))
            .map_err(|error| StoreError::io(Doing::Write, path, error))
    }

    /// Opens a file that may be written to, in place.
    fn open_to_write(
        &self,
        path: &Path,
        options: &OpenOptions,
    ) -> Result<io::Result<File>, StoreError> {
        self.hold_inside(path)?;
        self.check_file(path)?;
        Ok(self.patiently(Call::Create, || {
            self.go(Call::Create, path)
                .and_then(|()| regular::open(path, options, Links::Refuse))
        }))
    }

    /// Makes one write to an open file.
    pub(super) fn put(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        match &self.faults {
            None => file.write_all(bytes),
            Some(faults) => match faults.before(Call::Write, path) {
                Verdict::Go => file.write_all(bytes),
                Verdict::Fail(error) => Err(error),
                Verdict::Short(length, error) => {
                    file.write_all(bytes.get(..length).unwrap_or(bytes))?;
                    Err(error)
                }
            },
        }
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.patiently(Call::Rename, || {
            self.go(Call::Rename, to)
                .and_then(|()| fs::rename(from, to))
        })
    }

    /// Renames a file or a folder, within its folder or to another folder of the same file system.
    ///
    /// # Errors
    /// [`StoreError::NotAFile`] where a pipe or the like, which is not ours, has that name.
    pub fn rename_file(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        self.hold_inside(to)?;
        self.refuse_special(to)?;
        self.rename(from, to).map_err(|error| {
            let is_from = error.kind() == io::ErrorKind::ResourceBusy && !to.exists();
            StoreError::io(Doing::Write, if is_from { from } else { to }, error)
        })?;
        match to.parent() {
            Some(folder) => self.sync_folder(folder),
            None => Ok(()),
        }
    }

    /// Removes a file; does nothing where the file does not exist.
    pub fn remove(&self, path: &Path) -> Result<(), StoreError> {
        match (self.drop_name(path)?, path.parent()) {
            (true, Some(folder)) => self.sync_folder(folder),
            _ => Ok(()),
        }
    }

    /// Removes as [`Disk::remove`] does, but a power cut may bring the file back until the folder is synced.
    /// `false` where there was none.
    pub(super) fn drop_name(&self, path: &Path) -> Result<bool, StoreError> {
        self.hold_inside(path)?;
        let removed = self.patiently(Call::Remove, || {
            self.go(Call::Remove, path)
                .and_then(|()| fs::remove_file(path))
                .map(Some)
        });
        Ok(optional(removed, Doing::Remove, path)?.is_some())
    }

    pub(super) fn sync_folder(&self, folder: &Path) -> Result<(), StoreError> {
        let synced = self
            .go(Call::SyncFolder, folder)
            .and_then(|()| sync_names(folder));
        match synced {
            Ok(()) => Ok(()),
            // Not every file system can sync a folder; the rename is then all there is.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::io(Doing::Write, folder, error)),
        }
    }
}

/// Flushes the names in a folder to the disk.
#[cfg(not(windows))]
fn sync_names(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Does nothing: Windows opens no folder for that, and keeps names in its file system's journal.
#[cfg(windows)]
fn sync_names(_: &Path) -> io::Result<()> {
    Ok(())
}

fn is_link_refused(error: &io::Error) -> bool {
    #[cfg(unix)]
    let refused = error.raw_os_error() == Some(libc::ELOOP);
    #[cfg(not(unix))]
    let refused = error.raw_os_error() == Some(regular::STOPPED_ON_LINK);
    refused
}

fn optional<T>(
    outcome: io::Result<Option<T>>,
    doing: Doing,
    path: &Path,
) -> Result<Option<T>, StoreError> {
    match outcome {
        Ok(value) => Ok(value),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(StoreError::io(doing, path, error)),
    }
}

/// Tells whether a folder takes no file, or is not there.
fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::CrossesDevices
    )
}
