//! Extracts the state of a chunk: the prompt that asks for it, and the reading of the answer.

pub(crate) mod answer;
pub(crate) mod prompt;
