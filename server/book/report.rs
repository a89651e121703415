//! A page about a draft: how long, who, what is open, how it was written. Pure: data in, one HTML page out.
//!
//! Nothing is told by colour alone: every picture has its words, and each mark a shape of its own.

mod lists;
mod measures;
mod page;
mod pictures;
mod section;
mod style;

pub use measures::{Phrase, Sentences, repeated_phrases};
pub use page::render;

use super::count::Counts;
use crate::story::{ChunkNumber, Language};

/// What the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub title: String,
    pub language: Language,
    pub session: String,
    /// The day of the newest text, UTC.
    pub updated: String,
    pub target_words: u32,
    /// Of all text that is complete.
    pub counts: Counts,
    pub chunks: Vec<Chunk>,
    /// The names of the cast, as the brief has them.
    pub cast: Vec<String>,
    pub threads: Vec<Thread>,
    pub days: Vec<Day>,
    pub roles: Vec<Role>,
    pub phrases: Vec<Phrase>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    pub number: ChunkNumber,
    pub title: String,
    pub chapter: Option<String>,
    /// Where its file is, from the page.
    pub link: String,
    pub status: Status,
    pub words: u32,
    pub target_words: u32,
    /// How often each of the cast is named, in the order of [`Report::cast`].
    pub mentions: Vec<usize>,
    /// Of its words, those that somebody says, in per cent; `None` where it has none.
    pub spoken: Option<u32>,
    pub sentences: Option<Sentences>,
    pub work: Option<Work>,
    /// Why it is stale, as sentences.
    pub stale: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Missing,
    Partial,
    Failed,
    Generated,
    Edited,
    Written,
}

/// What its text took.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub model: String,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub seconds: Option<u64>,
    pub cost: Option<f64>,
    pub attempts: u32,
}

/// A question that the story opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    pub text: String,
    pub opened: ChunkNumber,
    pub closed: Option<ChunkNumber>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// As `2026-01-31`.
    pub date: String,
    pub words: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub name: String,
    pub calls: u64,
    pub input_tokens: Option<u64>,
    pub cached_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub cost: Option<f64>,
}

#[cfg(test)]
mod tests;
