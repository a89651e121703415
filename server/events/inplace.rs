//! What is told while a text is written at one place.

use serde::Serialize;

use super::outcomes::Outcome;
use crate::provider::message::Usage;

/// One thing that happened while a text was written at one place.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum InPlaceEvent {
    #[serde(rename = "job_started")]
    Started {
        job: String,
        /// `continue`, `rewrite`, `expand` or `tighten`.
        task: &'static str,
        provider: &'static str,
        model: String,
        /// Of the passage that is written anew; 0 where there is none.
        words: u32,
        /// Of the answer that is asked for.
        target_words: u32,
        unit: &'static str,
    },
    Progress {
        words: u32,
        target_words: u32,
        /// Of the job, 0 to 100.
        percent: u32,
        words_per_second: f64,
        /// What it is counted in: "words" or "characters".
        unit: &'static str,
        elapsed_ms: u64,
    },
    #[serde(rename = "job_finished")]
    Finished {
        outcome: Outcome,
        /// Of the text that is in the document now.
        words: u32,
        usage: Usage,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        message: String,
        elapsed_ms: u64,
    },
}
