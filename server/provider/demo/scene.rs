//! What a prompt is about, as plain data, for the demo writer: it reads no prompt.

use std::sync::Arc;

/// The facts behind a prompt, as data. Only the demo writer reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    pub task: Task,
    pub seed: u64,
    /// BCP 47.
    pub language: String,
    pub title: String,
    pub premise: String,
    pub setting: String,
    pub pov: Option<String>,
    pub tense: Option<String>,
    pub protagonist: Option<String>,
    /// Names and what is known of them.
    pub cast: Vec<(String, String)>,
    /// Chunk number from 1, and how many chunks there are.
    pub chunk: u32,
    pub chunks: u32,
    pub beat_title: String,
    pub beat_text: String,
    pub beat_cast: Vec<String>,
    pub enter: Option<String>,
    pub exit: Option<String>,
    /// Length to write for this chunk, whole, in words (characters for CJK).
    pub target_words: u32,
    /// What of this chunk is written already; the completion goes on from its end. Empty at
    /// the start.
    pub so_far: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Task {
    /// The prose of a chunk.
    #[default]
    Draft,
    /// The prose of several chunks, each with the line that comes before it.
    Story(Vec<(String, Arc<Scene>)>),
    /// What is known after a chunk with this prose, as JSON.
    State(String),
    /// This prose once more, better.
    Refine(String),
    /// Contradictions of a chunk, as JSON.
    Audit,
    /// Beats of an outline, as markdown.
    Plan(Outline),
}

/// An outline that is not complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The titles of the beats that are there, with the state after each.
    pub beats: Vec<(String, Option<String>)>,
    /// Behind which of them (by index; `None`: before the first) each new one goes, in order.
    pub gaps: Vec<Option<usize>>,
}
