//! Tells whether a file is open in an editor, and reads its text from the editor or from disk accordingly.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use super::disk::{Disk, Mark};
use super::error::StoreError;

/// Names who holds the truth of a path right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// An editor that has the file open.
    Client,
    /// The disk.
    Server,
}

/// Tells who owns a path.
pub trait Owners: Send + Sync {
    fn owner(&self, path: &Path) -> Owner;

    /// Returns the text that the editor shows, when it owns the path.
    fn open_text(&self, path: &Path) -> Option<String>;

    /// Returns a number that changes with the text that the editor shows; `None` when it does not own
    /// the path.
    fn revision(&self, path: &Path) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        self.open_text(path)?.hash(&mut hasher);
        Some(hasher.finish())
    }

    /// Returns a number that no other texts of open files have, so that nothing was opened, changed or closed while
    /// it is the same; `None` where nobody counts.
    fn version(&self) -> Option<u64> {
        None
    }
}

/// Stands for no editor: the disk has the truth of every file.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEditor;

impl Owners for NoEditor {
    fn owner(&self, _path: &Path) -> Owner {
        Owner::Server
    }

    fn open_text(&self, _path: &Path) -> Option<String> {
        None
    }

    fn version(&self) -> Option<u64> {
        Some(0)
    }
}

/// Identifies the text of a file, which an editor or the disk has.
#[derive(Debug, Clone, Copy)]
pub struct TextMark(Source);

#[derive(Debug, Clone, Copy)]
enum Source {
    /// The revision of the open document.
    Client(u64),
    Server(Mark),
}

impl TextMark {
    /// Looks at a file. This serves looking only: before a file is replaced, the file itself is read.
    ///
    /// # Errors
    /// Where the file system fails.
    pub fn of(path: &Path, owners: &dyn Owners, disk: &Disk) -> Result<TextMark, StoreError> {
        Ok(TextMark(match owners.revision(path) {
            Some(revision) => Source::Client(revision),
            None => Source::Server(disk.mark(path)?),
        }))
    }

    /// Tells whether what was read at the time of this mark would be read the same at the time of a later one.
    pub fn is_same_text_as(&self, later: &TextMark) -> bool {
        match (&self.0, &later.0) {
            (Source::Client(one), Source::Client(other)) => one == other,
            (Source::Server(one), Source::Server(other)) => one.is_same_file_as(other),
            _ => false,
        }
    }
}

/// Reads the whole text of a file of a session, from the editor that has it open, else from disk, in any
/// encoding that is recognised. `None` where there is no file.
pub fn read_text(
    path: &Path,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Option<String>, StoreError> {
    match owners.open_text(path) {
        Some(text) => Ok(Some(text)),
        None => disk.read_text(path),
    }
}
