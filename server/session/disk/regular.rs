//! Opens regular files and refuses everything else, such as pipes and devices.
//!
//! Opening a named pipe blocks until another process writes to it, and reading a device may never end. So this
//! looks at what lies at a path before it is opened, and at what was opened after that.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// The error code of Windows for a link that is not followed (System Error Codes:
/// `ERROR_STOPPED_ON_SYMLINK`).
#[cfg(not(unix))]
pub(super) const STOPPED_ON_LINK: i32 = 681;

/// Whether a symbolic link at the end of a path is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    Follow,
    Refuse,
}

/// The kinds of entries that are no files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoFile {
    Folder,
    Pipe,
    Socket,
    Device,
    Other,
}

/// Refuses what is no file; the error inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("it is {0}, not a file")]
pub(crate) struct NotAFile(pub(crate) NoFile);

impl fmt::Display for NoFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoFile::Folder => "a folder",
            NoFile::Pipe => "a named pipe",
            NoFile::Socket => "a socket",
            NoFile::Device => "a device",
            NoFile::Other => "something else",
        })
    }
}

impl NoFile {
    /// Returns the kind of an entry that is neither file nor link; `None` for those two.
    pub(super) fn of(kind: fs::FileType) -> Option<NoFile> {
        if kind.is_file() || kind.is_symlink() {
            return None;
        }
        if kind.is_dir() {
            return Some(NoFile::Folder);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt as _;
            if kind.is_fifo() {
                return Some(NoFile::Pipe);
            } else if kind.is_socket() {
                return Some(NoFile::Socket);
            } else if kind.is_block_device() || kind.is_char_device() {
                return Some(NoFile::Device);
            }
        }
        Some(NoFile::Other)
    }

    /// Returns the kind of the entry at a path, links followed, where that is no file.
    pub fn at(path: &Path) -> Option<NoFile> {
        NoFile::of(fs::metadata(path).ok()?.file_type())
    }
}

/// Opens a file without waiting for anybody.
///
/// # Errors
/// [`NotAFile`] inside the error where something else lies there.
pub(super) fn open(path: &Path, options: &OpenOptions, links: Links) -> io::Result<File> {
    Ok(opened(path, options, links)?.0)
}

/// Opens a file as [`open`] does, and returns its length in bytes.
fn opened(path: &Path, options: &OpenOptions, links: Links) -> io::Result<(File, u64)> {
    let found = match links {
        Links::Follow => fs::metadata(path),
        Links::Refuse => fs::symlink_metadata(path),
    };
    // What is not there may be made by the options.
    if let Ok(found) = found {
        refuse(found.file_type())?;
    }
    #[cfg(unix)]
    let options = &{
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = options.clone();
        // Should a pipe have come meanwhile, nobody waits for its other end.
        options.custom_flags(match links {
            Links::Follow => libc::O_NONBLOCK,
            Links::Refuse => libc::O_NONBLOCK | libc::O_NOFOLLOW,
        });
        options
    };
    #[cfg(windows)]
    let options = &{
        use std::os::windows::fs::OpenOptionsExt as _;
        use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_OPEN_REPARSE_POINT;
        let mut options = options.clone();
        if links == Links::Refuse {
            options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        }
        options
    };
    let file = options.open(path)?;
    #[cfg(windows)]
    if file.metadata()?.file_type().is_symlink() {
        return Err(io::Error::from_raw_os_error(STOPPED_ON_LINK));
    }
    let opened = file.metadata()?;
    refuse(opened.file_type())?;
    Ok((file, opened.len()))
}

fn refuse(kind: fs::FileType) -> io::Result<()> {
    let Some(found) = NoFile::of(kind) else {
        return Ok(());
    };
    let kind = match found {
        NoFile::Folder => io::ErrorKind::IsADirectory,
        _ => io::ErrorKind::InvalidInput,
    };
    Err(io::Error::new(kind, NotAFile(found)))
}

/// Lists a folder. Where no folder lies, that fails on every system in the same way.
pub(super) fn read_folder(folder: &Path) -> io::Result<fs::ReadDir> {
    fs::read_dir(folder).map_err(|error| match folder.is_file() {
        true => io::ErrorKind::NotADirectory.into(),
        false => error,
    })
}

/// Reads a file as a whole.
pub(super) fn read(path: &Path, links: Links) -> io::Result<Vec<u8>> {
    let (file, length) = opened(path, OpenOptions::new().read(true), links)?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // A file by itself would be asked for its length once more.
    file.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the first bytes of a file, no more than `most`.
pub(super) fn read_start(path: &Path, links: Links, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path, OpenOptions::new().read(true), links)?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file to read from, links followed.
pub(in crate::session) fn open_linked(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true), Links::Follow)
}

/// Reads a file of the author's outside of the store, links followed.
///
/// # Errors
/// As the file system has it, or a sentence that says what lies in the place of a file.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read(path, Links::Follow)
}
