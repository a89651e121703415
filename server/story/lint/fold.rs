//! Folds words to one form for comparison, and hashes them.
//!
//! Everything that compares words (names, packs, repeated passages) folds them here, so that
//! a word of a pack and the same word in a chunk always meet.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use crate::story::text::slug::nfc;

/// A folded word as a number; equal words have equal keys.
pub(super) type Key = u64;
pub(super) type KeySet = HashSet<Key, BuildHasherDefault<KeyHasher>>;
pub(super) type KeyMap<V> = HashMap<Key, V, BuildHasherDefault<KeyHasher>>;

/// Keys are hashes already; hashing them once more would be most of the time of a lookup.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(self.0 ^ SEED, bytes);
    }

    fn write_u64(&mut self, key: u64) {
        self.0 ^= key;
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = mixed(self.0.rotate_left(32) ^ u64::from(number));
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// Hashes a text as it stands.
pub(super) fn hashed(text: &str) -> Key {
    hash(SEED, text.as_bytes())
}

/// Hashes a word with FNV-1a, then mixes so that the low bits can choose a bucket.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mixed(hash)
}

/// Returns the finalizer of SplitMix64.
pub(super) fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Returns the key of a word: without regard to case, composition, the form of its apostrophes, and in Arabic
/// script to vowel marks, the forms of alef, and a leading "and" or article.
pub(super) fn key(word: &str) -> Key {
    if word.is_ascii() {
        let lower = word.bytes().map(|byte| byte.to_ascii_lowercase());
        let hash = lower.fold(SEED, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        return mixed(hash);
    }
    hash(SEED, folded(word).as_bytes())
}

/// Returns the text behind a [`key`].
pub(super) fn folded(word: &str) -> String {
    let composed = if word.chars().any(is_combining_accent) {
        Cow::Owned(nfc(word))
    } else {
        Cow::Borrowed(word)
    };
    let mut text = String::with_capacity(composed.len());
    let mut arabic = false;
    for c in composed.chars() {
        match c {
            '’' | 'ʼ' => text.push('\''),
            '\u{ad}' | '\u{200c}' | '\u{200d}' | 'ـ' => {}
            _ if is_arabic_mark(c) => {}
            '\u{600}'..='\u{6ff}' => {
                arabic = true;
                text.push(match c {
                    'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
                    'ى' => 'ي',
                    'ة' => 'ه',
                    _ => c,
                });
            }
            _ => text.extend(c.to_lowercase()),
        }
    }
    if arabic {
        text.drain(..arabic_prefix(&text));
    }
    text
}

/// Returns the length in bytes of "and" (wa-, fa-) and the article, also with the prepositions that melt into
/// it. At least three letters stay after the first, two after the second.
fn arabic_prefix(word: &str) -> usize {
    let letters = |rest: &str| rest.chars().count();
    let mut rest = word;
    if let Some(after) = rest.strip_prefix(['و', 'ف']).filter(|r| letters(r) >= 3) {
        rest = after;
    }
    for article in ["ال", "بال", "كال", "لل"] {
        if let Some(after) = rest.strip_prefix(article).filter(|r| letters(r) >= 2) {
            rest = after;
            break;
        }
    }
    word.len() - rest.len()
}

/// Returns a word of Arabic script in the forms that it takes behind one-letter words, and by itself.
pub(super) fn arabic_forms(word: &str) -> impl Iterator<Item = String> {
    ["", "و", "ف", "ب", "ل", "ك", "ول", "وب", "فل", "وك"]
        .iter()
        .map(move |prefix| format!("{prefix}{word}"))
}

pub(super) fn is_arabic_mark(c: char) -> bool {
    matches!(c, '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

pub(super) fn is_combining_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

pub(super) fn is_arabic(word: &str) -> bool {
    word.chars().any(|c| matches!(c, '\u{600}'..='\u{6ff}'))
}

/// Returns the words of a list, separated by white space, as keys.
pub(super) fn keys(list: &str) -> KeySet {
    list.split_whitespace().map(key).collect()
}

/// Returns a word without its usual endings, so that "doors" equals "door": rough, since it only serves to
/// count the words that two texts share.
pub(super) fn stem(word: &str) -> Key {
    let folded = folded(word);
    let trimmed = ["ing", "es", "ed", "s", "e", "os", "as", "o", "a"]
        .iter()
        .find_map(|ending| {
            folded
                .strip_suffix(ending)
                .filter(|rest| rest.is_ascii() && rest.len() >= 3)
        })
        .unwrap_or(&folded);
    let cut = trimmed
        .char_indices()
        .nth(6)
        .map_or(trimmed.len(), |(index, _)| index);
    hash(SEED, &trimmed.as_bytes()[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_however_they_are_written() {
        for (one, other) in [
            ("Mara", "MARA"),
            ("Don't", "don’t"),
            ("Café", "cafe\u{301}"),
            ("الدّكان", "دكان"),
            ("والريح", "ريح"),
            ("للبحر", "البحر"),
            ("أحمد", "احمد"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [("Mara", "Maria"), ("وقف", "قف"), ("澪", "零")] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn stems_meet_in_the_plural() {
        for (one, other) in [
            ("door", "doors"),
            ("knock", "knocked"),
            ("compuerta", "compuertas"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} {other}");
        }
        assert_ne!(stem("boat"), stem("bell"));
    }
}
