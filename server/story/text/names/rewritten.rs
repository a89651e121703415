//! A text that was rewritten to be searched, with a way back to the places of the text itself.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation;

use crate::story::Span;

/// A text that was rewritten piece by piece.
pub(super) struct Rewritten<'a> {
    pub text: Cow<'a, str>,
    /// Each piece here and in the source, in order; none where nothing was rewritten.
    pieces: Vec<(Span, Span)>,
}

impl<'a> Rewritten<'a> {
    /// Writes accents and apostrophes as names have them.
    pub fn composed(source: &'a str) -> Rewritten<'a> {
        match source.is_ascii() {
            true => Rewritten::unchanged(source),
            false => Rewritten::of(source.graphemes(true).map(|piece| (piece, composed(piece)))),
        }
    }

    /// Leaves characters out.
    pub fn without(source: &'a str, left_out: &[char]) -> Rewritten<'a> {
        if !source.contains(left_out) {
            return Rewritten::unchanged(source);
        }
        let pieces = source.split_inclusive(left_out);
        Rewritten::of(pieces.flat_map(|piece| {
            let kept = piece.trim_end_matches(left_out);
            [
                (kept, Cow::Borrowed(kept)),
                (&piece[kept.len()..], Cow::Borrowed("")),
            ]
        }))
    }

    fn unchanged(source: &'a str) -> Rewritten<'a> {
        Rewritten {
            text: Cow::Borrowed(source),
            pieces: Vec::new(),
        }
    }

    /// Joins pieces of a source, each with what it is here.
    fn of(pieces: impl Iterator<Item = (&'a str, Cow<'a, str>)>) -> Rewritten<'a> {
        let mut text = String::new();
        let mut joined: Vec<(Span, Span)> = Vec::new();
        let mut at = 0;
        for (piece, new) in pieces {
            let here = text.len()..text.len() + new.len();
            let there = at..at + piece.len();
            text.push_str(&new);
            at = there.end;
            match joined.last_mut() {
                Some((first, second)) if is_even(first, second) && is_even(&here, &there) => {
                    first.end = here.end;
                    second.end = there.end;
                }
                _ => joined.push((here, there)),
            }
        }
        Rewritten {
            text: Cow::Owned(text),
            pieces: joined,
        }
    }

    /// Converts a span of the text to one of its source; a piece of another length than there goes as a whole.
    pub fn in_source(&self, span: &Span) -> Span {
        let begun = self
            .pieces
            .partition_point(|(here, _)| here.end <= span.start);
        let ended = self.pieces.partition_point(|(here, _)| here.end < span.end);
        let start =
            self.pieces
                .get(begun)
                .map_or(span.start, |(here, there)| match is_even(here, there) {
                    true => there.start + span.start - here.start,
                    false => there.start,
                });
        let end =
            self.pieces
                .get(ended)
                .map_or(span.end, |(here, there)| match is_even(here, there) {
                    true => there.start + span.end - here.start,
                    false => there.end,
                });
        start..end.max(start)
    }
}

fn is_even(here: &Span, there: &Span) -> bool {
    here.len() == there.len()
}

/// Writes accents and apostrophes as names have them here.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    match composed.contains('’') {
        true => Cow::Owned(composed.replace('’', "'")),
        false => composed,
    }
}
