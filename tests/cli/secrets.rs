//! No prose, no prompt, no key where they do not belong.

use crate::desk::{Desk, KEY};
use crate::novel::{BRIEF, Novel, part_of};
use crate::protocols::PROVIDERS;
use crate::support::model_server::{ModelServer, Reply};

/// Words of the brief that are in every prompt, and of the prose.
fn phrases() -> Vec<String> {
    let novel = Novel::short();
    let mut phrases: Vec<String> = (1..=4)
        .map(|part| novel.part(part)[..40].to_owned())
        .collect();
    phrases.extend(
        [
            "PREMISE-MARK",
            "RULE-ONE-MARK",
            "BEAT-ONE-MARK",
            "NOTES-MARK",
            "MARGIN-MARK",
        ]
        .map(str::to_owned),
    );
    phrases.push("You are the author".to_owned());
    phrases
}

/// A job with everything that logs something: faults, errors that repeat the prompt and the
/// key, an answer that is refused, and in the end a failure.
fn troubled() -> ModelServer {
    let novel = Novel::short();
    let mut calls = 0;
    ModelServer::start(move |request| {
        calls += 1;
        let prompt = request.prompt();
        let telling = format!("key {KEY} and prompt {prompt}");
        match calls {
            1 => novel.answer(request).close_after(50),
            2 => Reply::error(500, serde_json::json!({"error": {"message": telling}})),
            3 => Reply::text(""),
            _ if part_of(&request.user()) == 3 => {
                Reply::error(401, serde_json::json!({"error": {"message": telling}}))
            }
            _ => novel.answer(request),
        }
    })
}

/// A key that is sent over plain http can be read by whoever is on the way.
#[test]
fn a_key_over_plain_http_to_another_machine_is_warned_of() {
    let warning = "the key is sent to models.invalid over plain http";
    for (url, is_exposed) in [
        ("http://models.invalid/v1", true),
        ("https://models.invalid/v1", false),
        ("http://127.0.0.1:9/v1", false),
        ("http://localhost:9/v1", false),
    ] {
        let mut desk = Desk::with(BRIEF);
        desk.set("OPENAI_API_KEY", KEY);
        let flags = ["--provider", "openai", "--model", "x", "--base-url", url];
        let written = desk.run(&[&["write"], &flags[..]].concat()).exits(1);
        let told = written.stderr.matches(warning).count();
        assert_eq!(told, usize::from(is_exposed), "{url}: {written:?}");
        let examined = desk.run(&[&["doctor"], &flags[..]].concat()).exits(1);
        let told = examined.stdout.matches(warning).count();
        assert_eq!(told, usize::from(is_exposed), "{url}: {examined:?}");
        // Without a key there is nothing to read.
        desk.set("OPENAI_API_KEY", "");
        let written = desk.run(&[&["write"], &flags[..]].concat()).exits(1);
        assert!(!written.stderr.contains(warning), "{url}: {written:?}");
    }
}

#[test]
fn logs_hold_neither_prose_nor_prompt_nor_key() {
    for provider in PROVIDERS {
        let server = troubled();
        let mut desk = Desk::with(BRIEF);
        desk.set("MY_KEY", KEY);
        desk.set("STORYWRIGHT_LOG", "trace");
        let ended = desk
            .write(provider, &server, &["--json", "--api-key-env", "MY_KEY"])
            .exits(1);
        assert_eq!(
            server.completions().last().map(|r| part_of(&r.user())),
            Some(3)
        );
        let session = desk.session();
        let mut logs = vec![
            ("stdout".to_owned(), ended.stdout.clone()),
            ("stderr".to_owned(), ended.stderr.clone()),
            (
                "the manifest".to_owned(),
                desk.read(&format!("{session}/manifest.json")),
            ),
            (
                "the changelog".to_owned(),
                desk.read(&format!("{session}/CHANGELOG.md")),
            ),
            ("the index".to_owned(), desk.read("generated/SESSIONS.md")),
        ];
        logs.extend(
            desk.files(&format!("{session}/runs"))
                .into_iter()
                .filter(|(file, _)| file.ends_with("log.jsonl") || file.ends_with("summary.md")),
        );
        assert_eq!(logs.len(), 7, "{provider}");
        for (place, text) in &logs {
            for phrase in phrases() {
                assert!(
                    !text.contains(&phrase),
                    "{provider}: {phrase:?} in {place}:\n{text}"
                );
            }
        }
        // It does log: at trace there is more than the author is told.
        assert!(
            ended.stderr.contains("[CHECKPOINT]"),
            "{provider}: {}",
            ended.stderr
        );
        // And the key is nowhere at all.
        let everything = desk.files("").into_iter().chain(logs);
        for (place, text) in everything {
            assert!(!text.contains(KEY), "{provider}: the key in {place}");
        }
    }
}

/// A command for the key: its output is the key, and nothing of it is shown, even if it fails.
#[test]
fn a_key_command_is_run_and_its_output_kept_secret() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| novel.answer(request));
    let desk = Desk::with(BRIEF);
    let (then, nothing, status) = match cfg!(windows) {
        true => ("&", "rem", "code"),
        false => (";", "true", "status"),
    };
    desk.configure(&format!(
        "api_key_command = \"echo {KEY}{then} echo noise >&2\"\nprovider = \"openai\"\n"
    ));
    let ended = desk.write("openai", &server, &[]).exits(0);
    let sent = format!("Bearer {KEY}");
    assert_eq!(
        server.completions()[0].header("authorization"),
        Some(sent.as_str())
    );
    assert!(!ended.said().contains(KEY));
    assert!(!ended.said().contains("noise"));
    for (command, why) in [
        (
            format!("echo secret-part{then} exit 3"),
            format!("api_key_command failed (exit {status}: 3)"),
        ),
        (
            nothing.to_owned(),
            "api_key_command printed nothing".to_owned(),
        ),
    ] {
        let desk = Desk::with(BRIEF);
        desk.configure(&format!(
            "api_key_command = \"{command}\"\nprovider = \"openai\"\n"
        ));
        let ended = desk.write("openai", &server, &[]).exits(2);
        assert!(ended.stderr.contains(&why), "{}", ended.stderr);
        assert!(!ended.said().contains("secret-part"));
        assert!(!desk.exists("generated"));
    }
}
