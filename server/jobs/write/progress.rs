//! Counts the progress of a job.

use std::collections::BTreeMap;

use crate::provider::Usage;
use crate::story::ChunkNumber;

/// The progress of a job; lengths are in words (characters for CJK).
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The length of the chunks that this job is to write.
    pub(crate) asked: u32,
    /// The target length of the chunks that it has completed.
    pub(crate) done: u32,
    /// The length of the story without the running chunks.
    pub(crate) story: u32,
    pub(crate) in_hand: BTreeMap<ChunkNumber, InHand>,
    /// The last reported progress in per cent; a bar never runs backwards.
    pub(crate) percent: u32,
}

/// A running chunk.
#[derive(Debug, Default)]
pub(crate) struct InHand {
    pub(crate) words: u32,
    pub(crate) target_words: u32,
    /// The usage so far; empty once it is in the chunk's outcome.
    pub(crate) spent: Usage,
    /// The expected usage, in output tokens.
    pub(crate) expected: u64,
}

impl Progress {
    /// Returns the progress of the job in per cent; never less than before.
    pub(crate) fn tell(&mut self) -> u32 {
        let in_hand = self.in_hand.values();
        let reached: u32 = in_hand
            .map(|chunk| chunk.words.min(chunk.target_words))
            .sum();
        let reached = self.done.saturating_add(reached);
        let percent = u64::from(reached) * 100 / u64::from(self.asked.max(1));
        let percent = u32::try_from(percent.min(100)).unwrap_or(100);
        self.percent = self.percent.max(percent);
        self.percent
    }

    pub(crate) fn story(&self) -> u32 {
        let in_hand: u32 = self.in_hand.values().map(|chunk| chunk.words).sum();
        self.story.saturating_add(in_hand)
    }
}
