//! Turns the bytes of an answer into events: frames, the protocol's decoder, and what to do when frames can't
//! be read, and when the bytes end, break, or never end.
//!
//! Holds no more than one frame, the events of one network chunk, and the text so far.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::framing::{Frame, Framer, TooLong};
use super::refusal::Refusal;
use super::server::{Secrets, Server};
use super::torn_characters::{self, Joiner};
use super::unpack::{Corrupt, Unpacker};
use super::{Deadlines, Event, EventStream, ProviderError, ProviderErrorKind};

/// Most bytes of one answer. A completion of 128,000 tokens has some 40 MB in the wordiest of
/// the protocols.
const LONGEST_ANSWER: usize = 128 * 1024 * 1024;

/// Longest wait for what may follow the finish reason: usage and an end mark. What keeps the
/// connection alive does not prolong it.
const AFTER_FINISH: Duration = Duration::from_secs(5);

/// The longest wait after a doubtful finish reason: before any text, in one frame with text (some servers
/// send one with every delta), or contradicted by text that came after it.
const AFTER_DOUBTFUL_FINISH: Duration = Duration::from_secs(30);

/// The mark at the end of a stream of events.
const END_MARK: &str = "[DONE]";

/// The progress of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Going,
    /// The finish reason is known; usage or an end mark may follow.
    Finishing,
    Done,
}

/// How a stream ended without a last message of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end mark came: as good as a finish reason, which some servers leave out.
    Mark,
    /// The bytes ended, or nothing of interest came after the finish reason.
    Bytes,
}

/// The fault that a decoder finds in a frame or at the end.
pub(super) enum Fault {
    /// The server says that it failed.
    Refused(Box<Refusal>),
    /// The frame is not of the protocol.
    Garbage,
    /// The bytes ended too early.
    Cut,
}

impl Fault {
    /// Makes the fault of a server that says in `value` that it failed.
    pub fn refused(value: &Value) -> Fault {
        Fault::Refused(Box::new(Refusal::from_value(value)))
    }
}

/// The part of a protocol that reads answers. Pure: JSON objects in, events out.
pub(super) trait Decoder: Send + 'static {
    fn take(&mut self, object: &Value, out: &mut Vec<Event>) -> Result<Progress, Fault>;

    /// Ends the answer: gives the rest out and the `Finished`.
    ///
    /// # Errors
    /// `Cut` where no finish reason came and there is no end mark either.
    fn end(&mut self, end: End, out: &mut Vec<Event>) -> Result<(), Fault>;
}

/// An answer that is being read.
pub(super) struct Answer<D> {
    bytes: BoxStream<'static, reqwest::Result<Bytes>>,
    /// Bytes that may still come.
    room: usize,
    unpacker: Unpacker,
    framer: Framer,
    decoder: D,
    joiner: Joiner,
    progress: Progress,
    /// The time since which only keep-alives have come.
    quiet_since: Instant,
    /// Whether the finish reason may not be the last word.
    is_doubtful: bool,
    has_text: bool,
    /// Frames of the protocol, and others.
    known: usize,
    unread: usize,
    queue: VecDeque<Event>,
    /// The text so far ends in a CR, which was given out as LF.
    after_cr: bool,
    /// Given out when the queue is empty; nothing follows it.
    failure: Option<ProviderError>,
    server: Server,
    model: String,
    secrets: Secrets,
    idle: Duration,
    /// Whether the author knows that this server sends what can't be read.
    told_unread: Arc<AtomicBool>,
}

impl<D: Decoder> Answer<D> {
    pub fn new(
        bytes: BoxStream<'static, reqwest::Result<Bytes>>,
        decoder: D,
        server: Server,
    ) -> Self {
        Answer {
            bytes,
            room: LONGEST_ANSWER,
            unpacker: Unpacker::new(),
            framer: Framer::new(),
            decoder,
            joiner: Joiner::default(),
            progress: Progress::Going,
            quiet_since: Instant::now(),
            is_doubtful: false,
            has_text: false,
            known: 0,
            unread: 0,
            queue: VecDeque::new(),
            after_cr: false,
            failure: None,
            server,
            model: String::new(),
            secrets: Secrets::default(),
            idle: Deadlines::default().idle,
            told_unread: Arc::default(),
        }
    }

    /// Sets what is given out before anything that comes.
    pub fn begin(&mut self, notices: Vec<Event>) {
        self.queue.extend(notices);
    }

    /// Notes the model that was asked, and what errors must not repeat of the request.
    pub fn asked(&mut self, model: &str, secrets: Secrets) {
        self.model = model.to_owned();
        self.secrets = secrets;
    }

    /// Sets the deadline between two tokens, which the waits for an end stay well within.
    pub fn waits_within(&mut self, idle: Duration) {
        self.idle = idle;
    }

    /// Tells of frames that could not be read only where `told` is not set.
    pub fn tells_once(&mut self, told: Arc<AtomicBool>) {
        self.told_unread = told;
    }

    /// Sets another bound.
    #[cfg(test)]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.room = bytes;
        self
    }

    pub fn events(self) -> EventStream {
        stream::unfold(self, Answer::next).boxed()
    }

    /// Turns the line ends of an event's text into LF, whatever the server sends and wherever a CR LF is cut
    /// in two; returns `None` where no text is left.
    fn in_plain_line_ends(&mut self, event: Event) -> Option<Event> {
        let Event::Text(text) = event else {
            return Some(event);
        };
        let rest = match self.after_cr {
            true => text.strip_prefix('\n').unwrap_or(&text),
            false => &text,
        };
        if !text.is_empty() {
            self.after_cr = text.ends_with('\r');
        }
        let plain = rest.replace("\r\n", "\n").replace('\r', "\n");
        (!plain.is_empty() || text.is_empty()).then_some(Event::Text(plain))
    }

    async fn next(mut self) -> Option<(Result<Event, ProviderError>, Self)> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                match self.in_plain_line_ends(event) {
                    Some(event) => return Some((Ok(event), self)),
                    None => continue,
                }
            }
            if let Some(error) = self.failure.take() {
                self.progress = Progress::Done;
                return Some((Err(error), self));
            }
            let chunk = match self.progress {
                Progress::Done => return None,
                Progress::Going => self.bytes.next().await,
                // A server that says nothing of interest now has said all that matters.
                Progress::Finishing => {
                    let until = self.quiet_since + self.patience();
                    timeout_at(until, self.bytes.next()).await.unwrap_or(None)
                }
            };
            match chunk {
                Some(Ok(bytes)) => self.take(&bytes),
                None => self.end(),
                Some(Err(_)) if self.progress == Progress::Finishing => self.end(),
                Some(Err(problem)) => self.failure = Some(self.broken(Some(problem))),
            }
        }
    }

    fn patience(&self) -> Duration {
        if self.has_text && !self.is_doubtful {
            AFTER_FINISH.min(self.idle / 2)
        } else {
            // Nearly as long as a pause between two tokens may be: this may well be one.
            AFTER_DOUBTFUL_FINISH.min(self.idle / 8 * 7)
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut unpacker = std::mem::replace(&mut self.unpacker, Unpacker::Plain);
        let unpacked = unpacker.push(bytes, |bytes| {
            self.take_unpacked(bytes);
            self.goes_on()
        });
        self.unpacker = unpacker;
        if unpacked == Err(Corrupt) && self.goes_on() {
            self.failure = Some(self.broken(None));
        }
    }

    fn goes_on(&self) -> bool {
        self.failure.is_none() && self.progress != Progress::Done
    }

    fn take_unpacked(&mut self, bytes: &[u8]) {
        let too_much = bytes.len() > self.room;
        self.room = self.room.saturating_sub(bytes.len());
        let mut frames = Vec::new();
        let framed = self.framer.push(bytes, &mut frames);
        self.decode(frames);
        if self.goes_on() && (framed == Err(TooLong) || too_much) {
            self.failure = Some(self.protocol_error("more than any answer can be"));
        }
    }

    fn decode(&mut self, frames: Vec<Frame>) {
        for frame in frames {
            let mut out = Vec::new();
            let read = self.read(frame, &mut out);
            let before = self.progress;
            if let Ok(progress) = read {
                self.progress = progress;
            }
            self.give(out, before);
            match read {
                Ok(Progress::Done) => break,
                Ok(_) => {}
                Err(fault) => {
                    self.failure = Some(self.error(fault));
                    break;
                }
            }
        }
    }

    fn read(&mut self, frame: Frame, out: &mut Vec<Event>) -> Result<Progress, Fault> {
        let text = match frame {
            Frame::Error(text) => {
                return Err(Fault::Refused(Box::new(Refusal::from_text(&text))));
            }
            Frame::Data(text) => text,
        };
        if text.trim().eq_ignore_ascii_case(END_MARK) {
            return self.finish(End::Mark, out).map(|()| Progress::Done);
        }
        // Some servers put what they say into a list.
        let objects = match self.parse(&text) {
            Some(Value::Array(list)) => list,
            Some(value) => vec![value],
            None => Vec::new(),
        };
        let mut is_known = false;
        let mut progress = self.progress;
        for object in objects.iter().filter(|value| value.is_object()) {
            match self.decoder.take(object, out) {
                Ok(Progress::Done) => return Ok(Progress::Done),
                Ok(next) => {
                    is_known = true;
                    progress = next;
                }
                Err(Fault::Garbage) => {}
                Err(fault) => return Err(fault),
            }
        }
        if is_known {
            self.known += 1;
        } else {
            self.unread += 1;
        }
        Ok(progress)
    }

    fn parse(&mut self, text: &str) -> Option<Value> {
        if let Ok(value) = serde_json::from_str(text) {
            return Some(value);
        }
        let mended = torn_characters::with_stand_ins(text)?;
        let value = serde_json::from_str(&mended).ok()?;
        self.joiner.is_needed = true;
        Some(value)
    }

    /// Puts events into the queue. `before` is how far the answer was before them.
    fn give(&mut self, events: Vec<Event>, before: Progress) {
        let has_token = events
            .iter()
            .any(|event| matches!(event, Event::Text(_) | Event::Reasoning { .. }));
        let has_news = has_token || events.iter().any(|event| matches!(event, Event::Usage(_)));
        let begins_to_end = before == Progress::Going && self.progress == Progress::Finishing;
        if has_news || begins_to_end {
            self.quiet_since = Instant::now();
        }
        self.is_doubtful |= has_token && self.progress == Progress::Finishing;
        for event in events {
            match event {
                Event::Text(text) => {
                    self.has_text = true;
                    let text = self.joiner.join(&text);
                    if !text.is_empty() {
                        self.queue.push_back(Event::Text(text.into_owned()));
                    }
                }
                Event::Finished(_) => {
                    self.close_text();
                    self.queue.extend(self.unread_notice());
                    self.queue.push_back(event);
                }
                other => self.queue.push_back(other),
            }
        }
    }

    fn close_text(&mut self) {
        let half = self.joiner.finish();
        self.queue.extend(half.map(|half| Event::Text(half.into())));
    }

    fn unread_notice(&self) -> Option<Event> {
        if self.unread == 0 || self.told_unread.swap(true, Ordering::Relaxed) {
            return None;
        }
        let (pieces, were) = match self.unread {
            1 => ("1 piece".to_owned(), "was"),
            many => (format!("{many} pieces"), "were"),
        };
        Some(Event::Notice(format!(
            "{} sent {pieces} of an answer that can't be read. What could be read was taken; the \
             rest {were} passed over. It is not told again.",
            self.server.name()
        )))
    }

    fn end(&mut self) {
        let mut frames = Vec::new();
        if self.framer.finish(&mut frames).is_ok() {
            // Half a frame at the end means that the connection broke, not that the server
            // speaks another protocol.
            frames.retain(|frame| !is_half(frame));
            self.decode(frames);
        }
        if self.goes_on() {
            let mut out = Vec::new();
            let ended = self.finish(End::Bytes, &mut out);
            self.progress = Progress::Done;
            self.give(out, Progress::Done);
            if let Err(fault) = ended {
                self.close_text();
                self.failure = Some(self.error(fault));
            }
        }
    }

    fn finish(&mut self, end: End, out: &mut Vec<Event>) -> Result<(), Fault> {
        if self.known == 0 && self.unread > 0 {
            return Err(Fault::Garbage);
        }
        self.decoder.end(end, out)
    }

    fn error(&self, fault: Fault) -> ProviderError {
        match fault {
            Fault::Refused(refusal) => refusal.into_error(&self.server, &self.model, &self.secrets),
            Fault::Garbage => self.protocol_error("something"),
            Fault::Cut => self.broken(None),
        }
    }

    fn broken(&self, problem: Option<reqwest::Error>) -> ProviderError {
        let error = ProviderError::new(
            ProviderErrorKind::Broken,
            format!(
                "The connection to {} broke before the answer was whole.",
                self.server.host
            ),
        );
        match problem {
            Some(problem) => error.because(problem.without_url()),
            None => error,
        }
    }

    fn protocol_error(&self, what: &str) -> ProviderError {
        ProviderError::new(
            ProviderErrorKind::Protocol,
            format!(
                "{} sent {what} that is not the {} protocol. Check base_url and provider.",
                self.server.name(),
                self.server.kind.as_str()
            ),
        )
    }
}

/// Tells whether a frame that nothing ended is but the beginning of one.
fn is_half(frame: &Frame) -> bool {
    let (Frame::Data(text) | Frame::Error(text)) = frame;
    let is_json_so_far = || match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => false,
        Err(problem) => problem.is_eof(),
    };
    let is_mark_so_far = text.len() < END_MARK.len() && END_MARK.starts_with(text.as_str());
    is_mark_so_far || is_json_so_far()
}
