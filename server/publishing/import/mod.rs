//! Brings a book in that another program made: a brief, and a draft whose chunks are its scenes.
//!
//! Everything is worked out before anything is written, and nothing of the source is changed. The same source again is
//! merged into the story that it made: what the author changed there stays.

mod archive;
mod beside;
pub mod bringing;
pub mod error;
mod loading;
mod memory;
mod merging;
mod outline;
mod people;
pub mod report;
