//! Builds the prompt that asks for beats, and reads its answer.

pub(crate) mod check;
pub(crate) mod from_text;
pub(crate) mod labels;
pub(crate) mod prompt;
pub(crate) mod reader;
pub(crate) mod size;
pub(crate) mod tidy;
