//! The prompt of a chunk: what it holds, in which order, how large, and what was left out.
//!
//! Pure and deterministic: the same inputs give the same bytes. Blocks come in the order of
//! how rarely they change, so that providers' prefix caches hit. Facts, rules and the beat are
//! never cut: a story whose chunks do not know them becomes several stories.

mod blocks;
pub mod slices;
mod trigger;

use std::collections::BTreeMap;

use crate::engine::tokens;
use crate::story::{Brief, Digest};

/// What a prompt is made from.
#[derive(Debug, Clone, Copy)]
pub struct PromptInputs<'a> {
    pub brief: &'a Brief,
    /// Index of the beat in `brief.beats`.
    pub beat: usize,
    /// Length of this chunk, whole, in words (characters for CJK).
    pub target_words: u32,
    /// The prose of the chunk before, or empty.
    pub preceding: &'a str,
    /// What of this chunk is written already, or empty; the answer goes on from its end.
    pub so_far: &'a str,
    /// Length still to write, in words (characters for CJK).
    pub remaining_words: u32,
    /// What the author wants of this rewrite, from margin notes or a command; may be empty.
    pub notes: &'a [String],
    /// Most tokens that the prompt may have.
    pub context_tokens: u32,
}

/// A prompt, block by block.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub blocks: Vec<Block>,
    pub left_out: Vec<LeftOut>,
    /// The digest of each input slice that the prompt holds, by name; see [`slices`].
    pub inputs: BTreeMap<String, Digest>,
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
    /// The same for every chunk of a story.
    System,
    User,
}

/// What did not fit, and how large it was.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    pub what: String,
    pub tokens: u32,
}

/// Facts, rules and beat alone are more than the prompt may hold; nothing is sent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the prompt does not fit: {what} needs about {tokens} tokens and context_tokens allows {limit}. \
     Nothing was sent. Shorten it in the brief, or raise context_tokens"
)]
pub struct TooLarge {
    /// The largest of the blocks that are never cut.
    pub what: &'static str,
    /// Of all blocks that are never cut.
    pub tokens: u32,
    pub limit: u32,
}

/// The last `words` words of a text, from a sentence's or at least a word's beginning.
pub fn last_words(text: &str, words: usize) -> &str {
    blocks::tail(text, words)
}

impl Prompt {
    /// Builds the prompt of one chunk.
    ///
    /// # Errors
    /// [`TooLarge`] when what must not be cut exceeds `context_tokens`.
    pub fn build(inputs: &PromptInputs<'_>) -> Result<Prompt, TooLarge> {
        blocks::assemble(inputs)
    }

    /// The text of the system message.
    pub fn system(&self) -> String {
        self.part(Part::System).join("\n\n")
    }

    /// The user message in parts of falling stability.
    pub fn user(&self) -> Vec<String> {
        let mut parts = self.part(Part::User);
        let last = parts.len().saturating_sub(1);
        for part in parts.iter_mut().take(last) {
            part.push_str("\n\n");
        }
        parts
    }

    fn part(&self, part: Part) -> Vec<String> {
        self.blocks
            .iter()
            .filter(|block| block.part == part)
            .map(|block| block.text.clone())
            .collect()
    }

    /// Its size by estimate, in tokens.
    pub fn tokens(&self) -> u32 {
        self.blocks
            .iter()
            .map(|block| tokens::estimate(&block.text))
            .sum()
    }
}
