//! How a job and its parts came out.

use std::path::PathBuf;

use serde::Serialize;

use crate::provider::Usage;
use crate::story::ChunkNumber;

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All that was asked for is complete.
    Complete,
    /// Something is missing or failed.
    Incomplete,
    Cancelled,
}

/// What is said of a job that was cancelled before it had begun.
const EARLY: &str = "cancelled before anything was asked for; nothing changed";

/// How a job came out.
#[derive(Debug, Clone)]
pub struct Finished {
    pub outcome: Outcome,
    pub message: String,
}

impl Finished {
    pub(crate) fn cancelled_early() -> Finished {
        Finished {
            outcome: Outcome::Cancelled,
            message: EARLY.to_owned(),
        }
    }

    /// Tells whether the job was cancelled before it had begun, so that no event of it says how it ended.
    pub fn is_early(&self) -> bool {
        self.outcome == Outcome::Cancelled && self.message == EARLY
    }
}

/// Why a job ends before its queue does.
#[derive(Debug)]
pub(crate) enum Stop {
    Cancelled,
    /// A chunk could not be written, and no other could be.
    At {
        chunk: ChunkNumber,
        why: String,
    },
    Message(String),
}

impl Stop {
    /// As the beginning of a sentence, without its full stop.
    pub(crate) fn text(&self) -> Option<String> {
        let text = match self {
            Stop::Cancelled => return None,
            Stop::At { chunk, why } => format!("stopped at chunk {chunk}: {why}"),
            Stop::Message(message) => format!("stopped: {message}"),
        };
        Some(text.trim_end_matches('.').to_owned())
    }
}

/// What became of one seam.
#[derive(Debug, Clone)]
pub struct SeamOutcome {
    /// Of the later chunk.
    pub number: ChunkNumber,
    pub end: SeamEnd,
    pub usage: Usage,
    pub cost: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeamEnd {
    /// The first paragraph is another one now.
    Fitted,
    /// It follows well as it is, by the model's own word.
    Fits,
    /// The answer was not taken; the paragraph stays.
    Refused(String),
    /// It was not closed; the next job tries again.
    Open(String),
    Cancelled,
}

/// A text that the store did not take.
#[derive(Debug, Clone)]
pub struct Unsaved {
    pub(crate) number: ChunkNumber,
    /// With the author's comments where they stand.
    pub(crate) prose: String,
    /// Whether another text is in its place, or was.
    pub(crate) replaces_other: bool,
    pub(crate) words: u32,
}

/// How a text that could not be saved at once ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub number: ChunkNumber,
    /// Length, in words (characters for CJK).
    pub words: u32,
    /// Where it is, by what was seen on disk; `None` where it is in no file.
    pub file: Option<PathBuf>,
}
