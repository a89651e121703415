//! Holds the inputs of the prompt of one chunk.

use super::earlier::Earlier;
use super::ground::Ground;
use super::templates::Templates;
use crate::story::Brief;
use crate::writing::part_index::PartIndex;
use crate::writing::tokens::PromptLimit;

/// The inputs of a prompt.
#[derive(Debug, Clone, Copy)]
pub struct PromptInputs<'a> {
    pub brief: &'a Brief,
    pub templates: &'a Templates,
    /// The ground of that brief with those templates.
    pub ground: &'a Ground,
    /// Index of the beat in `brief.beats`.
    pub beat: usize,
    /// Length of this chunk, whole, in words (characters for CJK).
    pub target_words: u32,
    /// The written parts before this one, in story order.
    pub earlier: &'a [Earlier<'a>],
    /// Those parts taken apart, as far as they were for other prompts.
    pub index: &'a PartIndex,
    /// The prose of the chunk before, or empty where it is not there.
    pub preceding: &'a str,
    /// The text of this chunk that is written already, or empty; the answer continues it.
    pub so_far: &'a str,
    /// Length to write in this answer, in words (characters for CJK); where that is less than
    /// is still to be written, the model is told to leave the rest for later.
    pub remaining_words: u32,
    /// The author's wishes for this rewrite, from margin notes or a command; may be empty.
    pub notes: &'a [String],
    /// Most tokens that the prompt may have.
    pub limit: PromptLimit,
}
