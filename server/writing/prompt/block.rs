//! Represents a prompt as blocks of text, in the order in which they are sent.

use super::slices::Slices;
use crate::writing::tokens::{Estimator, PromptLimit};

/// A prompt, block by block.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub blocks: Vec<Block>,
    pub left_out: Vec<LeftOut>,
    /// The digest of each input slice that the prompt holds.
    pub inputs: Slices,
    /// The estimator of its size.
    pub estimator: Estimator,
}

/// One block of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub name: &'static str,
    pub part: Part,
    pub text: String,
}

/// Which message a block goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The system message, the same for every chunk of a story.
    System,
    /// The beginning of the user message, which only ever grows.
    Sealed,
    /// What follows in the user message, the same for every chunk of a chapter.
    Chapter,
    User,
    /// The end of the user message, which differs between two calls for the same chunk.
    Closing,
}

/// A block that did not fit, and its size.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    pub what: String,
    /// The estimated size.
    pub tokens: u32,
    pub why: &'static str,
}

/// Facts, rules and beat alone are more than the prompt may hold; nothing is sent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the prompt does not fit: {what} needs about {tokens} tokens and {}. Nothing was sent. Shorten it in the \
     brief, or {}",
    .limit.allowance(),
    .limit.remedy()
)]
pub struct TooLarge {
    /// The largest of the blocks that are never cut.
    pub what: &'static str,
    /// The size of all blocks that are never cut.
    pub tokens: u32,
    pub limit: PromptLimit,
}

impl Prompt {
    /// Returns the text of the system message.
    pub fn system(&self) -> String {
        self.part(Part::System).join("\n\n")
    }

    /// Returns the user message in parts of falling stability.
    pub fn user(&self) -> Vec<String> {
        let parts = [Part::Sealed, Part::Chapter, Part::User, Part::Closing];
        let parts = parts.map(|part| self.part(part));
        let mut parts: Vec<String> = parts
            .into_iter()
            .filter(|blocks| !blocks.is_empty())
            .map(|blocks| blocks.join("\n\n"))
            .collect();
        let last = parts.len().saturating_sub(1);
        for part in parts.iter_mut().take(last) {
            part.push_str("\n\n");
        }
        parts
    }

    fn part(&self, part: Part) -> Vec<&str> {
        let blocks = self.blocks.iter().filter(|block| block.part == part);
        blocks.map(|block| block.text.as_str()).collect()
    }

    /// Returns the estimated size of the prompt in tokens.
    pub fn tokens(&self) -> u32 {
        self.blocks
            .iter()
            .map(|block| self.estimator.estimate(&block.text))
            .sum()
    }
}
