//! What planning tells while it runs.

use serde::Serialize;

use super::outcomes::Outcome;
use crate::provider::Usage;
use crate::story::BeatId;

/// One thing that happened while an outline was planned. As JSON it has the names that the events
/// of `write` have.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PlanEvent {
    #[serde(rename = "job_started")]
    Started {
        job: String,
        story: String,
        /// Folder of the run's records, from the story's folder.
        run: String,
        provider: &'static str,
        model: String,
        /// Beats that are there.
        beats: u32,
        to_plan: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        target_words: Option<u32>,
    },
    Progress {
        planned: u32,
        to_plan: u32,
        /// Of the answer that is coming in.
        words: u32,
        /// Of the job, 0 to 100.
        percent: u32,
        words_per_second: f64,
        /// What it is counted in: "words" or "characters".
        unit: &'static str,
        elapsed_ms: u64,
    },
    /// A beat is in the brief: in the file, or in the editor where that is open.
    BeatSaved {
        beat: BeatId,
        title: String,
        /// In the outline, from 1.
        number: usize,
        file: String,
        percent: u32,
        elapsed_ms: u64,
    },
    Retry {
        planned: u32,
        /// The failed call, counted from 1.
        attempt: u32,
        attempts: u32,
        wait_ms: u64,
        /// How long the server is waited for in all, where the call counts as no attempt.
        #[serde(skip_serializing_if = "Option::is_none")]
        patience_ms: Option<u64>,
        message: String,
        /// What lies behind it, from the nearest cause to the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
        elapsed_ms: u64,
    },
    #[serde(rename = "job_finished")]
    Finished {
        outcome: Outcome,
        /// Beats that this job put into the outline.
        planned: u32,
        /// Beats that are still missing.
        missing: u32,
        /// Beats of the outline.
        beats: u32,
        usage: Usage,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        message: String,
        elapsed_ms: u64,
    },
}
