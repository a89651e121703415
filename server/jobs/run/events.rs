//! What a job tells while it runs, and who listens.

use std::sync::OnceLock;

use serde::Serialize;

pub use super::outcomes::Outcome;
use super::plan_events::PlanEvent;
use crate::provider::Usage;
use crate::story::{BeatId, ChunkNumber};

/// What the lengths of a job are counted in, as its beginning tells it.
#[derive(Debug, Default)]
pub struct Unit(OnceLock<&'static str>);

impl Unit {
    /// Takes it from an event that tells it.
    pub fn note(&self, event: &JobEvent) {
        if let JobEvent::JobStarted { unit, .. } = event {
            self.0.get_or_init(|| unit);
        }
    }

    /// "words" or "characters".
    pub fn as_str(&self) -> &'static str {
        self.0.get().copied().unwrap_or("words")
    }
}

/// One thing that happened in a job. As JSON it is one line of `write --json`, with its name
/// under `event`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JobEvent {
    JobStarted {
        job: String,
        work: Work,
        story: String,
        session: String,
        /// Folder of the run's records, below the session.
        run: String,
        provider: &'static str,
        model: String,
        /// Chunks of the story.
        chunks: usize,
        /// The chunks that this job writes, reads or goes over, in order.
        to_write: Vec<ChunkNumber>,
        words: u32,
        target_words: u32,
        /// What lengths are counted in: "words" or "characters".
        unit: &'static str,
    },
    ChunkStarted {
        chunk: ChunkNumber,
        beat: BeatId,
        title: String,
        file: String,
        /// Words that were there already.
        words: u32,
        target_words: u32,
        /// Of the job, 0 to 100.
        percent: u32,
        elapsed_ms: u64,
    },
    Progress {
        chunk: ChunkNumber,
        /// Words of the chunk.
        words: u32,
        target_words: u32,
        /// Words of the story.
        story_words: u32,
        /// Of the job, 0 to 100.
        percent: u32,
        words_per_second: f64,
        elapsed_ms: u64,
    },
    Retry {
        chunk: ChunkNumber,
        words: u32,
        /// The failed call, counted from 1.
        attempt: u32,
        attempts: u32,
        wait_ms: u64,
        /// How long the server is waited for in all, where the call counts as no attempt: the server
        /// limits the rate, loads a model or restarts.
        #[serde(skip_serializing_if = "Option::is_none")]
        patience_ms: Option<u64>,
        message: String,
        /// What lies behind it, from the nearest cause to the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
        elapsed_ms: u64,
    },
    ChunkSaved {
        chunk: ChunkNumber,
        beat: BeatId,
        file: String,
        words: u32,
        target_words: u32,
        percent: u32,
        /// Since the chunk was begun.
        chunk_ms: u64,
        first_token_ms: Option<u64>,
        usage: Usage,
        elapsed_ms: u64,
    },
    ChunkFailed {
        chunk: ChunkNumber,
        words: u32,
        message: String,
        /// What lies behind it, from the nearest cause to the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
        /// Whether the job ends with it, and so says it once more.
        ends_job: bool,
        elapsed_ms: u64,
    },
    /// A chunk was read for what later ones have to know of it. Comes whenever it is ready,
    /// beside the events of other chunks.
    StateSaved {
        chunk: ChunkNumber,
        beat: BeatId,
        /// Facts that the chunk bears out.
        facts: usize,
        /// Since the reading of the chunk was begun.
        state_ms: u64,
        usage: Usage,
        /// Of the job, 0 to 100, where reading is all that it does.
        #[serde(skip_serializing_if = "Option::is_none")]
        percent: Option<u32>,
        elapsed_ms: u64,
    },
    /// The beginning of a chunk that was written before the text that it follows was there was
    /// looked at again.
    Seam {
        chunk: ChunkNumber,
        result: SeamResult,
        /// Of its first paragraph, before.
        words: u32,
        /// Why it stays as it was.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        usage: Usage,
        elapsed_ms: u64,
    },
    /// A second pass went over a complete chunk.
    ChunkRefined {
        chunk: ChunkNumber,
        beat: BeatId,
        result: RefineResult,
        /// Of the rewrite.
        words: u32,
        refine_ms: u64,
        usage: Usage,
        elapsed_ms: u64,
    },
    /// A model looked for contradictions in a complete chunk. Comes whenever it is ready, beside
    /// the events of other chunks.
    ChunkAudited {
        chunk: ChunkNumber,
        beat: BeatId,
        /// Contradictions whose quotes stand.
        findings: usize,
        audit_ms: u64,
        usage: Usage,
        elapsed_ms: u64,
    },
    Warning {
        #[serde(skip_serializing_if = "Option::is_none")]
        chunk: Option<ChunkNumber>,
        code: String,
        message: String,
        elapsed_ms: u64,
    },
    JobFinished {
        outcome: Outcome,
        /// Words of the story.
        words: u32,
        target_words: u32,
        /// Chunks that this job completed.
        written: usize,
        /// Chunks that are still not complete; of a job that reads, those that it could not read.
        incomplete: Vec<ChunkNumber>,
        /// Chunks that no longer fit what they were written from; of a job that writes.
        stale: Vec<ChunkNumber>,
        usage: Usage,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        /// What came out and, if anything is missing, what to do.
        message: String,
        elapsed_ms: u64,
    },
    /// An outline is planned.
    #[serde(untagged)]
    Plan(PlanEvent),
}

/// What became of the beginning of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SeamResult {
    /// Its first paragraph is another one now; the old one is in history/.
    Fitted,
    /// It stays, since it follows well.
    Fits,
    /// It stays, since what came was no better.
    Refused,
    /// It stays for now; the next `write` tries again.
    Open,
}

/// What became of a refined text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefineResult {
    /// It waits in revisions/ for the author's yes or no.
    Proposed,
    /// It took the chunk's place.
    Applied,
    /// It is in history/: the author has another revision open.
    Aside,
    /// The model changed nothing.
    Unchanged,
}

impl RefineResult {
    /// Where the refined text is, to go on from "refined: ".
    pub fn words(self) -> &'static str {
        match self {
            RefineResult::Proposed => "a revision waits for your yes or no",
            RefineResult::Applied => "the text before is in history/",
            RefineResult::Aside => "the new text is in history/, since another revision is yours",
            RefineResult::Unchanged => "nothing was changed",
        }
    }
}

/// What a job does to chunks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    #[default]
    Write,
    /// Reads them for what later ones have to know of them.
    Read,
    Refine,
    Audit,
}

impl Work {
    pub fn as_str(self) -> &'static str {
        match self {
            Work::Write => "write",
            Work::Read => "read",
            Work::Refine => "refine",
            Work::Audit => "audit",
        }
    }

    /// `writing`
    pub fn doing(self) -> &'static str {
        match self {
            Work::Write => "writing",
            Work::Read => "reading",
            Work::Refine => "refining",
            Work::Audit => "auditing",
        }
    }
}

/// Listens to a job. Called from the job's own task: must not block.
pub trait Observer: Send + Sync {
    fn event(&self, event: &JobEvent);

    /// A `[CHECKPOINT]` line for people: no prose, no prompt, no key.
    fn checkpoint(&self, _line: &str) {}
}
