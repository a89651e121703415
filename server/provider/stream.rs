//! From the bytes of an answer to events: framing, the protocol's decoder, and what to do
//! when the bytes end or break.
//!
//! Holds no more than one frame and the events of one network chunk.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::framing::{Framer, Framing, TooLong};
use super::http::{Failure, Http};
use super::parameters::{self, RefusedParameters};
use super::refusal::Refusal;
use super::server::{Secrets, Server};
use super::{Event, EventStream, ProviderError, ProviderErrorKind, Request, deadlines};

/// Most bytes of one answer. A completion of 128,000 tokens has some 40 MB in the wordiest of
/// the protocols.
const LONGEST_ANSWER: usize = 128 * 1024 * 1024;

/// Longest wait for what may follow the finish reason: usage and an end mark.
const AFTER_FINISH: Duration = Duration::from_secs(5);

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Going,
    /// The finish reason is known; usage or an end mark may follow.
    Finishing,
    Done,
}

/// What a decoder makes of a frame or of the end.
pub(super) enum Fault {
    /// The server says that it failed.
    Refused(Box<Refusal>),
    /// The frame is not of the protocol.
    Garbage,
    /// The bytes ended too early.
    Cut,
}

/// The part of a protocol that reads answers. Pure: frames in, events out.
pub(super) trait Decoder: Send + 'static {
    fn framing(&self) -> Framing;

    fn frame(&mut self, frame: &str, out: &mut Vec<Event>) -> Result<Progress, Fault>;

    /// The bytes have ended, or what may follow the finish reason did not come.
    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault>;
}

/// One attempt's body, and the parameters in it that a model may refuse.
pub(super) struct Attempt {
    pub path: &'static str,
    pub body: Value,
    pub optional: Vec<&'static str>,
}

/// Makes the call: sends what `attempt` builds, again without a parameter that is refused,
/// then reads the answer with what `decoder` builds.
pub(super) async fn complete<D: Decoder>(
    http: &Http,
    refused: &RefusedParameters,
    request: Arc<Request>,
    attempt: impl Fn(&Request) -> Attempt,
    decoder: impl FnOnce(&Request) -> D,
) -> Result<EventStream, ProviderError> {
    let started = Instant::now();
    let secrets = http.secrets.with_request(request.clone());
    let mut notices = Vec::new();
    let response = loop {
        let Attempt {
            path,
            body,
            optional,
        } = attempt(&request);
        let refusal = match http.post(path, &body, started).await {
            Ok(response) => break response,
            Err(Failure::Failed(error)) => return Err(error),
            Err(Failure::Refused(refusal)) => refusal,
        };
        match parameters::refused(&refusal, &optional) {
            // Ends: what is refused is not among the optional ones of the next attempt.
            Some(name) if !refused.contains(&request.model, name) => {
                refused.insert(&request.model, name);
                notices.push(Event::Notice(parameters::notice(&request.model, name)));
            }
            _ => return Err(refusal.into_error(&http.server, &request.model, &secrets)),
        }
    };
    let decoder = decoder(&request);
    if decoder.framing() == Framing::Events && is_json(&response) {
        return Err(match http.not_a_stream(response).await {
            Failure::Refused(refusal) => refusal.into_error(&http.server, &request.model, &secrets),
            Failure::Failed(error) => error,
        });
    }
    let bytes = response.bytes_stream().boxed();
    let mut answer = Answer::new(bytes, decoder, http.server.clone());
    answer.queue = notices.into();
    answer.model = request.model.clone();
    answer.secrets = secrets;
    Ok(deadlines::enforce(answer.events(), http.deadlines, started))
}

fn is_json(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

/// An answer that is being read.
pub(super) struct Answer<D> {
    bytes: BoxStream<'static, reqwest::Result<Bytes>>,
    /// Bytes that may still come.
    room: usize,
    framer: Framer,
    decoder: D,
    progress: Progress,
    queue: VecDeque<Event>,
    /// Given out when the queue is empty; nothing follows it.
    failure: Option<ProviderError>,
    server: Server,
    model: String,
    secrets: Secrets,
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
            framer: Framer::new(decoder.framing()),
            decoder,
            progress: Progress::Going,
            queue: VecDeque::new(),
            failure: None,
            server,
            model: String::new(),
            secrets: Secrets::default(),
        }
    }

    /// The same with another bound.
    #[cfg(test)]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.room = bytes;
        self
    }

    pub fn events(self) -> EventStream {
        stream::unfold(self, Answer::next).boxed()
    }

    async fn next(mut self) -> Option<(Result<Event, ProviderError>, Self)> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some((Ok(event), self));
            }
            if let Some(error) = self.failure.take() {
                self.progress = Progress::Done;
                return Some((Err(error), self));
            }
            let chunk = match self.progress {
                Progress::Done => return None,
                Progress::Going => self.bytes.next().await,
                // A server that keeps silent now has said all that matters.
                Progress::Finishing => timeout(AFTER_FINISH, self.bytes.next())
                    .await
                    .unwrap_or(None),
            };
            match chunk {
                Some(Ok(bytes)) => self.take(&bytes),
                None => self.end(),
                Some(Err(_)) if self.progress == Progress::Finishing => self.end(),
                Some(Err(problem)) => self.failure = Some(self.broken(Some(problem))),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let too_much = bytes.len() > self.room;
        self.room = self.room.saturating_sub(bytes.len());
        let mut frames = Vec::new();
        let framed = self.framer.push(bytes, &mut frames);
        self.decode(&frames);
        let goes_on = self.failure.is_none() && self.progress != Progress::Done;
        if goes_on && (framed == Err(TooLong) || too_much) {
            self.failure = Some(self.protocol_error("more than any answer can be"));
        }
    }

    fn decode(&mut self, frames: &[String]) {
        let mut out = Vec::new();
        for frame in frames {
            match self.decoder.frame(frame, &mut out) {
                Ok(Progress::Done) => {
                    self.progress = Progress::Done;
                    break;
                }
                Ok(progress) => self.progress = progress,
                Err(fault) => {
                    self.failure = Some(self.error(fault));
                    break;
                }
            }
        }
        self.queue.extend(out);
    }

    fn end(&mut self) {
        let mut frames = Vec::new();
        if self.framer.finish(&mut frames).is_ok() {
            let last_is_whole = frames
                .iter()
                .all(|frame| serde_json::from_str::<Value>(frame).is_ok() || frame == "[DONE]");
            // Half a frame at the end means that the connection broke, not that the server
            // speaks another protocol.
            if last_is_whole {
                self.decode(&frames);
            }
        }
        if self.failure.is_none() && self.progress != Progress::Done {
            let mut out = Vec::new();
            if let Err(fault) = self.decoder.end(&mut out) {
                self.failure = Some(self.error(fault));
            }
            self.queue.extend(out);
            self.progress = Progress::Done;
        }
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
