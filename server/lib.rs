//! Storywright writes long fiction from a brief, chunk by chunk, into markdown files.
//!
//! Layers, top to bottom; a layer knows only those below it:
//!
//! - [`cli`], [`lsp`]: the shell front and the editor front
//! - [`engine`]: jobs: plan, prompt, draft, accept, report
//! - [`session`], [`provider`]: the checkpoint store; model wire protocols
//! - [`story`]: the brief and the prose as data; pure
//!
//! `ARCHITECTURE.md` has the code map and the invariants.

pub mod cli;
pub mod engine;
pub mod lsp;
pub mod provider;
pub mod session;
mod signals;
pub mod story;
