//! `repeated-passage`: the same words in two places of the story.
//!
//! Twelve words in a row or more (24 characters in scripts without blanks). Fingerprints are
//! chosen by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing", SIGMOD 2003): of every few
//! hashes of neighbouring words the least is kept, so that any passage of the full length has
//! one in common with its copy. Each is compared with its first place only, and a match is
//! never searched again, which keeps it linear however often a text repeats itself.
//!
//! How much a repeat matters depends on its length and its kind: a turn of phrase that comes back is style
//! (a hint), some sentences may be a refrain (information), and a whole paragraph, or a passage that stands
//! there twice in a row as models in a loop write it, is most likely a mistake (a warning).
//!
//! Limits: the same words exactly, marks and capitals aside. A refrain is reported too.

use std::collections::hash_map::Entry;

use super::super::{ChunkNumber, Severity, Span};
use super::Story;
use super::finding::{Finding, Remark};
use super::fold::{self, Key, KeyMap};
use super::reading::{Reading, Word};
use super::seam_echo::Echo;

const CODE: &str = "repeated-passage";

/// A hash of neighbouring words, and the index of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    hash: Key,
    word: u32,
}

/// Words that a fingerprint covers, and from which length on a repeated passage is what, in words.
#[derive(Debug, Clone, Copy)]
struct Grain {
    covered: usize,
    least: usize,
    /// Two sentences or three: more than a turn of phrase.
    sentences: usize,
    /// As long as a paragraph.
    paragraph: usize,
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

/// Where a repeated passage stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Right before it, with nothing in between.
    InARow,
    Elsewhere,
}

impl Grain {
    fn of(words: &[Word]) -> Grain {
        let unspaced = words.iter().filter(|word| word.is_unspaced()).count();
        if unspaced * 2 > words.len() {
            CHARACTERS
        } else {
            WORDS
        }
    }

    /// How much a repeat of so many words matters.
    fn severity(self, repeat: Repeat, words: usize) -> Severity {
        match repeat {
            Repeat::InARow => Severity::Warning,
            Repeat::Elsewhere if words >= self.paragraph => Severity::Warning,
            Repeat::Elsewhere if words >= self.sentences => Severity::Information,
            Repeat::Elsewhere => Severity::Hint,
        }
    }
}

/// The fingerprints of a chunk, in order.
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

/// A hash of each `covered` neighbouring words, by the method of Rabin and Karp.
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

/// A word by its chunk (an index into the story) and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    chunk: usize,
    word: usize,
}

pub(super) fn check(story: &Story<'_>, echoes: &[Echo], findings: &mut Vec<Finding>) {
    let mut first: KeyMap<Place> = KeyMap::default();
    for (index, chunk) in story.chunks.iter().enumerate() {
        let least = Grain::of(&chunk.facts.reading.words).least;
        // Words before this one are reported already.
        let mut done = 0;
        for fingerprint in &chunk.facts.fingerprints {
            let place = Place {
                chunk: index,
                word: fingerprint.word as usize,
            };
            let earlier = match first.entry(fingerprint.hash) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                    continue;
                }
                Entry::Occupied(entry) => *entry.get(),
            };
            if place.word < done {
                continue;
            }
            let (span, length) = matched(story, earlier, place, done);
            if length < least {
                continue;
            }
            done = span.end;
            let echoed = echoes.iter().any(|echo| echo.covers(index, &span));
            if !echoed {
                findings.push(finding(story, earlier, place, span));
            }
        }
    }
}

/// The words around `place` that are the same as around `earlier`, from the word `from` on;
/// in the same chunk, never so far that the two overlap.
fn matched(story: &Story<'_>, earlier: Place, place: Place, from: usize) -> (Span, usize) {
    let ours = &story.chunks[place.chunk].facts.reading.words;
    let theirs = &story.chunks[earlier.chunk].facts.reading.words;
    let gap = if earlier.chunk == place.chunk {
        place.word - earlier.word
    } else {
        usize::MAX
    };
    let mut start = place.word;
    let mut other = earlier.word;
    while start > from && other > 0 && ours[start - 1].key == theirs[other - 1].key {
        if place.word - start + 1 >= gap {
            break;
        }
        start -= 1;
        other -= 1;
    }
    let most = gap.min(ours.len());
    let same = ours[start..]
        .iter()
        .zip(&theirs[other..])
        .take(most)
        .take_while(|(one, other)| one.key == other.key)
        .count();
    (start..start + same, same)
}

fn finding(story: &Story<'_>, earlier: Place, place: Place, words: Span) -> Finding {
    let chunk = &story.chunks[place.chunk];
    let source = &story.chunks[earlier.chunk];
    let count = words.len();
    let offset = place.word - words.start;
    let start = earlier.word.saturating_sub(offset);
    let from = source.facts.reading.span_of(start..start + count);
    let grain = Grain::of(&chunk.facts.reading.words);
    let unit = if grain.least == WORDS.least {
        "words"
    } else {
        "characters"
    };
    let repeat = match earlier.chunk == place.chunk && start + count == words.start {
        true => Repeat::InARow,
        false => Repeat::Elsewhere,
    };
    let message = format!(
        "These {count} {unit} stand word for word in {} already. Cut or rewrite one of the two, unless it is meant as a refrain.",
        place_name(chunk.number, source.number),
    );
    let span = chunk.facts.reading.span_of(words);
    let mut finding = Remark::hint(span, CODE, message).in_chunk(chunk.number);
    finding.severity = grain.severity(repeat, count);
    finding.related.push((source.number, from));
    finding
}

fn place_name(here: ChunkNumber, there: ChunkNumber) -> String {
    if here == there {
        "this chunk".to_owned()
    } else {
        format!("chunk {there}")
    }
}
