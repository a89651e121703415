//! The editor front: the language server. The only place that knows the protocol's types.
//!
//! Handlers wait for nothing slow: a command validates, starts a job and returns its id.

mod brief_review;
mod buffer_stream;
mod capabilities;
mod chunk_review;
mod client;
mod commands;
mod confirm;
mod delivery;
mod diagnostics;
mod document_kind;
mod documents;
mod edit;
mod edits_underway;
mod fixes;
mod framing;
mod growth;
mod ingress;
mod interrupted;
mod introduction;
mod jobs;
mod journal_events;
mod journals;
mod lifecycle;
mod message;
mod moves;
mod newer_capabilities;
mod newest;
mod opened;
mod page_address;
mod pages;
mod passage;
mod plain;
mod position;
mod progress;
mod published;
mod reports;
mod requests;
mod review;
mod review_queue;
mod running_jobs;
mod server;
mod state;
mod stories;
mod target;
mod transport;

pub use commands::{COMMANDS, Command, Palette};
pub use server::serve;
