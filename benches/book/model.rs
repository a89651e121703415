//! A model server on loopback that answers at a fixed pace and logs its calls.
//!
//! It speaks as much of the Anthropic Messages protocol as the program needs, keeps connections
//! open as real servers do, and asks for nothing but a thread a connection: what it takes of the
//! machine is the same for every build that is measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::process::Sample;
use super::prose;

/// Words a second of one answer.
pub const PACE: f64 = 20_000.0;
/// Words of one event of a stream.
const WORDS_AN_EVENT: usize = 20;

/// An answered request for a chunk.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// When the first byte of the request was there.
    pub arrived: Instant,
    /// When the last byte of the answer was sent.
    pub ended: Instant,
    pub prompt_bytes: usize,
    /// The client's process as it was when the request arrived.
    pub client: Option<Sample>,
}

#[derive(Default)]
struct Shared {
    words: usize,
    client: Mutex<Option<u32>>,
    calls: Mutex<Vec<Call>>,
    drafts_begun: Mutex<u64>,
}

/// See the head of this file. Its threads end with the process.
pub struct ModelServer {
    pub base_url: String,
    shared: Arc<Shared>,
}

impl ModelServer {
    /// Answers every request for a chunk with so many words.
    pub fn start(words: usize) -> ModelServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            words,
            ..Shared::default()
        });
        let server = ModelServer {
            base_url: format!("http://127.0.0.1:{port}"),
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A client that goes away ends its connection.
                thread::spawn(move || serve(connection, &shared));
            }
        });
        server
    }

    /// Takes samples of this process when its requests arrive.
    pub fn watch(&self, client: u32) {
        *lock(&self.shared.client) = Some(client);
    }

    /// The requests for chunks so far, in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = lock(&self.shared.calls).clone();
        calls.sort_by_key(|call| call.arrived);
        calls
    }
}

fn serve(connection: TcpStream, shared: &Shared) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut writer = connection.try_clone().ok()?;
    let mut reader = BufReader::new(connection);
    loop {
        if reader.fill_buf().ok()?.is_empty() {
            return None;
        }
        let arrived = Instant::now();
        let body = read_request(&mut reader)?;
        answer(&mut writer, shared, arrived, &body).ok()?;
    }
}

/// The body of a request.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn answer(
    writer: &mut TcpStream,
    shared: &Shared,
    arrived: Instant,
    body: &[u8],
) -> std::io::Result<()> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    if request["messages"].is_null() {
        let list = json!({"data": [{"id": "scripted", "type": "model"}], "has_more": false});
        return whole(writer, &list.to_string());
    }
    if let Some(prose) = part_to_read(&request) {
        return stream(writer, &state_of(&prose), body.len());
    }
    let seed = {
        let mut begun = lock(&shared.drafts_begun);
        *begun += 1;
        *begun
    };
    let client = lock(&shared.client).and_then(Sample::of);
    let text = prose::prose(shared.words, seed);
    let sent = stream(writer, &text, body.len());
    lock(&shared.calls).push(Call {
        arrived,
        ended: Instant::now(),
        prompt_bytes: body.len(),
        client,
    });
    sent
}

/// The prose that a request to read a chunk is about; `None` for other requests.
fn part_to_read(request: &Value) -> Option<String> {
    if !joined(&request["system"]).starts_with("You keep the record of a long story") {
        return None;
    }
    let messages = request["messages"].as_array()?;
    let user: String = (messages.iter())
        .map(|message| joined(&message["content"]))
        .collect();
    let (_, part) = user.split_once("Part ")?;
    let (_, prose) = part.split_once(":\n\n")?;
    let (prose, _) = prose.rsplit_once("\n\nThe JSON object")?;
    Some(prose.to_owned())
}

fn joined(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|b| b["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// What a model finds in a chunk.
fn state_of(prose: &str) -> String {
    let sentences: Vec<&str> = prose.split_inclusive(". ").map(str::trim).collect();
    let facts: Vec<Value> = (sentences.iter().take(3))
        .map(|quote| json!({"subject": "the lamp", "fact": quote, "quote": quote}))
        .collect();
    let summary: Vec<&str> = prose.split_whitespace().take(30).collect();
    json!({
        "summary": format!("{}.", summary.join(" ").trim_end_matches(['.', ','])),
        "time": "night",
        "characters": [{"name": "Keeper 1", "place": "the gallery", "condition": "tired",
            "knows": ["that the watch was long"], "holds": ["a lamp"]}],
        "facts": facts,
        "threads": {"opened": [], "closed": []},
    })
    .to_string()
}

fn whole(writer: &mut TcpStream, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    writer.write_all(format!("{head}{body}").as_bytes())
}

/// Sends a text as a stream of events at the pace.
fn stream(writer: &mut TcpStream, text: &str, prompt_bytes: usize) -> std::io::Result<()> {
    let start = Instant::now();
    let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let usage = json!({"input_tokens": prompt_bytes / 4, "output_tokens": 1,
        "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0});
    let message = json!({"id": "msg", "type": "message", "role": "assistant", "content": [],
        "model": "scripted", "stop_reason": null, "usage": usage});
    let begin = events(&[
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
    ]);
    writer.write_all(format!("{head}{begin}").as_bytes())?;
    for (at, piece) in words.chunks(WORDS_AN_EVENT).enumerate() {
        let due = start + Duration::from_secs_f64(((at + 1) * WORDS_AN_EVENT) as f64 / PACE);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let delta = json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": piece.concat()}});
        writer.write_all(events(&[delta]).as_bytes())?;
    }
    let end = events(&[
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
            "usage": {"output_tokens": words.len() * 4 / 3}}),
        json!({"type": "message_stop"}),
    ]);
    writer.write_all(format!("{end}0\r\n\r\n").as_bytes())
}

/// Events as one chunk of a body.
fn events(events: &[Value]) -> String {
    let events = events.iter().map(|event| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    });
    let text: String = events.collect();
    format!("{:x}\r\n{text}\r\n", text.len())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
