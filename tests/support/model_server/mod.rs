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

mod connection;
mod reply;
mod wire;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use reply::{Finish, Gate, Reply, words_with_spaces};

use super::prose::{Length, asked_length, japanese_prose, prose};

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
    states: Mutex<Script>,
    has_one_slot: AtomicBool,
    slot: tokio::sync::Mutex<()>,
    log: Mutex<Log>,
    grown: Condvar,
}

#[derive(Default)]
struct Log {
    requests: Vec<Recorded>,
    abandoned: usize,
    sent: Vec<Sent>,
    held: Vec<Held>,
}

/// A call that had the one slot of the server.
#[derive(Debug, Clone)]
pub struct Held {
    pub request: Recorded,
    pub from: Instant,
    pub to: Instant,
    /// The client stayed until the end of the answer.
    pub is_whole: bool,
}

/// A piece of a completion's text, as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub text: String,
    pub at: Instant,
}

impl ModelServer {
    /// Answers completions with what `script` returns; lists of models by itself.
    pub fn start(script: impl FnMut(&Recorded) -> Reply + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(script)),
            lists: Mutex::new(None),
            states: Mutex::new(Box::new(reader)),
            has_one_slot: AtomicBool::new(false),
            slot: tokio::sync::Mutex::default(),
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
                        () = connection::accept(listener, shared) => {}
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

    /// Answers requests to read a chunk with this instead of as the [`reader`]. They are apart
    /// from all else: neither the other script nor [`ModelServer::completions`] sees them.
    pub fn on_states(self, script: impl FnMut(&Recorded) -> Reply + Send + 'static) -> Self {
        *lock(&self.shared.states) = Box::new(script);
        self
    }

    /// Answers one completion at a time, as local servers do: the others get no head until it is
    /// their turn.
    pub fn with_one_slot(self) -> Self {
        self.shared.has_one_slot.store(true, Ordering::Relaxed);
        self
    }

    /// The calls that had the one slot and have it no more, in turn.
    pub fn held(&self) -> Vec<Held> {
        lock(&self.shared.log).held.clone()
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.log).requests.clone()
    }

    /// The requests for completions so far, without those to read a chunk.
    pub fn completions(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(Recorded::is_completion);
        requests
    }

    /// The requests to read a chunk so far.
    pub fn states(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(Recorded::is_state);
        requests
    }

    /// Waits until so many chunks were given to be read. Panics after `limit`.
    pub fn wait_for_states(&self, count: usize, limit: Duration) -> Vec<Recorded> {
        self.wait(limit, "chunks to read", |log| {
            log.requests.iter().filter(|r| r.is_state()).count() >= count
        });
        self.states()
    }

    /// The text of all completions so far, in order of sending.
    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.shared.log).sent.clone()
    }

    /// Waits until so many pieces of text were sent. Panics after `limit`.
    pub fn wait_for_sent(&self, count: usize, limit: Duration) {
        self.wait(limit, "text", |log| log.sent.len() >= count);
    }

    /// Waits until so many completions were asked for. Panics after `limit`.
    pub fn wait_for_completions(&self, count: usize, limit: Duration) -> Vec<Recorded> {
        self.wait(limit, "completions", |log| {
            let completions = log.requests.iter().filter(|r| r.is_completion());
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

    /// Whether prose is asked for.
    pub fn is_completion(&self) -> bool {
        self.protocol.is_some() && !self.is_state()
    }

    /// Whether a chunk is to be read for what later ones have to know of it.
    pub fn is_state(&self) -> bool {
        self.system()
            .starts_with("You keep the record of a long story")
    }

    /// The chunk that is to be read: its number and its prose.
    pub fn part_to_read(&self) -> (u32, String) {
        let user = self.user();
        let (_, part) = user.split_once("Part ").expect("a part");
        let (head, prose) = part.split_once(":\n\n").expect("prose");
        let (number, _) = head.split_once(',').expect("a number");
        let (prose, _) = prose.rsplit_once("\n\nThe JSON object").expect("the end");
        (number.parse().expect("a number"), prose.to_owned())
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

/// Reads a chunk: tells its first sentence. Takes no tokens, so that other sums stay as they are.
pub fn reader(request: &Recorded) -> Reply {
    let (_, prose) = request.part_to_read();
    let end = prose.find(['.', '。']).unwrap_or(prose.len());
    let first = prose.get(..=end).unwrap_or(&prose);
    let state = json!({
        "summary": first, "time": "", "characters": [],
        "facts": [{"subject": "", "fact": "", "quote": first}],
        "threads": {"opened": [], "closed": []},
    });
    Reply::text(state.to_string()).usage(0, 0, 0)
}

/// FNV-1a.
fn seed_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
