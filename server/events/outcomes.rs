//! The outcomes of a job and of its parts.

use std::path::PathBuf;

use serde::Serialize;

use crate::provider::message::Usage;
use crate::story::ChunkNumber;

/// The way in which a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything that was asked for is complete.
    Complete,
    /// Something is missing or failed.
    Incomplete,
    Cancelled,
}

/// The message of a job that was cancelled before it had begun.
const EARLY: &str = "cancelled before anything was asked for; nothing changed";

/// The result of a job.
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

/// The reason why a job ends before its queue is done.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    Cancelled,
    /// A chunk that could not be written, for a reason that every other would meet.
    At {
        chunk: ChunkNumber,
        why: String,
    },
    Message(String),
}

impl Stop {
    /// Returns it as the beginning of a sentence, without its full stop.
    pub(crate) fn text(&self) -> Option<String> {
        let text = match self {
            Stop::Cancelled => return None,
            Stop::At { chunk, why } => format!("stopped at chunk {chunk}: {why}"),
            Stop::Message(message) => format!("stopped: {message}"),
        };
        Some(text.trim_end_matches('.').to_owned())
    }
}

/// The result for one seam.
#[derive(Debug, Clone)]
pub struct SeamOutcome {
    /// The number of the later chunk.
    pub number: ChunkNumber,
    pub end: SeamEnd,
    pub usage: Usage,
    pub cost: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeamEnd {
    /// The first paragraph was replaced.
    Fitted,
    /// The first paragraph follows well as it is, by the model's own word.
    Fits,
    /// The answer was refused; the paragraph stays.
    Refused(String),
    /// The seam is still open; the next job tries again.
    Open(String),
    Cancelled,
}

/// A text that the store could not save.
#[derive(Debug, Clone)]
pub struct Unsaved {
    pub(crate) number: ChunkNumber,
    /// The prose, with the author's comments in their places.
    pub(crate) prose: String,
    /// Whether it replaces another text, or did.
    pub(crate) replaces_other: bool,
    pub(crate) words: u32,
}

/// The end of a text that could not be saved at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub number: ChunkNumber,
    /// The length in words (characters for CJK).
    pub words: u32,
    /// The file that was seen to hold it; `None` where no file does.
    pub file: Option<PathBuf>,
}
