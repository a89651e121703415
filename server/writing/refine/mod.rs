//! A second draft: the passages that are sent, the prompt, and what its answer must pass.

pub(crate) mod judge;
pub(crate) mod passages;
pub(crate) mod prompt;
