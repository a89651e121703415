//! Tells what happens in a job: its events as data, and the words for them.
//!
//! Pure. Jobs tell, the fronts show: none of it knows a terminal, an editor's protocol or a log.

pub(crate) mod inplace;
pub mod job;
pub mod outcomes;
pub(crate) mod phrases;
pub(crate) mod plan;
pub(crate) mod plan_summary;
mod plan_words;
pub mod words;
