//! The checkpoint store: what was written is on disk before anything else happens with it.
//!
//! Chunk files are the checkpoints; everything else in a session is about them. Reading
//! ([`read_session`]) is a pure function over facts and never writes; writing goes through
//! one [`Session`] at a time. Every file-system call goes through [`Disk`].
//!
//! The store knows nothing of models, prompts, jobs or editors' protocols. It never writes
//! outside the story's folder, and never overwrites or removes a text of the author's.

mod adopting;
mod align;
mod archive;
mod assemble;
mod audits;
mod begun;
mod changelog;
pub mod chunk_file;
mod chunk_record;
mod companions;
mod conflict;
mod disk;
mod ending;
mod error;
mod export;
mod facts;
mod finishing;
mod generated;
mod history;
mod import;
mod intent;
mod journal;
mod keeping;
mod layout;
mod lock;
mod locking;
pub mod manifest;
mod matching;
mod mending;
mod open;
mod outline_lock;
mod preflight;
mod provenance;
mod recover;
mod rescue;
mod restoring;
mod revising;
mod runs;
mod saving;
mod sessions;
mod settling;
mod spending;
pub mod state_file;
mod states;
mod stream;
mod temporary;
mod tokenizers;
mod unmerged;
mod versions;
mod work;
mod writer;

use std::path::{Path, PathBuf};

pub use adopting::Stray;
pub use archive::{ArchiveError, Limits, Refusal};
pub use audits::{Audits, ChunkAudit, read_audits};
pub use disk::{Call, Disk, Entry, EntryKind, Faults, NoFile, Verdict, read_file};
pub use error::{Doing, StoreError, Trouble};
pub use export::{Exported, export_markdown, export_zip};
pub use generated::generated_text;
pub use history::KeptVersion;
pub use import::{Imported, import_zip};
pub use jiff::Timestamp;
pub use layout::{GENERATED, Located, SessionId, StoryFolder};
pub use lock::{Choosing, Holder};
pub use locking::Lock;
pub use manifest::{
    Begun, BegunNote, ChunkRecord, ChunkResult, ChunkStatus, Manifest, Origin, TokenUsage, Totals,
};
pub use mending::Mending;
pub use open::Opened;
pub use outline_lock::OutlineLock;
pub use preflight::Writes;
pub use recover::{ChunkView, NextStep, Notice, Orphan, OrphanKind, SessionView};
pub use rescue::Kept;
pub use revising::{Proposed, Revision, waiting_revision};
pub use runs::Run;
pub use settling::{
    Opening, Settled, has_journal, journal_opened, journal_saved, journal_seen, settle_journal,
    settle_left_over,
};
pub use spending::{RoleTotals, Spending, SpentCall};
pub use states::{Extracted, KnownState, KnownStates, Over, Standing, read_states};
pub use tokenizers::read_tokenizers;
pub use unmerged::{Unmerged, unmerged_files};
pub use versions::read_versions;
pub use work::make_work_folder;
pub use writer::Session;

use crate::story::{BeatId, ChunkNumber, Digest, Language};

/// What the outline wants, in story order; numbers are 1 to n.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedChunk {
    pub number: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// In words (characters for CJK).
    pub target_words: u32,
    /// The chapter that the beat is in; its heading goes into full_story.md.
    pub chapter: Option<String>,
    /// Digest of what the beat says below its heading: by it a renamed beat keeps its chunk.
    pub body: Option<Digest>,
}

/// Who holds the truth of a path right now.
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

    /// The text that the editor shows, when it owns the path.
    fn open_text(&self, path: &Path) -> Option<String>;
}

/// No editor: the disk has the truth of every file.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEditor;

impl Owners for NoEditor {
    fn owner(&self, _path: &Path) -> Owner {
        Owner::Server
    }

    fn open_text(&self, _path: &Path) -> Option<String> {
        None
    }
}

/// What a saving brought beside files on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Files that are open in the editor and so were not touched on disk.
    pub client_edits: Vec<ClientEdit>,
    pub notices: Vec<Notice>,
}

/// A text that the caller has to bring into the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEdit {
    pub path: PathBuf,
    /// The whole file as it should be.
    pub text: String,
    /// The editor's text that this was made for; where the author has typed since, the change
    /// from this to `text` is what is meant.
    pub base: String,
}

/// The whole text of a file of a session: as an open editor shows it, else as it is on disk,
/// in whatever encoding. `None` where there is no file.
pub fn read_text(
    path: &Path,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Option<String>, StoreError> {
    match owners.open_text(path) {
        Some(text) => Ok(Some(text)),
        None => facts::read_text(path, disk),
    }
}

/// Tells what is what in a session. Takes no lock and writes nothing; text in journals and in
/// open editors counts.
///
/// # Errors
/// Where the session's folder can't be read, or leads out of the story's folder. A session
/// that is not there is one where everything is missing.
pub fn read_session(
    folder: &StoryFolder,
    id: &SessionId,
    plan: &[PlannedChunk],
    language: &Language,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<SessionView, StoreError> {
    let mut facts = facts::gather(folder, id, plan, owners, disk)?;
    let paths = folder.paths(id);
    Ok(recover::recover(&mut facts, id, folder.brief_name(), &paths, plan, language).view)
}
