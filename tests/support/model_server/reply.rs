//! What the scripted server answers.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;

use super::lock;

/// What to answer.
#[derive(Debug, Clone)]
pub struct Reply(pub(super) Answer);

#[derive(Debug, Clone)]
pub(super) enum Answer {
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
        /// Sent again and again after the rest, so long as the client is there.
        keep_alive: Option<Vec<u8>>,
    },
    Never,
    Hangup,
}

#[derive(Debug, Clone)]
pub(super) struct Completion {
    pub reasoning: Vec<String>,
    pub model: Option<String>,
    pub fragments: Vec<String>,
    pub finish: Finish,
    pub usage: Option<(u64, u64, u64)>,
    pub every: Duration,
    /// Fragments a second, on the whole: a pause that was too long is made up for.
    pub pace: Option<f64>,
    pub stall: Option<(usize, Gate)>,
    pub broken: Option<(usize, Break)>,
    pub end_mark: bool,
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
pub(super) enum Break {
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
            model: None,
            fragments: fragments.into_iter().map(Into::into).collect(),
            finish: Finish::Stop,
            usage: None,
            every: Duration::ZERO,
            pace: None,
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
            keep_alive: None,
        })
    }

    /// The connection stays open after the pieces, with this sent again and again.
    pub fn kept_alive_with(mut self, piece: &str) -> Self {
        if let Answer::Pieces { keep_alive, .. } = &mut self.0 {
            *keep_alive = Some(piece.into());
        }
        self
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

    /// The name that the server gives itself, if it is not the one that was asked for.
    pub fn answered_by(self, name: &str) -> Self {
        self.with(|c| c.model = Some(name.to_owned()))
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

    /// So many fragments (words) a second, counted from the head of the answer: however long
    /// single pauses come out, the whole takes as long as it should.
    pub fn at_pace(self, fragments: f64) -> Self {
        self.with(|c| c.pace = Some(fragments))
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

    pub(super) async fn pass(&self) {
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
