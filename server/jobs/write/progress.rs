//! How far a job is.

use std::collections::BTreeMap;

use crate::provider::Usage;
use crate::story::ChunkNumber;

/// Counts how far a job is; lengths are in words (characters for CJK).
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Of the chunks that this job is to write.
    pub(crate) asked: u32,
    /// Of those that it has completed, by their targets.
    pub(crate) done: u32,
    /// Of the story without the chunks in hand.
    pub(crate) story: u32,
    pub(crate) in_hand: BTreeMap<ChunkNumber, InHand>,
    /// What was told last, in per cent: a bar that runs backwards says nothing.
    pub(crate) percent: u32,
}

/// A chunk that was begun and is not complete.
#[derive(Debug, Default)]
pub(crate) struct InHand {
    pub(crate) words: u32,
    pub(crate) target_words: u32,
    /// What it has taken so far; nothing once that is in its outcome.
    pub(crate) spent: Usage,
    /// What it will probably take, in output tokens.
    pub(crate) expected: u64,
}

impl Progress {
    /// How far the job is, in per cent; never less than before.
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
