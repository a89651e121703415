//! Holds what the checks of a whole story look at.

use std::collections::HashMap;

use super::super::{Beat, BeatId, Brief};
use super::brief_words::BriefWords;
use super::chunk::LintedChunk;
use super::lexicon::Lexicon;
use super::pack::Pack;

/// A story with its brief and what the lint knows of its language and its names.
pub(super) struct Story<'a> {
    pub brief: &'a Brief,
    pub pack: &'static Pack,
    pub lexicon: Lexicon,
    /// The chunks in story order.
    pub chunks: Vec<LintedChunk<'a>>,
    beats: HashMap<&'a BeatId, &'a Beat>,
}

impl<'a> Story<'a> {
    pub(super) fn new(
        brief: &'a Brief,
        words: &BriefWords,
        chunks: &[LintedChunk<'a>],
    ) -> Story<'a> {
        let pack = Pack::of(&brief.language);
        let mut chunks = chunks.to_vec();
        chunks.sort_by_key(|chunk| chunk.number);
        Story {
            brief,
            pack,
            lexicon: Lexicon::of(brief, words, pack, &chunks),
            chunks,
            // Of two with one id, the first.
            beats: brief
                .beats
                .iter()
                .rev()
                .map(|beat| (&beat.id, beat))
                .collect(),
        }
    }

    pub(super) fn beat(&self, chunk: &LintedChunk<'_>) -> Option<&'a Beat> {
        self.beats.get(chunk.beat).copied()
    }
}
