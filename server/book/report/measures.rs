//! Measures prose: how long its sentences are, and which phrases come again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use unicode_segmentation::UnicodeSegmentation as _;

use crate::story::text::scripts::is_unspaced;
use crate::story::text::sentences::sentences;
use crate::story::{ChunkNumber, Language, words};

/// The lengths of sentences, in words (characters for CJK).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentences {
    pub count: usize,
    pub shortest: u32,
    /// Nine of ten are longer.
    pub tenth: u32,
    pub median: u32,
    /// Nine of ten are shorter.
    pub ninetieth: u32,
    pub longest: u32,
}

impl Sentences {
    /// Measures a text; `None` where it has no sentence.
    pub fn of(text: &str, language: &Language) -> Option<Sentences> {
        let mut lengths: Vec<u32> = sentences(text)
            .map(|sentence| words::count(sentence, language))
            .filter(|length| *length > 0)
            .collect();
        lengths.sort_unstable();
        let at = |percent: usize| {
            lengths
                .get((lengths.len().saturating_sub(1)) * percent / 100)
                .copied()
        };
        Some(Sentences {
            count: lengths.len(),
            shortest: at(0)?,
            tenth: at(10)?,
            median: at(50)?,
            ninetieth: at(90)?,
            longest: at(100)?,
        })
    }
}

/// A phrase that comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub text: String,
    pub times: usize,
    /// Where, each chunk once.
    pub chunks: Vec<ChunkNumber>,
}

/// The fewest words of a phrase, and the most.
const WORDS: (usize, usize) = (4, 8);
/// The same for scripts without blanks, in characters.
const CHARACTERS: (usize, usize) = (7, 14);
/// Said so often, a phrase is repeated.
const FEWEST: usize = 3;
const MOST_PHRASES: usize = 25;

/// Finds the phrases that a story says three times or more, the most frequent first.
pub fn repeated_phrases(texts: &[(ChunkNumber, &str)], language: &Language) -> Vec<Phrase> {
    let is_unspaced = language.counts_characters();
    let (fewest, most) = if is_unspaced { CHARACTERS } else { WORDS };
    let tokens: Vec<(ChunkNumber, Vec<String>)> = texts
        .iter()
        .map(|(number, text)| (*number, tokens(text, is_unspaced)))
        .collect();
    // Hashes first: most phrases come once, and need not be kept.
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for (_, tokens) in &tokens {
        for window in windows(tokens, fewest) {
            *counts.entry(hash(window)).or_default() += 1;
        }
    }
    let is_frequent = |window: &[String]| {
        counts
            .get(&hash(window))
            .is_some_and(|it| *it as usize >= FEWEST)
    };
    let mut found: HashMap<&[String], (usize, Vec<ChunkNumber>)> = HashMap::new();
    for (number, tokens) in &tokens {
        for start in 0..tokens.len() {
            for length in fewest..=most {
                let Some(window) = tokens.get(start..start + length) else {
                    break;
                };
                let end = &window[length - fewest..];
                if !is_frequent(end) || window.iter().any(|token| token.is_empty()) {
                    break;
                }
                let (times, chunks) = found.entry(window).or_default();
                *times += 1;
                if chunks.last() != Some(number) {
                    chunks.push(*number);
                }
            }
        }
    }
    let mut phrases: Vec<(&[String], usize, Vec<ChunkNumber>)> = found
        .into_iter()
        .filter(|(_, (times, _))| *times >= FEWEST)
        .map(|(window, (times, chunks))| (window, times, chunks))
        .collect();
    phrases.sort_by(|one, other| {
        (other.1 * other.0.len(), other.0.len(), one.0).cmp(&(
            one.1 * one.0.len(),
            one.0.len(),
            other.0,
        ))
    });
    let mut kept: Vec<Phrase> = Vec::new();
    let mut windows: Vec<&[String]> = Vec::new();
    for (window, times, chunks) in phrases {
        if kept.len() == MOST_PHRASES {
            break;
        }
        // A part of a longer phrase, or one that overlaps it, is no other phrase.
        if windows.iter().any(|longer| overlaps(longer, window)) {
            continue;
        }
        windows.push(window);
        kept.push(Phrase {
            text: window.join(if is_unspaced { "" } else { " " }),
            times,
            chunks,
        });
    }
    kept.sort_by(|one, other| (other.times, &one.text).cmp(&(one.times, &other.text)));
    kept
}

fn windows(tokens: &[String], length: usize) -> impl Iterator<Item = &[String]> {
    tokens
        .windows(length)
        .filter(|window| window.iter().all(|token| !token.is_empty()))
}

fn hash(window: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    window.hash(&mut hasher);
    hasher.finish()
}

/// Tells whether one phrase is in the other, or begins where the other ends, for most of its words.
fn overlaps(one: &[String], other: &[String]) -> bool {
    let (longer, shorter) = if one.len() >= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let common = shorter.len() - shorter.len() / 4;
    (1..=shorter.len()).any(|length| {
        length >= common
            && (shorter
                .windows(length)
                .any(|part| longer.windows(length).any(|it| it == part)))
    })
}

/// Splits a text into words in lower case; an empty one stands for the end of a sentence.
fn tokens(text: &str, is_unspaced_language: bool) -> Vec<String> {
    let mut tokens = Vec::new();
    for sentence in sentences(text) {
        match is_unspaced_language {
            true => {
                for c in sentence.chars() {
                    tokens.push(if is_unspaced(c) && c.is_alphanumeric() {
                        c.to_string()
                    } else {
                        String::new()
                    });
                }
            }
            false => tokens.extend(sentence.unicode_words().map(str::to_lowercase)),
        }
        tokens.push(String::new());
    }
    tokens
}
