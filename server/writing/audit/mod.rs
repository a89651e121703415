//! Builds the prompt of an audit, and verifies its answer.

pub(crate) mod answer;
pub(crate) mod prompt;
