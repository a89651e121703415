//! Defines the facts about a session from disk, journals and editors, without conclusions.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::session::disk::EntryKind;
use crate::session::history::KeptVersion;
use crate::session::manifest::ManifestFact;
use crate::session::renames::Renames;
use crate::session::shared_record::SharedRecord;
use crate::story::chunk_text::ChunkText;
use crate::story::journal::OnDisk;

/// The facts about a session.
#[derive(Debug, Clone)]
pub struct Facts {
    pub manifest: ManifestFact,
    /// The files of chunks/, sorted by name.
    pub files: Vec<FileFact>,
    /// The latest version of each beat that left the outline.
    pub removed: Vec<KeptVersion>,
    /// The records in history/, where there is no manifest.
    pub records: Vec<SharedRecord>,
    /// The entries at the paths of chunk files and journals that are no files: links, folders, pipes.
    pub unread: Vec<(PathBuf, EntryKind)>,
    /// Copies that a sync tool made of the brief, the manifest or a version in history/.
    pub copies: Vec<CopyFact>,
    /// The names that were changed since the records were made, or what is wrong with that file.
    pub renames: Result<Renames, &'static str>,
    pub at: Timestamp,
}

/// A copy that a sync tool made, and the file that it is a copy of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFact {
    pub copy: PathBuf,
    pub original: PathBuf,
}

/// A file of chunks/.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFact {
    pub name: String,
    /// The text, from the editor that shows it, else from disk; empty where there is only a journal.
    pub text: Arc<ChunkText>,
    /// The text of its journal.
    pub journal: Option<String>,
    /// The content on disk, where there is a journal too.
    pub on_disk: Option<OnDisk>,
    /// Whether an editor owns it.
    pub open: bool,
}
