//! Words what many sentences about events share: times, tokens, ends and causes.

use super::outcomes::Outcome;
use crate::provider::message::Usage;

pub(super) fn ending(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Incomplete => "incomplete",
        Outcome::Cancelled => "cancelled",
    }
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

pub(super) fn tokens(usage: &Usage) -> String {
    let count = usage.output_tokens;
    count.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string())
}

/// Returns ` (caused by: …: …)`, or an empty text.
pub(crate) fn because(causes: &[String]) -> String {
    match causes {
        [] => String::new(),
        causes => format!(" (caused by: {})", causes.join(": ")),
    }
}
