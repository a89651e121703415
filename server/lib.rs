//! Storywright writes long fiction from a brief, chunk by chunk, into markdown files.
//!
//! Layers, top to bottom; a layer knows only those below it:
//!
//! - [`cli`], [`lsp`]: the shell front and the editor front
//! - [`publishing`]: acts: what leaves a story and what comes in
//! - [`decisions`]: acts: what an author decides, without a model
//! - [`jobs`]: acts: plans, writes, reads, goes over; [`analysis`]: looks; [`settings`]: layers and trust
//! - [`events`]: what happens in a job, as data and in words; pure
//! - [`writing`]: what a prompt holds and what an answer must pass; pure
//! - [`book`]: a story as a book, and books read as stories; pure
//! - [`archive`]: a session as one file, written and read
//! - [`session`], [`provider`]: the checkpoint store; model wire protocols
//! - [`story`]: the brief and the prose as data; pure
//!
//! `ARCHITECTURE.md` has the code map and the invariants.

pub mod analysis;
pub mod archive;
pub mod book;
pub mod cli;
pub mod decisions;
pub mod events;
pub mod jobs;
pub mod lsp;
pub mod provider;
pub mod publishing;
pub mod session;
pub mod settings;
mod signals;
pub mod story;
pub mod writing;
