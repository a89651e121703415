//! The events of planning.

use serde::Serialize;

use super::outcomes::Outcome;
use crate::provider::message::Usage;
use crate::story::BeatId;

/// An event of planning an outline. As JSON it has the names that the events of `write` have.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PlanEvent {
    #[serde(rename = "job_started")]
    Started {
        job: String,
        story: String,
        /// The folder of the run's records, relative to the story's folder.
        run: String,
        provider: &'static str,
        model: String,
        /// The number of beats that are there.
        beats: u32,
        to_plan: u32,
        /// Whether the beats are there, and are planned from the text of their chunks.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        from_text: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        target_words: Option<u32>,
    },
    Progress {
        planned: u32,
        to_plan: u32,
        /// The length of the answer so far.
        words: u32,
        /// The progress of the job in per cent, 0 to 100.
        percent: u32,
        words_per_second: f64,
        /// The unit of lengths: "words" or "characters".
        unit: &'static str,
        elapsed_ms: u64,
    },
    /// A beat is in the brief: in the file, or in the editor where that is open.
    BeatSaved {
        beat: BeatId,
        title: String,
        /// The number of the beat in the outline, from 1.
        number: usize,
        file: String,
        percent: u32,
        elapsed_ms: u64,
    },
    Retry {
        planned: u32,
        /// The number of the failed call, from 1.
        attempt: u32,
        attempts: u32,
        wait_ms: u64,
        /// The longest wait for the server in all, in milliseconds, where the call counts as no attempt.
        #[serde(skip_serializing_if = "Option::is_none")]
        patience_ms: Option<u64>,
        message: String,
        /// The causes of the error, from the nearest to the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
        elapsed_ms: u64,
    },
    #[serde(rename = "job_finished")]
    Finished {
        outcome: Outcome,
        /// The number of beats that this job put into the outline.
        planned: u32,
        /// The number of beats that are still missing.
        missing: u32,
        /// The number of beats of the outline.
        beats: u32,
        /// The number of rules that were added; absent where none are looked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        rules: Option<u32>,
        usage: Usage,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        message: String,
        elapsed_ms: u64,
    },
}
