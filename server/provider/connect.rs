//! Makes the provider for a protocol.

use std::sync::Arc;

use super::anthropic::Anthropic;
use super::ollama::Ollama;
use super::openai::Openai;
use super::{Endpoint, Provider, ProviderError, ProviderErrorKind, ProviderKind};

/// Makes the provider that speaks a protocol to `endpoint`; sends nothing yet.
///
/// Errors: a base_url that is none, a key that no header can hold, or `Demo`, which has no
/// endpoint (its writer is made in [`demo`](super::demo)).
pub fn connect(kind: ProviderKind, endpoint: Endpoint) -> Result<Arc<dyn Provider>, ProviderError> {
    Ok(match kind {
        ProviderKind::Anthropic => Arc::new(Anthropic::new(&endpoint)?),
        ProviderKind::Openai => Arc::new(Openai::new(&endpoint)?),
        ProviderKind::Ollama => Arc::new(Ollama::new(&endpoint)?),
        ProviderKind::Demo => {
            return Err(ProviderError::new(
                ProviderErrorKind::BadRequest,
                "The demo writer needs no server; leave base_url out.",
            ));
        }
    })
}
