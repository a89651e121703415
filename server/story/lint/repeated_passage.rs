//! `repeated-passage`: the same words in two places of the story.
//!
//! Twelve words in a row or more (24 characters in scripts without blanks). Each
//! [fingerprint](super::fingerprints) is compared with its first place only, and a match is never
//! searched again, which keeps it linear however often a text repeats itself.
//!
//! How much a repeat matters depends on its length and its kind: a turn of phrase that comes back is style
//! (a hint), some sentences may be a refrain (information), and a whole paragraph, or a passage that stands
//! there twice in a row as models in a loop write it, is most likely a mistake (a warning).
//!
//! Limits: the same words exactly, marks and capitals aside. A refrain is reported too.

use std::collections::hash_map::Entry;

use super::super::{ChunkNumber, Severity, Span};
use super::finding::{Finding, Remark};
use super::fingerprints::Grain;
use super::fold::KeyMap;
use super::seam_echo::Echo;
use super::story::Story;

const CODE: &str = "repeated-passage";

/// The earlier place of a repeated passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Right before it, with nothing in between.
    InARow,
    Elsewhere,
}

/// Returns how much a repeat of so many words matters.
fn severity(grain: Grain, repeat: Repeat, words: usize) -> Severity {
    match repeat {
        Repeat::InARow => Severity::Warning,
        Repeat::Elsewhere if words >= grain.paragraph => Severity::Warning,
        Repeat::Elsewhere if words >= grain.sentences => Severity::Information,
        Repeat::Elsewhere => Severity::Hint,
    }
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

/// Extends a match around `place` and `earlier` to all equal words, from the word `from` on; in the same
/// chunk, never so far that the two overlap.
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
    let unit = if grain.counts_words() {
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
    finding.severity = severity(grain, repeat, count);
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
