//! What leaves a story: its export.

pub mod export;
