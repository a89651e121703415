//! Defines the errors of a call to a model, and whether trying again may help.

use std::time::Duration;

/// A failed call, in words for the author, with what a log needs.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub kind: ProviderErrorKind,
    /// The message to the author: what happened and what to do, in one or two sentences; no key, no prompt,
    /// no prose.
    pub message: String,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// How long the server asked to be left alone, in headers or body.
    pub retry_after: Option<Duration>,
    /// Headers that help to trace the failure (request id, rate limits), never credentials.
    pub headers: Vec<(String, String)>,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ProviderError {
    /// Makes an error without an answer behind it.
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        ProviderError {
            kind,
            message: message.into(),
            status: None,
            retry_after: None,
            headers: Vec::new(),
            source: None,
        }
    }

    /// Adds the cause of the error.
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderErrorKind {
    /// No connection: refused, unknown host, TLS.
    Unreachable,
    /// The connection broke, or the stream ended before its end mark.
    Broken,
    /// One of the [`Deadlines`](super::Deadlines) passed.
    Deadline,
    /// 429, and the vendor's words for it.
    RateLimited,
    /// 5xx: the server failed at this call.
    Overloaded,
    /// The server loads a model, restarts or has too much to do (502, 503, 529), or it answered
    /// before and takes no connection now.
    Unavailable,
    /// 401 or 403, or no key where one is needed.
    Unauthorized,
    /// The quota or the credit is used up (402, `insufficient_quota`).
    OutOfCredit,
    /// 404 for the model, or Ollama's "not found, try pulling it".
    UnknownModel,
    /// The prompt does not fit the model's context window.
    ContextOverflow,
    /// Any other 4xx: the request itself is wrong.
    BadRequest,
    /// The answer is not of the protocol.
    Protocol,
}

impl ProviderErrorKind {
    /// Tells whether the same call may succeed later.
    pub fn is_transient(self) -> bool {
        use ProviderErrorKind::*;
        matches!(
            self,
            Unreachable | Broken | Deadline | RateLimited | Overloaded | Unavailable | Protocol
        )
    }

    /// Tells whether every other call of the job would fail the same way.
    pub fn ends_job(self) -> bool {
        use ProviderErrorKind::*;
        matches!(self, Unauthorized | OutOfCredit | UnknownModel)
    }
}
