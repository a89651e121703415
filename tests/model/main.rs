//! What goes to a model and what comes back: prompts, protocols, faults, over real HTTP.

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod long_outline;
mod one_story;
mod protocols;
mod scripted_server;
