//! Refines a chunk: the passages that are sent, the prompt, and the judgement of its answer.

pub(crate) mod judge;
pub(crate) mod passages;
pub(crate) mod prompt;
