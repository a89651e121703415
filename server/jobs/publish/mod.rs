//! Exports a story, and writes documents that an editor shows.

pub mod export;
pub mod pages;
