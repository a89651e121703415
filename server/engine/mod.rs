//! Jobs: what to write next, the prompt for it, the draft, its acceptance, and what is told.
//!
//! The engine speaks of stories, beats and chunks. It knows no terminal and no editor
//! protocol: both listen through [`events::Observer`], and an editor's open files come in
//! through [`editor::Editor`].

pub mod accept;
mod answering;
pub mod argument;
mod asked;
mod asking;
mod audit;
mod brief_watch;
pub mod contract;
pub mod doctor;
mod draft;
pub mod editor;
pub mod environment;
pub mod error;
pub mod event_words;
pub mod events;
pub mod explain;
pub mod export;
mod extract;
pub mod findings;
pub mod foresee;
pub mod foresee_passes;
pub mod job;
mod job_report;
mod json;
mod known_slices;
pub mod local_servers;
mod looking;
mod measuring;
pub mod new_story;
mod opening;
mod pass;
mod pass_job;
mod passes;
pub mod plan;
mod precedence;
mod preflight;
pub mod prepare;
pub mod prompt;
mod queue;
mod refine;
pub mod report;
mod run_report;
mod scene;
pub mod schedule;
pub mod seam;
mod seed;
mod selection;
pub mod sessions;
pub mod settings;
mod single;
pub mod size;
pub mod snapshot;
pub mod stale;
pub mod stale_reason;
pub mod status;
pub mod story_file;
mod thought;
pub mod tokens;
pub mod upkeep;
pub mod versions;
mod without_effect;
pub mod workshop;
pub mod writer;
pub mod written;

/// Runs a call of the file system where it holds nobody up. Not undone when the future is
/// dropped: what was begun is finished.
pub(crate) async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(call).await {
        Ok(value) => value,
        // The runtime never cancels a blocking call that has begun, so this is its panic.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
