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
mod finding;
mod finishing;
mod gathering;
mod generated;
mod history;
mod holder;
mod import;
mod intent;
mod journal;
mod keeping;
mod layout;
mod left_over;
mod lock;
mod locking;
pub mod manifest;
mod matching;
mod mending;
mod notice;
mod open;
mod outline_lock;
mod owners;
mod planned;
mod preflight;
mod provenance;
mod reading;
mod recover;
mod replacing;
mod rescue;
mod restoring;
mod revising;
mod runs;
mod saved;
mod saving;
mod sessions;
mod settling;
mod spending;
pub mod state_file;
mod states;
mod stream;
#[cfg(test)]
mod table;
mod tokenizers;
mod unmerged;
mod usage;
mod versions;
mod view;
mod work;
mod writer;

pub use adopting::Stray;
pub use archive::{ArchiveError, Limits, Refusal};
pub use audits::{Audits, ChunkAudit, read_audits};
pub use chunk_record::{Begun, BegunNote, ChunkRecord, ChunkResult, ChunkStatus, Origin};
pub use disk::{Call, Disk, Entry, EntryKind, Faults, NoFile, Verdict, read_file};
pub use error::{Doing, StoreError, Trouble};
pub use export::{Exported, export_markdown, export_zip};
pub use finding::Located;
pub use generated::generated_text;
pub use history::KeptVersion;
pub use holder::Holder;
pub use import::{Imported, import_zip};
pub use jiff::Timestamp;
pub use layout::{GENERATED, SessionId, StoryFolder};
pub use lock::Choosing;
pub use locking::Lock;
pub use manifest::{Manifest, Totals};
pub use mending::Mending;
pub use notice::Notice;
pub use open::Opened;
pub use outline_lock::OutlineLock;
pub use owners::{NoEditor, Owner, Owners, read_text};
pub use planned::PlannedChunk;
pub use preflight::Writes;
pub use reading::read_session;
pub use rescue::Kept;
pub use revising::{Proposed, Revision, waiting_revision};
pub use runs::Run;
pub use saved::{ClientEdit, Saved};
pub use settling::{
    Opening, Settled, has_journal, journal_opened, journal_saved, journal_seen, settle_journal,
    settle_left_over,
};
pub use spending::{RoleTotals, Spending, SpentCall};
pub use states::{Extracted, KnownState, KnownStates, Over, Standing, read_states};
pub use tokenizers::read_tokenizers;
pub use unmerged::{Unmerged, unmerged_files};
pub use usage::TokenUsage;
pub use versions::read_versions;
pub use view::{ChunkView, NextStep, Orphan, OrphanKind, SessionView};
pub use work::make_work_folder;
pub use writer::Session;
