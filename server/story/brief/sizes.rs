//! Computes how many words every beat gets.

use super::parts::{Beat, Brief};

/// A beat of fewer words (or characters) than this is no scene.
pub const LEAST_BEAT_WORDS: u32 = 50;

/// The lengths from the settings, for what the brief leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeDefaults {
    /// Length of the whole story, in words (characters for CJK).
    pub target_words: Option<u32>,
    /// Length of one chunk, in the same unit.
    pub chunk_words: u32,
}

impl Default for SizeDefaults {
    fn default() -> Self {
        SizeDefaults {
            target_words: None,
            chunk_words: 1500,
        }
    }
}

/// Returns the words of every beat, in the order of the outline; at least 1 each.
///
/// A beat's own `words` come first. What is left of the target is shared evenly among the
/// others: they differ by one word at most and add up to it exactly. Without a target each
/// of them gets `chunk_words`. Where the beats' own words leave less than a word for each of
/// the others, which is a problem of the brief, those get 1.
pub fn plan_sizes(brief: &Brief, defaults: SizeDefaults) -> Vec<u32> {
    let lengths = SizeDefaults {
        target_words: brief.target_words.or(defaults.target_words),
        chunk_words: brief.chunk_words.unwrap_or(defaults.chunk_words),
    };
    sizes_of(&brief.beats, lengths)
}

/// Returns the words of every beat by the lengths in force, whatever the brief says.
pub fn sizes_of(beats: &[Beat], lengths: SizeDefaults) -> Vec<u32> {
    let (target, chunk_words) = (lengths.target_words, lengths.chunk_words.max(1));
    let (own, free) = own_and_free(beats);
    let left = target.map(|target| u64::from(target).saturating_sub(own));
    let mut shares = (0..free).map(|nth| match left {
        None => chunk_words,
        Some(left) => even_share(left, free, nth),
    });
    beats
        .iter()
        .map(|beat| match beat.words {
            Some(words) => words.max(1),
            None => shares.next().unwrap_or(chunk_words),
        })
        .collect()
}

/// Adds up the beats' own words, and counts the beats that have none.
pub(super) fn own_and_free(beats: &[Beat]) -> (u64, u64) {
    let own = beats.iter().filter_map(|beat| beat.words);
    let free = beats.iter().filter(|beat| beat.words.is_none());
    (own.map(u64::from).sum(), free.count() as u64)
}

/// Returns the `nth` of `parts` even parts of `whole`; larger ones are spread over the story.
fn even_share(whole: u64, parts: u64, nth: u64) -> u32 {
    let share = whole * (nth + 1) / parts - whole * nth / parts;
    u32::try_from(share).unwrap_or(u32::MAX).max(1)
}

/// Returns how many beats a story of `target` words is planned in, so that each is close to `chunk_words`; at
/// least 1.
pub fn beat_count(target: u32, chunk_words: u32) -> u32 {
    let (target, chunk_words) = (u64::from(target), u64::from(chunk_words.max(1)));
    let count = (2 * target + chunk_words) / (2 * chunk_words);
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}
