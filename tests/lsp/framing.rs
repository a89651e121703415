//! What comes that is no message, over the real standard input: it is answered or passed over, and life goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::lsp_client::{DEADLINE, Editor, Persona, Workspace, frame, uri};

/// A body as it is, under a right head.
fn framed(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

const STATUS: &str = r#""method":"workspace/executeCommand","params":{"command":"storywright.showStatus","arguments":[]}"#;

/// A request for the status, with more members and under a head of one's choice.
fn status(members: &str) -> String {
    format!("{{{members},{STATUS}}}")
}

/// What is sent; the id and the error's code of each answer, 0 for none, in the order of the ids.
type Row = (&'static str, Vec<u8>, Vec<(Value, i64)>);

fn rows() -> Vec<Row> {
    let good = status(r#""jsonrpc":"2.0","id":"x""#);
    let length = good.len();
    let answered = vec![(json!("x"), 0)];
    let refused = |id: Value, code: i64| vec![(id, code)];
    let deep = "[".repeat(100_000);
    vec![
        ("a head in lower case", format!("content-length: {length}\r\n\r\n{good}").into(), answered.clone()),
        ("plain line ends", format!("Content-Length: {length}\n\n{good}").into(), answered.clone()),
        (
            "other headers, in another order",
            format!(
                "X-Trace: 7\r\nContent-Type: application/vscode-jsonrpc\r\nCONTENT-LENGTH:{length}\r\nHost: here\r\n\r\n{good}"
            )
            .into(),
            answered.clone(),
        ),
        ("a byte order mark", framed(format!("\u{feff}{good}")), answered.clone()),
        ("an id that is written as a fraction", framed(status(r#""jsonrpc":"2.0","id":900001.0"#)), vec![(json!(900001), 0)]),
        (
            "members twice",
            framed(status(r#""jsonrpc":"2.0","id":1,"method":"no/such","id":"x","params":[]"#)),
            answered.clone(),
        ),
        ("a fraction as an id", framed(status(r#""jsonrpc":"2.0","id":3.5"#)), refused(Value::Null, -32600)),
        ("an object as an id", framed(status(r#""jsonrpc":"2.0","id":{}"#)), refused(Value::Null, -32600)),
        ("null", framed("null"), refused(Value::Null, -32600)),
        ("a number", framed("7"), refused(Value::Null, -32600)),
        ("a string", framed("\"exit\""), refused(Value::Null, -32600)),
        ("an empty batch", framed("[]"), refused(Value::Null, -32600)),
        ("a batch", framed(format!("[{good}]")), refused(Value::Null, -32600)),
        ("no method", framed(r#"{"jsonrpc":"2.0","id":"x","params":{}}"#), refused(json!("x"), -32600)),
        ("nothing", framed(r"{}"), refused(Value::Null, -32600)),
        ("a number as a method", framed(r#"{"jsonrpc":"2.0","id":"x","method":7}"#), refused(json!("x"), -32600)),
        ("another protocol", framed(status(r#""jsonrpc":"1.0","id":"x""#)), refused(json!("x"), -32600)),
        ("half a message", framed(&good[..length / 2]), refused(Value::Null, -32700)),
        ("an empty body", framed(""), refused(Value::Null, -32700)),
        ("no JSON", framed("nonsense"), refused(Value::Null, -32700)),
        ("deep nesting", framed(format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":{deep}")), refused(Value::Null, -32700)),
        ("no length", b"Content-Type: x\r\n\r\n{}".to_vec(), refused(Value::Null, -32600)),
        ("a length that is no number", b"Content-Length: five\r\n\r\n{}".to_vec(), refused(Value::Null, -32600)),
        ("a length below nothing", b"Content-Length: -5\r\n\r\n{}".to_vec(), refused(Value::Null, -32600)),
        ("an absurd length", b"Content-Length: 99999999999999999999\r\n\r\n{}".to_vec(), refused(Value::Null, -32600)),
        ("a length that is too long",
            [b"Content-Length: 5000\r\n\r\n{}".as_slice(), &framed(&good)].concat(),
            vec![(json!("x"), 0), (Value::Null, -32600)]),
        ("garbage before a head", [b"\0\x01\xff nonsense\n".as_slice(), &framed(&good)].concat(), vec![(json!("x"), 0), (Value::Null, -32600)]),
        ("garbage that runs into a head", [b"\xed\xa0\x80{\"a\"".as_slice(), &framed(&good)].concat(), vec![(json!("x"), 0), (Value::Null, -32600)]),
        (
            "a request that is named like a notification of the protocol",
            framed(r#"{"jsonrpc":"2.0","id":"x","method":"$/foo"}"#),
            refused(json!("x"), -32601),
        ),
        ("an answer that nobody waits for", framed(r#"{"jsonrpc":"2.0","id":987654,"result":null}"#), vec![]),
        ("an answer to nothing", framed(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#), vec![]),
        ("an error that is none", framed(r#"{"jsonrpc":"2.0","id":987654,"error":"no"}"#), vec![]),
        ("a notification without parameters", framed(r#"{"jsonrpc":"2.0","method":"textDocument/didOpen"}"#), vec![]),
    ]
}

/// What is answered: ids and codes, texts first; a request that follows must be answered, too.
fn answers(editor: &mut Editor, bytes: &[u8], count: usize) -> Option<Vec<(Value, i64)>> {
    editor.process.send_raw(bytes);
    let mut seen = editor.take_answers(count, DEADLINE)?;
    editor
        .process
        .send(&json!({"jsonrpc": "2.0", "id": "probe", "method": "no/such"}));
    let after = editor.take_answers(1, DEADLINE)?;
    seen.extend(after.into_iter().filter(|(id, _)| id != "probe"));
    seen.sort_by_key(|(id, _)| id.is_null());
    Some(seen)
}

/// Most of these ended the server, with the job that was running.
#[test]
fn whatever_comes_the_server_answers_and_the_job_goes_on() {
    let story = Workspace::with_brief("short");
    story.demo(5);
    let mut editor = Editor::start(Persona::Helix, &story);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    for (what, bytes, expected) in rows() {
        let seen = answers(&mut editor, &bytes, expected.len());
        assert_eq!(seen, Some(expected), "{what}");
    }
    editor.command("cancel", json!([job])).unwrap();
    let (kind, message) = editor.wait_for_end(&job);
    assert!(message.contains("cancelled"), "{kind} {message}");
    assert_eq!(editor.quit(), 0);
}

#[test]
fn half_an_emoji_is_part_of_a_document() {
    // Typed in two steps, it ended the server; restored by the editor at the next start, it ended that one too.
    let story = Workspace::with_brief("short");
    let brief = std::fs::read_to_string(story.brief()).unwrap();
    for half in [r"\ud83d", r"\ude00", "\u{10000}"] {
        let text = serde_json::to_string(&format!("{brief}\n\nMISSING")).unwrap();
        let text = text.replace("MISSING", half);
        let mut editor = Editor::start(Persona::VsCode, &story);
        let uri = uri(&story.brief());
        editor.process.send_raw(&framed(format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"{uri}","languageId":"markdown","version":1,"text":{text}}}}}}}"#
        )));
        editor.process.send_raw(&framed(format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":{{"textDocument":{{"uri":"{uri}","version":2}},"contentChanges":[{{"text":{text}}}]}}}}"#
        )));
        let status = editor.command("showStatus", json!([uri])).unwrap();
        assert_eq!(status["story"], "The Lamp Keeper", "{half}");
        assert_eq!(editor.quit(), 0);
    }
}

#[test]
fn bytes_may_come_one_by_one() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Helix, &story);
    let probe = frame(&json!({"jsonrpc": "2.0", "id": "x", "method": "no/such"}));
    for byte in probe.as_bytes() {
        editor.process.send_raw(&[*byte]);
    }
    let seen = editor.take_answers(1, DEADLINE);
    assert_eq!(seen, Some(vec![(json!("x"), -32601)]));
    assert_eq!(editor.quit(), 0);
}

/// Seeded, so that what is found can be found again. `STORYWRIGHT_FUZZ_SECONDS` says how long, `STORYWRIGHT_FUZZ_SEED`
/// where it begins.
#[test]
#[ignore = "takes minutes: cargo test --test lsp nothing_ends_the_server -- --ignored --nocapture"]
fn nothing_ends_the_server_but_exit_and_the_end_of_input() {
    let number = |name: &str, default: u64| {
        let value = std::env::var(name).ok();
        value.map_or(default, |value| value.parse().expect("a number"))
    };
    let end = Instant::now() + Duration::from_secs(number("STORYWRIGHT_FUZZ_SECONDS", 60));
    let seed = number("STORYWRIGHT_FUZZ_SEED", 1);
    let story = Workspace::with_brief("short");
    story.demo(1);
    let mut editor = Editor::start(Persona::Helix, &story);
    editor.start_job("write", json!([uri(&story.brief())]));
    let (mut rounds, mut sent) = (0_u64, 0_usize);
    while Instant::now() < end {
        let mut random = fastrand::Rng::with_seed(seed + rounds);
        let bytes = hostile(&mut random, &story);
        sent += bytes.len();
        editor.process.send_raw(&bytes);
        // What was cut off may take the beginning of one message with it, and an announced body one more.
        let heard = (0..4).any(|nth| {
            let probe = json!(format!("probe-{rounds}-{nth}"));
            let request = json!({"jsonrpc": "2.0", "id": probe, "method": "no/such"});
            editor.process.send(&request);
            let patience = Instant::now() + Duration::from_secs(if nth == 3 { 60 } else { 1 });
            loop {
                let left = patience.saturating_duration_since(Instant::now());
                match editor.take_answers(1, left) {
                    Some(come) if come.iter().any(|(id, _)| *id == probe) => return true,
                    Some(_) => {}
                    None => return false,
                }
            }
        });
        let ended = editor.process.wait(Duration::ZERO);
        let errors = editor.process.errors();
        assert!(
            heard && ended.is_none(),
            "seed {}: {ended:?}\n{errors}",
            seed + rounds
        );
        assert!(
            !errors.contains("panicked"),
            "seed {}: {errors}",
            seed + rounds
        );
        rounds += 1;
    }
    eprintln!("{rounds} rounds, {sent} bytes");
    assert_eq!(editor.quit(), 0);
}

/// Bytes that nobody should send: valid messages that were cut, joined and changed anywhere, and noise.
fn hostile(random: &mut fastrand::Rng, story: &Workspace) -> Vec<u8> {
    let uri = uri(&story.brief());
    let mut bytes = Vec::new();
    for _ in 0..random.usize(1..8) {
        let mut piece = match random.u8(..4) {
            0 => (0..random.usize(..200)).map(|_| random.u8(..)).collect(),
            _ => valid(random, &uri),
        };
        match random.u8(..6) {
            0 => piece.truncate(random.usize(..=piece.len())),
            1 => drop(piece.drain(..random.usize(..=piece.len()))),
            2 => {
                for _ in 0..random.usize(1..6) {
                    if let Some(at) = piece.len().checked_sub(1).map(|last| random.usize(..=last)) {
                        piece[at] = random.u8(..);
                    }
                }
            }
            3 => {
                let at = random.usize(..=piece.len());
                let more = valid(random, &uri);
                piece.splice(at..at, more);
            }
            _ => {}
        }
        bytes.extend(piece);
    }
    // These three end a server as they should.
    for end in [&b"\"exit\""[..], b"\"shutdown\"", b"\"initialize\""] {
        while let Some(at) = bytes.windows(end.len()).position(|window| window == end) {
            bytes[at + 1] = b'_';
        }
    }
    bytes
}

fn valid(random: &mut fastrand::Rng, uri: &str) -> Vec<u8> {
    let id = random.i32(..);
    let document = json!({"uri": uri, "languageId": "markdown", "version": random.i32(..), "text": "# Outline\n\n## A\n"});
    let place = json!({"line": random.u32(..9), "character": random.u32(..9)});
    let range = json!({"start": place, "end": place});
    let message = match random.u8(..9) {
        0 => {
            json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}})
        }
        1 => json!({
            "jsonrpc": "2.0", "method": "textDocument/didChange",
            "params": {"textDocument": document, "contentChanges": [{"range": range, "text": "é😀"}]},
        }),
        2 => {
            json!({"jsonrpc": "2.0", "method": "textDocument/didClose", "params": {"textDocument": document}})
        }
        3 => json!({
            "jsonrpc": "2.0", "id": id, "method": "textDocument/codeAction",
            "params": {"textDocument": document, "range": range, "context": {"diagnostics": []}},
        }),
        4 => json!({"jsonrpc": "2.0", "id": id, "result": null}),
        5 => json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": "no"}}),
        6 => json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": id}}),
        7 => json!([1, null, {"id": id}]),
        _ => {
            json!({"jsonrpc": "2.0", "id": f64::from(id) / 2.0, "method": "no/such", "params": {"a": "\u{fffd}"}})
        }
    };
    let text = message.to_string();
    let halves = ["\\ud83d", "\\udc00\\ud83d", "\\\\ud83d", "\u{fffd}"];
    let text = text.replace('\u{fffd}', halves[random.usize(..halves.len())]);
    match random.u8(..8) {
        0 => format!("content-length:{}\n\n{text}", text.len()).into_bytes(),
        1 => format!("Content-Length: {}\r\n\r\n{text}", random.u32(..2_000)).into_bytes(),
        _ => framed(text),
    }
}
