//! The model protocols over HTTP: what is sent, what comes back.

use std::sync::Arc;

use crate::support::calls::{HTTP_KINDS, call, only, provider, provider_within, request};
use crate::support::model_server::{Finish, ModelServer, Recorded, Reply};
use serde_json::json;
use storywright::provider::local::{self, LocalState};
use storywright::provider::{
    Deadlines, Event, FinishReason, Format, ProviderErrorKind, ProviderKind,
};

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
async fn a_shape_is_asked_for_in_the_words_of_each_protocol() {
    let schema = json!({"type": "object", "properties": {"summary": {"type": "string"}},
                        "required": ["summary"], "additionalProperties": false});
    let table = [
        (
            ProviderKind::Anthropic,
            "/output_config/format",
            json!({"type": "json_schema", "schema": schema}),
            Reply::error(
                400,
                json!({"error": {"message": "output_config: Extra inputs are not permitted"}}),
            ),
        ),
        (
            ProviderKind::Openai,
            "/response_format",
            json!({"type": "json_schema",
                   "json_schema": {"name": "state", "strict": true, "schema": schema}}),
            Reply::error(
                500,
                json!({"error": {"message": "response_format type must be one of \"text\" or \
                                            \"json_object\", but got: json_schema"}}),
            ),
        ),
        (
            ProviderKind::Ollama,
            "/format",
            schema.clone(),
            Reply::error(400, json!({"error": "invalid format: expected \"json\""})),
        ),
    ];
    for (kind, place, expected, refusal) in table {
        let server = ModelServer::start(move |request| match request.body.pointer(place) {
            Some(_) => refusal.clone(),
            None => Reply::text("{}"),
        });
        let provider = provider(kind, &server);
        let mut asked = request();
        asked.format = Some(Format {
            name: "state",
            schema: Arc::new(schema.clone()),
        });
        // A server that refuses it is asked once more without it, and then no more with it.
        for calls in [2, 3] {
            assert_eq!(call(&*provider, asked.clone()).await.text, "{}", "{kind:?}");
            assert_eq!(server.completions().len(), calls, "{kind:?}");
        }
        let first = &server.completions()[0];
        assert_eq!(first.body.pointer(place), Some(&expected), "{kind:?}");
        call(&*provider, request()).await;
        assert_eq!(server.completions()[3].body.pointer(place), None);
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
    request.context_tokens = 19_000;
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
    let tags = include_str!("../../fixtures/transcripts/ollama/tags.json");
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
        // A server that speaks the vendor's protocol has not the vendor's models.
        (ProviderKind::Anthropic, models.to_string(), Ok("gemma")),
        (
            ProviderKind::Anthropic,
            r#"{"data":[]}"#.into(),
            Err("set `model`"),
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

/// Servers that nobody named are only looked at: all at once, without a key, and not for long.
#[tokio::test]
async fn servers_of_this_machine_are_told_from_all_else() {
    let found = json!({"object": "list", "data": [{"id": "a"}]});
    let llama = found.clone();
    let answers = |status: u16, body: serde_json::Value| {
        move |request: &Recorded| match request.path.as_str() {
            "/v1/models" => Reply::error(status, body.clone()),
            _ => Reply::error(404, json!({"error": "not found"})),
        }
    };
    let silent = ModelServer::author().on_lists(|_| Reply::never());
    let openai = ModelServer::author().on_lists(answers(200, found));
    // Answers `/api/tags` with both lists.
    let both = ModelServer::author().on_lists(move |_| {
        let mut both = llama.clone();
        both["models"] = json!([{"name": "a"}]);
        Reply::error(200, both)
    });
    let ollama = ModelServer::author();
    let locked = ModelServer::author().on_lists(answers(401, json!({"error": "Unauthorized"})));
    let loading =
        json!({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}});
    let loading = ModelServer::author().on_lists(answers(503, loading));
    let closed = ModelServer::author().on_lists(answers(403, json!({})));
    let down = ModelServer::author().on_lists(answers(503, json!({"error": "down for today"})));
    let web = ModelServer::author().on_lists(|_| Reply::whole(200, "text/html", "<p>Hello"));
    let target = format!("{}/v1/models", openai.base_url);
    let redirecting = ModelServer::author().on_lists(move |_| Reply::redirect(&target));
    let endless = ModelServer::author()
        .on_lists(|_| Reply::whole(200, "application/json", vec![b'['; 9_000_000]));
    let gone = ModelServer::author().host().to_owned();
    let servers = [
        &silent,
        &openai,
        &both,
        &ollama,
        &locked,
        &loading,
        &closed,
        &down,
        &web,
        &redirecting,
        &endless,
    ];
    let port = |host: &str| {
        host.rsplit_once(':')
            .expect("a port")
            .1
            .parse()
            .expect("a port")
    };
    let mut ports: Vec<u16> = servers.iter().map(|server| port(server.host())).collect();
    ports.push(port(&gone));
    let started = std::time::Instant::now();
    let found = local::look(&ports).await;
    assert!(
        started.elapsed() < std::time::Duration::from_secs(5),
        "all at once"
    );
    let found: Vec<_> = found
        .into_iter()
        .map(|it| (it.port, it.kind, it.state))
        .collect();
    let ready =
        |names: &[&str]| LocalState::Ready(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(
        found,
        [
            (ports[1], ProviderKind::Openai, ready(&["a"])),
            (ports[2], ProviderKind::Openai, ready(&["a"])),
            (
                ports[3],
                ProviderKind::Ollama,
                ready(&["scripted-model:latest", "old:latest"])
            ),
            (ports[4], ProviderKind::Openai, LocalState::NeedsKey),
            (ports[5], ProviderKind::Openai, LocalState::Loading),
        ]
    );
    for request in servers.iter().flat_map(|server| server.requests()) {
        assert_eq!(request.method, "GET");
        assert_eq!(request.header("authorization"), None);
    }
}
