//! Holds the text of the story before a chunk, for comparison.

use std::collections::HashSet;

use super::wording::Wording;

/// Neighbouring words that are compared at once; fewer meet by chance.
pub(crate) const SHINGLE: usize = 24;
/// Words of the text before that its repetition is looked for in.
pub(crate) const TAIL: usize = 400;

/// The text of the story before a chunk, to be compared with an answer.
#[derive(Debug, Default)]
pub struct Told {
    pub(crate) shingles: HashSet<u64>,
    pub(crate) tail: Vec<u64>,
}

impl Told {
    /// Collects the texts of the chunks before, in story order: the end of the last is what an answer repeats
    /// most often. Takes time in proportion to them.
    pub fn of<T: AsRef<str>>(texts: &[T]) -> Told {
        let mut told = Told::default();
        for text in texts {
            let wording = Wording::of(text.as_ref());
            told.shingles
                .extend(wording.shingles(wording.grain(SHINGLE)));
        }
        if let Some(text) = texts.last() {
            told.tail = tail_of(&Wording::of(text.as_ref())).to_vec();
        }
        told
    }
}

/// Gives the last words of a text, by their keys.
pub(crate) fn tail_of(wording: &Wording) -> &[u64] {
    let keys = wording.keys();
    &keys[keys.len().saturating_sub(TAIL)..]
}
