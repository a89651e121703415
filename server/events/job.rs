//! The events of a running job, and the trait of their observers.

use std::sync::OnceLock;

use serde::Serialize;

use super::inplace::InPlaceEvent;
pub use super::outcomes::Outcome;
use super::plan::PlanEvent;
use crate::provider::message::Usage;
use crate::story::{BeatId, ChunkNumber};

/// The unit of a job's lengths, as its first event reports it.
#[derive(Debug, Default)]
pub struct Unit(OnceLock<&'static str>);

impl Unit {
    /// Notes the unit of an event that reports it.
    pub fn note(&self, event: &JobEvent) {
        if let JobEvent::JobStarted { unit, .. } = event {
            self.0.get_or_init(|| unit);
        }
    }

    /// Returns "words" or "characters".
    pub fn as_str(&self) -> &'static str {
        self.0.get().copied().unwrap_or("words")
    }
}

/// An event of a job. As JSON it is one line of `write --json`, with its name under `event`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JobEvent {
    JobStarted {
        job: String,
        work: Work,
        story: String,
        session: String,
        /// The folder of the run's records, relative to the session.
        run: String,
        provider: &'static str,
        model: String,
        /// The number of chunks of the story.
        chunks: usize,
        /// The chunks that this job writes, reads or goes over, in order.
        to_write: Vec<ChunkNumber>,
        words: u32,
        target_words: u32,
        /// The unit of lengths: "words" or "characters".
        unit: &'static str,
    },
    ChunkStarted {
        chunk: ChunkNumber,
        beat: BeatId,
        title: String,
        file: String,
        /// The number of words that were there already.
        words: u32,
        target_words: u32,
        /// The progress of the job in per cent, 0 to 100.
        percent: u32,
        elapsed_ms: u64,
    },
    Progress {
        chunk: ChunkNumber,
        /// The length of the chunk in words.
        words: u32,
        target_words: u32,
        /// The length of the story in words.
        story_words: u32,
        /// The progress of the job in per cent, 0 to 100.
        percent: u32,
        words_per_second: f64,
        elapsed_ms: u64,
    },
    Retry {
        chunk: ChunkNumber,
        words: u32,
        /// The number of the failed call, from 1.
        attempt: u32,
        attempts: u32,
        wait_ms: u64,
        /// The longest wait for the server in all, in milliseconds, where the call counts as no attempt: the
        /// server limits the rate, loads a model or restarts.
        #[serde(skip_serializing_if = "Option::is_none")]
        patience_ms: Option<u64>,
        message: String,
        /// The causes of the error, from the nearest to the last.
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
        /// The time since the chunk was begun, in milliseconds.
        chunk_ms: u64,
        first_token_ms: Option<u64>,
        usage: Usage,
        elapsed_ms: u64,
    },
    ChunkFailed {
        chunk: ChunkNumber,
        words: u32,
        message: String,
        /// The causes of the error, from the nearest to the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
        /// Whether it ends the job, which then reports it once more.
        ends_job: bool,
        elapsed_ms: u64,
    },
    /// The facts of a chunk were extracted and saved. Comes at any time between the events of other chunks.
    StateSaved {
        chunk: ChunkNumber,
        beat: BeatId,
        /// The number of facts that the chunk's text confirms.
        facts: usize,
        /// The time since the reading of the chunk was begun, in milliseconds.
        state_ms: u64,
        usage: Usage,
        /// The progress of the job in per cent, 0 to 100.
        #[serde(skip_serializing_if = "Option::is_none")]
        percent: Option<u32>,
        elapsed_ms: u64,
    },
    /// A seam was looked at: the beginning of a chunk that was written before the text that it follows.
    Seam {
        chunk: ChunkNumber,
        result: SeamResult,
        /// The length of its first paragraph before, in words.
        words: u32,
        /// The reason why it stays as it was.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        usage: Usage,
        elapsed_ms: u64,
    },
    /// A complete chunk was refined.
    ChunkRefined {
        chunk: ChunkNumber,
        beat: BeatId,
        result: RefineResult,
        /// The length of the rewrite, in words.
        words: u32,
        refine_ms: u64,
        usage: Usage,
        elapsed_ms: u64,
    },
    /// A candidate of a chunk is complete in its file.
    CandidateSaved {
        chunk: ChunkNumber,
        candidate: u32,
        words: u32,
        usage: Usage,
        /// The cost in the currency of the configured prices.
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        elapsed_ms: u64,
    },
    /// A complete chunk was audited for contradictions. Comes at any time between the events of other chunks.
    ChunkAudited {
        chunk: ChunkNumber,
        beat: BeatId,
        /// The number of contradictions whose quotes were verified.
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
        /// The length of the story in words.
        words: u32,
        target_words: u32,
        /// The number of chunks that this job completed.
        written: usize,
        /// The chunks that are still not complete; for a job that reads, those that it could not read.
        incomplete: Vec<ChunkNumber>,
        /// The stale chunks, for a job that writes.
        stale: Vec<ChunkNumber>,
        usage: Usage,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        /// The result and, if anything is missing, what to do.
        message: String,
        elapsed_ms: u64,
    },
    /// An event of planning an outline.
    #[serde(untagged)]
    Plan(PlanEvent),
    /// A text is written at one place.
    #[serde(untagged)]
    InPlace(InPlaceEvent),
}

/// The latest that the events of a job said of time and progress.
#[derive(Debug, Default)]
pub struct Course {
    elapsed_ms: u64,
    percent: u32,
}

impl JobEvent {
    /// Brings an event in line with those that were told before it: chunks are written side by side, and an event that
    /// was made first may be told later, but neither time nor progress goes back.
    pub fn follow(&mut self, course: &mut Course) {
        let (elapsed_ms, percent) = match self {
            JobEvent::ChunkStarted {
                percent,
                elapsed_ms,
                ..
            }
            | JobEvent::Progress {
                percent,
                elapsed_ms,
                ..
            }
            | JobEvent::ChunkSaved {
                percent,
                elapsed_ms,
                ..
            } => (elapsed_ms, Some(percent)),
            JobEvent::StateSaved {
                percent,
                elapsed_ms,
                ..
            } => (elapsed_ms, percent.as_mut()),
            JobEvent::Retry { elapsed_ms, .. }
            | JobEvent::ChunkFailed { elapsed_ms, .. }
            | JobEvent::Seam { elapsed_ms, .. }
            | JobEvent::ChunkRefined { elapsed_ms, .. }
            | JobEvent::CandidateSaved { elapsed_ms, .. }
            | JobEvent::ChunkAudited { elapsed_ms, .. }
            | JobEvent::Warning { elapsed_ms, .. }
            | JobEvent::JobFinished { elapsed_ms, .. } => (elapsed_ms, None),
            JobEvent::JobStarted { .. } | JobEvent::Plan(_) | JobEvent::InPlace(_) => return,
        };
        course.elapsed_ms = course.elapsed_ms.max(*elapsed_ms);
        *elapsed_ms = course.elapsed_ms;
        if let Some(percent) = percent {
            course.percent = course.percent.max(*percent);
            *percent = course.percent;
        }
    }
}

/// The result of looking at a seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SeamResult {
    /// The first paragraph was replaced; the old one is in history/.
    Fitted,
    /// The first paragraph stays, since it follows well.
    Fits,
    /// The first paragraph stays, since the answer was no better.
    Refused,
    /// The first paragraph stays for now; the next `write` tries again.
    Open,
}

/// The result of refining a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefineResult {
    /// The rewrite waits in revisions/ for the author's yes or no.
    Proposed,
    /// The rewrite replaced the chunk's text.
    Applied,
    /// The rewrite is in history/, since the author has another revision open.
    Aside,
    /// The model changed nothing.
    Unchanged,
}

impl RefineResult {
    /// Returns where the refined text is, as a continuation of "refined: ".
    pub fn words(self) -> &'static str {
        match self {
            RefineResult::Proposed => "a revision waits for your yes or no",
            RefineResult::Applied => "the text before is in history/",
            RefineResult::Aside => "the new text is in history/, since another revision is yours",
            RefineResult::Unchanged => "nothing was changed",
        }
    }
}

/// The work of a job on its chunks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    #[default]
    Write,
    /// Extracts from them what later chunks have to know.
    Read,
    /// Writes other texts of a complete chunk.
    Candidates,
    Refine,
    Audit,
}

impl Work {
    pub fn as_str(self) -> &'static str {
        match self {
            Work::Write => "write",
            Work::Candidates => "candidates",
            Work::Read => "read",
            Work::Refine => "refine",
            Work::Audit => "audit",
        }
    }

    /// Returns the participle, such as `writing`.
    pub fn doing(self) -> &'static str {
        match self {
            Work::Write => "writing",
            Work::Candidates => "writing candidates of",
            Work::Read => "reading",
            Work::Refine => "refining",
            Work::Audit => "auditing",
        }
    }
}

/// An observer of a job. It is called from the job's own task and must not block.
pub trait Observer: Send + Sync {
    fn event(&self, event: &JobEvent);

    /// Receives a `[CHECKPOINT]` line for people: no prose, no prompt, no key.
    fn checkpoint(&self, _line: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_time_nor_progress_goes_back() {
        let chunk = ChunkNumber(1);
        let progress = |percent, elapsed_ms| JobEvent::Progress {
            chunk,
            words: 0,
            target_words: 0,
            story_words: 0,
            percent,
            words_per_second: 0.0,
            elapsed_ms,
        };
        let warning = |elapsed_ms| JobEvent::Warning {
            chunk: None,
            code: String::new(),
            message: String::new(),
            elapsed_ms,
        };
        let mut course = Course::default();
        for (mut event, expected) in [
            (progress(10, 100), progress(10, 100)),
            (progress(12, 99), progress(12, 100)),
            (warning(90), warning(100)),
            (progress(11, 120), progress(12, 120)),
            (warning(121), warning(121)),
        ] {
            event.follow(&mut course);
            assert_eq!(
                serde_json::to_value(&event).unwrap(),
                serde_json::to_value(&expected).unwrap()
            );
        }
    }
}
