//! Writes stories: queues chunks, drafts, judges and saves them, one job a story.

pub(crate) mod draft;
pub mod foresee;
pub mod job;
pub(crate) mod job_progress;
pub(crate) mod job_records;
mod looking;
pub mod prepare;
mod progress;
mod queue;
pub(crate) mod single;
