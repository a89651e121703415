//! `seam-echo`: a chunk begins with what the one before it ended with.
//!
//! What a model does that was sent the last paragraph to go on from. Six words where the one
//! ends and the other begins exactly so, eight where they nearly do; half as much again in
//! characters of scripts without blanks.
//!
//! Words that nearly meet at the seam are a hint until they are as many as a repeated passage has: the same
//! turn of phrase on both sides may be meant.
//!
//! Limits: the same words only; an echo in other words is missed.

use super::super::{Severity, Span};
use super::finding::{Finding, Remark};
use super::story::Story;
use super::word::Word;

const CODE: &str = "seam-echo";

/// How far from the seam an echo may begin in the later chunk, in words.
const MOST_BEFORE: usize = 6;
/// How much of the end of the earlier chunk is looked at.
const TAIL: usize = 240;

/// The words (characters in unspaced scripts) from which on an echo is a warning anywhere.
const LONG: (usize, usize) = (12, 24);

/// The echo at the start of a chunk.
pub(super) struct Echo {
    /// Index of the chunk in the story.
    chunk: usize,
    words: Span,
}

impl Echo {
    /// Tells whether the words of a chunk lie within the echo, for the most part.
    pub(super) fn covers(&self, chunk: usize, words: &Span) -> bool {
        self.chunk == chunk && words.start < self.words.end
    }
}

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) -> Vec<Echo> {
    let mut echoes = Vec::new();
    for (index, pair) in story.chunks.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        if before.number.0.saturating_add(1) != after.number.0 {
            continue;
        }
        let (ours, theirs) = (&after.facts.reading, &before.facts.reading);
        let first_tail = theirs.words.len().saturating_sub(TAIL);
        let Some((words, from)) = longest(&theirs.words[first_tail..], &ours.words) else {
            continue;
        };
        let from = from.start + first_tail..from.end + first_tail;
        let is_exact = words.start == 0 && from.end == theirs.words.len();
        let long = match ours.words[words.start].is_unspaced() {
            true => LONG.1,
            false => LONG.0,
        };
        let message = match is_exact || words.len() >= long {
            true => format!(
                "This chunk begins with words that chunk {} ends with. Cut them here; the story goes on behind them.",
                before.number,
            ),
            false => format!(
                "These words stand at the end of chunk {} too, just before the seam. Say one of them otherwise, \
                 unless it is meant.",
                before.number,
            ),
        };
        let span = ours.span_of(words.clone());
        let mut finding = Remark::hint(span, CODE, message).in_chunk(after.number);
        if is_exact || words.len() >= long {
            finding.severity = Severity::Warning;
        }
        finding.related.push((before.number, theirs.span_of(from)));
        findings.push(finding);
        echoes.push(Echo {
            chunk: index + 1,
            words,
        });
    }
    echoes
}

/// Finds the longest echo: its place in the later words and in the tail.
fn longest(tail: &[Word], later: &[Word]) -> Option<(Span, Span)> {
    let mut best: Option<(Span, Span)> = None;
    for start in 0..later.len().min(MOST_BEFORE) {
        for from in 0..tail.len() {
            let same = tail[from..]
                .iter()
                .zip(&later[start..])
                .take_while(|(one, other)| one.key == other.key)
                .count();
            let to_the_end = from + same == tail.len();
            let exact = start == 0 && to_the_end;
            let unspaced = later[start].is_unspaced();
            let least = match (exact, unspaced) {
                (true, false) => 6,
                (false, false) => 8,
                (true, true) => 9,
                (false, true) => 12,
            };
            if same >= least && best.as_ref().is_none_or(|(words, _)| same > words.len()) {
                best = Some((start..start + same, from..from + same));
            }
        }
    }
    best
}
