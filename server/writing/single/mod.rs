//! Handles a whole story in one call: the marks between its parts, and the cutting of the answer at them.

pub(crate) mod cut;
pub mod mark;
