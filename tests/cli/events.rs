//! `write --json`: one event a line, and the same steps in the run's log.

use std::process::Stdio;

use serde_json::Value;

use crate::desk::{DEADLINE, Desk, Running};
use crate::novel::{BRIEF, PART};
use crate::protocols::novelist;
use crate::support::model_server::{ModelServer, Reply, author};

/// The fields that each event has.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "job_started",
        &[
            "story",
            "session",
            "run",
            "provider",
            "model",
            "chunks",
            "to_write",
            "words",
            "target_words",
        ],
    ),
    (
        "chunk_started",
        &[
            "chunk",
            "beat",
            "title",
            "file",
            "words",
            "target_words",
            "percent",
            "elapsed_ms",
        ],
    ),
    (
        "progress",
        &[
            "chunk",
            "words",
            "target_words",
            "story_words",
            "percent",
            "words_per_second",
            "elapsed_ms",
        ],
    ),
    (
        "retry",
        &[
            "chunk",
            "words",
            "attempt",
            "attempts",
            "wait_ms",
            "message",
            "elapsed_ms",
        ],
    ),
    (
        "chunk_saved",
        &[
            "chunk",
            "beat",
            "file",
            "words",
            "target_words",
            "percent",
            "usage",
            "elapsed_ms",
        ],
    ),
    (
        "chunk_failed",
        &["chunk", "words", "message", "ends_job", "elapsed_ms"],
    ),
    (
        "state_saved",
        &["chunk", "beat", "facts", "state_ms", "usage", "elapsed_ms"],
    ),
    ("warning", &["code", "message", "elapsed_ms"]),
    (
        "job_finished",
        &[
            "outcome",
            "words",
            "target_words",
            "written",
            "incomplete",
            "usage",
            "message",
            "elapsed_ms",
        ],
    ),
];

fn have_their_fields(events: &[Value]) {
    for event in events {
        let name = event["event"].as_str().expect("a name");
        let (_, fields) = FIELDS
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("an unknown event: {event}"));
        for field in *fields {
            assert!(!event[field].is_null(), "no {field} in {event}");
        }
    }
}

fn numbers(events: &[Value], field: &str) -> Vec<u64> {
    events
        .iter()
        .filter_map(|event| event[field].as_u64())
        .collect()
}

#[test]
fn every_event_is_a_line_with_its_fields() {
    let mut calls = 0;
    let server = ModelServer::start(move |request| {
        calls += 1;
        match calls {
            2 => Reply::error(500, serde_json::json!({})),
            3 => Reply::text(""),
            // Slow enough to be seen to grow.
            4 => author(request).per_second(60.0),
            6 => Reply::error(400, serde_json::json!({})),
            _ => author(request),
        }
    });
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &["--json"]).exits(1);
    let events = ended.events();
    have_their_fields(&events);
    for (name, _) in FIELDS {
        assert!(
            events.iter().any(|event| event["event"] == *name),
            "no {name}: {}",
            ended.stdout
        );
    }
    assert_eq!(events[0]["event"], "job_started");
    assert_eq!(events[0]["to_write"], serde_json::json!([1, 2, 3, 4]));
    assert_eq!(events[events.len() - 1]["event"], "job_finished");
    assert_eq!(
        events[events.len() - 1]["incomplete"],
        serde_json::json!([4])
    );

    // Time and per cent never run backwards, and a chunk grows.
    assert!(
        numbers(&events, "elapsed_ms").is_sorted(),
        "{}",
        ended.stdout
    );
    assert!(numbers(&events, "percent").is_sorted(), "{}", ended.stdout);
    let progress = ended.named("progress");
    let second: Vec<Value> = progress
        .iter()
        .filter(|e| e["chunk"] == 2)
        .cloned()
        .collect();
    assert!(second.len() >= 2, "{}", ended.stdout);
    let words = numbers(&second, "words");
    assert!(
        words.is_sorted() && words.first() < words.last(),
        "{words:?}"
    );
    assert!(words.last() <= Some(&(PART as u64)));
    assert!(numbers(&second, "story_words").is_sorted());
}

/// Nobody reads on: the story is written all the same.
#[test]
fn a_closed_pipe_does_not_stop_a_job() {
    for flags in [&["--json"][..], &[]] {
        let server = novelist();
        let desk = Desk::with(BRIEF);
        let arguments = [
            &[
                "write",
                "--provider",
                "openai",
                "--base-url",
                &server.base_url,
                "--model",
                "m",
            ][..],
            flags,
        ]
        .concat();
        let mut command = desk.command(&arguments);
        // Closed before a word is written to them.
        let (reader, stdout) = std::io::pipe().expect("a pipe");
        drop(reader);
        let (reader, stderr) = std::io::pipe().expect("a pipe");
        drop(reader);
        command
            .stdout(Stdio::from(stdout))
            .stderr(Stdio::from(stderr));
        let ended = Running::of(command).end();
        assert_eq!(ended.code, Some(0), "{flags:?}");
        assert_eq!(desk.manifest()["totals"]["complete"], 4, "{flags:?}");
    }
}

#[test]
fn the_log_has_every_step_as_a_checkpoint() {
    let mut calls = 0;
    let server = ModelServer::start(move |request| {
        calls += 1;
        match calls {
            2 => Reply::error(500, serde_json::json!({"error": {"message": "Oops"}})),
            5.. => Reply::error(400, serde_json::json!({"error": {"message": "No"}})),
            _ => author(request),
        }
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &[]).exits(1);
    let log = desk.log();
    for entry in &log {
        for field in ["at", "level", "message"] {
            assert!(entry[field].is_string(), "no {field} in {entry}");
        }
        let message = entry["message"].as_str().expect("a message");
        assert!(message.starts_with("[CHECKPOINT] "), "{message}");
    }
    let line = |what: &str| {
        log.iter()
            .filter_map(|entry| entry["message"].as_str())
            .find(|message| message.starts_with(&format!("[CHECKPOINT] {what}")))
            .unwrap_or_else(|| panic!("no {what} in {log:?}"))
    };
    // What, chunk, words, per cent, elapsed, tokens.
    let seconds = |line: &str| line.contains(" s elapsed");
    let job = line(
        "write started: session the-lamp-01, 4 of 4 chunks to write with openai/scripted-model",
    );
    assert!(job.ends_with("0 of 600 words are there"), "{job}");
    assert!(seconds(line("chunk 1 started: 0/150 words, 0 %, ")));
    let saved = line("chunk 1 saved: 150/150 words, 25 %, ");
    assert!(seconds(saved) && saved.ends_with(" tokens"), "{saved}");
    assert!(seconds(line(
        "chunk 2 attempt 1 of 5 failed at 0 words, next in "
    )));
    assert!(seconds(line("chunk 4 failed at 0 words: ")));
    assert!(seconds(line(
        "job incomplete: 3 chunks written, 1 not complete, 450/600 words, "
    )));
    let levels: Vec<&str> = log
        .iter()
        .filter_map(|entry| entry["level"].as_str())
        .collect();
    assert!(
        levels.contains(&"warn") && levels.contains(&"error"),
        "{levels:?}"
    );
}

/// People are told what happened; the causes behind it are for the log.
#[test]
fn causes_are_in_the_log_and_not_on_the_terminal() {
    let desk = Desk::with(BRIEF);
    let address = "http://127.0.0.1:9";
    let ended = desk
        .run(&[
            "write",
            "--provider",
            "openai",
            "--base-url",
            address,
            "--model",
            "m",
            "--attempts",
            "2",
        ])
        .exits(1);
    assert!(!ended.stderr.contains("os error"), "{}", ended.stderr);
    let log = desk.log();
    for event in ["retry", "chunk_failed"] {
        let entry = log
            .iter()
            .find(|entry| entry["event"] == event)
            .expect(event);
        let causes = entry["causes"].as_array().expect("causes");
        assert!(causes.len() >= 2, "{entry}");
        let message = entry["message"].as_str().expect("a message");
        assert!(message.contains("caused by: "), "{message}");
        assert!(message.contains("os error"), "{message}");
    }
}

/// Each run has a folder of its own, with a summary for people.
#[test]
fn every_run_leaves_a_summary() {
    let server = ModelServer::queue([Reply::error(400, serde_json::json!({}))]);
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &[]).exits(1);
    desk.write("openai", &server, &[]).exits(0);
    let first = desk.read("generated/the-lamp-01/runs/run-001-draft/summary.md");
    let second = desk.read("generated/the-lamp-01/runs/run-002-draft/summary.md");
    assert!(
        first.starts_with("# The Lamp: incomplete\n\nStopped at chunk 1: "),
        "{first}"
    );
    assert!(
        second.starts_with("# The Lamp: complete\n\n4 chunks were written; "),
        "{second}"
    );
    assert!(
        second.contains("| 4 | The Light | 150 | 150 | 1 |"),
        "{second}"
    );
}

/// A bar belongs on a terminal only.
#[test]
fn lines_elsewhere_than_on_a_terminal_are_plain() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &[]).exits(0);
    assert!(!ended.said().contains('\u{1b}') && !ended.said().contains('\r'));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 1 + 2 * 4, "{}", ended.stderr);
    assert_eq!(
        lines[0],
        "The Lamp: writing 4 of 4 chunks, 600 words in all, with openai/scripted-model (session the-lamp-01)"
    );
    assert_eq!(lines[1], "chunk 1 “The Landing”: 150 words to write");
    assert!(
        lines[2].starts_with("chunk 1: 150 words in "),
        "{}",
        lines[2]
    );
    assert!(lines[2].ends_with(" s, 25 % done: generated/the-lamp-01/chunks/chunk_01.md"));
}

/// The first words are shown long before the chunk is done.
#[test]
fn progress_comes_while_a_chunk_is_written() {
    let server = ModelServer::start(|request| author(request).per_second(50.0));
    let desk = Desk::with(BRIEF);
    let running = desk.start_write("ollama", &server, &["--json", "--chunk", "1"]);
    let first = running.wait_for_event("progress");
    assert!(first["words"].as_u64() < Some(PART as u64), "{first}");
    assert!(first["percent"].as_u64() < Some(100), "{first}");
    server.wait_for_completions(1, DEADLINE);
    running.end().exits(0);
}
