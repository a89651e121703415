//! What planning tells while it runs.

use serde::Serialize;

use crate::engine::events::Outcome;
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

impl PlanEvent {
    /// For the log.
    pub fn level(&self) -> &'static str {
        match self {
            PlanEvent::Retry { .. } => "warn",
            PlanEvent::Finished { outcome, .. } if *outcome != Outcome::Complete => "warn",
            _ => "info",
        }
    }

    /// As a line for people; progress has none.
    pub fn line(&self) -> Option<String> {
        Some(match self {
            PlanEvent::Started {
                story,
                provider,
                model,
                beats,
                to_plan,
                ..
            } => {
                format!("{story}: planning {to_plan} beats beside {beats} with {provider}/{model}")
            }
            PlanEvent::BeatSaved {
                number,
                title,
                percent,
                file,
                ..
            } => format!("beat {number} “{title}”, {percent} % done: {file}"),
            PlanEvent::Retry {
                wait_ms,
                patience_ms: Some(patience_ms),
                message,
                ..
            } => format!(
                "the server is not ready, asked again in {:.1} s and for {:.0} s at most: {message}",
                seconds(*wait_ms),
                seconds(*patience_ms)
            ),
            PlanEvent::Retry {
                attempt,
                attempts,
                wait_ms,
                message,
                ..
            } => format!(
                "attempt {attempt} of {attempts} failed, next in {:.1} s: {message}",
                seconds(*wait_ms)
            ),
            PlanEvent::Progress { .. } | PlanEvent::Finished { .. } => return None,
        })
    }

    /// How far the job is, in a few words and in per cent.
    pub fn progress(&self) -> Option<(String, u32)> {
        match self {
            PlanEvent::Progress {
                planned,
                to_plan,
                percent,
                words_per_second,
                unit,
                ..
            } => Some((
                format!("{planned}/{to_plan} beats, {words_per_second:.0} {unit}/s"),
                *percent,
            )),
            PlanEvent::BeatSaved { title, percent, .. } => {
                Some((format!("“{title}” planned"), *percent))
            }
            _ => None,
        }
    }

    /// As the text of a `[CHECKPOINT]` line.
    pub fn checkpoint(&self) -> Option<String> {
        Some(match self {
            PlanEvent::Started {
                job,
                provider,
                model,
                beats,
                to_plan,
                ..
            } => format!(
                "{job} started: {to_plan} beats to plan beside {beats} with {provider}/{model}"
            ),
            PlanEvent::Progress { .. } => return None,
            PlanEvent::BeatSaved {
                number,
                beat,
                percent,
                elapsed_ms,
                ..
            } => format!(
                "beat {number} ({beat}) saved, {percent} %, {:.1} s elapsed",
                seconds(*elapsed_ms)
            ),
            PlanEvent::Retry {
                planned,
                attempt,
                attempts,
                wait_ms,
                patience_ms,
                message,
                causes,
                elapsed_ms,
            } => format!(
                "{} with {planned} beats planned, next in {:.1} s: {message}{}; {:.1} s elapsed",
                match patience_ms {
                    Some(_) => "server not ready".to_owned(),
                    None => format!("attempt {attempt} of {attempts} failed"),
                },
                seconds(*wait_ms),
                match causes.is_empty() {
                    true => String::new(),
                    false => format!(" (caused by: {})", causes.join(": ")),
                },
                seconds(*elapsed_ms)
            ),
            PlanEvent::Finished {
                outcome,
                planned,
                missing,
                usage,
                elapsed_ms,
                ..
            } => format!(
                "job {}: {planned} beats planned, {missing} missing, {} tokens, {:.1} s elapsed",
                match outcome {
                    Outcome::Complete => "complete",
                    Outcome::Incomplete => "incomplete",
                    Outcome::Cancelled => "cancelled",
                },
                usage
                    .output_tokens
                    .map_or_else(|| "?".to_owned(), |tokens| tokens.to_string()),
                seconds(*elapsed_ms)
            ),
        })
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
