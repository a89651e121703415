//! Makes the one call for a whole story, and divides its answer among the chunks.
//!
//! For the draft of a chunk, its part is a stream as that of any call: text, usage, then the end, which is
//! the mark of the next part or the end of the answer. Between two parts nothing is read; dropping the stream
//! ends the call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures::{StreamExt, stream};

use crate::provider::{Event, EventStream, FinishReason, ProviderError, ProviderErrorKind, Usage};
use crate::story::ChunkNumber;
use crate::writing::single::cut::{Cutter, Piece, Turn};
use crate::writing::tokens;

/// The most bytes that are read after the story's end: the server reports the usage last.
const AFTER_THE_END: usize = 4_000;

/// The one call of a story: not made, running, or ended.
#[derive(Debug, Clone)]
pub(crate) struct SingleCall {
    parts: u32,
    shared: Arc<Shared>,
}

/// The state that the parts of a call share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// The text before the mark of the first part.
    preamble: Mutex<Option<String>>,
}

enum State {
    /// Not used, or given up.
    Off,
    /// To be made.
    Ready,
    /// At the beginning of a part.
    Between(Box<Answer>),
    /// Within a part that is being read.
    Reading,
    /// At the end of a part.
    Ended(PartEnd, Option<Box<Answer>>),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Off => "off",
            State::Ready => "ready",
            State::Between(_) => "between two parts",
            State::Reading => "reading",
            State::Ended(..) => "at the end of a part",
        })
    }
}

/// The end of a chunk's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PartEnd {
    /// The mark of the next part.
    Next,
    /// The end of the answer.
    Whole,
    /// The mark of some other part.
    Astray(u32),
}

/// The source of a chunk's text.
pub(crate) enum Source {
    /// The one call, which is to be made now.
    Begin,
    /// The answer to the one call, with the time of the request.
    Part(EventStream, Instant),
    /// A separate call.
    Own,
}

/// The answer to the one call, as far as it was read.
struct Answer {
    stream: EventStream,
    cutter: Cutter,
    pieces: VecDeque<Piece>,
    began: Instant,
    /// The usage of the whole call, as far as the server reported it.
    told: Usage,
    /// The usage that earlier parts were counted for.
    counted: Usage,
    end: Option<Result<FinishReason, ProviderError>>,
}

impl SingleCall {
    /// Makes it for a story whose chunks have separate calls.
    pub fn off() -> SingleCall {
        SingleCall::of(0, State::Off)
    }

    /// Makes it for a story of so many parts, of which nothing is written.
    pub fn ready(parts: usize) -> SingleCall {
        SingleCall::of(u32::try_from(parts).unwrap_or(u32::MAX), State::Ready)
    }

    fn of(parts: u32, state: State) -> SingleCall {
        SingleCall {
            parts,
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                preamble: Mutex::default(),
            }),
        }
    }

    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// Tells whether chunks still come out of the one call.
    pub fn is_on(&self) -> bool {
        !matches!(*self.state(), State::Off)
    }

    /// Returns the source of a chunk's text. A chunk that is not the next of the answer ends the call.
    pub fn source(&self, chunk: ChunkNumber) -> Source {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Off) {
            State::Ready if chunk.0 == 1 => {
                *state = State::Ready;
                Source::Begin
            }
            State::Between(answer) if answer.cutter.part() == chunk.0 => {
                *state = State::Reading;
                let began = answer.began;
                Source::Part(self.part(answer), began)
            }
            _ => Source::Own,
        }
    }

    /// Takes the stream of the call; returns the stream of the first part.
    pub fn begin(&self, stream: EventStream, began: Instant) -> EventStream {
        *self.state() = State::Reading;
        self.part(Box::new(Answer {
            stream,
            cutter: Cutter::new(self.parts),
            pieces: VecDeque::new(),
            began,
            told: Usage::default(),
            counted: Usage::default(),
            end: None,
        }))
    }

    /// Takes the end of the part that was read last; `None` where it broke off.
    pub fn part_end(&self) -> Option<PartEnd> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Off) {
            State::Ended(end, answer) => {
                *state = answer.map_or(State::Off, State::Between);
                Some(end)
            }
            State::Reading => None,
            other => {
                *state = other;
                None
            }
        }
    }

    /// Takes the text before the mark of the first part.
    pub fn preamble(&self) -> Option<String> {
        lock(&self.shared.preamble).take()
    }

    /// Lets the call be made once more, since nothing came of it.
    pub fn again(&self) {
        *self.state() = State::Ready;
    }

    /// Gives up the call and the rest of its answer; returns whether it was still in use.
    pub fn leave(&self) -> bool {
        let state = std::mem::replace(&mut *self.state(), State::Off);
        !matches!(state, State::Off)
    }

    fn part(&self, answer: Box<Answer>) -> EventStream {
        let part = PartStream {
            answer: Some(answer),
            home: Arc::clone(&self.shared),
            out: VecDeque::new(),
            heard: String::new(),
            over: false,
            after: 0,
        };
        stream::unfold(part, PartStream::next).boxed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

/// Locks the state. A poisoned lock's data is still whole: it is changed in one step.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream of one chunk's part.
struct PartStream {
    /// The answer; `None` once it has ended.
    answer: Option<Box<Answer>>,
    home: Arc<Shared>,
    out: VecDeque<Result<Event, ProviderError>>,
    heard: String,
    /// Whether the last part has ended and only the usage is waited for.
    over: bool,
    /// The number of bytes since then.
    after: usize,
}

impl PartStream {
    async fn next(mut self) -> Option<(Result<Event, ProviderError>, PartStream)> {
        loop {
            if let Some(event) = self.out.pop_front() {
                return Some((event, self));
            }
            let answer = self.answer.as_mut()?;
            if let Some(piece) = answer.pieces.pop_front() {
                self.piece(piece);
            } else if let Some(end) = answer.end.take() {
                self.end(end);
            } else {
                let event = answer.stream.next().await;
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: Option<Result<Event, ProviderError>>) {
        let Some(answer) = self.answer.as_mut() else {
            return;
        };
        match event {
            Some(Ok(Event::Text(text))) => answer.pieces.extend(answer.cutter.push(&text)),
            Some(Ok(Event::Usage(usage))) => answer.told.update(usage),
            Some(Ok(Event::Finished(reason))) => answer.end = Some(Ok(reason)),
            Some(Ok(event)) => self.out.push_back(Ok(event)),
            Some(Err(error)) => answer.end = Some(Err(error)),
            None => {
                answer.end = Some(Err(ProviderError::new(
                    ProviderErrorKind::Broken,
                    "The answer broke off before its end.",
                )));
            }
        }
        if answer.end.is_some() {
            answer.pieces.extend(answer.cutter.finish());
        }
    }

    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Text(text) if self.over => {
                self.after += text.len();
                if self.after > AFTER_THE_END {
                    self.end(Ok(FinishReason::Stop));
                }
            }
            Piece::Preamble(text) => *lock(&self.home.preamble) = Some(text),
            Piece::Text(text) => {
                self.heard.push_str(&text);
                self.out.push_back(Ok(Event::Text(text)));
            }
            Piece::Mark(Turn::Same, _) => {
                // What a line stood between is not one paragraph.
                if !self.heard.is_empty() {
                    self.out.push_back(Ok(Event::Text("\n\n".to_owned())));
                }
            }
            Piece::Mark(Turn::End, _) => self.over = true,
            Piece::Mark(Turn::Next, _) => self.hand_over(),
            Piece::Mark(Turn::Astray(number), _) => {
                self.answer = None;
                self.close(PartEnd::Astray(number), None);
                self.out.push_back(Ok(Event::Finished(FinishReason::Stop)));
            }
        }
    }

    /// Ends this part, and leaves the answer to the next.
    fn hand_over(&mut self) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        let used = answer.used(&self.heard);
        answer.counted = answer.counted.plus(used);
        self.close(PartEnd::Next, Some(answer));
        self.out.push_back(Ok(Event::Usage(used)));
        self.out.push_back(Ok(Event::Finished(FinishReason::Stop)));
    }

    /// Ends the answer.
    fn end(&mut self, end: Result<FinishReason, ProviderError>) {
        let Some(answer) = self.answer.take() else {
            return;
        };
        self.out.push_back(Ok(Event::Usage(answer.left())));
        match end {
            // All of the story is there.
            Err(_) if self.over => self.finish(FinishReason::Stop),
            Ok(reason) => self.finish(reason),
            Err(error) => self.out.push_back(Err(error)),
        }
    }

    fn finish(&mut self, reason: FinishReason) {
        self.close(PartEnd::Whole, None);
        self.out.push_back(Ok(Event::Finished(reason)));
    }

    fn close(&self, end: PartEnd, answer: Option<Box<Answer>>) {
        let mut state = lock(&self.home.state);
        // Unless the call was left meanwhile.
        if matches!(*state, State::Reading) {
            *state = State::Ended(end, answer);
        }
    }
}

impl Answer {
    /// Returns the usage that a part with this text is counted for. Most servers report the tokens of an
    /// answer only at its end; until then they are estimated, and the last part gets the rest.
    fn used(&self, heard: &str) -> Usage {
        // An estimate leans to the high side, and the rest must not be less than nothing.
        let estimate = u64::from(tokens::estimate(heard)) * 4 / 5;
        let told = self.left();
        let told_output = told.output_tokens.filter(|told| told * 2 >= estimate);
        Usage {
            output_tokens: told_output.or(Some(estimate)),
            ..told
        }
    }

    /// Returns the reported usage that no part was counted for.
    fn left(&self) -> Usage {
        let left = |told: Option<u64>, counted: Option<u64>| {
            told.map(|told| told.saturating_sub(counted.unwrap_or(0)))
        };
        Usage {
            input_tokens: left(self.told.input_tokens, self.counted.input_tokens),
            cached_tokens: left(self.told.cached_tokens, self.counted.cached_tokens),
            output_tokens: left(self.told.output_tokens, self.counted.output_tokens),
        }
    }
}
