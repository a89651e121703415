//! Defines the errors of the store: each says what happened, what is safe and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{NoFile, NotAFile};
use super::holder::Holder;
use crate::story::ChunkNumber;
use crate::story::counted::counted;

/// The sentence about what is safe where nothing more special is known.
const SAFE: &str = "Everything that was saved before is safe on disk.";

/// A failed action of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("{}", io_sentence(*trouble, *doing, path, safe, source))]
    Io {
        trouble: Trouble,
        doing: Doing,
        path: PathBuf,
        /// What is safe, as a sentence.
        safe: String,
        #[source]
        source: io::Error,
    },
    /// Another process, or another job of this one, writes to the session.
    #[error(
        "The session at {} is being written by {holder}. Nothing was changed. Wait until it is done, or stop it; \
         reading works all the while.",
        path.display()
    )]
    Locked { path: PathBuf, holder: Holder },
    /// Another process, or another job of this one, plans the outline.
    #[error(
        "The outline of {} is being planned by {holder}. Nothing was sent, and nothing was changed. Wait until it is \
         done, or stop it.",
        path.display()
    )]
    BeingPlanned { path: PathBuf, holder: Holder },
    /// The file holds text that the author typed and that this job has not seen.
    #[error(
        "{} was changed while it was being written, so writing stopped there. Your text is untouched{}. Run the same \
         command again to go on from your text.",
        path.display(), kept_words(kept.as_deref())
    )]
    AuthorEdited {
        path: PathBuf,
        /// Where the generated text is that did not go into the file.
        kept: Option<PathBuf>,
    },
    /// The author made the file read-only.
    #[error(
        "{} is read-only, so it was left as it is{}. Make the file writable to have it written.",
        path.display(), kept_words(kept.as_deref())
    )]
    ReadOnlyFile {
        path: PathBuf,
        kept: Option<PathBuf>,
    },
    /// A change that was interrupted is to be finished in a file that is open in an editor by
    /// now, which shows the text from before.
    #[error(
        "{} is open in the editor, and a change of it was interrupted earlier ({what}). Both texts are safe on disk. \
         Close the file, then run the same command again to finish that change.",
        path.display()
    )]
    OpenMeanwhile { path: PathBuf, what: String },
    /// A symbolic link, or `..`, leads out of the story's folder.
    #[error(
        "{} is a symbolic link or lies behind one that leads out of {}, and Storywright reads and writes only inside \
         it. Nothing was changed there. Put the real file or folder in the link's place.",
        path.display(), root.display()
    )]
    Outside { path: PathBuf, root: PathBuf },
    /// Something that is no file lies in the place of one.
    #[error(
        "{} is {what}, not a file, so it was left as it is. Move it away, then run the same command again.",
        path.display()
    )]
    NotAFile { path: PathBuf, what: NoFile },
    /// Something that is no folder lies in the place of one.
    #[error(
        "{} is {what}, not a folder, so it was left as it is. Move it away, then run the same command again.",
        path.display()
    )]
    NotAFolder { path: PathBuf, what: String },
    #[error(
        "\"{id}\" can't be the name of a session: it has to be one plain folder name that every system takes: \
         without slashes, colons and <>\"|?*, without a dot at its start or end, and none that means a device on \
         Windows (con, nul). Choose another name."
    )]
    BadSessionId { id: String },
    #[error(
        "There is no session \"{id}\" in {}. Nothing was changed. `storywright session list` shows the ones there are.",
        generated.display()
    )]
    NoSession { id: String, generated: PathBuf },
    #[error("{} has no folder that exists. Create the folder first, or check the path.", path.display())]
    NoFolder { path: PathBuf },
    #[error(
        "The outline has {}, so there is no chunk {number}. Nothing was changed. Check the number against \
         `storywright status`.",
        counted(chunks, "beat")
    )]
    NoSuchChunk { number: ChunkNumber, chunks: usize },
    #[error(
        "Chunk {number} has {} in history/, and not the one that was asked for. Nothing was changed.",
        counted(versions, "earlier version")
    )]
    NoVersion {
        number: ChunkNumber,
        versions: usize,
    },
    /// A file holds the marks of a merge conflict.
    #[error(
        "{}:{line}: a merge conflict is not resolved there. Nothing was sent and nothing was changed. Keep the text that \
         you want, delete the lines with the marks (<<<<<<<, =======, >>>>>>>), then run the same command again.",
        path.display()
    )]
    Unmerged {
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    #[error(
        "{} holds a merge conflict that is not resolved, so it did not take the chunk's place. Nothing was changed. \
         Keep the text that you want in it and delete the lines with the marks (<<<<<<<, =======, >>>>>>>), or choose \
         another version.",
        path.display()
    )]
    UnmergedVersion { path: PathBuf },
    #[error("No revision of chunk {number} waits in revisions/. Nothing was changed.")]
    NoRevision { number: ChunkNumber },
    #[error(
        "Chunk {number} is locked, so its text stays as it is. Nothing was changed. `storywright unlock {number}` \
         takes the lock away."
    )]
    ChunkLocked { number: ChunkNumber },
    #[error(
        "Chunk {number} is not complete, so there is nothing to lock yet. Nothing was changed."
    )]
    NothingToLock { number: ChunkNumber },
}

/// The operation on a path that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Read,
    Write,
    Create,
    Remove,
    List,
    Lock,
}

/// The kinds of refusal that have their own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// ENOSPC, EDQUOT.
    NoSpace,
    /// EROFS.
    ReadOnlyDisk,
    /// EACCES, EPERM.
    Denied,
    /// ENOENT.
    Gone,
    /// EBUSY; on Windows a file that another program has open.
    Held,
    Other,
}

impl Trouble {
    fn of(error: &io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::NoSpace,
            io::ErrorKind::ReadOnlyFilesystem => Trouble::ReadOnlyDisk,
            io::ErrorKind::PermissionDenied => Trouble::Denied,
            io::ErrorKind::NotFound => Trouble::Gone,
            io::ErrorKind::ResourceBusy => Trouble::Held,
            _ => Trouble::Other,
        }
    }
}

impl StoreError {
    /// Tells whether a name that was given is at fault, and not the story or the machine.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            StoreError::BadSessionId { .. }
                | StoreError::NoSession { .. }
                | StoreError::NoFolder { .. }
        )
    }

    pub(crate) fn io(doing: Doing, path: &Path, source: io::Error) -> StoreError {
        let inner = source.get_ref();
        if let Some(NotAFile(what)) = inner.and_then(|inner| inner.downcast_ref()) {
            return StoreError::NotAFile {
                path: path.to_owned(),
                what: *what,
            };
        }
        StoreError::Io {
            trouble: Trouble::of(&source),
            doing,
            path: path.to_owned(),
            safe: SAFE.to_owned(),
            source,
        }
    }

    /// Returns this error with another sentence about what is safe.
    pub(crate) fn safe(mut self, sentence: impl Into<String>) -> StoreError {
        if let StoreError::Io { safe, .. } = &mut self {
            *safe = sentence.into();
        }
        self
    }

    /// Returns the file or folder that it is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            StoreError::Io { path, .. }
            | StoreError::Locked { path, .. }
            | StoreError::BeingPlanned { path, .. }
            | StoreError::AuthorEdited { path, .. }
            | StoreError::ReadOnlyFile { path, .. }
            | StoreError::OpenMeanwhile { path, .. }
            | StoreError::Outside { path, .. }
            | StoreError::NotAFile { path, .. }
            | StoreError::NotAFolder { path, .. }
            | StoreError::Unmerged { path, .. }
            | StoreError::UnmergedVersion { path }
            | StoreError::NoFolder { path } => Some(path),
            StoreError::NoSession { generated, .. } => Some(generated),
            StoreError::BadSessionId { .. }
            | StoreError::NoSuchChunk { .. }
            | StoreError::NoVersion { .. }
            | StoreError::NoRevision { .. }
            | StoreError::ChunkLocked { .. }
            | StoreError::NothingToLock { .. } => None,
        }
    }

    /// Tells whether another program has the file open.
    pub(crate) fn is_held(&self) -> bool {
        matches!(
            self,
            StoreError::Io {
                trouble: Trouble::Held,
                ..
            }
        )
    }

    /// Tells whether the disk is full, read-only or closed to us, so that every later save would
    /// fail too.
    pub fn ends_job(&self) -> bool {
        matches!(
            self,
            StoreError::Io {
                trouble: Trouble::NoSpace | Trouble::ReadOnlyDisk | Trouble::Denied | Trouble::Held,
                ..
            }
        )
    }
}

fn io_sentence(
    trouble: Trouble,
    doing: Doing,
    path: &Path,
    safe: &str,
    source: &io::Error,
) -> String {
    let path = path.display();
    match trouble {
        Trouble::NoSpace => format!(
            "The disk is full: {path} could not be {doing}. {safe} Free some space, then run the same command again."
        ),
        Trouble::ReadOnlyDisk => format!(
            "The disk is read-only: {path} could not be {doing}. {safe} Make it writable, then run the same command \
             again."
        ),
        Trouble::Denied => format!(
            "Permission denied: {path} could not be {doing}. {safe} Check who owns the folder and its permissions, \
             then run the same command again."
        ),
        Trouble::Gone => format!(
            "{path} could not be {doing}: it is not there any more. {safe} Put it back or run the same command again."
        ),
        Trouble::Held => format!(
            "Another program has {path} open, so it could not be {doing}, though it was tried for some seconds. {safe} \
             Close it there, or wait until that program is done (a virus scanner, an indexer, a preview, a sync tool), \
             then run the same command again."
        ),
        Trouble::Other => format!(
            "{path} could not be {doing}: {source}. {safe} Check the disk, then run the same command again."
        ),
    }
}

fn kept_words(kept: Option<&Path>) -> String {
    match kept {
        Some(path) => format!(", and the generated text is safe in {}", path.display()),
        None => String::new(),
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Doing::Read => "read",
            Doing::Write => "written",
            Doing::Create => "created",
            Doing::Remove => "removed",
            Doing::List => "listed",
            Doing::Lock => "locked",
        })
    }
}
