//! The checkpoint store: what was written is on disk before anything else happens with it.
//!
//! Chunk files are the checkpoints; everything else in a session is about them. Reading
//! ([`read_session`]) is a pure function over facts and never writes; writing goes through
//! one [`Session`] at a time. Every file-system call goes through [`Disk`].
//!
//! The store knows nothing of models, prompts, jobs or editors' protocols. It never writes
//! outside the story's folder, and never overwrites or removes a text of the author's.

mod at_once;
mod disk;
mod error;
mod finding;
mod history;
mod holder;
mod intent;
mod journal;
mod kept_files;
mod layout;
mod left_over;
mod lock;
pub mod manifest;
mod notice;
mod owners;
mod planned;
mod record_log;
mod renames;
mod saved;
mod shared_record;
mod unmerged;
mod view;
mod work;
mod writer;

pub(crate) use at_once::map_at_once;
pub(crate) use disk::stream::{self, NewFile};
pub use disk::{Call, Disk, Entry, EntryKind, Faults, NoFile, ReadFiles, Verdict, read_file};
pub(crate) use disk::{Temporary, temporary_of};
pub use error::{Doing, StoreError, Trouble};
pub use finding::Located;
pub use history::KeptVersion;
pub use history::generated::generated_text;
pub use history::versions::read_versions;
pub use holder::Holder;
pub use jiff::Timestamp;
pub use journal::settling::{
    Settled, Unsaved, has_journal, journal_opened, journal_saved, journal_seen, settle_journal,
    settle_left, settle_left_over,
};
pub use layout::{GENERATED, SessionId, StoryFolder};
pub use lock::Choosing;
pub use lock::outline::OutlineLock;
pub use manifest::inputs::{Input, Inputs};
pub use manifest::record::{Begun, BegunNote, ChunkRecord, ChunkResult, ChunkStatus, Origin};
pub use manifest::spending::{RoleTotals, Spending, SpentCall};
pub use manifest::usage::TokenUsage;
pub use manifest::{Manifest, Totals};
pub use notice::Notice;
pub use owners::{NoEditor, Owner, Owners, TextMark, read_text};
pub use planned::PlannedChunk;
pub use renames::{Renames, add_renames};
pub use saved::{ClientEdit, Saved};
pub use shared_record::SharedRecord;
pub use unmerged::{MergedFiles, Unmerged, unmerged_files};
pub use view::reading::{read_session, read_session_again};
pub use view::session_memory::SessionMemory;
pub use view::{ChunkView, NextStep, Orphan, OrphanKind, SessionView};
pub use work::make_work_folder;
pub use writer::Session;
pub use writer::adopting::Stray;
pub use writer::audits::{Audits, ChunkAudit, read_audits};
pub use writer::chunk_lock::Lock;
pub use writer::dismissing::read_dismissed;
pub(crate) use writer::index;
pub use writer::mending::Mending;
pub use writer::open::Opened;
pub use writer::preflight::Writes;
pub use writer::rescue::Kept;
pub use writer::revising::{Proposed, Revision, waiting_revision};
pub use writer::runs::Run;
pub use writer::states::{Extracted, KnownState, KnownStates, Over, Standing, read_states};
pub use writer::tokenizers::read_tokenizers;
