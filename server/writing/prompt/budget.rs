//! Gives out a budget of tokens, block by block.

use super::block::{LeftOut, TooLarge};
use super::ground::Weighed;
use crate::writing::tokens::{PromptLimit, Weight};

/// What the headings of the blocks that may be left out take together, and the space between
/// blocks.
const BETWEEN_BLOCKS: u32 = 100;

pub(crate) struct Budget {
    limit: PromptLimit,
    left: u32,
    pub(crate) left_out: Vec<LeftOut>,
}

impl Budget {
    /// Makes the budget that the blocks which are never cut leave, given the size of each in tokens.
    pub(crate) fn new(
        limit: PromptLimit,
        fixed: &[(&'static str, u32)],
    ) -> Result<Budget, TooLarge> {
        let sizes = fixed.iter().map(|(name, size)| (*size, *name));
        let total = sizes.clone().map(|(size, _)| size).sum::<u32>() + BETWEEN_BLOCKS;
        match limit.tokens.checked_sub(total) {
            Some(left) => Ok(Budget {
                limit,
                left,
                left_out: Vec::new(),
            }),
            None => Err(TooLarge {
                what: sizes.max().map_or("the brief", |(_, name)| name),
                tokens: total,
                limit,
            }),
        }
    }

    /// Returns the whole budget in tokens.
    pub(crate) fn limit(&self) -> PromptLimit {
        self.limit
    }

    /// Estimates how many tokens a text takes.
    pub(crate) fn estimate(&self, text: &str) -> u32 {
        self.limit.estimate(text)
    }

    /// Estimates how many tokens a weighed text takes.
    pub(super) fn estimate_of(&self, weight: Weight) -> u32 {
        self.limit.estimator.of(weight)
    }

    /// Returns the text, if there is room for it; noted as left out otherwise.
    pub(crate) fn take(&mut self, what: &str, text: String) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let size = self.estimate(&text);
        self.take_of(what, size, || text)
    }

    /// Returns a text that was weighed before, if there is room for it; noted as left out otherwise.
    pub(super) fn take_weighed(&mut self, what: &str, text: &Weighed) -> Option<String> {
        let size = self.estimate_of(text.weight);
        let is_there = !text.text.is_empty();
        is_there.then(|| self.take_of(what, size, || text.text.clone()))?
    }

    /// Returns the text of so many tokens, if there is room for it.
    pub(super) fn take_of(
        &mut self,
        what: &str,
        size: u32,
        text: impl FnOnce() -> String,
    ) -> Option<String> {
        if size > self.left {
            self.leave_out(what, size, "there was no room");
            return None;
        }
        self.left -= size;
        Some(text())
    }

    /// Takes as many of the texts, in their order, as there is room for, and at most `most` tokens. The rest
    /// is noted as left out, in one line.
    pub(crate) fn take_some<T>(
        &mut self,
        what: &str,
        most: u32,
        items: Vec<T>,
        size: impl Fn(&T) -> u32,
    ) -> Vec<T> {
        let mut room = self.left.min(most);
        let (mut kept, mut lost, mut lost_size) = (Vec::new(), 0_u32, 0_u32);
        for item in items {
            let size = size(&item);
            if size <= room {
                room -= size;
                self.left -= size;
                kept.push(item);
            } else {
                lost += 1;
                lost_size = lost_size.saturating_add(size);
            }
        }
        if lost > 0 {
            self.leave_out(
                &format!("{what} ({lost} more)"),
                lost_size,
                "this block has a limit of its own",
            );
        }
        kept
    }

    pub(crate) fn leave_out(&mut self, what: &str, tokens: u32, why: &'static str) {
        self.left_out.push(LeftOut {
            what: what.to_owned(),
            tokens,
            why,
        });
    }

    /// Keeps room for later; so many tokens as there are, at most.
    pub(crate) fn reserve(&mut self, tokens: u32) -> u32 {
        let reserved = tokens.min(self.left);
        self.left -= reserved;
        reserved
    }

    pub(crate) fn release(&mut self, reserved: u32) {
        self.left = self.left.saturating_add(reserved);
    }

    pub(crate) fn has_room(&self, tokens: u32) -> bool {
        tokens <= self.left
    }

    pub(crate) fn spend(&mut self, tokens: u32) {
        self.left = self.left.saturating_sub(tokens);
    }
}
