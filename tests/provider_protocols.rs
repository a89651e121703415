//! The model protocols, over real HTTP: recorded streams, faults, and what is never sent.

mod support;

use std::time::Duration;

use futures::StreamExt;
use serde_json::json;
use storywright::provider::{
    ApiKey, Deadlines, Endpoint, Event, FinishReason, Provider, ProviderError, ProviderErrorKind,
    ProviderKind, Request, Usage, connect,
};
use support::model_server::{Finish, Gate, ModelServer, Recorded, Reply};
use support::prose::{Length, asked_length, prose};

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

/// The error of a call against a server that answers every call with `reply`; HOST stands
/// for its address in the message.
async fn refused(kind: ProviderKind, reply: Reply) -> (ProviderError, String) {
    let server = ModelServer::start(move |_| reply.clone());
    let error = call(&*provider(kind, &server), request())
        .await
        .error
        .expect("an error");
    let message = error.message.replace(server.host(), "HOST");
    for shown in [format!("{error}"), format!("{error:?}"), message.clone()] {
        assert!(!shown.contains(KEY), "{shown}");
        assert!(!shown.contains("Mara climbs"), "{shown}");
    }
    (error, message)
}

#[tokio::test]
async fn what_the_author_reads_when_a_server_refuses() {
    use ProviderErrorKind::*;
    use ProviderKind::{Anthropic, Ollama, Openai};
    let said = |message: &str| json!({"error": {"message": message}});
    let table = [
        (
            Anthropic,
            Reply::error(
                401,
                json!({"type": "error", "error": {"type": "authentication_error",
                       "message": "invalid x-api-key"}}),
            ),
            Unauthorized,
            "The server at HOST refused the key (401, invalid x-api-key). Check api_key_env or \
             api_key_command in your user settings.",
        ),
        (
            Openai,
            Reply::error(403, said("Not in your country.")),
            Unauthorized,
            "The server at HOST does not allow this to the key (403, Not in your country). \
             Check the rights of api_key_env or api_key_command in your user settings.",
        ),
        (
            Openai,
            Reply::error(
                401,
                said(&format!("Incorrect API key provided: {KEY}. See sk-abc.")),
            ),
            Unauthorized,
            "The server at HOST refused the key (401, Incorrect API key provided: …. See …). \
             Check api_key_env or api_key_command in your user settings.",
        ),
        (
            Ollama,
            Reply::error(404, json!({"error": "model 'scripted-model' not found"})),
            UnknownModel,
            "Ollama at HOST has no model `scripted-model` (404, model 'scripted-model' not \
             found). Fetch it with `ollama pull scripted-model`, or set `model` to one of \
             `ollama list`.",
        ),
        (
            Openai,
            Reply::error(
                404,
                json!({"error": {"message": "The model does not exist",
                                               "code": "model_not_found"}}),
            ),
            UnknownModel,
            "The server at HOST knows no model `scripted-model` (404, The model does not \
             exist). Set `model` to one that it offers.",
        ),
        (
            Openai,
            Reply::whole(404, "text/plain", "404 page not found"),
            BadRequest,
            "The server at HOST does not know the address that the openai protocol uses (404, \
             404 page not found). Check base_url and provider.",
        ),
        (
            Anthropic,
            Reply::error(
                529,
                json!({"error": {"type": "overloaded_error",
                                               "message": "Overloaded"}}),
            ),
            Overloaded,
            "The server at HOST could not answer for now (529, Overloaded). The same call may \
             succeed later.",
        ),
        (
            Openai,
            Reply::error(429, said("Slow down.")).header("Retry-After", "20"),
            RateLimited,
            "The server at HOST asks for fewer calls and for a wait of 20 s (429, Slow down).",
        ),
        (
            Openai,
            Reply::error(
                429,
                json!({"error": {"code": "insufficient_quota",
                                               "message": "You exceeded your current quota."}}),
            ),
            OutOfCredit,
            "The server at HOST says that the credit or quota is used up (429, You exceeded \
             your current quota). Add credit or raise the limit with the vendor, then run the \
             same command again.",
        ),
        (
            Anthropic,
            Reply::whole(
                400,
                "application/json",
                include_str!("../fixtures/transcripts/llama.cpp/messages-context-overflow.txt"),
            ),
            ContextOverflow,
            "The prompt does not fit into the model's context window (400, request (9024 \
             tokens) exceeds the available context size (4096 tokens), try increasing it). \
             Lower context_tokens, or use a model with a larger window.",
        ),
        (
            Openai,
            Reply::whole(
                400,
                "application/json",
                include_str!("../fixtures/transcripts/llama.cpp/chat-bad-request.txt"),
            ),
            BadRequest,
            "The server at HOST refused the request (400, Expected 'messages' to be an array).",
        ),
        (
            Openai,
            Reply::error(400, said(&format!("cannot parse: '{PROMPT}'"))),
            BadRequest,
            "The server at HOST refused the request (400, its words are left out, since they \
             repeat the prompt).",
        ),
        (
            Openai,
            Reply::whole(502, "text/html", "<html><title>Bad gateway</title></html>"),
            Overloaded,
            "The server at HOST could not answer for now (502, Bad gateway). The same call may \
             succeed later.",
        ),
        (
            Openai,
            Reply::whole(200, "text/html", "<html>Welcome to my router</html>"),
            Protocol,
            "The server at HOST sent a web page, which is not the openai protocol. Check \
             base_url and provider.",
        ),
        (
            Openai,
            Reply::error(200, json!({"choices": []})),
            Protocol,
            "The server at HOST sent a whole answer where a stream was asked for, which is not \
             the openai protocol. Check base_url and provider.",
        ),
        (
            Openai,
            Reply::error(
                200,
                json!({"error": {"message": "Slow", "code": "rate_limit_exceeded"}}),
            ),
            RateLimited,
            "The server at HOST asks for fewer calls (Slow).",
        ),
        (
            Ollama,
            Reply::hangup(),
            Broken,
            "The connection to HOST broke before an answer came.",
        ),
    ];
    for (kind, reply, expected, words) in table {
        let (error, message) = refused(kind, reply).await;
        assert_eq!(message, words);
        assert_eq!(error.kind, expected, "{words}");
    }
}

#[tokio::test]
async fn a_refusal_carries_what_a_log_needs() {
    let reply = Reply::error(429, json!({"error": {"message": "Slow down"}}))
        .header("Retry-After", "0")
        .header("x-request-id", "req_42")
        .header("Set-Cookie", "a=b");
    let (error, _) = refused(ProviderKind::Openai, reply).await;
    assert_eq!(error.status, Some(429));
    assert_eq!(error.retry_after, Some(Duration::ZERO));
    assert_eq!(
        error.headers,
        [
            ("retry-after".to_owned(), "0".to_owned()),
            ("x-request-id".to_owned(), "req_42".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // A port that was free a moment ago.
    let gone = ModelServer::author().base_url.clone();
    for (kind, hint) in [
        (
            ProviderKind::Ollama,
            "Is Ollama running? `ollama serve` starts it.",
        ),
        (
            ProviderKind::Openai,
            "Is the server running, and is the port right?",
        ),
    ] {
        let provider = provider_within(kind, &gone, Deadlines::default());
        let error = call(&*provider, request()).await.error.expect("an error");
        assert_eq!(error.kind, ProviderErrorKind::Unreachable);
        let host = gone.trim_start_matches("http://");
        assert_eq!(
            error.message,
            format!("No connection to {host}: connection refused. {hint}")
        );
        let probed = provider.probe().await.expect_err("nobody there");
        assert_eq!(probed.kind, ProviderErrorKind::Unreachable);
    }
}

#[tokio::test]
async fn a_redirect_is_an_error_and_nothing_is_sent_there() {
    for kind in HTTP_KINDS {
        let elsewhere = ModelServer::author();
        let (error, message) = refused(kind, Reply::redirect(&elsewhere.base_url)).await;
        assert_eq!(error.kind, ProviderErrorKind::BadRequest);
        assert!(
            message.contains("HOST redirects to 127.0.0.1:"),
            "{message}"
        );
        assert!(message.contains("nothing was sent there"), "{message}");
        assert!(elsewhere.requests().is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn the_key_travels_in_its_one_header() {
    for (kind, header, value) in [
        (ProviderKind::Anthropic, "x-api-key", KEY.to_owned()),
        (
            ProviderKind::Openai,
            "authorization",
            format!("Bearer {KEY}"),
        ),
        (
            ProviderKind::Ollama,
            "authorization",
            format!("Bearer {KEY}"),
        ),
    ] {
        let server = ModelServer::author();
        let provider = provider(kind, &server);
        call(&*provider, request()).await;
        provider.probe().await.expect("it answers");
        for request in server.requests() {
            assert_eq!(
                request.header(header),
                Some(&*value),
                "{kind:?} {}",
                request.path
            );
            let with_key = request.headers.iter().filter(|(_, v)| v.contains(KEY));
            assert_eq!(with_key.count(), 1, "{kind:?}");
            assert!(!request.body.to_string().contains(KEY), "{kind:?}");
            let agent = request.header("user-agent").unwrap_or_default();
            assert!(agent.starts_with("storywright/"), "{agent}");
        }
    }
}

#[tokio::test]
async fn a_vendor_without_a_key_is_not_called() {
    for (kind, variable) in [
        (ProviderKind::Anthropic, "ANTHROPIC_API_KEY"),
        (ProviderKind::Openai, "OPENAI_API_KEY"),
    ] {
        let endpoint = Endpoint {
            base_url: None,
            api_key: None,
            deadlines: Deadlines::default(),
        };
        let provider = connect(kind, endpoint).expect("a provider");
        let error = call(&*provider, request()).await.error.expect("an error");
        assert_eq!(error.kind, ProviderErrorKind::Unauthorized);
        assert!(error.message.contains("nothing was sent"), "{error}");
        assert!(error.message.contains(variable), "{error}");
        let probed = provider.probe().await.expect_err("no key");
        assert_eq!(probed.message, error.message);
        assert!(provider.default_model().await.is_ok(), "needs no call");
    }
}

#[test]
fn what_can_not_be_connected_to_is_said_at_once() {
    let endpoint = |base_url: &str, key: &str| Endpoint {
        base_url: Some(base_url.into()),
        api_key: Some(ApiKey::new(key)),
        deadlines: Deadlines::default(),
    };
    for (kind, base_url, key, words) in [
        (
            ProviderKind::Openai,
            "ftp://host",
            KEY,
            "only http and https",
        ),
        (
            ProviderKind::Openai,
            "http://host",
            "two\nlines",
            "a line break",
        ),
        (ProviderKind::Demo, "http://host", KEY, "needs no server"),
    ] {
        let error = connect(kind, endpoint(base_url, key))
            .err()
            .expect("an error");
        assert!(error.message.contains(words), "{error}");
        assert!(!format!("{error:?}").contains("two"), "{error:?}");
    }
}

#[tokio::test]
async fn every_form_of_base_url_reaches_the_server() {
    for kind in HTTP_KINDS {
        let server = ModelServer::author();
        for base_url in [
            server.base_url.clone(),
            format!("{}/", server.base_url),
            format!("{}/v1", server.base_url),
            format!("{}/v1/", server.base_url),
            server.host().to_owned(),
        ] {
            let provider = provider_within(kind, &base_url, Deadlines::default());
            let outcome = call(&*provider, request()).await;
            assert!(
                outcome.error.is_none(),
                "{kind:?} {base_url}: {:?}",
                outcome.error
            );
        }
        let path = match kind {
            ProviderKind::Anthropic => "/v1/messages",
            ProviderKind::Openai => "/v1/chat/completions",
            _ => "/api/chat",
        };
        assert!(server.requests().iter().all(|request| request.path == path));
    }
}

#[tokio::test]
async fn a_refused_parameter_is_left_out_and_the_author_told_once() {
    // (protocol, what the server says of it, how to see that it was sent)
    type Sent = fn(&Recorded) -> bool;
    let table: [(ProviderKind, &str, Sent, &str); 5] = [
        (
            ProviderKind::Anthropic,
            "`temperature` is deprecated for this model.",
            |r| r.body.get("temperature").is_some(),
            "temperature",
        ),
        (
            ProviderKind::Openai,
            "Unsupported value: 'temperature' does not support 0.7 with this model.",
            |r| r.body.get("temperature").is_some(),
            "temperature",
        ),
        (
            ProviderKind::Openai,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
             'max_completion_tokens' instead.",
            |r| r.body.get("max_tokens").is_some(),
            "max_tokens",
        ),
        (
            ProviderKind::Openai,
            "Unrecognized request argument supplied: stream_options",
            |r| r.body.get("stream_options").is_some(),
            "stream_options",
        ),
        (
            ProviderKind::Ollama,
            "\"scripted-model\" does not support thinking",
            |r| r.body.get("think").is_some(),
            "think",
        ),
    ];
    for (kind, words, sent, name) in table {
        let server = ModelServer::start(move |request| match sent(request) {
            true => Reply::error(400, json!({"error": {"message": words}})),
            false => Reply::text("Fine."),
        });
        let provider = provider(kind, &server);
        let mut request = request();
        request.temperature = Some(0.7);
        request.seed = Some(3);
        let first = call(&*provider, request.clone()).await;
        assert_eq!(first.text, "Fine.", "{kind:?} {name}: {:?}", first.error);
        assert_eq!(first.notices.len(), 1, "{kind:?} {name}");
        assert!(first.notices[0].contains(name), "{}", first.notices[0]);
        let second = call(&*provider, request).await;
        assert!(second.notices.is_empty(), "{kind:?} {name}");
        assert_eq!(server.completions().len(), 3, "{kind:?} {name}");
        let last = &server.completions()[2];
        assert_eq!(last.max_tokens(), Some(400), "{kind:?} {name}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_not_asked_for_ever() {
    let words = "temperature, seed, stream_options, max_tokens, max_completion_tokens: no";
    let server =
        ModelServer::start(move |_| Reply::error(400, json!({"error": {"message": words}})));
    let mut request = request();
    request.temperature = Some(0.7);
    request.seed = Some(3);
    let outcome = call(&*provider(ProviderKind::Openai, &server), request).await;
    let error = outcome.error.expect("an error");
    assert_eq!(error.kind, ProviderErrorKind::BadRequest);
    assert!(
        server.completions().len() <= 6,
        "{}",
        server.completions().len()
    );
}

#[tokio::test]
async fn deadlines_hold_over_http() {
    let brief = Deadlines {
        first_token: Duration::from_millis(150),
        idle: Duration::from_millis(150),
        call: Duration::from_millis(400),
        ..Deadlines::default()
    };
    let endless = "word ".repeat(1_000);
    for kind in HTTP_KINDS {
        for (reply, setting) in [
            (Reply::never(), "timeouts.first_token"),
            (
                Reply::text("One two.").silent_after(0),
                "timeouts.first_token",
            ),
            (Reply::text("One two.").silent_after(1), "timeouts.idle"),
            (Reply::text(&endless).per_second(20.0), "timeouts.call"),
        ] {
            let server = ModelServer::queue([reply]);
            let provider = provider_within(kind, &server.base_url, brief);
            let outcome = call(&*provider, request()).await;
            let error = outcome.error.expect("an error");
            assert_eq!(error.kind, ProviderErrorKind::Deadline, "{kind:?}: {error}");
            assert!(error.message.contains(setting), "{kind:?}: {error}");
            // The call is over for the server as well.
            tokio::task::spawn_blocking(move || {
                server.wait_for_abandoned(1, Duration::from_secs(10));
            })
            .await
            .expect("the server sees it");
        }
    }
}

#[tokio::test]
async fn a_dropped_stream_ends_the_call() {
    for kind in HTTP_KINDS {
        let gate = Gate::new();
        let server = ModelServer::queue([Reply::text("One two three.").stall_after(1, &gate)]);
        let provider = provider(kind, &server);
        let mut stream = provider.complete(request()).await.expect("an answer");
        while let Some(event) = stream.next().await {
            if matches!(event, Ok(Event::Text(_))) {
                break;
            }
        }
        drop(stream);
        tokio::task::spawn_blocking(move || {
            server.wait_for_abandoned(1, Duration::from_secs(10));
        })
        .await
        .expect("the server sees it");
    }
}

#[tokio::test]
async fn a_stalled_answer_goes_on_when_the_gate_opens() {
    let gate = Gate::new();
    let server = ModelServer::queue([Reply::text("One two three.").stall_after(2, &gate)]);
    let provider = provider(ProviderKind::Anthropic, &server);
    let calling = tokio::spawn(async move { call(&*provider, request()).await });
    let at_gate = gate.clone();
    tokio::task::spawn_blocking(move || at_gate.wait_for_arrivals(1, Duration::from_secs(10)))
        .await
        .expect("the reply comes to the gate");
    assert!(!calling.is_finished());
    gate.open();
    assert_eq!(calling.await.expect("it ends").text, "One two three.");
}

#[tokio::test]
async fn tags_of_local_models_never_reach_the_prose() {
    let server = ModelServer::start(|_| {
        Reply::fragments([
            "<thi",
            "nk>Plan: ",
            "rain.</th",
            "ink>\n\n",
            "The lamp ",
            "<think>.",
        ])
    });
    for kind in HTTP_KINDS {
        let outcome = call(&*provider(kind, &server), request()).await;
        assert_eq!(outcome.text, "The lamp <think>.", "{kind:?}");
        assert_eq!(outcome.reasoning, 11, "{kind:?}");
    }
}

#[tokio::test]
async fn ollama_is_asked_for_a_window_that_holds_everything() {
    let server = ModelServer::author();
    let mut request = request();
    request.context_tokens = 16_000;
    request.max_output_tokens = 3_000;
    request.temperature = Some(0.7);
    request.seed = Some(11);
    call(&*provider(ProviderKind::Ollama, &server), request).await;
    let requests = server.completions();
    let body = &only(&requests).body;
    assert_eq!(
        body["options"],
        json!({"num_ctx": 20_480, "num_predict": 3_000, "temperature": 0.7, "seed": 11})
    );
    assert_eq!(body["truncate"], json!(false));
    assert_eq!(body["shift"], json!(false));
}

#[tokio::test]
async fn the_default_model_is_one_that_the_server_has() {
    let tags = include_str!("../fixtures/transcripts/ollama/tags.json");
    let models = json!({"data": [{"id": "text-embedding-x"}, {"id": "gemma"}, {"id": "b"}]});
    for (kind, list, expected) in [
        (ProviderKind::Ollama, tags.to_owned(), Ok("newest:8b")),
        (
            ProviderKind::Ollama,
            r#"{"models":[]}"#.into(),
            Err("ollama pull"),
        ),
        (ProviderKind::Ollama, "[]".into(), Err("no list of models")),
        (ProviderKind::Openai, models.to_string(), Ok("gemma")),
        (
            ProviderKind::Openai,
            r#"{"data":[]}"#.into(),
            Err("set `model`"),
        ),
        (ProviderKind::Openai, "garbage".into(), Err("no JSON")),
        (
            ProviderKind::Anthropic,
            "unused".into(),
            Ok("claude-sonnet-5-5"),
        ),
    ] {
        let body = list.clone();
        let server = ModelServer::author()
            .on_lists(move |_| Reply::whole(200, "application/json", body.clone()));
        match (provider(kind, &server).default_model().await, expected) {
            (Ok(model), Ok(expected)) => assert_eq!(model, expected, "{list}"),
            (Err(error), Err(words)) => assert!(error.message.contains(words), "{error}"),
            (got, _) => panic!("{list}: {got:?}"),
        }
    }
}

#[tokio::test]
async fn probing_says_whether_server_and_key_are_good() {
    let refusal = || Reply::error(401, json!({"error": {"message": "bad key"}}));
    let missing = || Reply::error(404, json!({"error": {"message": "File Not Found"}}));
    for kind in HTTP_KINDS {
        let server = ModelServer::author();
        let said = provider(kind, &server).probe().await.expect("it answers");
        assert!(said.contains(server.host()), "{said}");
        assert!(said.contains("answers"), "{said}");

        let server = ModelServer::author().on_lists(move |_| refusal());
        let error = provider(kind, &server).probe().await.expect_err("bad key");
        assert_eq!(error.kind, ProviderErrorKind::Unauthorized, "{kind:?}");
        assert!(
            error.message.contains("refused the key (401, bad key)"),
            "{error}"
        );
    }
    for kind in [ProviderKind::Anthropic, ProviderKind::Openai] {
        let server = ModelServer::author().on_lists(move |_| missing());
        let said = provider(kind, &server).probe().await.expect("it answers");
        assert!(said.contains("does not list its models"), "{said}");
    }
}

#[test]
fn the_scripted_author_is_gone_when_dropped_and_serves_synchronous_tests() {
    let server = ModelServer::author();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let provider = provider(ProviderKind::Openai, &server);
    let outcome = runtime.block_on(call(&*provider, request()));
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
    let address = server.host().to_owned();
    drop(server);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn the_authors_prose_has_the_length_that_was_asked_for() {
    for words in [1, 2, 7, 40, 300, 1_500] {
        let text = prose(words, words as u64);
        assert_eq!(text.split_whitespace().count(), words);
        assert!(text.ends_with('.'), "{text}");
    }
    assert_ne!(prose(50, 1), prose(50, 2));
    let text = prose(3_000, 5);
    let mut sentences: Vec<&str> = text.split(['.', '\n']).map(str::trim).collect();
    sentences.retain(|sentence| sentence.split(' ').count() > 6);
    let all = sentences.len();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), all, "no sentence twice");
    for (prompt, expected) in [
        ("Write about 1,500 words.", Some(Length::Words(1_500))),
        (
            "The story has 6000 words; this part 300 words",
            Some(Length::Words(300)),
        ),
        ("a 250-word scene", Some(Length::Words(250))),
        ("about 80 more words", Some(Length::Words(80))),
        ("roughly 900 characters", Some(Length::Characters(900))),
        ("in other words, no number", None),
    ] {
        assert_eq!(asked_length(prompt), expected, "{prompt}");
    }
}
