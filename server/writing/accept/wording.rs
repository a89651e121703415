//! Compares texts as words: without regard to case, marks and layout.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::story::text::scripts::is_unspaced;

/// The words of a text, in order; characters where a script has no blanks.
#[derive(Debug, Default)]
pub(crate) struct Wording {
    keys: Vec<u64>,
    /// Bytes of the text.
    places: Vec<Range<usize>>,
    unspaced: usize,
}

impl Wording {
    pub fn of(text: &str) -> Wording {
        let mut wording = Wording::default();
        for (start, word) in text.unicode_word_indices() {
            wording.keys.push(key(word));
            wording.places.push(start..start + word.len());
            wording.unspaced += usize::from(word.chars().all(is_unspaced));
        }
        wording
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// Finds where some words begin, in bytes; the end of the text behind the last.
    pub fn start(&self, word: usize) -> usize {
        let last = || self.places.last().map_or(0, |place| place.end);
        self.places.get(word).map_or_else(last, |place| place.start)
    }

    /// Finds where a word ends, in bytes.
    pub fn end(&self, word: usize) -> usize {
        self.places.get(word).map_or(0, |place| place.end)
    }

    /// Returns the first word that begins at `offset` or behind it.
    pub fn at(&self, offset: usize) -> usize {
        self.places.partition_point(|place| place.start < offset)
    }

    /// Converts a number of words into units of this text: as many words, or twice as many characters where
    /// the script has no blanks, since a word of Japanese has about two.
    pub fn grain(&self, words: usize) -> usize {
        if self.unspaced * 2 > self.keys.len() {
            words * 2
        } else {
            words
        }
    }

    /// Returns one number for all the words.
    pub fn whole(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.keys.hash(&mut hasher);
        hasher.finish()
    }

    /// Returns a hash of each `length` neighbouring words (Rabin, Karp).
    pub fn shingles(&self, length: usize) -> Vec<u64> {
        const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
        if length == 0 || self.keys.len() < length {
            return Vec::new();
        }
        let highest = (1..length).fold(1u64, |power, _| power.wrapping_mul(BASE));
        let mut hash = 0u64;
        let mut hashes = Vec::with_capacity(self.keys.len() + 1 - length);
        for (index, key) in self.keys.iter().enumerate() {
            if index >= length {
                hash = hash.wrapping_sub(self.keys[index - length].wrapping_mul(highest));
            }
            hash = hash.wrapping_mul(BASE).wrapping_add(*key);
            if index + 1 >= length {
                hashes.push(hash);
            }
        }
        hashes
    }
}

/// Returns the words of a short text as one number.
#[cfg(test)]
pub(crate) fn whole(text: &str) -> u64 {
    Wording::of(text).whole()
}

fn key(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for c in word.chars() {
        let c = if c == '’' { '\'' } else { c };
        for lower in c.to_lowercase() {
            lower.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Returns the paragraphs of a text, in bytes, without the white space between them: parted by blank lines;
/// by line ends in a text that has no blank line.
pub(crate) fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let by_lines = !has_blank_line(text.trim());
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.is_empty() {
            open = false;
        } else {
            let from = start + (line.len() - line.trim_start().len());
            let to = start + line.trim_end().len();
            match found.last_mut() {
                Some(last) if open && !by_lines => last.end = to,
                _ => found.push(from..to),
            }
            open = true;
        }
        start += line.len();
    }
    found
}

fn has_blank_line(text: &str) -> bool {
    text.lines().any(|line| line.trim().is_empty())
}

/// Extends a range by the white space behind it: what is left when it is taken out is parted as before.
pub(crate) fn with_white(text: &str, range: Range<usize>) -> Range<usize> {
    let rest = &text[range.end..];
    range.start..range.end + rest.len() - rest.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_parted_by_blank_lines_or_by_lines() {
        for (text, expected) in [
            ("One\ntwo.\n\nThree.", vec!["One\ntwo.", "Three."]),
            ("One.\nTwo.\n", vec!["One.", "Two."]),
            ("\n\n  One.  \n \n\nTwo.", vec!["One.", "Two."]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = paragraphs(text).into_iter().map(|p| &text[p]).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn words_meet_however_they_are_written() {
        assert_eq!(whole("Don’t, she said."), whole("don't — SHE said"));
        assert_ne!(whole("she said"), whole("said she"));
    }
}
