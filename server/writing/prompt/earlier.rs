//! Defines the data of an earlier part of the story, from which a prompt is built.

use std::sync::Arc;

use crate::story::state::ChunkState;
use crate::story::{BeatId, ChunkNumber, Digest};

/// A part of the story before the one to write.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    pub number: ChunkNumber,
    pub beat: &'a BeatId,
    pub title: &'a str,
    pub text: &'a str,
    /// The digest of the text, but for white space at its ends.
    pub digest: &'a Digest,
    /// The state that was extracted from it, if there is one.
    pub state: Option<&'a Arc<ChunkState>>,
}
