//! Brings a finished text as a model would: in small pieces, at a pace, with usage.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use tokio::time::Instant;

use super::chance::Chance;
use super::completion::Completion;
use crate::provider::{Event, EventStream, FinishReason, Usage};

/// The name that the demo writer goes by where models have theirs.
pub const MODEL: &str = "demo";

/// How text turns into tokens and time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// `None`: as fast as the reader takes it.
    pub words_per_second: Option<f64>,
    /// Length is counted in characters, not in words.
    pub by_character: bool,
    pub max_output_tokens: u32,
    pub input_tokens: u64,
}

/// Text between two usage events, in fragments.
const USAGE_EVERY: u32 = 64;
/// Fragments between two yields to the scheduler.
const YIELD_EVERY: u32 = 16;

enum Step {
    Started,
    Notice,
    Text,
    Finished(FinishReason),
    End,
}

struct Teller {
    text: String,
    notice: Option<String>,
    pace: Pace,
    chance: Chance,
    at: usize,
    /// Words or characters told.
    told: u64,
    fragments: u32,
    begun: Option<Instant>,
    usage_told: bool,
    step: Step,
}

/// Returns the stream of a completion. It does no work ahead; dropped, it is gone.
pub fn tell(completion: Completion, pace: Pace, seed: u64) -> EventStream {
    let teller = Teller {
        text: completion.text,
        notice: completion.notice,
        pace,
        chance: Chance::new(seed),
        at: 0,
        told: 0,
        fragments: 0,
        begun: None,
        usage_told: false,
        step: Step::Started,
    };
    let events = stream::unfold(teller, |mut teller| async move {
        let event = teller.next().await?;
        Some((Ok(event), teller))
    });
    events.boxed()
}

impl Teller {
    async fn next(&mut self) -> Option<Event> {
        loop {
            match &self.step {
                Step::Started => {
                    self.step = Step::Notice;
                    return Some(Event::Started {
                        model: Some(MODEL.to_owned()),
                    });
                }
                Step::Notice => {
                    self.step = Step::Text;
                    if let Some(notice) = self.notice.take() {
                        return Some(Event::Notice(notice));
                    }
                }
                Step::Text => {
                    if let Some(event) = self.text_or_usage().await {
                        return Some(event);
                    }
                }
                Step::Finished(reason) => {
                    let reason = reason.clone();
                    self.step = Step::End;
                    return Some(Event::Finished(reason));
                }
                Step::End => return None,
            }
        }
    }

    fn usage(&self) -> Event {
        Event::Usage(Usage {
            input_tokens: Some(self.pace.input_tokens),
            cached_tokens: Some(0),
            output_tokens: Some(self.tokens(self.told)),
        })
    }

    /// Counts tokens: some 0.75 words a token, or one character.
    fn tokens(&self, told: u64) -> u64 {
        if self.pace.by_character {
            told
        } else {
            (told * 4).div_ceil(3)
        }
    }

    async fn text_or_usage(&mut self) -> Option<Event> {
        if self.fragments.is_multiple_of(USAGE_EVERY) && !self.usage_told {
            self.usage_told = true;
            return Some(self.usage());
        }
        let (end, words) = self.fragment();
        let reason = if end == self.at {
            Some(FinishReason::Stop)
        } else if self.tokens(self.told + words) > u64::from(self.pace.max_output_tokens) {
            Some(FinishReason::Length)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.step = Step::Finished(reason);
            return Some(self.usage());
        }
        self.wait().await;
        let text = self.text.get(self.at..end).unwrap_or_default().to_owned();
        self.at = end;
        self.told += words;
        self.fragments += 1;
        self.usage_told = false;
        Some(Event::Text(text))
    }

    /// Returns the end of the next piece, and how many words (or characters) it has.
    fn fragment(&mut self) -> (usize, u64) {
        let wanted = 1 + self.chance.below(3) as u64;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut words = 0;
        let mut inside = false;
        for (offset, c) in rest.char_indices() {
            let space = c.is_whitespace();
            let starts = !space && (self.pace.by_character || !inside);
            // A piece ends before the space of the next, as tokens do.
            if words == wanted && (space || starts) {
                return (self.at + offset, words);
            }
            words += u64::from(starts);
            inside = !space;
        }
        (self.text.len(), words)
    }

    /// Waits until the words told so far have had their time.
    async fn wait(&mut self) {
        let pace = self.pace.words_per_second;
        let pace = pace.filter(|pace| pace.is_finite() && *pace > 0.0);
        match pace {
            None if self.fragments.is_multiple_of(YIELD_EVERY) => tokio::task::yield_now().await,
            None => {}
            Some(pace) => {
                let begun = *self.begun.get_or_insert_with(Instant::now);
                let due = Duration::try_from_secs_f64((self.told + 1) as f64 / pace);
                let due = due.ok().and_then(|due| begun.checked_add(due));
                if let Some(due) = due {
                    tokio::time::sleep_until(due).await;
                }
            }
        }
    }
}
