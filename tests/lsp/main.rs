//! The language server as an editor meets it: the built program over its standard input and
//! output, with clients that behave as VS Code, Neovim and Helix do.

// Shared with other test programs; each uses a part of it.
#[allow(dead_code, unused_imports)]
#[path = "../support/lsp_client/mod.rs"]
mod lsp_client;
#[path = "../support/mod.rs"]
mod support;

mod actions;
mod answered;
mod cancel;
mod candidates;
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
mod ledger;
mod lifecycle;
mod lint;
mod modes;
mod open_chunk;
mod orders;
mod pages;
mod passes;
mod plan;
mod plan_from_text;
mod privacy;
mod pull;
mod rename;
mod renames;
mod rewrite;
#[cfg(unix)]
mod special;
mod streaming;
mod sync;
mod upkeep;

use serde_json::json;

use lsp_client::{Editor, Persona, Workspace, uri};

/// A story that the demo writer wrote, with its brief open.
fn written(persona: Persona) -> (Workspace, Editor) {
    let story = Workspace::with_brief("short");
    story.demo(0);
    let mut editor = Editor::start(persona, &story);
    editor.open(&story.brief());
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait_for_end(&job);
    (story, editor)
}
