//! Calls to a provider, and what they come to.

use std::sync::Arc;

use futures::StreamExt;
use storywright::provider::{
    ApiKey, Deadlines, Endpoint, Event, FinishReason, Provider, ProviderError, ProviderKind,
    Request, Usage, connect,
};

use super::model_server::{ModelServer, Recorded};

pub const HTTP_KINDS: [ProviderKind; 3] = [
    ProviderKind::Anthropic,
    ProviderKind::Openai,
    ProviderKind::Ollama,
];

pub const KEY: &str = "hunter2-very-secret";
pub const PROMPT: &str = "Mara climbs the lighthouse in the rain and does not look back once.";

pub fn provider(kind: ProviderKind, server: &ModelServer) -> Arc<dyn Provider> {
    provider_within(kind, &server.base_url, Deadlines::default())
}

pub fn provider_within(
    kind: ProviderKind,
    base_url: &str,
    deadlines: Deadlines,
) -> Arc<dyn Provider> {
    let endpoint = Endpoint {
        base_url: Some(base_url.to_owned()),
        api_key: Some(ApiKey::new(KEY)),
        deadlines,
    };
    connect(kind, endpoint).expect("a provider")
}

pub fn request() -> Request {
    Request {
        model: "scripted-model".into(),
        system: "You write fiction.".into(),
        user: vec![
            "Facts.\n\n".into(),
            PROMPT.into(),
            " About 40 words.".into(),
        ],
        max_output_tokens: 400,
        prompt_tokens: 3_000,
        context_tokens: 3_000,
        temperature: None,
        seed: None,
        thinking: Default::default(),
        format: None,
        extension: Default::default(),
    }
}

/// What a call brought, put together.
#[derive(Debug, Default)]
pub struct Outcome {
    pub text: String,
    pub reasoning: usize,
    pub usage: Usage,
    pub notices: Vec<String>,
    pub model: Option<String>,
    pub finish: Option<FinishReason>,
    pub error: Option<ProviderError>,
    pub events: Vec<Event>,
}

pub async fn call(provider: &dyn Provider, request: Request) -> Outcome {
    let mut outcome = Outcome::default();
    let mut stream = match provider.complete(request).await {
        Ok(stream) => stream,
        Err(error) => {
            outcome.error = Some(error);
            return outcome;
        }
    };
    while let Some(item) = stream.next().await {
        assert!(outcome.finish.is_none(), "nothing follows the end");
        match item {
            Ok(event) => {
                outcome.events.push(event.clone());
                match event {
                    Event::Started { model } => outcome.model = model,
                    Event::Text(text) => outcome.text.push_str(&text),
                    Event::Reasoning { characters } => outcome.reasoning += characters,
                    Event::Thought { .. } => {}
                    Event::Usage(usage) => outcome.usage.update(usage),
                    Event::Notice(notice) => outcome.notices.push(notice),
                    Event::Finished(reason) => outcome.finish = Some(reason),
                }
            }
            Err(error) => {
                outcome.error = Some(error);
                assert!(stream.next().await.is_none(), "an error ends the stream");
                break;
            }
        }
    }
    outcome
}

pub fn only(requests: &[Recorded]) -> &Recorded {
    match requests {
        [one] => one,
        other => panic!("one request, not {}", other.len()),
    }
}
