//! What a model is asked with beside the prompt, and what is recorded of the one that answers.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, part_of, tokens};
use crate::protocols::PROVIDERS;
use crate::support::model_server::{ModelServer, Recorded, Reply};

/// The seed of a request, in either protocol that has one.
fn seed_of(request: &Recorded) -> Value {
    let body = &request.body;
    body.get("seed")
        .or(body["options"].get("seed"))
        .cloned()
        .unwrap_or_default()
}

/// A server that, like real ones, gives the same answer to the same prompt with the same seed:
/// one that can't be taken for the first request for part 2.
fn stubborn() -> ModelServer {
    let novel = Novel::short();
    let mut first = None;
    ModelServer::start(move |request| {
        let asked = (seed_of(request), request.prompt());
        let first = first.get_or_insert_with(|| asked.clone());
        match part_of(&request.user()) {
            2 if first.0 == asked.0 => Reply::text("I am ready to help with your story!"),
            _ => novel.answer(request),
        }
    })
}

#[test]
fn a_seed_is_sent_only_when_set_and_asking_again_has_another() {
    for provider in ["openai", "ollama"] {
        let written = |flags: &[&str]| {
            let server = stubborn();
            let desk = Desk::with(BRIEF);
            let ended = desk.write(provider, &server, flags);
            (server, desk, ended)
        };
        let (server, ..) = written(&["--to", "1"]);
        let none: Vec<Value> = server.completions().iter().map(seed_of).collect();
        assert_eq!(none, [Value::Null], "{provider}");

        let seeds = || {
            let (server, desk, ended) = written(&["--seed", "7"]);
            ended.exits(0);
            let rewrite = ["rewrite", "--chunk", "1", "--yes", "--seed", "7"];
            let model = ["--model", "scripted-model", "--provider", provider];
            let place = ["--base-url", &server.base_url];
            desk.run(&[&rewrite[..], &model, &place].concat()).exits(0);
            let seeds: Vec<Value> = server.completions().iter().map(seed_of).collect();
            seeds
        };
        let once = seeds();
        // Parts 1, 2, 2 once more, 3, 4, and 1 anew.
        let [one, two, again, three, four, anew] = once.as_slice() else {
            panic!("{provider}: {once:?}");
        };
        for seed in [one, two, three, four] {
            assert_eq!(seed, &json!(7), "{provider}");
        }
        assert_ne!(again, &json!(7), "{provider}");
        assert_ne!(anew, &json!(7), "{provider}");
        assert_ne!(anew, again, "{provider}");
        assert_eq!(once, seeds(), "{provider}: the same again");
    }
}

/// Without a seed, and in protocols that have none, asking again asks something else: the end of the prompt says
/// what was wrong, and what caches have stays as it was.
#[test]
fn asking_again_without_a_seed_asks_something_else() {
    for provider in PROVIDERS {
        let server =
            ModelServer::start(|_| Reply::text("I'm sorry, I can't help with IGNORE-THIS."));
        let desk = Desk::with(BRIEF);
        desk.write(provider, &server, &["--to", "1", "--state", "off"])
            .exits(1);
        let asked: Vec<String> = server.completions().iter().map(Recorded::user).collect();
        let [first, second] = asked.as_slice() else {
            panic!("{provider}: {}", asked.len());
        };
        let more = second
            .strip_prefix(first.trim_end())
            .expect("the same prompt");
        assert!(more.contains("This was asked before"), "{provider}: {more}");
        assert!(!more.contains("IGNORE-THIS"), "{more}");
    }
}

/// A server that has one model, whatever it is asked for, and tells its file.
fn of_one_model() -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| {
        novel.answer_with(request, |rest| {
            let reply = Reply::fragments(tokens(&rest)).usage(1_000, 0, 1_000);
            reply.answered_by("/srv/models/SmolLM2-135M.gguf")
        })
    })
}

#[test]
fn the_model_that_answers_is_recorded_and_paid_for() {
    for provider in PROVIDERS {
        let server = of_one_model();
        let desk = Desk::with(BRIEF);
        desk.configure(
            "[prices.\"SmolLM2-135M.gguf\"]\noutput = 1000.0\n[prices.scripted-model]\noutput = 1.0\n",
        );
        let flags = ["--json", "--state", "off"];
        let ended = desk.write(provider, &server, &flags).exits(0);
        let manifest = desk.manifest();
        for chunk in manifest["chunks"].as_array().expect("chunks") {
            assert_eq!(chunk["model"], "SmolLM2-135M.gguf", "{provider}");
            assert_eq!(chunk["asked_model"], "scripted-model", "{provider}");
            assert_eq!(chunk["cost"], 1.0, "{provider}");
        }
        let finished = &ended.named("job_finished")[0];
        assert_eq!(finished["cost"], 4.0, "{provider}");
        let runs = desk.files(&format!("{}/runs", desk.session()));
        let summary = runs.iter().find(|(name, _)| name.ends_with("summary.md"));
        let (_, summary) = summary.expect("a summary");
        assert!(
            summary.contains("SmolLM2-135M.gguf (asked for: scripted-model)"),
            "{summary}"
        );
        // The same settings ask for the same model: nothing is stale by that.
        let flags = [
            "status",
            "--json",
            "--provider",
            provider,
            "--model",
            "scripted-model",
        ];
        let status = desk.run(&flags).exits(0).json();
        for chunk in status["chunks"].as_array().expect("chunks") {
            assert_eq!(chunk["stale"], json!(false), "{provider}: {chunk}");
        }
    }
}

fn message(kind: &str, more: Value) -> String {
    let mut event = more;
    event["type"] = kind.into();
    format!("event: {kind}\ndata: {event}\n\n")
}

/// What a proxy sends that learns the tokens at the end, and forgets them again.
fn late_usage(text: &str) -> Reply {
    let zeros = json!({"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0});
    let real = json!({"input_tokens": 400, "output_tokens": 1_000, "cache_read_input_tokens": 600});
    let start = json!({"message": {"id": "m", "model": "claude-proxied", "usage": zeros}});
    let stop = json!({"delta": {"stop_reason": "end_turn"}, "usage": real});
    let pieces = [
        message("message_start", start),
        message(
            "content_block_delta",
            json!({"index": 0, "delta": {"type": "text_delta", "text": text}}),
        ),
        message("message_delta", stop),
        message("message_delta", json!({"delta": {}, "usage": zeros})),
        message("message_stop", json!({})),
    ];
    let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec());
    Reply::pieces("text/event-stream", pieces.collect())
}

#[test]
fn usage_that_comes_late_counts_for_cost_and_budget() {
    let novel = Novel::short();
    let server =
        ModelServer::start(move |request| novel.answer_with(request, |rest| late_usage(&rest)));
    let desk = Desk::with(BRIEF);
    desk.configure("[prices.claude-proxied]\ninput = 100.0\ncached = 10.0\noutput = 1000.0\n");
    let flags = ["--json", "--max-cost", "2", "--state", "off"];
    let ended = desk.write("anthropic", &server, &flags);
    let chunks = &desk.manifest()["chunks"];
    let usage = json!({"input_tokens": 1_000, "cached_tokens": 600, "output_tokens": 1_000});
    assert_eq!(chunks[0]["usage"], usage);
    assert_eq!(chunks[0]["cost"], 1.046);
    // Two chunks are 2.092: the third is not begun.
    let finished = &ended.named("job_finished")[0];
    assert_eq!(finished["written"], 2, "{finished}");
    assert!(
        finished["message"].to_string().contains("max_cost"),
        "{finished}"
    );
}

/// Which words of a request say how hard to think.
fn thinking_of(request: &Recorded) -> Value {
    let body = &request.body;
    let told = [
        &body["thinking"]["type"],
        &body["output_config"]["effort"],
        &body["reasoning_effort"],
        &body["think"],
    ];
    told.into_iter()
        .filter(|value| !value.is_null())
        .cloned()
        .collect()
}

#[test]
fn how_hard_a_model_thinks_is_asked_for_in_each_protocol() {
    for (provider, draft, state) in [
        ("anthropic", json!(["low"]), json!(["disabled"])),
        ("openai", json!(["low"]), json!(["none"])),
        ("ollama", json!(["low"]), json!([false])),
    ] {
        let novel = Novel::short();
        let server = ModelServer::start(move |request| {
            novel.answer_with(request, |rest| {
                // A hundred tokens of it for each part.
                Reply::fragments(tokens(&rest)).reasoning(["Hm. ".repeat(75)])
            })
        });
        let desk = Desk::with(BRIEF);
        desk.configure("[thinking]\ndefault = \"low\"\nstate = \"high\"\n");
        desk.write(provider, &server, &["--thinking-state", "off"])
            .exits(0);
        for request in server.completions() {
            assert_eq!(thinking_of(&request), draft, "{provider}");
        }
        for request in server.states() {
            assert_eq!(thinking_of(&request), state, "{provider}");
        }
        assert_eq!(server.states().len(), 4, "{provider}");
        let runs = desk.files(&format!("{}/runs", desk.session()));
        let summary = runs.iter().find(|(name, _)| name.ends_with("summary.md"));
        let (_, summary) = summary.expect("a summary");
        assert!(
            summary.contains("- Of these for thinking: 400 out\n"),
            "{provider}: {summary}"
        );
    }
}

#[test]
fn what_a_model_refuses_of_thinking_is_left_out_and_told_once() {
    for (provider, message) in [
        ("anthropic", "output_config.effort: not supported"),
        ("openai", "reasoning_effort is not supported"),
        ("ollama", "\"fake\" does not support thinking"),
    ] {
        let novel = Novel::short();
        let server = ModelServer::start(move |request| match thinking_of(request).as_array() {
            Some(words) if !words.is_empty() => {
                Reply::error(400, json!({"error": {"message": message}}))
            }
            _ => novel.answer(request),
        });
        let desk = Desk::with(BRIEF);
        let flags = ["--json", "--state", "off", "--thinking", "high"];
        let ended = desk.write(provider, &server, &flags).exits(0);
        let told = ended.named("warning");
        // Ollama's levels, and then its truth value.
        let refused = if provider == "ollama" { 2 } else { 1 };
        let told = told.iter().filter(|it| it["code"] == "provider").count();
        assert_eq!(told, refused, "{provider}: {}", ended.said());
        assert_eq!(server.completions().len(), 4 + refused, "{provider}");
    }
}
