//! The chunks that an outline asks for.

use crate::story::{BeatId, ChunkNumber, Digest};

/// A chunk as the outline asks for it. Plans are in story order; their numbers are 1 to n.
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
