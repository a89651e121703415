//! The model protocols, over real HTTP: recorded streams, faults, and what is never sent.

mod support;

use std::time::Duration;

use futures::StreamExt;
use storywright::provider::{
    ApiKey, Deadlines, Endpoint, Event, FinishReason, Provider, ProviderError, ProviderErrorKind,
    ProviderKind, Request, Usage, connect,
};
use support::model_server::{Finish, ModelServer, Recorded, Reply};

const HTTP_KINDS: [ProviderKind; 3] = [
    ProviderKind::Anthropic,
    ProviderKind::Openai,
    ProviderKind::Ollama,
];

const KEY: &str = "hunter2-very-secret";
const PROMPT: &str = "Mara climbs the lighthouse in the rain and does not look back once.";

fn provider(kind: ProviderKind, server: &ModelServer) -> std::sync::Arc<dyn Provider> {
    provider_within(kind, &server.base_url, Deadlines::default())
}

fn provider_within(
    kind: ProviderKind,
    base_url: &str,
    deadlines: Deadlines,
) -> std::sync::Arc<dyn Provider> {
    let endpoint = Endpoint {
        base_url: Some(base_url.to_owned()),
        api_key: Some(ApiKey::new(KEY)),
        deadlines,
    };
    connect(kind, endpoint).expect("a provider")
}

fn request() -> Request {
    Request {
        model: "scripted-model".into(),
        system: "You write fiction.".into(),
        user: vec![
            "Facts.\n\n".into(),
            PROMPT.into(),
            " About 40 words.".into(),
        ],
        max_output_tokens: 400,
        context_tokens: 3_000,
        temperature: None,
        seed: None,
        scene: Default::default(),
    }
}

/// What a call brought, put together.
#[derive(Debug, Default)]
struct Outcome {
    text: String,
    reasoning: usize,
    usage: Usage,
    notices: Vec<String>,
    model: Option<String>,
    finish: Option<FinishReason>,
    error: Option<ProviderError>,
    events: Vec<Event>,
}

async fn call(provider: &dyn Provider, request: Request) -> Outcome {
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

fn only(requests: &[Recorded]) -> &Recorded {
    match requests {
        [one] => one,
        other => panic!("one request, not {}", other.len()),
    }
}

#[tokio::test]
async fn text_usage_reasoning_and_finish_come_through_every_protocol() {
    for kind in HTTP_KINDS {
        for (finish, expected) in [
            (Finish::Stop, FinishReason::Stop),
            (Finish::Length, FinishReason::Length),
            (
                Finish::Other("odd".into()),
                FinishReason::Other("odd".into()),
            ),
        ] {
            let server =
                ModelServer::queue([Reply::text("The lamp — 灯 — went out.\n\nThen rain.")
                    .reasoning(["Let me", " think"])
                    .usage(120, 20, 9)
                    .finish(finish)]);
            let outcome = call(&*provider(kind, &server), request()).await;
            assert!(outcome.error.is_none(), "{kind:?}: {:?}", outcome.error);
            assert_eq!(
                outcome.text, "The lamp — 灯 — went out.\n\nThen rain.",
                "{kind:?}"
            );
            assert_eq!(outcome.reasoning, 12, "{kind:?}");
            assert_eq!(outcome.usage.input_tokens, Some(120), "{kind:?}");
            assert_eq!(outcome.usage.output_tokens, Some(9), "{kind:?}");
            let cached = (kind != ProviderKind::Ollama).then_some(20);
            assert_eq!(outcome.usage.cached_tokens, cached, "{kind:?}");
            assert_eq!(outcome.finish, Some(expected), "{kind:?}");
            assert_eq!(outcome.model.as_deref(), Some("scripted-model"), "{kind:?}");
            assert!(
                matches!(outcome.events[0], Event::Started { .. }),
                "{kind:?}"
            );
            let requests = server.completions();
            let sent = only(&requests);
            assert_eq!(sent.system(), "You write fiction.", "{kind:?}");
            assert_eq!(sent.user(), request().user.concat(), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_author_writes_what_the_prompt_asks_for() {
    for kind in HTTP_KINDS {
        let server = ModelServer::author();
        let outcome = call(&*provider(kind, &server), request()).await;
        assert_eq!(outcome.text.split_whitespace().count(), 40, "{kind:?}");
        assert!(outcome.text.ends_with('.'), "{kind:?}: {}", outcome.text);
        assert_eq!(outcome.finish, Some(FinishReason::Stop), "{kind:?}");
    }
}

#[tokio::test]
async fn a_broken_answer_keeps_its_text_and_says_what_broke() {
    type Fault = fn(Reply) -> Reply;
    let table: [(&str, Fault, ProviderErrorKind); 6] = [
        ("close", |r| r.close_after(2), ProviderErrorKind::Broken),
        ("reset", |r| r.reset_after(2), ProviderErrorKind::Broken),
        ("half", |r| r.half_event_after(2), ProviderErrorKind::Broken),
        (
            "overloaded",
            |r| r.overloaded_after(2),
            ProviderErrorKind::Overloaded,
        ),
        (
            "garbage",
            |r| r.garbage_after(2),
            ProviderErrorKind::Protocol,
        ),
        (
            "silence",
            |r| r.silent_after(2),
            ProviderErrorKind::Deadline,
        ),
    ];
    let deadlines = Deadlines {
        idle: Duration::from_millis(150),
        ..Deadlines::default()
    };
    for kind in HTTP_KINDS {
        for (name, fault, expected) in table {
            let server = ModelServer::queue([fault(Reply::text("One two three four."))]);
            let provider = provider_within(kind, &server.base_url, deadlines);
            let outcome = call(&*provider, request()).await;
            let error = outcome.error.expect("an error");
            assert_eq!(error.kind, expected, "{kind:?} {name}: {error}");
            assert!(error.kind.is_transient(), "{kind:?} {name}");
            // A reset may overtake what was sent before it.
            if name != "reset" {
                assert_eq!(outcome.text, "One two", "{kind:?} {name}");
            }
            assert!(!format!("{error:?}").contains(KEY), "{kind:?} {name}");
        }
    }
}
