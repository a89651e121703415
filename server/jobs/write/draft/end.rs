//! The ends of a chunk's draft.

use crate::session::StoreError;

/// The ends of a chunk's draft.
#[derive(Debug)]
pub enum DraftEnd {
    Complete,
    /// A chunk that can't be completed; others may be.
    Failed {
        why: String,
        ends_job: bool,
    },
    Cancelled,
    /// An edit by the author where the text was growing.
    AuthorEdited,
    /// A failure of the store; nothing more can be saved.
    Store(StoreError),
}

/// The fate of the text that was to be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldText {
    /// No text was to be rewritten.
    None,
    /// The old text is still in its place, since no new text arrived.
    Stands,
    /// The old text is the last version in history.
    Retired,
}
