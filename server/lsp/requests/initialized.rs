//! `initialized`: from now on the client may be asked.

use std::sync::Arc;

use super::{did_change_configuration, did_change_watched_files};
use crate::lsp::state::State;

/// Asks for the settings, and to be told when their files change.
pub async fn handle(state: &Arc<State>) {
    did_change_watched_files::register(state);
    did_change_configuration::fetch(state, None).await;
}
