//! Connects to model providers: one wire protocol a file, all streaming, with deadlines.
//!
//! A provider turns one [`Request`] into a stream of [`Event`]s. It knows nothing of chunks,
//! files or settings files. It never logs a prompt, a completion or a key, follows no
//! redirect, and sends a key to no host but its own.

mod answer;
pub mod anthropic;
mod base_url;
mod connect;
pub mod deadlines;
pub mod demo;
mod effort;
mod endpoint;
mod error;
mod framing;
mod http;
mod kind;
mod limits;
pub mod local;
pub mod message;
mod models;
pub mod ollama;
pub mod openai;
mod parameters;
pub mod precedence;
mod rate_limit_hold;
mod refusal;
mod repeated_text;
mod retry;
mod server;
mod stream;
mod thinking;
mod torn_characters;
#[cfg(test)]
mod transcripts;
mod unpack;
mod window;

use futures::stream::BoxStream;

pub use base_url::{exposed_host, loopback_port, normalise_base_url};
pub use connect::connect;
pub use deadlines::Deadlines;
pub use endpoint::{ApiKey, Endpoint};
pub use error::{ProviderError, ProviderErrorKind};
pub use kind::ProviderKind;
pub use limits::output_limit;
pub use message::{Event, Extension, FinishReason, Format, Request, Thinking, Usage};
pub use retry::{GiveUp, Outage, Retries, Retry};

/// The events of one answer, as they arrive.
pub type EventStream = BoxStream<'static, Result<Event, ProviderError>>;

/// A model back end. Dropping a stream ends the call.
#[async_trait::async_trait]
pub trait Provider: Send + Sync {
    /// Names the protocol that it speaks.
    fn kind(&self) -> ProviderKind;

    /// Checks what can be known without sending anything, such as a key where the vendor wants one.
    fn ready(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Begins a completion. Returns once the head of the answer is there, or the error.
    async fn complete(&self, request: Request) -> Result<EventStream, ProviderError>;

    /// Names the model to use when no setting names one.
    async fn default_model(&self) -> Result<String, ProviderError>;

    /// Asks whether the server has this model, so that what is known of a model of that name
    /// holds for it. Servers of one's own answer with what they have, whatever is asked for.
    async fn offers(&self, _model: &str) -> bool {
        true
    }

    /// Asks for the context window of a model in tokens, for a few seconds at most; `None` where the server does not tell.
    async fn window(&self, _model: &str) -> Option<u32> {
        None
    }

    /// Asks whether the server answers and takes the key, for `doctor`; tells so in a sentence.
    async fn probe(&self) -> Result<String, ProviderError>;
}
