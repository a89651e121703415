//! Planning: the prompt that asks for beats, and what is taken of its answer.

pub(crate) mod check;
pub(crate) mod labels;
pub(crate) mod prompt;
pub(crate) mod reader;
pub(crate) mod size;
pub(crate) mod tidy;
