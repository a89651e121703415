//! Estimates the calls of a job: their number, their tokens and their cost.

use serde::Serialize;

use super::{Role, Settings};
use crate::provider::Usage;

/// The tokens of the fixed words of a call that reads, audits or refines.
const FIXED_WORDS: u64 = 600;
/// The tokens of the answer of a call that reads or audits.
const SHORT_ANSWER: u64 = 500;

/// The estimated calls, tokens and cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Calls {
    #[serde(rename = "calls")]
    pub count: u32,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// The cost in the currency of the configured prices; `None` where a price is not known.
    pub cost: Option<f64>,
}

impl Calls {
    /// Makes an estimate without calls.
    pub(crate) fn none() -> Calls {
        Calls {
            cost: Some(0.0),
            ..Calls::default()
        }
    }

    /// Adds a call that a role answers, by the tokens of its prompt and of its answer.
    pub(crate) fn add(&mut self, settings: &Settings, role: Role, input: u64, output: u64) {
        self.count += 1;
        self.input_tokens += input;
        self.output_tokens += output;
        let usage = Usage {
            input_tokens: Some(input),
            cached_tokens: None,
            output_tokens: Some(output),
        };
        let model = settings.model_for(role);
        let price = model.and_then(|model| settings.prices.get(model));
        self.cost = self
            .cost
            .zip(price)
            .map(|(sum, price)| sum + price.of(&usage));
    }

    /// Adds the call that reads, refines or audits a chunk of so many tokens.
    pub(crate) fn add_pass(&mut self, settings: &Settings, role: Role, prose: u64) {
        match role {
            Role::State => self.add(settings, role, FIXED_WORDS + prose, SHORT_ANSWER),
            Role::Refine => self.add(settings, role, FIXED_WORDS + 2 * prose, prose),
            _ => self.add(settings, role, FIXED_WORDS + 2 * prose, SHORT_ANSWER),
        }
    }

    /// Returns the final estimate: where there are no calls there is no cost.
    pub(crate) fn known(mut self) -> Calls {
        if self.count == 0 {
            self.cost = None;
        }
        self
    }

    /// Returns a phrase such as `6 calls, about 5200 tokens in and 1400 out, at a cost of about 0.0123`.
    pub(crate) fn sentence(&self) -> String {
        let cost = self
            .cost
            .map(|cost| format!(", at a cost of about {cost:.4}"));
        let calls = if self.count == 1 { "call" } else { "calls" };
        format!(
            "{} {calls}, about {} tokens in and {} out{}",
            self.count,
            self.input_tokens,
            self.output_tokens,
            cost.unwrap_or_default()
        )
    }
}
