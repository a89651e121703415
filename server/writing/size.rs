//! Computes how many words one call is asked for: what fits its deadline at the speed that was measured, and
//! the limit that its answer has.
//!
//! A chunk that does not fit is written in several calls rather than broken off again and
//! again. The decision is pure; [`Measured`] is what a job has learned on the way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How fast a model writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The pace in words (characters for CJK) a second, without the wait for the first.
    pub words_per_second: f64,
    pub first_token: Duration,
}

/// The bounds of one call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The deadline of a whole call.
    pub call: Duration,
    /// `None` until something was heard.
    pub pace: Option<Pace>,
    /// Most words (characters for CJK) that an answer can have; `None` where no limit is known.
    pub most: Option<u32>,
}

/// The length that one call is asked for, in words (characters for CJK).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub words: u32,
    /// The words left for later calls; 0 where this call is to reach the end.
    pub later: u32,
}

/// Least that a call is asked for, where so much is wanted: less is no stretch of a story.
const LEAST: u32 = 50;
/// The share of what would just fit that is asked for: models write longer than they are asked
/// to, and not always as fast.
const SAFE: f64 = 0.8;
/// The words after which the pace of a model is known.
const TELLING: u32 = 20;

impl Bounds {
    /// Returns the most words (characters for CJK) that a call should be asked for.
    pub fn fitting(&self) -> u32 {
        let in_time = self.pace.map(|pace| {
            let writing = self.call.saturating_sub(pace.first_token).as_secs_f64();
            writing * pace.words_per_second
        });
        let most = self.most.map(f64::from);
        let least = in_time.into_iter().chain(most).reduce(f64::min);
        // A cast saturates.
        least.map_or(u32::MAX, |words| ((words * SAFE) as u32).max(LEAST))
    }
}

/// Returns what to ask for where `wanted` is still to be written: all of it, or one of several parts that are
/// about as long as each other.
pub fn ask(wanted: u32, bounds: &Bounds) -> Ask {
    let calls = wanted.div_ceil(bounds.fitting()).max(1);
    let words = wanted.div_ceil(calls);
    Ask {
        words,
        later: wanted.saturating_sub(words),
    }
}

/// The measurements of a job of its model.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    known: Mutex<Known>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    pace: Option<Pace>,
    /// The length at which a limit last cut an answer off, in words.
    cut_once: Option<u32>,
    /// The shortest answer in words that a limit cut off, once it happened a second time: the first time it
    /// may have been chance, or reasoning that was not reported.
    cut_off: Option<u32>,
    /// Tokens that calls are allowed for reasoning, on top of those of the text.
    reasoning: u32,
    /// Whether the author was told that a call's own limit cut an answer off.
    told_limit: bool,
}

/// Most tokens that are allowed for reasoning: a model that needs more writes no stories.
const MOST_REASONING: u32 = 65_536;

impl Measured {
    /// Notes that a call brought so many words within `writing` after the first of them.
    pub fn heard(&self, words: u32, first_token: Option<Duration>, writing: Duration) {
        if words < TELLING {
            return;
        }
        let mut known = self.known();
        let before = known.pace.map(|pace| pace.first_token);
        known.pace = Some(Pace {
            words_per_second: f64::from(words) / writing.as_secs_f64().max(0.001),
            first_token: first_token.or(before).unwrap_or_default(),
        });
    }

    /// Notes that a limit cut an answer off after so many words.
    pub fn cut_off(&self, words: u32) {
        if words >= TELLING {
            let mut known = self.known();
            known.cut_off = known.cut_once.map(|before| before.min(words));
            known.cut_once = known.cut_off.or(Some(words));
        }
    }

    /// Notes that a limit cut an answer off after so many tokens of reasoning. Allows as much again, since
    /// nobody knows how much was to come. Whether that is more than before.
    pub fn raise_for_reasoning(&self, tokens: u32) -> bool {
        let mut known = self.known();
        let wanted = tokens.saturating_mul(2).min(MOST_REASONING);
        let is_more = wanted > known.reasoning;
        known.reasoning = known.reasoning.max(wanted);
        is_more
    }

    /// Tells whether the author is still to be told that a limit of a call's own cut an answer off; once.
    pub fn is_first_limit(&self) -> bool {
        !std::mem::replace(&mut self.known().told_limit, true)
    }

    /// Returns the tokens that calls are allowed for reasoning, on top of those of the text. 0 until reasoning was
    /// seen to take the room of a text.
    pub fn reasoning(&self) -> u32 {
        self.known().reasoning
    }

    pub fn pace(&self) -> Option<Pace> {
        self.known().pace
    }

    /// Returns what bounds the next call, where `limit` is the known output limit in words (characters for
    /// CJK).
    pub fn bounds(&self, call: Duration, limit: Option<u32>) -> Bounds {
        let known = *self.known();
        Bounds {
            call,
            pace: known.pace,
            most: limit.into_iter().chain(known.cut_off).min(),
        }
    }

    /// Locks the data; that of a poisoned lock is still whole, since it is changed in one step.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_reasoning_only_grows_and_is_bounded() {
        let measured = Measured::default();
        assert_eq!(measured.reasoning(), 0);
        for (seen, is_more, allowed) in [
            (3_000, true, 6_000),
            (2_000, false, 6_000),
            (6_500, true, 13_000),
            (50_000, true, 65_536),
            (65_536, false, 65_536),
            (u32::MAX, false, 65_536),
        ] {
            assert_eq!(measured.raise_for_reasoning(seen), is_more, "{seen}");
            assert_eq!(measured.reasoning(), allowed, "{seen}");
        }
    }

    #[test]
    fn what_is_asked_for() {
        let none = (0.0, 0);
        for (wanted, call, (speed, first), most, words, later) in [
            // Nothing is known: all of it.
            (1500, 600, none, None, 1500, 0),
            // It fits easily, just, and not.
            (1500, 600, (20.0, 2), None, 1500, 0),
            (1500, 600, (3.2, 2), None, 1500, 0),
            (1500, 600, (3.0, 2), None, 750, 750),
            (1500, 60, (5.0, 10), None, 188, 1312),
            (150, 3, (40.0, 0), None, 75, 75),
            // The first word takes nearly all of the time, or more.
            (1500, 60, (20.0, 55), None, 79, 1421),
            (1500, 60, (20.0, 90), None, 50, 1450),
            // A limit of the answer.
            (1500, 600, none, Some(3000), 1500, 0),
            (1500, 600, none, Some(1000), 750, 750),
            (1500, 600, (20.0, 2), Some(200), 150, 1350),
            (1500, 600, none, Some(0), 50, 1450),
            // The tighter of the two.
            (1500, 60, (5.0, 10), Some(100), 79, 1421),
            (30, 600, none, Some(10), 30, 0),
            (0, 600, none, None, 0, 0),
        ] {
            let bounds = Bounds {
                call: Duration::from_secs(call),
                pace: (speed > 0.0).then_some(Pace {
                    words_per_second: speed,
                    first_token: Duration::from_secs(first),
                }),
                most,
            };
            let asked = ask(wanted, &bounds);
            assert_eq!(asked, Ask { words, later }, "{wanted} {bounds:?}");
        }
    }

    #[test]
    fn what_was_measured_counts() {
        let measured = Measured::default();
        let bounds = || measured.bounds(Duration::from_secs(10), None);
        assert_eq!(bounds().fitting(), u32::MAX);
        // Too little to tell.
        measured.heard(5, None, Duration::from_secs(60));
        measured.cut_off(3);
        assert_eq!(bounds().fitting(), u32::MAX);
        let second = Duration::from_secs(1);
        measured.heard(400, Some(second * 2), second * 4);
        assert_eq!(bounds().fitting(), 640);
        // A call that was under way already tells nothing of the first word.
        measured.heard(200, None, second * 4);
        assert_eq!(bounds().fitting(), 320);
        measured.cut_off(300);
        measured.cut_off(500);
        assert_eq!(bounds().fitting(), 240);
        let limit = measured.bounds(second * 10, Some(100));
        assert_eq!(limit.fitting(), 80);
    }
}
