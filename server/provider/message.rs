//! Defines the request to a model and the events of its answer, as plain data.

use std::any::Any;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One completion to ask for.
#[derive(Debug, Clone)]
pub struct Request {
    pub model: String,
    /// The part that rarely changes, first; providers with prefix caches mark its end.
    pub system: String,
    /// The user message, in parts of falling stability; sent as one message, byte for byte
    /// in this order.
    pub user: Vec<String>,
    /// Most tokens that the completion's text may have. Where a vendor counts the model's
    /// reasoning against the same limit, the provider adds room for that.
    pub max_output_tokens: u32,
    /// Most tokens that the prompt may have, as the author has set it (`context_tokens`).
    pub prompt_tokens: u32,
    /// The context window to ask for where the protocol has one (Ollama's num_ctx), in tokens: prompt and
    /// answer together.
    pub context_tokens: u32,
    pub temperature: Option<f32>,
    pub seed: Option<u64>,
    /// How hard the model is to think before it writes, as far as the protocol has words for it.
    pub thinking: Thinking,
    /// The shape that the answer has to have; `None` for prose. Where a protocol or a model has
    /// no such thing it is left out, so the prompt has to ask for the shape as well.
    pub format: Option<Format>,
    /// Data for a provider that is not a model; no wire protocol sends it.
    pub extension: Extension,
}

/// A value that a request carries to one provider and that no other code looks into.
#[derive(Debug, Clone, Default)]
pub struct Extension(Option<Arc<dyn Any + Send + Sync>>);

impl Extension {
    /// Wraps a value; the provider that knows its type gets it back with [`get`](Self::get).
    pub fn new<T: Any + Send + Sync>(value: Arc<T>) -> Extension {
        Extension(Some(value))
    }

    /// Returns the value if it is of this type.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.clone()?.downcast().ok()
    }
}

/// A JSON Schema for an answer.
#[derive(Debug, Clone)]
pub struct Format {
    /// Letters and underscores only: one of the protocols wants a name.
    pub name: &'static str,
    /// The schema in the form that all vendors take: every property required, no other properties allowed, no
    /// bounds on lengths and numbers.
    pub schema: Arc<serde_json::Value>,
}

/// How hard a model thinks before it writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Thinking {
    /// The level that suits prose.
    #[default]
    Auto,
    Off,
    Low,
    Medium,
    High,
}

impl Thinking {
    /// Names the level as settings write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Thinking::Auto => "auto",
            Thinking::Off => "off",
            Thinking::Low => "low",
            Thinking::Medium => "medium",
            Thinking::High => "high",
        }
    }
}

/// An event of an answer; in order: any number of `Text`, `Reasoning` and `Usage`, then one `Finished`. An
/// error ends the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The answer has begun (its head arrived); `model` is the name that the server gives.
    Started { model: Option<String> },
    /// Prose, as it arrives.
    Text(String),
    /// The model thinks aloud; counted in characters, never kept.
    Reasoning { characters: usize },
    /// How many tokens of the answer were thinking, as far as the server tells; a later one replaces
    /// an earlier one.
    Thought { tokens: u64 },
    /// Tokens so far; a later one replaces an earlier one, field by field.
    Usage(Usage),
    /// Something the author should know, such as a parameter that the model refused.
    Notice(String),
    /// The last event of a whole answer.
    Finished(FinishReason),
}

/// Tokens of one call, as far as the protocol tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the prompt, those from a cache included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of the prompt that came from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
}

impl Usage {
    /// Takes over what a later count knows.
    pub fn update(&mut self, later: Usage) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.cached_tokens = later.cached_tokens.or(self.cached_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
    }

    /// Subtracts an earlier count of the same call.
    pub fn since(self, before: Usage) -> Usage {
        let more = |now: Option<u64>, before: Option<u64>| {
            now.map(|now| now.saturating_sub(before.unwrap_or(0)))
        };
        Usage {
            input_tokens: more(self.input_tokens, before.input_tokens),
            cached_tokens: more(self.cached_tokens, before.cached_tokens),
            output_tokens: more(self.output_tokens, before.output_tokens),
        }
    }

    /// Adds the tokens of another call.
    pub fn plus(self, other: Usage) -> Usage {
        fn add(a: Option<u64>, b: Option<u64>) -> Option<u64> {
            match (a, b) {
                (None, None) => None,
                (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
            }
        }
        Usage {
            input_tokens: add(self.input_tokens, other.input_tokens),
            cached_tokens: add(self.cached_tokens, other.cached_tokens),
            output_tokens: add(self.output_tokens, other.output_tokens),
        }
    }
}

/// The reason why a completion ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model came to its end.
    Stop,
    /// The output limit cut it off.
    Length,
    /// The context window was full.
    ContextFull,
    /// The model or a filter refused.
    Refusal,
    /// Anything else, in the protocol's words.
    Other(String),
}
