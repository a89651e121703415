//! Writes the summary of a plan, for the records of its run.

use super::outcomes::Outcome;
use crate::provider::message::Usage;

/// The data of a plan's summary.
pub struct PlanSummary<'a> {
    pub story: &'a str,
    pub asked: &'a str,
    pub provider: &'a str,
    pub model: &'a str,
    pub outcome: Outcome,
    pub message: &'a str,
    /// What the titles are.
    pub heading: &'a str,
    pub titles: &'a [String],
    pub rules: &'a [String],
    pub usage: Usage,
    pub cost: Option<f64>,
    pub seconds: f64,
}

impl PlanSummary<'_> {
    /// Returns the text of the run's `summary.md`.
    pub fn markdown(&self) -> String {
        let outcome = match self.outcome {
            Outcome::Complete => "planned",
            Outcome::Incomplete => "not all planned",
            Outcome::Cancelled => "cancelled",
        };
        let count = |tokens: Option<u64>| {
            tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string())
        };
        let mut text = format!(
            "# {}: {outcome}\n\n{}\n\n- Asked for: {}\n- Planned by: {}/{}\n- Time: {:.1} s\n- Tokens: {} in, {} out\n",
            self.story,
            self.message,
            self.asked,
            self.provider,
            self.model,
            self.seconds,
            count(self.usage.input_tokens),
            count(self.usage.output_tokens),
        );
        if let Some(cost) = self.cost {
            text.push_str(&format!("- Cost: {cost:.4}\n"));
        }
        if !self.titles.is_empty() {
            text.push_str(&format!("\n## {}\n\n", self.heading));
        }
        for title in self.titles {
            text.push_str(&format!("- {title}\n"));
        }
        if !self.rules.is_empty() {
            text.push_str("\n## New rules\n\n");
        }
        for rule in self.rules {
            text.push_str(&format!("- {rule}\n"));
        }
        text
    }
}
