//! Answers questions about a story as it is now: its settings, what of it is written, what is stale, what is
//! wrong.
//!
//! It reads files and open documents; it never writes and never asks a model. Shell and editor get the same
//! answers from here.

pub(crate) mod candidate_files;
pub mod candidates;
mod character_rename;
mod chunk_files;
pub mod error;
pub mod explain;
pub mod features;
pub mod findings;
pub mod index;
mod inputs;
pub mod ledger;
pub(crate) mod lineup;
pub(crate) mod mode;
pub mod placed_problem;
pub mod rename;
mod renaming;
pub(crate) mod selection;
pub mod session_snapshot;
pub mod sessions;
pub mod snapshot;
pub mod snapshots;
pub mod stale;
pub(crate) mod stale_by_other_chunks;
pub mod stale_reason;
pub mod status;
pub mod story_file;
pub(crate) mod story_sessions;
pub mod surroundings;
pub mod versions;
pub mod written;
