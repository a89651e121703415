//! The language server as an editor meets it: the built program over its standard input and
//! output, with clients that behave as VS Code, Neovim and Helix do.

// Shared with other test programs; each uses a part of it.
#[allow(dead_code, unused_imports)]
#[path = "../support/lsp_client/mod.rs"]
mod lsp_client;
#[path = "../support/mod.rs"]
mod support;

mod actions;
mod cancel;
mod closed;
mod controls;
mod diagnostics;
mod endurance;
mod errors;
mod features;
mod framing;
mod full_story;
mod inplace;
mod jobs;
mod last_word;
mod late_clients;
mod lifecycle;
mod lint;
mod modes;
mod open_chunk;
mod orders;
mod passes;
mod plan;
mod privacy;
mod renames;
mod rewrite;
#[cfg(unix)]
mod special;
mod streaming;
mod sync;
mod upkeep;
