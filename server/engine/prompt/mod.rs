//! The prompt of a chunk: what it holds, in which order, how large, and what was left out.
//!
//! Pure and deterministic: the same inputs give the same bytes. Blocks come in the order of
//! how rarely they change, so that providers' prefix caches hit. Facts, rules and the beat are
//! never cut: a story whose chunks do not know them becomes several stories.

mod assemble;
mod blocks;
mod budget;
mod ground;
mod memory;
pub mod slices;
mod tail;
pub mod templates;
mod trigger;
mod whole;

use crate::engine::tokens::{Estimator, PromptLimit};
use crate::story::Brief;
use crate::story::state::StoryState;

pub(super) use blocks::{background_text, cast_entry, facts, rules};
pub use ground::Ground;
pub use memory::Earlier;
pub use templates::Templates;
pub use whole::{PlannedPart, WholeStory};

/// What a prompt is made from.
#[derive(Debug, Clone, Copy)]
pub struct PromptInputs<'a> {
    pub brief: &'a Brief,
    pub templates: &'a Templates,
    /// Of that brief with those templates.
    pub ground: &'a Ground,
    /// Index of the beat in `brief.beats`.
    pub beat: usize,
    /// Length of this chunk, whole, in words (characters for CJK).
    pub target_words: u32,
    /// The parts before this one that are written, in story order.
    pub earlier: &'a [Earlier<'a>],
    /// The prose of the chunk before, or empty where it is not there.
    pub preceding: &'a str,
    /// What of this chunk is written already, or empty; the answer goes on from its end.
    pub so_far: &'a str,
    /// Length to write in this answer, in words (characters for CJK); where that is less than
    /// is still to be written, the model is told to leave the rest for later.
    pub remaining_words: u32,
    /// What the author wants of this rewrite, from margin notes or a command; may be empty.
    pub notes: &'a [String],
    /// Most tokens that the prompt may have.
    pub limit: PromptLimit,
}

/// A prompt, block by block.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub blocks: Vec<Block>,
    pub left_out: Vec<LeftOut>,
    /// The digest of each input slice that the prompt holds.
    pub inputs: slices::Slices,
    /// By which its size is estimated.
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
    /// The same for every chunk of a story.
    System,
    /// The beginning of the user message, which only ever grows.
    Sealed,
    User,
    /// What differs between two calls for the same chunk.
    Closing,
}

/// What did not fit, and how large it was.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    pub what: String,
    /// By estimate.
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
    /// Of all blocks that are never cut.
    pub tokens: u32,
    pub limit: PromptLimit,
}

/// The last `words` words of a text, from a sentence's or at least a word's beginning.
pub fn last_words(text: &str, words: usize) -> &str {
    tail::tail(text, words)
}

impl Prompt {
    /// Builds the prompt of one chunk.
    ///
    /// # Errors
    /// [`TooLarge`] when what must not be cut exceeds `context_tokens`.
    pub fn build(inputs: &PromptInputs<'_>) -> Result<Prompt, TooLarge> {
        assemble::assemble(inputs)
    }

    /// Builds the prompt of a story that is to be written in one answer.
    ///
    /// # Errors
    /// [`TooLarge`] when it exceeds `context_tokens`: nothing can be left out of it.
    pub fn whole(story: &WholeStory<'_>) -> Result<Prompt, TooLarge> {
        whole::assemble(story)
    }

    /// The text of the system message.
    pub fn system(&self) -> String {
        self.part(Part::System).join("\n\n")
    }

    /// The user message in parts of falling stability.
    pub fn user(&self) -> Vec<String> {
        let parts = [Part::Sealed, Part::User, Part::Closing].map(|part| self.part(part));
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

    /// Its size by estimate, in tokens.
    pub fn tokens(&self) -> u32 {
        self.blocks
            .iter()
            .map(|block| self.estimator.estimate(&block.text))
            .sum()
    }
}

/// The cast entries that the prompt of a beat holds whatever comes before it: of those whom it names.
pub fn named_cast(brief: &Brief, ground: &Ground, beat: usize) -> Vec<slices::Slice> {
    let called = trigger::Called::by(brief, ground, brief.beats.get(beat), &[]);
    let entries = called.entries();
    entries
        .filter_map(|entry| brief.cast.get(entry))
        .map(|entry| slices::Slice::Cast(entry.name.clone()))
        .collect()
}

/// How things stand in `state`, as the prompt of a beat tells it. `ground` is that of the brief.
pub fn state_text(state: &StoryState, brief: &Brief, ground: &Ground, beat: usize) -> String {
    let called = trigger::Called::by(brief, ground, brief.beats.get(beat), &[]);
    memory::state_text(state, &called)
}
