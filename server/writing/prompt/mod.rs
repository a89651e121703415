//! Builds the prompt of a chunk: what it holds, in which order, how large, and what was left out.
//!
//! Pure and deterministic: the same inputs give the same bytes. Blocks come in the order of
//! how rarely they change, so that providers' prefix caches hit. Facts, rules and the beat are
//! never cut: a story whose chunks do not know them becomes several stories.

mod assemble;
mod block;
mod blocks;
mod budget;
mod chunk_blocks;
mod earlier;
mod ground;
mod inputs;
mod memory;
mod named_people;
mod outline;
pub mod slices;
mod tail;
pub mod templates;
mod whole;

use crate::story::Brief;
use crate::story::state::StoryState;

pub use block::{Block, LeftOut, Part, Prompt, TooLarge};
pub(crate) use blocks::{background_text, cast_entry, contract, facts, plan, rules};
pub use earlier::Earlier;
pub use ground::Ground;
pub use inputs::PromptInputs;
pub use templates::Templates;
pub use whole::{PlannedPart, WholeStory};

/// Returns the last `words` words of a text, from a sentence's or at least a word's beginning.
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
}

/// Returns the first `words` words of a text.
pub(crate) fn first_words(text: &str, words: usize) -> &str {
    tail::head(text, words)
}

/// Returns the cast entries that the people of a beat and those whom `texts` name have in a prompt.
pub(crate) fn cast_near(
    brief: &Brief,
    ground: &Ground,
    beat: Option<usize>,
    texts: &[&str],
) -> Vec<String> {
    let beat = beat.and_then(|beat| brief.beats.get(beat));
    let called = named_people::Called::by(brief, ground, beat, texts);
    let entries = called.entries();
    entries
        .filter_map(|entry| brief.cast.get(entry).map(blocks::cast_entry))
        .collect()
}

/// Returns the cast entries that the prompt of a beat always holds: of the characters that it names.
pub fn named_cast(brief: &Brief, ground: &Ground, beat: usize) -> Vec<slices::Slice> {
    let called = named_people::Called::by(brief, ground, brief.beats.get(beat), &[]);
    let entries = called.entries();
    entries
        .filter_map(|entry| brief.cast.get(entry))
        .map(|entry| slices::Slice::Cast(entry.name.clone()))
        .collect()
}

/// Writes `state` as the prompt of a beat has it. `ground` is that of the brief.
pub fn state_text(state: &StoryState, brief: &Brief, ground: &Ground, beat: usize) -> String {
    let called = named_people::Called::by(brief, ground, brief.beats.get(beat), &[]);
    memory::state_text(state, &called)
}
