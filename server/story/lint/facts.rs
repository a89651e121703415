//! Computes the facts of a chunk's text alone, without the brief and the other chunks.

use super::super::{Language, Span};
use super::finding::Remark;
use super::fingerprints::{self, Fingerprint};
use super::fold::Key;
use super::pack::Pack;
use super::phrases::Hit;
use super::reading::{MOST_BYTES, Reading};
use super::rule_mentions::{self, RuleMention};
use super::voice::{self, Voice};
use super::{leftover, unfinished_sentence, wrong_language};
use crate::story::text::{boundaries, words};

/// The facts of one chunk's text. Costs time and memory in proportion to it, and is good for as long as text
/// and language stay the same.
#[derive(Debug, Clone)]
pub struct ChunkFacts {
    text: String,
    language: Language,
    /// The length in words (characters for CJK).
    pub(super) length: u32,
    pub(super) reading: Reading,
    /// The different words, sorted; with whether it stands there without a capital.
    pub(super) vocabulary: Vec<(Key, bool)>,
    /// The voice of each paragraph of the reading.
    pub(super) voices: Vec<Voice>,
    pub(super) fingerprints: Vec<Fingerprint>,
    pub(super) worn: Vec<Hit>,
    pub(super) rules: Vec<RuleMention>,
    pub(super) remarks: Vec<Remark>,
}

impl ChunkFacts {
    /// Reads a chunk's prose. Never panics.
    pub fn of(text: &str, language: &Language) -> ChunkFacts {
        let pack = Pack::of(language);
        let text = shortened(text);
        let reading = Reading::of(text, pack);
        let mut remarks = leftover::find(text, &reading, pack);
        remarks.extend(unfinished_sentence::find(text, &reading, pack));
        remarks.extend(wrong_language::find(text, &reading, language));
        ChunkFacts {
            length: words::count(text, language),
            vocabulary: vocabulary(&reading),
            voices: voice::voices(text, &reading, pack),
            fingerprints: fingerprints::fingerprints(&reading),
            worn: reading.phrases(&pack.worn.phrases),
            rules: rule_mentions::find(text, &reading, pack),
            remarks,
            reading,
            language: language.clone(),
            text: text.to_owned(),
        }
    }

    /// Returns the prose that these facts are about.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the language that it was read in.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// Returns the length of the prose in words (characters for CJK).
    pub fn length(&self) -> u32 {
        self.length
    }

    /// Returns the share of its words that somebody says, in per cent; `None` where it has no words.
    pub fn spoken_percent(&self) -> Option<u32> {
        let all = self.reading.words.len();
        let spoken = self
            .reading
            .words
            .iter()
            .filter(|word| word.is_spoken())
            .count();
        u32::try_from((spoken * 100).checked_div(all)?).ok()
    }

    pub(super) fn has_word(&self, key: Key) -> bool {
        self.vocabulary
            .binary_search_by_key(&key, |(word, _)| *word)
            .is_ok()
    }

    /// Returns the text of a word by its index.
    pub(super) fn word(&self, index: usize) -> &str {
        let span = self.reading.words.get(index).map(|word| word.span());
        self.slice(span.unwrap_or(0..0))
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span).unwrap_or("")
    }
}

/// Places are kept in 32 bits; no chunk is as long as that.
fn shortened(text: &str) -> &str {
    &text[..boundaries::floor(text, MOST_BYTES)]
}

fn vocabulary(reading: &Reading) -> Vec<(Key, bool)> {
    let mut words: Vec<(Key, bool)> = reading
        .words
        .iter()
        .map(|word| (word.key, !word.is_capital()))
        .collect();
    // Those without a capital first, so that they are the ones that stay.
    words.sort_unstable_by_key(|(key, lower)| (*key, !lower));
    words.dedup_by_key(|(key, _)| *key);
    words
}
