//! What no repetition mends: one request, nothing lost, and a message that says what to do.

use serde_json::json;

use crate::desk::{Desk, KEY};
use crate::novel::{BRIEF, Novel, PART, part_of, so_far, tokens};
use crate::protocols::{PROVIDERS, novelist};
use crate::support::model_server::{ModelServer, Reply};

/// Refuses every request for part 2 like this.
fn refusing(reply: impl Fn() -> Reply + Send + 'static) -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| match part_of(&request.user()) {
        2 => reply(),
        _ => novel.answer(request),
    })
}

struct Refusal {
    name: &'static str,
    status: u16,
    body: &'static str,
    /// What the author is told of it, with `HOST` for the server.
    said: &'static str,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        name: "wrong key",
        status: 401,
        body: r#"{"error": {"type": "authentication_error", "message": "invalid x-api-key"}}"#,
        said: "refused the key (401, invalid x-api-key). Check api_key_env or api_key_command in your user settings.",
    },
    Refusal {
        name: "unknown model",
        status: 404,
        body: r#"{"error": {"type": "not_found_error", "message": "model: scripted-model not found"}}"#,
        said: "no model `scripted-model` (404, model: scripted-model not found).",
    },
    Refusal {
        name: "wrong address",
        status: 404,
        body: r#"{"detail": "Not Found"}"#,
        said: "does not know the address",
    },
    Refusal {
        name: "bad request",
        status: 400,
        body: r#"{"error": {"type": "invalid_request_error", "message": "no such thing"}}"#,
        said: "refused the request (400, no such thing).",
    },
    Refusal {
        name: "no credit",
        status: 402,
        body: r#"{"error": {"message": "Insufficient credits"}}"#,
        said: "says that the credit or quota is used up (402, Insufficient credits). Add credit",
    },
    Refusal {
        name: "context overflow",
        status: 400,
        body: r#"{"error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        said: "does not fit into the model's context window: it needs 210000 tokens, and the window has 200000 (400, \
               prompt is too long: 210000 tokens > 200000 maximum). Lower context_tokens from 16000 to 15",
    },
];

#[test]
fn what_would_fail_again_is_not_tried_again() {
    for provider in PROVIDERS {
        for refusal in REFUSALS {
            let name = format!("{provider}, {}", refusal.name);
            let server =
                refusing(|| Reply::whole(refusal.status, "application/json", refusal.body));
            let mut desk = Desk::with(BRIEF);
            desk.set("MY_KEY", KEY);
            let ended = desk
                .write(provider, &server, &["--json", "--api-key-env", "MY_KEY"])
                .exits(1);
            let requests = server.completions();
            let asked: Vec<usize> = requests.iter().map(|r| part_of(&r.user())).collect();
            // Not part 3 either: it goes on from part 2.
            assert_eq!(asked, [1, 2], "{name}");
            assert!(ended.named("retry").is_empty(), "{name}");
            let failed = &ended.named("chunk_failed")[0];
            assert_eq!(failed["chunk"], 2, "{name}");
            let message = failed["message"].as_str().expect("a message");
            assert!(message.contains(refusal.said), "{name}: {message}");
            assert!(!ended.said().contains(KEY), "{name}");
            stops_and_says_what_is_safe(&name, &desk, &ended.stderr, message);
        }
    }
}

fn stops_and_says_what_is_safe(name: &str, desk: &Desk, stderr: &str, why: &str) {
    let why = why.trim_end_matches('.');
    let expected = format!(
        "storywright: stopped at chunk 2: {why}. 1 chunk was written; still to write: chunks 2 to 4. \
         All text so far is saved; the same command goes on from there.\n"
    );
    assert_eq!(stderr, expected, "{name}");
    assert_eq!(desk.chunk(1).prose, Novel::short().part(1), "{name}");
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let states: Vec<&str> = (0..4)
        .filter_map(|at| status["chunks"][at]["status"].as_str())
        .collect();
    assert_eq!(
        states,
        ["complete", "failed", "missing", "missing"],
        "{name}"
    );
    let records = desk.files(&format!("{}/runs", desk.session()));
    let error = records
        .iter()
        .find(|(file, _)| file.contains("/errors/"))
        .unwrap_or_else(|| panic!("{name}: {records:?}"));
    assert!(error.1.contains("HTTP status: 4"), "{name}: {}", error.1);
}

/// Every call brings a little: all of it is kept when the attempts are used up.
#[test]
fn attempts_are_bounded_and_what_they_brought_is_kept() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| {
        let answer = novel.answer(request);
        match part_of(&request.user()) {
            2 => answer.close_after(24),
            _ => answer,
        }
    });
    let desk = Desk::with(BRIEF);
    let ended = desk
        .write("openai", &server, &["--attempts", "3", "--json"])
        .exits(1);
    assert_eq!(server.completions().len(), 1 + 3);
    assert_eq!(ended.named("retry").len(), 2);
    let message = ended.named("chunk_failed")[0]["message"].clone();
    let message = message.as_str().expect("a message");
    assert!(message.ends_with("Gave up after 3 attempts."), "{message}");
    let chunk = desk.chunk(2);
    assert_eq!(chunk.status, "partial");
    let novel = Novel::short();
    assert!(novel.part(2).starts_with(&chunk.prose));
    // Of three calls, each but for half a word.
    assert!(
        chunk.prose.len() > 3 * (24 * 5 - 12),
        "{}",
        chunk.prose.len()
    );
    // The next run goes on from there, with attempts of its own.
    let before = server.completions().len();
    desk.write("openai", &server, &["--attempts", "1"]).exits(1);
    let resumed = server.completions()[before].user();
    assert_eq!(so_far(&resumed), Some(chunk.prose.as_str()));
}

#[test]
fn a_wait_that_is_too_long_is_left_to_the_author() {
    let server = refusing(|| Reply::error(429, json!({})).header("Retry-After", "3600"));
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &[]).exits(1);
    assert_eq!(server.completions().len(), 2);
    let advice = "The server asks for a wait of 60 minutes; run the same command again then.";
    assert!(ended.stderr.contains(advice), "{}", ended.stderr);
}

#[test]
fn a_redirect_is_not_followed_and_the_key_not_sent_on() {
    for provider in PROVIDERS {
        let elsewhere = novelist();
        let target = format!("{}/v1/messages", elsewhere.base_url);
        let server = ModelServer::start(move |_| Reply::redirect(&target));
        let mut desk = Desk::with(BRIEF);
        desk.set("MY_KEY", KEY);
        let ended = desk
            .write(provider, &server, &["--api-key-env", "MY_KEY"])
            .exits(1);
        assert!(elsewhere.requests().is_empty(), "{provider}");
        assert_eq!(server.completions().len(), 1, "{provider}");
        let expected = format!(
            "redirects to {} (307). Redirects are not followed, and nothing was sent there.",
            elsewhere.host()
        );
        assert!(
            ended.stderr.contains(&expected),
            "{provider}: {}",
            ended.stderr
        );
    }
}

/// What must not be cut does not fit: nothing is sent, and the largest block is named.
#[test]
fn a_prompt_that_does_not_fit_is_not_sent() {
    let rule = "The lamp burns. ".repeat(400);
    let brief = BRIEF.replace("RULE-ONE-MARK", &rule);
    let server = novelist();
    let desk = Desk::with(&brief);
    let ended = desk
        .write("openai", &server, &["--context-tokens", "1500"])
        .exits(1);
    assert!(server.completions().is_empty());
    assert!(ended.stderr.contains("the rules"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("Nothing was sent"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("raise context_tokens"),
        "{}",
        ended.stderr
    );
}

/// A chunk that is written whole again by hand is not asked for again.
#[test]
fn the_author_may_finish_what_a_model_refuses() {
    let server = refusing(|| Reply::error(400, json!({"error": {"message": "no"}})));
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &[]).exits(1);
    let mine = "I wrote this part myself.";
    desk.put(
        "generated/the-lamp-01/chunks/chunk_02.md",
        &format!("---\nchunk: 2\nbeat: log\nstatus: complete\n---\n{mine}\n"),
    );
    desk.write("openai", &server, &[]).exits(0);
    assert_eq!(desk.chunk(2).prose, mine);
    assert_eq!(desk.chunk(4).words(), PART);
    let third = server
        .completions()
        .into_iter()
        .find(|request| part_of(&request.user()) == 3)
        .expect("a request for part 3");
    assert!(third.user().contains(mine));
    assert!(tokens(mine).len() > 1);
}
