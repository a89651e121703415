//! What leaves a story: its export, and pages that an editor shows.

pub mod export;
pub mod pages;
