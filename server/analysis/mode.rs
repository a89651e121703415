//! Decides whether a story is written in one call, once, before anything is sent.

use std::time::Duration;

use crate::settings::{Mode, Refine, Settings};
use crate::writing::schedule::Order;
use crate::writing::size::Pace;

/// The assumed speed of a model before it was measured, in words a second: slower than hosted models are.
const ASSUMED: Pace = Pace {
    words_per_second: 25.0,
    first_token: Duration::from_secs(10),
};

/// The facts by which one call is chosen or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub settings: &'a Settings,
    /// The order in force.
    pub order: Order,
    /// Whether the job writes all chunks of the story, and there is nothing of any of them.
    pub is_fresh: bool,
    pub parts: usize,
    /// The length of the story, in words (characters for CJK).
    pub words: u32,
    /// The length in tokens, by estimate.
    pub tokens: u32,
    /// The most tokens of an answer; `None` for an unknown model.
    pub output_limit: Option<u32>,
    pub pace: Option<Pace>,
}

/// The choice of calls for a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    OneCall,
    /// One call a beat, with a message to an author who asked for something else.
    Chunked(Option<String>),
}

/// Decides whether the story is written in one call.
///
/// A story of which something is written goes on one call a beat. With `auto` a model of which
/// nothing is known is given one beat at a time: most such models are small and run at home,
/// where a long answer is neither quick nor good.
pub(crate) fn choose(facts: &Facts<'_>) -> Choice {
    let settings = facts.settings;
    if settings.mode == Mode::Chunked || !facts.is_fresh || facts.parts < 2 {
        return Choice::Chunked(None);
    }
    let is_serial = facts.order == Order::Serial;
    // A chunk goes on from the refined text of the one before.
    let waits = settings.refine == Refine::Apply;
    if settings.mode == Mode::Single {
        if waits {
            let message = "refine = \"apply\" changes each chunk before the next is begun, so mode = \"single\" has \
                           no effect";
            return Choice::Chunked(Some(message.to_owned()));
        }
        if is_serial {
            return Choice::OneCall;
        }
        let order = facts.order.as_str();
        return Choice::Chunked(Some(format!(
            "order = \"{order}\" writes chunks from their planned states, so mode = \"single\" has no effect"
        )));
    }
    // A quarter more, since models write longer than they are asked to.
    let tokens = u64::from(facts.tokens) * 5 / 4;
    let allowed = |limit: Option<u64>| limit.is_none_or(|limit| tokens <= limit);
    let fits = facts.output_limit.is_some()
        && allowed(facts.output_limit.map(u64::from))
        && allowed(settings.max_output_tokens)
        && facts.words <= settings.single_call_words
        && is_in_time(facts);
    match is_serial && !waits && fits {
        true => Choice::OneCall,
        false => Choice::Chunked(None),
    }
}

/// Tells whether the story is written before the deadline of one call. A pace that was measured is held to a
/// quarter more words than were asked for, as the tokens are; one that is only assumed is a careful guess
/// already, and must not keep a story of `single_call_words` from its one call.
fn is_in_time(facts: &Facts<'_>) -> bool {
    let (pace, margin) = match facts.pace {
        Some(measured) => (measured, 1.25),
        None => (ASSUMED, 1.0),
    };
    let call = facts.settings.deadlines.call;
    let writing = call.saturating_sub(pace.first_token).as_secs_f64();
    f64::from(facts.words) * margin <= writing * pace.words_per_second
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the choice for a story of six parts and a model that can write it, after a change of the
    /// facts.
    fn chosen(change: impl FnOnce(&mut Settings, &mut Facts<'_>)) -> Choice {
        let defaults = Settings::default();
        let mut settings = Settings::default();
        let mut facts = Facts {
            settings: &defaults,
            order: Order::Serial,
            is_fresh: true,
            parts: 6,
            words: 9_000,
            tokens: 12_600,
            output_limit: Some(23_800),
            pace: None,
        };
        change(&mut settings, &mut facts);
        choose(&Facts {
            settings: &settings,
            ..facts
        })
    }

    #[test]
    fn what_auto_chooses() {
        type Change = fn(&mut Settings, &mut Facts<'_>);
        let cases: [(&str, bool, Change); 17] = [
            ("fits", true, |_, _| {}),
            ("asked for", false, |settings, _| {
                settings.mode = Mode::Chunked
            }),
            ("begun", false, |_, facts| facts.is_fresh = false),
            ("one part", false, |_, facts| facts.parts = 1),
            ("order", false, |_, facts| facts.order = Order::Chapters),
            ("refined", false, |settings, _| {
                settings.refine = Refine::Apply
            }),
            ("refined later", true, |settings, _| {
                settings.refine = Refine::Propose
            }),
            ("as long as allowed", true, |settings, facts| {
                settings.single_call_words = facts.words
            }),
            ("too long", false, |settings, facts| {
                settings.single_call_words = facts.words - 1
            }),
            ("unknown model", false, |_, facts| facts.output_limit = None),
            ("at the limit", true, |_, facts| {
                facts.output_limit = Some(15_750)
            }),
            ("beyond the limit", false, |_, facts| {
                facts.output_limit = Some(15_749)
            }),
            ("within the budget", true, |settings, _| {
                settings.max_output_tokens = Some(15_750)
            }),
            ("beyond the budget", false, |settings, _| {
                settings.max_output_tokens = Some(15_749)
            }),
            ("no time", false, |settings, _| {
                settings.deadlines.call = Duration::from_secs(300)
            }),
            ("measured fast", true, |settings, facts| {
                settings.deadlines.call = Duration::from_secs(300);
                facts.pace = Some(Pace {
                    words_per_second: 60.0,
                    first_token: Duration::from_secs(2),
                });
            }),
            ("measured slow", false, |_, facts| {
                facts.pace = Some(Pace {
                    words_per_second: 9.0,
                    first_token: Duration::from_secs(2),
                });
            }),
        ];
        for (name, expected, change) in cases {
            let choice = if expected {
                Choice::OneCall
            } else {
                Choice::Chunked(None)
            };
            assert_eq!(chosen(change), choice, "{name}");
        }
    }

    /// Twelve thousand words in English are 16,800 tokens by estimate.
    #[test]
    fn auto_takes_one_call_up_to_and_including_its_limit() {
        let at = |words: u32| {
            chosen(|_, facts| {
                facts.words = words;
                facts.tokens = words * 14 / 10;
            })
        };
        assert_eq!(at(11_999), Choice::OneCall);
        assert_eq!(at(12_000), Choice::OneCall);
        assert_eq!(at(12_001), Choice::Chunked(None));
    }

    #[test]
    fn what_the_author_asks_for_is_done_where_it_can_be() {
        let single = |change: fn(&mut Settings, &mut Facts<'_>)| {
            chosen(|settings, facts| {
                settings.mode = Mode::Single;
                change(settings, facts);
            })
        };
        assert_eq!(single(|_, facts| facts.words = 90_000), Choice::OneCall);
        assert_eq!(
            single(|_, facts| facts.output_limit = None),
            Choice::OneCall
        );
        assert_eq!(
            single(|_, facts| facts.is_fresh = false),
            Choice::Chunked(None)
        );
        let refined = single(|settings, _| settings.refine = Refine::Apply);
        assert!(matches!(refined, Choice::Chunked(Some(why)) if why.contains("refine")));
        let beside = single(|_, facts| facts.order = Order::All);
        assert!(matches!(beside, Choice::Chunked(Some(why)) if why.contains("order = \"all\"")));
    }
}
