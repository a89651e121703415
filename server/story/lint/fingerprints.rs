//! Computes fingerprints of a text, by which copies of a passage are found.
//!
//! Chosen by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing", SIGMOD 2003): of every few
//! hashes of neighbouring words the least is kept, so that any passage of the full length has
//! one in common with its copy.

use super::fold::{self, Key};
use super::reading::Reading;
use super::word::Word;

/// A hash of neighbouring words, and the index of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub hash: Key,
    pub word: u32,
}

/// Words that a fingerprint covers, and from which length on a repeated passage is what, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grain {
    covered: usize,
    pub least: usize,
    /// Two sentences or three: more than a turn of phrase.
    pub sentences: usize,
    /// As long as a paragraph.
    pub paragraph: usize,
}

const WORDS: Grain = Grain {
    covered: 8,
    least: 12,
    sentences: 30,
    paragraph: 60,
};
const CHARACTERS: Grain = Grain {
    covered: 16,
    least: 24,
    sentences: 60,
    paragraph: 120,
};

impl Grain {
    pub(super) fn of(words: &[Word]) -> Grain {
        let unspaced = words.iter().filter(|word| word.is_unspaced()).count();
        if unspaced * 2 > words.len() {
            CHARACTERS
        } else {
            WORDS
        }
    }

    /// Tells whether its lengths are in words, not in characters.
    pub(super) fn counts_words(self) -> bool {
        self.least == WORDS.least
    }
}

/// Chooses the fingerprints of a chunk, in order.
pub(super) fn fingerprints(reading: &Reading) -> Vec<Fingerprint> {
    let words = &reading.words;
    let grain = Grain::of(words);
    let hashes = rolling(words, grain.covered);
    let window = grain.least - grain.covered + 1;
    let mut chosen: Vec<Fingerprint> = Vec::new();
    let mut least: Option<usize> = None;
    for end in window..=hashes.len() {
        let start = end - window;
        let kept = least.filter(|index| *index >= start);
        // Where the least has left the window, look at all of it; else at the new one only.
        let from = if kept.is_some() { end - 1 } else { start };
        let best = (from..end)
            .chain(kept)
            .min_by_key(|index| (hashes[*index], *index));
        if best != least
            && let Some(index) = best
        {
            chosen.push(Fingerprint {
                hash: hashes[index],
                word: index as u32,
            });
        }
        least = best;
    }
    chosen
}

/// Hashes each `covered` neighbouring words, by the method of Rabin and Karp.
fn rolling(words: &[Word], covered: usize) -> Vec<Key> {
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
    if words.len() < covered {
        return Vec::new();
    }
    let highest = (1..covered).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0u64;
    let mut hashes = Vec::with_capacity(words.len() + 1 - covered);
    for (index, word) in words.iter().enumerate() {
        if index >= covered {
            let gone = words[index - covered].key;
            hash = hash.wrapping_sub(gone.wrapping_mul(highest));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(word.key);
        if index + 1 >= covered {
            hashes.push(fold::mixed(hash));
        }
    }
    hashes
}
