//! How the draft of a chunk ends.

use crate::session::StoreError;

/// How the draft of a chunk ended. But for [`DraftEnd::Store`], the prose is on disk.
#[derive(Debug)]
pub enum DraftEnd {
    Complete,
    /// It can't be completed; other chunks may be.
    Failed {
        why: String,
        ends_job: bool,
    },
    Cancelled,
    /// The author typed where the text was growing.
    AuthorEdited,
    /// The store failed; nothing more can be saved.
    Store(StoreError),
}

/// What became of the text that was to be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldText {
    /// Nothing was rewritten.
    None,
    /// It is where it was: nothing came to take its place.
    Stands,
    /// It is the last version in history.
    Retired,
}
