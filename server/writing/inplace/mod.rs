//! Writes at one place of a text: goes on there, or puts another passage in place of one.
//!
//! `place.rs` is what stands at the place, `seam.rs` how new text meets the text around it, `prompt.rs` what a model
//! is asked, `judge.rs` what its answer must pass, `sentence.rs` where its first sentence ends, `plain.rs` what takes the place of a brief where none governs
//! the text.

mod judge;
mod place;
mod plain;
mod prompt;
mod seam;
mod sentence;
mod task;

pub use judge::{Measure, Refusal};
pub use place::{NothingThere, Place};
pub use plain::plain_brief;
pub use prompt::{Asked, Calls, DoesNotFit};
pub use seam::Seam;
pub use sentence::first_sentence;
pub use task::Task;
