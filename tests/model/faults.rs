//! What goes wrong with a model server: what the author reads, and what is never sent.

use std::time::Duration;

use crate::support::calls::{HTTP_KINDS, KEY, PROMPT, call, provider, provider_within, request};
use crate::support::model_server::{Gate, ModelServer, Reply};
use futures::StreamExt;
use serde_json::json;
use storywright::provider::{
    ApiKey, Deadlines, Endpoint, Event, ProviderError, ProviderErrorKind, ProviderKind, connect,
};

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
        ("garbage", |r| r.garbage_after(2), ProviderErrorKind::Broken),
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
            Unavailable,
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
                include_str!("../../fixtures/transcripts/llama.cpp/messages-context-overflow.txt"),
            ),
            ContextOverflow,
            "The prompt does not fit into the model's context window: it needs 9024 tokens, \
             and the window has 4096 (400, request (9024 tokens) exceeds the available context \
             size (4096 tokens), try increasing it). Lower context_tokens from 3000 to 1200, or \
             use a model with a larger window.",
        ),
        (
            Openai,
            Reply::whole(
                400,
                "application/json",
                include_str!("../../fixtures/transcripts/llama.cpp/chat-bad-request.txt"),
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
            Unavailable,
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
            "The server at HOST sent something that is not the openai protocol. Check base_url and \
             provider.",
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
