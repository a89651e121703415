//! Runs a job: writes chunks, saves, assembles and reports; can be cancelled at any moment.
//!
//! Workers draft, several at a time where the order allows it; what they bring is taken in by
//! one [`reducer`], which alone decides what comes next. What follows a complete chunk without
//! the job waiting for it lines up in [`BackgroundQueue`](crate::jobs::run::background_queue::BackgroundQueue).

mod derived;
mod follow_stale;
mod reducer;
mod results;
mod run;
mod running;
mod seams;
mod settle;
mod unsaved;

pub(crate) use results::Results;
pub use running::Job;
