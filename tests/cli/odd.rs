//! Answers as odd servers send them, through the built program: the text of every chunk is the
//! server's, in one call, or the server's own reason is told and nothing is taken for a chunk.

use std::io::Write;

use serde_json::{Value, json};

use crate::desk::{Desk, Ended};
use crate::novel::{BRIEF, Novel, part_of};
use crate::support::model_server::{ModelServer, Reply};

/// How a server answers with a text; `part` from 1.
type Answers = fn(text: &str, part: usize) -> Reply;

struct Odd {
    name: &'static str,
    provider: &'static str,
    answers: Answers,
    flags: &'static [&'static str],
}

const DONE: &str = "data: [DONE]\n\n";
const STREAM: &str = "text/event-stream";

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn delta(content: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]}))
}

fn stop() -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
}

/// The text in three deltas.
fn deltas(text: &str) -> [String; 3] {
    let cut = |part: usize| {
        let at = text.len() * part / 3;
        (0..=at).rfind(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    [&text[..cut(1)], &text[cut(1)..cut(2)], &text[cut(2)..]].map(delta)
}

fn sent(content_type: &'static str, pieces: &[&str]) -> Reply {
    let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec());
    Reply::pieces(content_type, pieces.collect())
}

fn completion(text: &str) -> Value {
    json!({
        "id": "c", "object": "chat.completion",
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
        }],
        "usage": {"prompt_tokens": 10, "completion_tokens": 160},
    })
}

fn in_one_delta(text: &str) -> Reply {
    sent(STREAM, &[&delta(text), &stop(), DONE])
}

fn message(kind: &str, more: Value) -> String {
    let mut event = json!({"type": kind});
    for (name, value) in more.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    format!("event: {kind}\ndata: {event}\n\n")
}

fn anthropic(text: &str) -> String {
    let start = json!({"message": {"id": "m", "model": "fake", "usage": {"input_tokens": 9}}});
    let delta = json!({"index": 0, "delta": {"type": "text_delta", "text": text}});
    message("message_start", start) + &message("content_block_delta", delta)
}

fn line(text: &str, done: bool) -> String {
    let line =
        json!({"model": "fake", "message": {"role": "assistant", "content": text}, "done": done});
    format!("{line}\n")
}

const ODD: &[Odd] = &[
    Odd {
        name: "line ends of the model's",
        provider: "openai",
        answers: |text, _| in_one_delta(&text.replace('\n', "\r\n")),
        flags: &[],
    },
    Odd {
        name: "frames that are none",
        provider: "openai",
        answers: |text, _| {
            let [a, b, c] = deltas(text);
            let none = "data:\n\ndata: 1795334482\n\n";
            sent(
                STREAM,
                &[none, &a, "data: : ping\n\n", &b, none, &c, &stop(), DONE],
            )
        },
        flags: &[],
    },
    Odd {
        name: "half a character in each of two deltas",
        provider: "openai",
        answers: |text, _| {
            let (a, b) = text.split_once('…').expect("the mark");
            let first = delta(&format!("{a}@@")).replace("@@", r"\ud83d");
            let second = delta(&format!("@@{b}")).replace("@@", r"\ude00");
            sent(STREAM, &[&first, &second, DONE])
        },
        flags: &[],
    },
    Odd {
        name: "a whole completion",
        provider: "openai",
        answers: |text, _| Reply::whole(200, "application/json", completion(text).to_string()),
        flags: &[],
    },
    Odd {
        name: "events labelled as JSON",
        provider: "openai",
        answers: |text, _| {
            let [a, b, c] = deltas(text);
            sent("application/json", &[&a, &b, &c, &stop(), DONE])
        },
        flags: &[],
    },
    Odd {
        name: "compressed unasked",
        provider: "openai",
        answers: |text, _| {
            let body = delta(text) + &stop() + DONE;
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body.as_bytes()).expect("memory");
            Reply::whole(200, STREAM, encoder.finish().expect("memory"))
                .header("Content-Encoding", "gzip")
        },
        flags: &[],
    },
    Odd {
        name: "a finish reason in the reasoning",
        provider: "openai",
        answers: |text, _| {
            let reasoning = event(&json!({"choices": [{
                "index": 0, "delta": {"reasoning_content": "Let me think."}, "finish_reason": "stop",
            }]}));
            let [a, b, c] = deltas(text);
            sent(STREAM, &[&reasoning, &a, &b, &c, &stop(), DONE])
        },
        flags: &[],
    },
    Odd {
        name: "the whole text once more at the end",
        provider: "openai",
        answers: |text, _| {
            let [a, b, c] = deltas(text);
            let mut last = completion(text);
            last["object"] = json!("chat.completion.chunk");
            sent(STREAM, &[&a, &b, &c, &event(&last), DONE])
        },
        flags: &[],
    },
    Odd {
        name: "kept open with comments",
        provider: "openai",
        answers: |text, _| sent(STREAM, &[&delta(text), &stop()]).kept_alive_with(": ping\n\n"),
        flags: &["--timeouts-idle", "2"],
    },
    Odd {
        name: "kept open with pings",
        provider: "anthropic",
        answers: |text, _| {
            let end = message(
                "message_delta",
                json!({"delta": {"stop_reason": "end_turn"}}),
            );
            sent(STREAM, &[&anthropic(text), &end]).kept_alive_with(&message("ping", json!({})))
        },
        flags: &["--timeouts-idle", "2"],
    },
    Odd {
        name: "another protocol's end mark",
        provider: "anthropic",
        answers: |text, _| sent(STREAM, &[&anthropic(text), DONE]),
        flags: &[],
    },
    Odd {
        name: "an end without a reason",
        provider: "anthropic",
        answers: |text, _| {
            sent(
                STREAM,
                &[&anthropic(text), &message("message_stop", json!({}))],
            )
        },
        flags: &[],
    },
    Odd {
        name: "a whole message",
        provider: "anthropic",
        answers: |text, _| {
            let message = json!({
                "id": "m", "type": "message", "role": "assistant", "model": "fake",
                "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 9, "output_tokens": 160},
            });
            Reply::whole(200, "application/json", message.to_string())
        },
        flags: &[],
    },
    Odd {
        name: "lines as events",
        provider: "ollama",
        answers: |text, _| {
            let lines = format!(
                "data: {}\ndata:\n\ndata: {}\n",
                line(text, false),
                line("", true)
            );
            sent(STREAM, &[&lines])
        },
        flags: &[],
    },
    Odd {
        name: "channels",
        provider: "openai",
        answers: |text, _| {
            in_one_delta(&format!(
                "<|channel|>analysis<|message|>We need to write the scene about Mara. Keep it to \
                 150 words.<|end|><|start|>assistant<|channel|>final<|message|>{text}"
            ))
        },
        flags: &[],
    },
    Odd {
        name: "channels without marks",
        provider: "ollama",
        answers: |text, _| {
            let text = format!(
                "analysisWe need to write the scene. Must be 150 words.assistantfinal{text}"
            );
            sent(
                "application/x-ndjson",
                &[&line(&text, false), &line("", true)],
            )
        },
        flags: &[],
    },
    Odd {
        name: "thoughts in brackets",
        provider: "openai",
        answers: |text, _| {
            in_one_delta(&format!(
                "[THINK]I should plan the scene with Mara first.[/THINK]{text}"
            ))
        },
        flags: &[],
    },
    Odd {
        name: "thoughts in a vendor's tag",
        provider: "anthropic",
        answers: |text, _| {
            let text = format!("<seed:think>I should plan the scene.</seed:think>{text}");
            let end = message(
                "message_delta",
                json!({"delta": {"stop_reason": "end_turn"}}),
            );
            sent(
                STREAM,
                &[&anthropic(&text), &end, &message("message_stop", json!({}))],
            )
        },
        flags: &[],
    },
];

/// A part with something in it that needs two halves, and with a paragraph.
fn text_of(part: usize) -> String {
    Novel::short().part(part).replacen(". ", ".\n\n…", 1)
}

#[test]
fn every_odd_answer_is_a_chunk_in_one_call() {
    for odd in ODD {
        let Odd {
            name,
            provider,
            answers,
            flags,
        } = odd;
        let server = ModelServer::start(move |request| {
            let part = part_of(&request.user());
            answers(&text_of(part), part)
        });
        let desk = Desk::with(BRIEF);
        let ended = desk.write(provider, &server, &[&["--state", "off"], *flags].concat());
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.said());
        let is_joined = name.starts_with("half a character");
        for part in 1..=4 {
            let chunk = desk.chunk(part as u32);
            let expected = match is_joined {
                true => text_of(part).replacen('…', "😀", 1),
                false => text_of(part),
            };
            assert_eq!(chunk.status, "complete", "{name}");
            assert_eq!(chunk.prose, expected, "{name}");
        }
        assert_eq!(server.completions().len(), 4, "{name}");
    }
}

fn failed(provider: &str, reply: Reply) -> (Desk, Ended) {
    let server = ModelServer::start(move |_| reply.clone());
    let desk = Desk::with(BRIEF);
    let flags = ["--state", "off", "--attempts", "1"];
    let ended = desk.write(provider, &server, &flags);
    assert_ne!(ended.code, Some(0), "{}", ended.said());
    (desk, ended)
}

#[test]
fn an_error_in_any_clothes_is_told_and_is_no_chunk() {
    let text = text_of(1);
    let begun: String = text.split_inclusive(' ').take(107).collect();
    let context = json!({
        "code": 400, "type": "invalid_request_error",
        "message": "the request exceeds the available context size. try increasing the context size",
    });
    let field = format!("error: {context}\n\n{DONE}");
    let key =
        json!({"error": {"code": 401, "message": "invalid key", "type": "authentication_error"}});
    let lost = json!({"code": 500, "type": "server_error", "message": "the slot was lost"});
    let midway = format!("{}error: {lost}\n\n{DONE}", delta(&begun));
    let proxied = line(&begun, false)
        + "{\"done\":true,\"done_reason\":\"error\",\"error\":\"the upstream is gone\"}\n";
    for (name, provider, reply, said) in [
        (
            "an error field",
            "openai",
            sent(STREAM, &[&field]),
            "exceeds the available context size",
        ),
        (
            "one midway",
            "openai",
            sent(STREAM, &[&midway]),
            "the slot was lost",
        ),
        (
            "JSON as events",
            "openai",
            sent(STREAM, &[&key.to_string()]),
            "invalid key",
        ),
        (
            "JSON as text",
            "openai",
            sent("text/plain", &[&key.to_string()]),
            "invalid key",
        ),
        (
            "JSON as events",
            "anthropic",
            sent(STREAM, &[&key.to_string()]),
            "invalid key",
        ),
        (
            "a last line",
            "ollama",
            sent("application/x-ndjson", &[&proxied]),
            "the upstream is gone",
        ),
    ] {
        let (desk, ended) = failed(provider, reply);
        assert!(ended.said().contains(said), "{name}: {}", ended.said());
        for (path, text) in desk.files("generated") {
            assert!(!text.contains("status: complete"), "{name}: {path}\n{text}");
        }
    }
}

/// A model that thinks too much for the limit gets a higher one, and the author is told.
#[test]
fn a_limit_that_reasoning_used_up_is_raised() {
    let server = ModelServer::start(|request| {
        let limit = request.body["max_tokens"].as_u64().expect("a limit");
        let reasoning = event(&json!({"choices": [{
            "index": 0, "delta": {"reasoning_content": "Hmm. ".repeat(600)}, "finish_reason": null,
        }]}));
        // It thinks for 1,000 tokens first.
        if limit < 1_250 {
            let cut = event(&json!({
                "choices": [{"index": 0, "delta": {}, "finish_reason": "length"}],
                "usage": {"prompt_tokens": 900, "completion_tokens": limit},
            }));
            return sent(STREAM, &[&reasoning, &cut, DONE]);
        }
        let text = text_of(part_of(&request.user()));
        sent(STREAM, &[&reasoning, &delta(&text), &stop(), DONE])
    });
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &["--state", "off"]).exits(0);
    assert!(
        ended.said().contains("tokens of this call on reasoning"),
        "{}",
        ended.said()
    );
    for part in 1..=4 {
        assert_eq!(desk.chunk(part as u32).prose, text_of(part));
    }
    let limits: Vec<u64> = server
        .completions()
        .iter()
        .filter_map(|request| request.body["max_tokens"].as_u64())
        .collect();
    assert_eq!(limits.len(), 5, "one call was lost: {limits:?}");
    assert!(
        limits[1..].iter().all(|limit| *limit == limits[1]),
        "{limits:?}"
    );
}
