//! An audit: the prompt that asks for contradictions, and what is believed of its answer.

pub(crate) mod answer;
pub(crate) mod prompt;
