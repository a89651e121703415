//! Defines the usage of calls: numbers, tokens, cost.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Tokens, as far as the provider tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TokenUsage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl TokenUsage {
    /// Adds what another call has taken.
    pub(in crate::session) fn add(&mut self, more: &TokenUsage) {
        self.join(more, u64::saturating_add);
    }

    /// Raises each count to that of another source.
    pub(in crate::session) fn raise(&mut self, known: &TokenUsage) {
        self.join(known, u64::max);
    }

    fn join(&mut self, with: &TokenUsage, joined: fn(u64, u64) -> u64) {
        let join = |count: &mut Option<u64>, with: Option<u64>| {
            if let Some(with) = with {
                *count = Some(count.map_or(with, |count| joined(count, with)));
            }
        };
        join(&mut self.input_tokens, with.input_tokens);
        join(&mut self.cached_tokens, with.cached_tokens);
        join(&mut self.output_tokens, with.output_tokens);
    }
}
