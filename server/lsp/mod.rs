//! The editor front: the language server. The only place that knows the protocol's types.
//!
//! Handlers wait for nothing slow: a command validates, starts a job and returns its id.

mod client;
mod code_actions;
mod commands;
mod confirm;
mod delivery;
mod diagnostics;
mod documents;
mod edit;
mod fixes;
mod framing;
mod growth;
mod ingress;
mod jobs;
mod journals;
mod lifecycle;
mod message;
mod moves;
mod page;
mod plain;
mod planning;
mod position;
mod progress;
mod review;
mod server;
mod session_commands;
mod state;
mod target;
mod transport;
mod version_commands;
mod watching;

pub use commands::ALL as COMMANDS;
pub use server::serve;
