//! `window/workDoneProgress/cancel`: the client's own cancel button.

use std::sync::Arc;

use tower_lsp::lsp_types::{NumberOrString, WorkDoneProgressCancelParams};

use crate::lsp::state::State;

/// Cancels the job that the token of a progress names.
pub fn handle(state: &Arc<State>, params: WorkDoneProgressCancelParams) {
    if let NumberOrString::String(token) = params.token
        && let Some(job) = token.strip_prefix("storywright/")
    {
        state.jobs.cancel(job);
    }
}
