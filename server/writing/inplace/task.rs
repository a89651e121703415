//! What is asked for at a place, and how long the answer is to be.

use crate::story::Language;

/// Says what is to be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// About a paragraph more.
    Continue,
    /// The next sentence.
    Sentence,
    /// A passage in other words, about as long.
    Rewrite,
    /// A passage at greater length.
    Expand,
    /// A passage in fewer words.
    Tighten,
}

/// What a continuation has, in words and in characters.
const PARAGRAPH: (u32, u32) = (120, 200);
/// What a sentence may have, in words and in characters.
const SENTENCE: (u32, u32) = (22, 40);
/// Words by which any answer may miss its length, however short the passage is.
const LEEWAY: u32 = 10;

impl Task {
    /// Returns the length to ask for, where the passage has `length`; in the unit of the language.
    pub fn wish(self, length: u32, language: &Language) -> u32 {
        let share = |per_cent: u32| (u64::from(length) * u64::from(per_cent)).div_ceil(100);
        let of = |(words, characters)| match language.counts_characters() {
            true => characters,
            false => words,
        };
        let wish = match self {
            Task::Continue => return of(PARAGRAPH),
            Task::Sentence => return of(SENTENCE),
            Task::Rewrite => share(100),
            Task::Expand => share(175),
            Task::Tighten => share(65),
        };
        u32::try_from(wish).unwrap_or(u32::MAX).max(1)
    }

    /// Tells whether a text is gone on with, so that nothing of it makes way.
    pub fn goes_on(self) -> bool {
        matches!(self, Task::Continue | Task::Sentence)
    }

    /// Tells the least and the most that an answer may have where the passage has `length`. `told`: whether the
    /// author has said what is wanted, which may be another length.
    pub(super) fn bounds(self, length: u32, told: bool) -> (u32, u32) {
        let share = |per_cent: u32| {
            let share = u64::from(length) * u64::from(per_cent) / 100;
            u32::try_from(share).unwrap_or(u32::MAX)
        };
        match self {
            Task::Continue | Task::Sentence => (1, u32::MAX),
            Task::Rewrite if told => (share(20).max(1), share(300).saturating_add(LEEWAY)),
            Task::Rewrite => (share(65).max(1), share(145).saturating_add(LEEWAY)),
            Task::Expand => (
                share(115).max(length.saturating_add(1)),
                share(280).saturating_add(2 * LEEWAY),
            ),
            Task::Tighten => (
                share(30).max(1),
                share(92).max(length.saturating_sub(1)).max(2),
            ),
        }
    }

    /// Says what the job does: `Rewriting a passage of …`.
    pub fn doing(self) -> &'static str {
        match self {
            Task::Continue | Task::Sentence => "Continuing",
            Task::Rewrite => "Rewriting a passage of",
            Task::Expand => "Expanding a passage of",
            Task::Tighten => "Tightening a passage of",
        }
    }

    /// Says what was done: `rewritten`.
    pub fn done(self) -> &'static str {
        match self {
            Task::Continue | Task::Sentence => "continued",
            Task::Rewrite => "rewritten",
            Task::Expand => "expanded",
            Task::Tighten => "tightened",
        }
    }

    /// Names the task as records do.
    pub fn as_str(self) -> &'static str {
        match self {
            Task::Continue => "continue",
            Task::Sentence => "next sentence",
            Task::Rewrite => "rewrite",
            Task::Expand => "expand",
            Task::Tighten => "tighten",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_is_within_what_is_taken() {
        let language = Language::default();
        for task in [Task::Rewrite, Task::Expand, Task::Tighten] {
            for length in [1, 2, 3, 5, 9, 20, 100, 3_000] {
                let wish = task.wish(length, &language);
                let (least, most) = task.bounds(length, false);
                assert!(
                    (least..=most).contains(&wish),
                    "{task:?} {length}: {wish} is not in {least} to {most}"
                );
            }
            assert_eq!(
                task.bounds(u32::MAX, true).1.max(1),
                task.bounds(u32::MAX, true).1
            );
        }
        assert_eq!(Task::Rewrite.wish(100, &language), 100);
        assert_eq!(Task::Expand.wish(100, &language), 175);
        assert_eq!(Task::Tighten.wish(100, &language), 65);
        assert_eq!(Task::Continue.wish(0, &language), 120);
    }
}
