//! Reads a chunk: a model extracts what later chunks have to know, which is verified against the text and
//! saved beside it.
//!
//! Nothing of it may touch the story: no chunk waits for it, and whatever goes wrong with it is
//! told and changes nothing but what is known.

mod during_job;
mod job;
mod reader;

pub use during_job::Readings;
pub use reader::{Reader, Reading};
