//! Model providers: one wire protocol a file, all streaming, with deadlines.
//!
//! A provider turns one [`Request`] into a stream of [`Event`]s. It knows nothing of chunks,
//! files or settings files. It never logs a prompt, a completion or a key, follows no
//! redirect, and sends a key to no host but its own.

mod answer;
pub mod anthropic;
pub mod deadlines;
pub mod demo;
mod effort;
mod endpoint;
mod error;
mod framing;
mod halves;
mod http;
mod limits;
pub mod local;
mod models;
pub mod ollama;
pub mod openai;
mod parameters;
mod refusal;
mod retry;
mod sent;
mod server;
mod stream;
mod thinking;
#[cfg(test)]
mod transcripts;
mod unpack;
mod window;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use effort::Thinking;
pub use endpoint::{exposed_host, loopback_port, normalise_base_url};
pub use error::{ProviderError, ProviderErrorKind};
pub use limits::output_limit;
pub use retry::{GiveUp, Outage, Retries, Retry};

/// Which protocol a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    Anthropic,
    Openai,
    Ollama,
    Demo,
}

impl ProviderKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ProviderKind::Anthropic => "anthropic",
            ProviderKind::Openai => "openai",
            ProviderKind::Ollama => "ollama",
            ProviderKind::Demo => "demo",
        }
    }
}

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
    /// What the prompt is about, for the writer that needs no model.
    pub scene: Arc<Scene>,
}

/// A JSON Schema for an answer.
#[derive(Debug, Clone)]
pub struct Format {
    /// Letters and underscores only: one of the protocols wants a name.
    pub name: &'static str,
    /// In what all vendors take: every property required, no other properties allowed, no
    /// bounds on lengths and numbers.
    pub schema: Arc<serde_json::Value>,
}

/// The facts behind a prompt, as data. Only the demo writer reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    pub task: Task,
    pub seed: u64,
    /// BCP 47.
    pub language: String,
    pub title: String,
    pub premise: String,
    pub setting: String,
    pub pov: Option<String>,
    pub tense: Option<String>,
    pub protagonist: Option<String>,
    /// Names and what is known of them.
    pub cast: Vec<(String, String)>,
    /// Chunk number from 1, and how many chunks there are.
    pub chunk: u32,
    pub chunks: u32,
    pub beat_title: String,
    pub beat_text: String,
    pub beat_cast: Vec<String>,
    pub enter: Option<String>,
    pub exit: Option<String>,
    /// Length to write for this chunk, whole, in words (characters for CJK).
    pub target_words: u32,
    /// What of this chunk is written already; the completion goes on from its end. Empty at
    /// the start.
    pub so_far: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Task {
    /// The prose of a chunk.
    #[default]
    Draft,
    /// The prose of several chunks, each with the line that comes before it.
    Story(Vec<(String, Arc<Scene>)>),
    /// What is known after a chunk with this prose, as JSON.
    State(String),
    /// This prose once more, better.
    Refine(String),
    /// Contradictions of a chunk, as JSON.
    Audit,
    /// Beats of an outline, as markdown.
    Plan(Outline),
}

/// An outline that is not complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The titles of the beats that are there, with the state after each.
    pub beats: Vec<(String, Option<String>)>,
    /// Behind which of them (by index; `None`: before the first) each new one goes, in order.
    pub gaps: Vec<Option<usize>>,
}

/// What a stream brings, in order: any number of `Text`, `Reasoning` and `Usage`, then one
/// `Finished`. An error ends the stream.
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
    /// Takes over what `later` knows.
    pub fn update(&mut self, later: Usage) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.cached_tokens = later.cached_tokens.or(self.cached_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
    }

    /// What was added to `before`.
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

    /// The sum of two calls.
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

/// Why a completion ended.
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

pub type EventStream = BoxStream<'static, Result<Event, ProviderError>>;

/// A model back end. Dropping a stream ends the call.
#[async_trait::async_trait]
pub trait Provider: Send + Sync {
    fn kind(&self) -> ProviderKind;

    /// Whether all is there that can be known without sending anything, such as a key where
    /// the vendor wants one.
    fn ready(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Begins a completion. Returns once the head of the answer is there, or the error.
    async fn complete(&self, request: Request) -> Result<EventStream, ProviderError>;

    /// The model to use when no setting names one.
    async fn default_model(&self) -> Result<String, ProviderError>;

    /// Whether the server says that it has this model, so that what is known of a model of that name
    /// holds for it. Servers of one's own answer with what they have, whatever is asked for.
    async fn offers(&self, _model: &str) -> bool {
        true
    }

    /// The context window of a model in tokens, where the server tells; asked for at most a few seconds.
    async fn window(&self, _model: &str) -> Option<u32> {
        None
    }

    /// Whether the server answers and takes the key; for `doctor`. A sentence on success.
    async fn probe(&self) -> Result<String, ProviderError>;
}

/// A provider that speaks HTTP to `endpoint`. Nothing is sent yet.
///
/// Errors: a base_url that is none, a key that no header can hold, or `Demo`, which has no
/// endpoint (its writer is made in [`demo`]).
pub fn connect(kind: ProviderKind, endpoint: Endpoint) -> Result<Arc<dyn Provider>, ProviderError> {
    Ok(match kind {
        ProviderKind::Anthropic => Arc::new(anthropic::Anthropic::new(&endpoint)?),
        ProviderKind::Openai => Arc::new(openai::Openai::new(&endpoint)?),
        ProviderKind::Ollama => Arc::new(ollama::Ollama::new(&endpoint)?),
        ProviderKind::Demo => {
            return Err(ProviderError::new(
                ProviderErrorKind::BadRequest,
                "The demo writer needs no server; leave base_url out.",
            ));
        }
    })
}

/// How to reach a model server. Made from trusted settings only.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// In any form that [`normalise_base_url`] takes; `None` for the vendor's own.
    pub base_url: Option<String>,
    /// `None` where none is configured (local servers need none).
    pub api_key: Option<ApiKey>,
    pub deadlines: Deadlines,
}

/// A secret. Neither `Debug` nor `Display` shows it.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    pub fn new(key: impl Into<String>) -> Self {
        ApiKey(key.into())
    }

    /// The key itself, for the one header that it belongs in.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// How long one call may take in its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deadlines {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the request until the first token (text or reasoning).
    pub first_token: Duration,
    /// Between two tokens. Keep-alives such as `ping` do not count as tokens.
    pub idle: Duration,
    /// The whole call.
    pub call: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Deadlines {
            connect: Duration::from_secs(10),
            first_token: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            call: Duration::from_secs(600),
        }
    }
}
