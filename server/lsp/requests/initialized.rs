//! `initialized`: from now on the client may be asked.

use std::sync::Arc;

use super::{did_change_configuration, did_change_watched_files};
use crate::lsp::interrupted;
use crate::lsp::state::State;

/// Asks for the settings, and to be told when their files change; says what was interrupted.
pub async fn handle(state: &Arc<State>) {
    did_change_watched_files::register(state);
    did_change_configuration::fetch(state, None).await;
    // A question may wait for its answer as long as the author likes.
    let state = Arc::clone(state);
    tokio::spawn(async move { interrupted::tell(&state).await });
}
