//! Builds prompts, and judges the answers to them.
//!
//! Pure: the same values in give the same values out. Nothing in here does I/O, asks the time or knows a provider.

pub mod accept;
pub(crate) mod audit;
pub mod continuation;
pub mod contract;
pub mod inplace;
pub(crate) mod json;
pub mod part_index;
pub(crate) mod plan;
pub mod prompt;
pub mod recall;
pub(crate) mod refine;
pub mod schedule;
pub(crate) mod seam;
pub(crate) mod seed;
pub(crate) mod single;
pub mod size;
pub(crate) mod state;
pub(crate) mod thought;
pub mod tokens;
