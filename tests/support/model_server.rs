//! A model server that does what a test tells it to.
//!
//! It listens on a free port of loopback, speaks the Anthropic Messages protocol, OpenAI's
//! chat completions and Ollama's API on their paths (with or without `/v1`), records every
//! request, and answers each as the script says. It runs in a thread of its own, so that
//! synchronous tests can use it as well, and is gone when it is dropped.
//!
//! ```ignore
//! // An author that writes as many words as the prompt asks for:
//! let server = ModelServer::author();
//! // One answer after the other, the author after the last:
//! let server = ModelServer::queue([
//!     Reply::error(529, json!({"type": "error", "error": {"type": "overloaded_error"}})),
//!     Reply::text("The lamp went out.").close_after(2),
//! ]);
//! // Or whatever the request calls for:
//! let server = ModelServer::start(|request| match request.user().contains("beat 3") {
//!     true => Reply::never(),
//!     false => author(request),
//! });
//! run_storywright(&server.base_url);
//! assert_eq!(server.completions().len(), 6);
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

use super::prose::{Length, asked_length, japanese_prose, prose};

// ---------------------------------------------------------------- the server

/// See the head of this file.
pub struct ModelServer {
    /// `http://127.0.0.1:PORT`, good as base_url of every protocol.
    pub base_url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Script = Box<dyn FnMut(&Recorded) -> Reply + Send>;

struct Shared {
    script: Mutex<Script>,
    lists: Mutex<Option<Script>>,
    log: Mutex<Log>,
    grown: Condvar,
}

#[derive(Default)]
struct Log {
    requests: Vec<Recorded>,
    abandoned: usize,
}

impl ModelServer {
    /// Answers completions with what `script` returns; lists of models by itself.
    pub fn start(script: impl FnMut(&Recorded) -> Reply + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            lists: Mutex::new(None),
            log: Mutex::default(),
            grown: Condvar::new(),
        });
        let (stop, stopped) = oneshot::channel();
        let (tell_port, port) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async move {
                    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                    let port = listener.local_addr().expect("an address").port();
                    tell_port.send(port).expect("the starter waits");
                    tokio::select! {
                        () = accept(listener, shared) => {}
                        _ = stopped => {}
                    }
                });
                // Connections end with the runtime.
            }
        });
        let port = port.recv().expect("the server starts");
        ModelServer {
            base_url: format!("http://127.0.0.1:{port}"),
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Writes as many words as each prompt asks for; see [`author`].
    pub fn author() -> Self {
        Self::start(author)
    }

    /// Gives these replies in turn; when they are used up, writes as the author.
    pub fn queue(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        Self::start(move |request| replies.pop_front().unwrap_or_else(|| author(request)))
    }

    /// Answers requests for lists of models (`/models`, `/api/tags`) with this instead.
    pub fn on_lists(self, script: impl FnMut(&Recorded) -> Reply + Send + 'static) -> Self {
        *lock(&self.shared.lists) = Some(Box::new(script));
        self
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.log).requests.clone()
    }

    /// The requests for completions so far.
    pub fn completions(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| request.protocol.is_some());
        requests
    }

    /// Waits until so many completions were asked for. Panics after `limit`.
    pub fn wait_for_completions(&self, count: usize, limit: Duration) -> Vec<Recorded> {
        self.wait(limit, "completions", |log| {
            let completions = log.requests.iter().filter(|r| r.protocol.is_some());
            completions.count() >= count
        });
        self.completions()
    }

    /// Waits until so many clients have gone away in the middle of an answer. Panics after
    /// `limit`.
    pub fn wait_for_abandoned(&self, count: usize, limit: Duration) {
        self.wait(limit, "abandoned calls", |log| log.abandoned >= count);
    }

    fn wait(&self, limit: Duration, what: &str, mut enough: impl FnMut(&Log) -> bool) {
        let log = lock(&self.shared.log);
        let (_log, timeout) = self
            .shared
            .grown
            .wait_timeout_while(log, limit, |log| !enough(log))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "waited {limit:?} for {what}");
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ---------------------------------------------------------------- requests

/// Which protocol a completion was asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Anthropic,
    Openai,
    Ollama,
}

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// `Null` if it was no JSON.
    pub body: Value,
    pub at: Instant,
    /// `None` for lists of models and unknown paths.
    pub protocol: Option<Protocol>,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The system prompt, its blocks joined.
    pub fn system(&self) -> String {
        match self.protocol {
            Some(Protocol::Anthropic) => joined(&self.body["system"]),
            _ => self.messages_of("system"),
        }
    }

    /// The user message, its blocks joined.
    pub fn user(&self) -> String {
        self.messages_of("user")
    }

    /// System prompt and user message.
    pub fn prompt(&self) -> String {
        format!("{}\n{}", self.system(), self.user())
    }

    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// Most tokens that the completion may have.
    pub fn max_tokens(&self) -> Option<u64> {
        let body = &self.body;
        body["max_tokens"]
            .as_u64()
            .or(body["max_completion_tokens"].as_u64())
            .or(body["options"]["num_predict"].as_u64())
    }

    fn messages_of(&self, role: &str) -> String {
        let messages = self.body["messages"].as_array();
        let of_role = messages.into_iter().flatten().filter(|m| m["role"] == role);
        of_role.map(|message| joined(&message["content"])).collect()
    }
}

fn joined(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|b| b["text"].as_str()).collect(),
        _ => String::new(),
    }
}

// ---------------------------------------------------------------- replies

/// What to answer.
#[derive(Debug, Clone)]
pub struct Reply(Answer);

#[derive(Debug, Clone)]
enum Answer {
    Completion(Completion),
    Whole {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// A streamed body in the given pieces, each flushed.
    Pieces {
        content_type: &'static str,
        pieces: Vec<Vec<u8>>,
    },
    Never,
    Hangup,
}

#[derive(Debug, Clone)]
struct Completion {
    reasoning: Vec<String>,
    fragments: Vec<String>,
    finish: Finish,
    usage: Option<(u64, u64, u64)>,
    every: Duration,
    stall: Option<(usize, Gate)>,
    broken: Option<(usize, Break)>,
    end_mark: bool,
}

/// Why the model stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    Stop,
    Length,
    Refusal,
    ContextFull,
    /// In the protocol's words.
    Other(String),
}

/// How a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// The body ends properly, the protocol's message does not.
    Close,
    /// The connection is reset.
    Reset,
    /// Half an event, then the end of the connection.
    HalfEvent,
    /// An error event of the protocol, for an overloaded server.
    Overloaded,
    /// Silence, without end.
    Silence,
    /// Something that is not the protocol.
    Garbage,
}

impl Reply {
    /// This text, word by word, at once.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::fragments(words_with_spaces(text.as_ref()))
    }

    /// These pieces of text, one event each.
    pub fn fragments<S: Into<String>>(fragments: impl IntoIterator<Item = S>) -> Self {
        Reply(Answer::Completion(Completion {
            reasoning: Vec::new(),
            fragments: fragments.into_iter().map(Into::into).collect(),
            finish: Finish::Stop,
            usage: None,
            every: Duration::ZERO,
            stall: None,
            broken: None,
            end_mark: true,
        }))
    }

    /// An error with a JSON body.
    pub fn error(status: u16, body: Value) -> Self {
        Self::whole(status, "application/json", body.to_string())
    }

    /// Any whole answer.
    pub fn whole(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Reply(Answer::Whole {
            status,
            headers: vec![("Content-Type".into(), content_type.into())],
            body: body.into(),
        })
    }

    /// A redirect to another place.
    pub fn redirect(location: &str) -> Self {
        Self::whole(307, "text/plain", "moved").header("Location", location)
    }

    /// A recorded body, in these pieces; for protocol tests.
    pub fn pieces(content_type: &'static str, pieces: Vec<Vec<u8>>) -> Self {
        Reply(Answer::Pieces {
            content_type,
            pieces,
        })
    }

    /// No answer at all, not even a head, until the client goes away.
    pub fn never() -> Self {
        Reply(Answer::Never)
    }

    /// The connection is closed without an answer.
    pub fn hangup() -> Self {
        Reply(Answer::Hangup)
    }

    /// One more header; for whole answers.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Answer::Whole { headers, .. } = &mut self.0 {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// The model thinks aloud first, one event a fragment.
    pub fn reasoning<S: Into<String>>(self, fragments: impl IntoIterator<Item = S>) -> Self {
        self.with(|c| c.reasoning = fragments.into_iter().map(Into::into).collect())
    }

    pub fn finish(self, finish: Finish) -> Self {
        self.with(|c| c.finish = finish)
    }

    /// Tokens of the prompt, of them from a cache, and of the completion.
    pub fn usage(self, input: u64, cached: u64, output: u64) -> Self {
        self.with(|c| c.usage = Some((input, cached, output)))
    }

    /// A pause before each fragment.
    pub fn every(self, pause: Duration) -> Self {
        self.with(|c| c.every = pause)
    }

    /// So many fragments (words) a second.
    pub fn per_second(self, fragments: f64) -> Self {
        self.every(Duration::from_secs_f64(1.0 / fragments))
    }

    /// Waits after so many fragments until the gate is opened.
    pub fn stall_after(self, fragments: usize, gate: &Gate) -> Self {
        let gate = gate.clone();
        self.with(|c| c.stall = Some((fragments, gate)))
    }

    /// Ends the body after so many fragments, without finish reason.
    pub fn close_after(self, fragments: usize) -> Self {
        self.broken(fragments, Break::Close)
    }

    /// Resets the connection after so many fragments.
    pub fn reset_after(self, fragments: usize) -> Self {
        self.broken(fragments, Break::Reset)
    }

    /// Sends half an event after so many fragments and hangs up.
    pub fn half_event_after(self, fragments: usize) -> Self {
        self.broken(fragments, Break::HalfEvent)
    }

    /// Sends the protocol's error event after so many fragments.
    pub fn overloaded_after(self, fragments: usize) -> Self {
        self.broken(fragments, Break::Overloaded)
    }

    /// Says nothing more after so many fragments, with the connection left open.
    pub fn silent_after(self, fragments: usize) -> Self {
        self.broken(fragments, Break::Silence)
    }

    /// Sends something that is not the protocol after so many fragments.
    pub fn garbage_after(self, fragments: usize) -> Self {
        self.broken(fragments, Break::Garbage)
    }

    /// Leaves out what comes after the finish reason (`[DONE]`, `message_stop`).
    pub fn without_end_mark(self) -> Self {
        self.with(|c| c.end_mark = false)
    }

    fn broken(self, after: usize, how: Break) -> Self {
        self.with(|c| c.broken = Some((after, how)))
    }

    fn with(mut self, change: impl FnOnce(&mut Completion)) -> Self {
        match &mut self.0 {
            Answer::Completion(completion) => change(completion),
            other => panic!("only a completion can do that, not {other:?}"),
        }
        self
    }
}

/// A text in pieces of one word each, white space kept.
pub fn words_with_spaces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        if c.is_whitespace() && !piece.trim().is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// Holds a reply back until the test opens it.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<GateState>);

#[derive(Debug, Default)]
struct GateState {
    state: Mutex<(bool, usize)>,
    arrived: Condvar,
    opened: Notify,
}

impl Gate {
    pub fn new() -> Self {
        Gate::default()
    }

    /// Lets every reply through, now and later.
    pub fn open(&self) {
        lock(&self.0.state).0 = true;
        self.0.opened.notify_waiters();
    }

    /// Waits until so many replies stood before the gate. Panics after `limit`. Blocks: in an
    /// asynchronous test put it into `spawn_blocking`.
    pub fn wait_for_arrivals(&self, count: usize, limit: Duration) {
        let state = lock(&self.0.state);
        let (_state, timeout) = self
            .0
            .arrived
            .wait_timeout_while(state, limit, |(_, arrivals)| *arrivals < count)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "nobody came to the gate in {limit:?}");
    }

    async fn pass(&self) {
        lock(&self.0.state).1 += 1;
        self.0.arrived.notify_all();
        loop {
            let opened = self.0.opened.notified();
            tokio::pin!(opened);
            // Registered before the look, so that no opening is missed.
            opened.as_mut().enable();
            if lock(&self.0.state).0 {
                return;
            }
            opened.await;
        }
    }
}

// ---------------------------------------------------------------- the author

/// Writes as many words as the prompt asks for last ("about 300 words"; characters: in
/// Japanese), 100 if it does not say, and ends with a whole sentence. Like a real server it
/// stops at the limit of tokens, at a token a word. The same prompt gives the same text.
pub fn author(request: &Recorded) -> Reply {
    let prompt = request.prompt();
    let seed = seed_of(&prompt);
    let text = match asked_length(&prompt).unwrap_or(Length::Words(100)) {
        Length::Words(words) => prose(words, seed),
        Length::Characters(characters) => japanese_prose(characters, seed),
    };
    let mut fragments = words_with_spaces(&text);
    let limit = request.max_tokens().unwrap_or(u64::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let finish = if fragments.len() > limit {
        fragments.truncate(limit);
        Finish::Length
    } else {
        Finish::Stop
    };
    Reply::fragments(fragments).finish(finish)
}

/// FNV-1a.
fn seed_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

// ---------------------------------------------------------------- HTTP

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        if let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, shared.clone()));
        }
    }
}

/// One connection: one request, one answer, and the end of it.
async fn serve(mut connection: TcpStream, shared: Arc<Shared>) {
    let _ = connection.set_nodelay(true);
    let Some(request) = read_request(&mut connection).await else {
        return;
    };
    {
        let mut log = lock(&shared.log);
        log.requests.push(request.clone());
        shared.grown.notify_all();
    }
    let reply = decide(&request, &shared);
    let (mut reader, mut writer) = connection.into_split();
    let answering = send(&mut writer, &request, reply.0);
    let mut rest = [0; 64];
    let gone = async { while reader.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
    let finished = tokio::select! {
        biased;
        sent = answering => sent.is_ok(),
        () = gone => false,
    };
    if !finished {
        lock(&shared.log).abandoned += 1;
        shared.grown.notify_all();
    }
}

fn decide(request: &Recorded, shared: &Shared) -> Reply {
    if request.protocol.is_some() {
        return (lock(&shared.script))(request);
    }
    if let Some(lists) = lock(&shared.lists).as_mut() {
        return lists(request);
    }
    let path = request.path.split('?').next().unwrap_or_default();
    if path.ends_with("/models") {
        let models = ["scripted-model", "other-model"];
        let data: Vec<Value> = models.iter().map(|id| json!({"id": id})).collect();
        Reply::error(200, json!({"object": "list", "data": data}))
    } else if path.ends_with("/api/tags") {
        let models = json!([
            {"name": "old:latest", "modified_at": "2026-01-02T03:04:05.123456789-07:00"},
            {"name": "scripted-model:latest", "modified_at": "2026-10-02T03:04:05Z"},
        ]);
        Reply::error(200, json!({"models": models}))
    } else {
        Reply::error(404, json!({"error": {"message": "no such path"}}))
    }
}

async fn read_request(connection: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 8192];
        let read = connection.read(&mut buffer).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..read]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head_length)) = head.parse(&bytes) else {
            continue;
        };
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_lowercase(), value)
            })
            .collect();
        let body_length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.parse::<usize>().ok())
            .unwrap_or(0);
        if bytes.len() < head_length + body_length {
            continue;
        }
        let path = head.path.unwrap_or("/").to_owned();
        return Some(Recorded {
            method: head.method.unwrap_or_default().to_owned(),
            protocol: protocol_of(&path),
            path,
            headers,
            body: serde_json::from_slice(&bytes[head_length..]).unwrap_or(Value::Null),
            at: Instant::now(),
        });
    }
}

fn protocol_of(path: &str) -> Option<Protocol> {
    let path = path.split('?').next().unwrap_or_default();
    match path {
        _ if path.ends_with("/chat/completions") => Some(Protocol::Openai),
        _ if path.ends_with("/messages") => Some(Protocol::Anthropic),
        _ if path.ends_with("/api/chat") => Some(Protocol::Ollama),
        _ => None,
    }
}

async fn send(
    writer: &mut OwnedWriteHalf,
    request: &Recorded,
    answer: Answer,
) -> std::io::Result<()> {
    match answer {
        Answer::Never => std::future::pending().await,
        Answer::Hangup => Ok(()),
        Answer::Whole {
            status,
            headers,
            body,
        } => {
            let mut head = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n");
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            writer.write_all(head.as_bytes()).await?;
            writer.write_all(&body).await
        }
        Answer::Pieces {
            content_type,
            pieces,
        } => {
            stream_head(writer, content_type).await?;
            for piece in pieces {
                chunk(writer, &piece).await?;
                // Else the pieces may travel together.
                tokio::task::yield_now().await;
            }
            writer.write_all(b"0\r\n\r\n").await
        }
        Answer::Completion(completion) => {
            let protocol = request.protocol.unwrap_or(Protocol::Openai);
            send_completion(writer, &Wire { protocol, request }, completion).await
        }
    }
}

async fn stream_head(writer: &mut OwnedWriteHalf, content_type: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    writer.write_all(head.as_bytes()).await
}

async fn chunk(writer: &mut OwnedWriteHalf, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    writer.write_all(&framed).await
}

async fn send_completion(
    writer: &mut OwnedWriteHalf,
    wire: &Wire<'_>,
    completion: Completion,
) -> std::io::Result<()> {
    stream_head(writer, wire.content_type()).await?;
    let prompt_words = wire.request.prompt().split_whitespace().count() as u64;
    let written = completion.fragments.len() as u64;
    let usage = completion
        .usage
        .unwrap_or((prompt_words * 4 / 3 + 8, 0, written));
    chunk(writer, wire.start(usage).as_bytes()).await?;
    for fragment in &completion.reasoning {
        chunk(writer, wire.reasoning(fragment).as_bytes()).await?;
    }
    for sent in 0..=completion.fragments.len() {
        if let Some((at, gate)) = &completion.stall
            && *at == sent
        {
            gate.pass().await;
        }
        if let Some((at, how)) = completion.broken
            && at == sent
        {
            return break_off(writer, wire, how).await;
        }
        if let Some(fragment) = completion.fragments.get(sent) {
            if !completion.every.is_zero() {
                tokio::time::sleep(completion.every).await;
            }
            chunk(writer, wire.text(fragment).as_bytes()).await?;
        }
    }
    let end = wire.end(&completion.finish, usage, completion.end_mark);
    chunk(writer, end.as_bytes()).await?;
    writer.write_all(b"0\r\n\r\n").await
}

async fn break_off(
    writer: &mut OwnedWriteHalf,
    wire: &Wire<'_>,
    how: Break,
) -> std::io::Result<()> {
    match how {
        Break::Close => writer.write_all(b"0\r\n\r\n").await,
        Break::Reset => writer.as_ref().set_zero_linger(),
        Break::HalfEvent => {
            let event = wire.text("unfinished");
            chunk(writer, &event.as_bytes()[..event.len() / 2]).await
        }
        Break::Overloaded => {
            chunk(writer, wire.overloaded().as_bytes()).await?;
            writer.write_all(b"0\r\n\r\n").await
        }
        Break::Silence => std::future::pending().await,
        Break::Garbage => {
            chunk(writer, wire.event("x", "{\"half\": ").as_bytes()).await?;
            writer.write_all(b"0\r\n\r\n").await
        }
    }
}

// ---------------------------------------------------------------- protocols

/// How a completion looks in a protocol.
struct Wire<'a> {
    protocol: Protocol,
    request: &'a Recorded,
}

type Tokens = (u64, u64, u64);

impl Wire<'_> {
    fn content_type(&self) -> &'static str {
        match self.protocol {
            Protocol::Ollama => "application/x-ndjson",
            _ => "text/event-stream",
        }
    }

    fn event(&self, name: &str, data: &str) -> String {
        match self.protocol {
            Protocol::Anthropic => format!("event: {name}\ndata: {data}\n\n"),
            Protocol::Openai => format!("data: {data}\n\n"),
            Protocol::Ollama => format!("{data}\n"),
        }
    }

    fn anthropic(&self, event: Value) -> String {
        let name = event["type"].as_str().unwrap_or_default().to_owned();
        self.event(&name, &event.to_string())
    }

    fn openai(&self, delta: Value, finish: Value) -> String {
        let chunk = json!({
            "id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_795_334_482,
            "model": self.request.model(),
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        self.event("", &chunk.to_string())
    }

    fn ollama(&self, message: Value) -> String {
        let line = json!({
            "model": self.request.model(), "created_at": "2026-11-22T12:00:00Z",
            "message": message, "done": false,
        });
        self.event("", &line.to_string())
    }

    fn start(&self, (input, cached, _): Tokens) -> String {
        match self.protocol {
            Protocol::Anthropic => {
                let usage = json!({
                    "input_tokens": input - cached, "cache_read_input_tokens": cached,
                    "cache_creation_input_tokens": 0, "output_tokens": 1,
                });
                let message = json!({
                    "id": "msg_scripted", "type": "message", "role": "assistant", "content": [],
                    "model": self.request.model(), "stop_reason": null, "usage": usage,
                });
                self.anthropic(json!({"type": "message_start", "message": message}))
                    + &self.anthropic(json!({"type": "ping"}))
                    + &self.anthropic(json!({
                        "type": "content_block_start", "index": 0,
                        "content_block": {"type": "text", "text": ""},
                    }))
            }
            Protocol::Openai => {
                self.openai(json!({"role": "assistant", "content": null}), Value::Null)
            }
            Protocol::Ollama => String::new(),
        }
    }

    fn text(&self, text: &str) -> String {
        match self.protocol {
            Protocol::Anthropic => self.anthropic(json!({
                "type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": text},
            })),
            Protocol::Openai => self.openai(json!({"content": text}), Value::Null),
            Protocol::Ollama => self.ollama(json!({"role": "assistant", "content": text})),
        }
    }

    fn reasoning(&self, text: &str) -> String {
        match self.protocol {
            Protocol::Anthropic => self.anthropic(json!({
                "type": "content_block_delta", "index": 0,
                "delta": {"type": "thinking_delta", "thinking": text},
            })),
            Protocol::Openai => self.openai(json!({"reasoning_content": text}), Value::Null),
            Protocol::Ollama => {
                self.ollama(json!({"role": "assistant", "content": "", "thinking": text}))
            }
        }
    }

    fn end(&self, finish: &Finish, tokens: Tokens, end_mark: bool) -> String {
        let reason = self.reason(finish);
        let (input, cached, output) = tokens;
        match self.protocol {
            Protocol::Anthropic => {
                let mut end = self.anthropic(json!({"type": "content_block_stop", "index": 0}))
                    + &self.anthropic(json!({
                        "type": "message_delta",
                        "delta": {"stop_reason": reason, "stop_sequence": null},
                        "usage": {"output_tokens": output},
                    }));
                if end_mark {
                    end += &self.anthropic(json!({"type": "message_stop"}));
                }
                end
            }
            Protocol::Openai => {
                let mut end = self.openai(json!({}), json!(reason));
                if self.request.body["stream_options"]["include_usage"] == json!(true) {
                    let usage = json!({
                        "prompt_tokens": input, "completion_tokens": output,
                        "total_tokens": input + output,
                        "prompt_tokens_details": {"cached_tokens": cached},
                    });
                    let chunk = json!({
                        "id": "chatcmpl-scripted", "object": "chat.completion.chunk",
                        "model": self.request.model(), "choices": [], "usage": usage,
                    });
                    end += &self.event("", &chunk.to_string());
                }
                if end_mark {
                    end += &self.event("", "[DONE]");
                }
                end
            }
            Protocol::Ollama => {
                let line = json!({
                    "model": self.request.model(), "created_at": "2026-11-22T12:00:00Z",
                    "message": {"role": "assistant", "content": ""}, "done": end_mark,
                    "done_reason": reason, "prompt_eval_count": input, "eval_count": output,
                });
                self.event("", &line.to_string())
            }
        }
    }

    fn reason(&self, finish: &Finish) -> String {
        let [anthropic, openai, ollama] = match finish {
            Finish::Stop => ["end_turn", "stop", "stop"],
            Finish::Length => ["max_tokens", "length", "length"],
            Finish::Refusal => ["refusal", "content_filter", "refusal"],
            Finish::ContextFull => ["model_context_window_exceeded", "model_length", "length"],
            Finish::Other(other) => [other.as_str(); 3],
        };
        let reason = match self.protocol {
            Protocol::Anthropic => anthropic,
            Protocol::Openai => openai,
            Protocol::Ollama => ollama,
        };
        reason.to_owned()
    }

    fn overloaded(&self) -> String {
        let error = json!({"type": "overloaded_error", "message": "Overloaded"});
        match self.protocol {
            Protocol::Anthropic => self.anthropic(json!({"type": "error", "error": error})),
            Protocol::Openai => self.event("", &json!({"error": error}).to_string()),
            Protocol::Ollama => {
                self.event("", r#"{"error": "model runner has unexpectedly stopped"}"#)
            }
        }
    }
}
