//! Defines the usage of calls: numbers, tokens, cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Tokens, as far as the provider tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenUsage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
}

impl TokenUsage {
    /// Adds what another call has taken.
    pub(in crate::session) fn add(&mut self, more: TokenUsage) {
        fn plus(sum: &mut Option<u64>, more: Option<u64>) {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        }
        plus(&mut self.input_tokens, more.input_tokens);
        plus(&mut self.cached_tokens, more.cached_tokens);
        plus(&mut self.output_tokens, more.output_tokens);
    }
}
