//! Settings files that change outside the editor: the client is asked to tell of them, where it can.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::Registration;

use super::diagnostics;
use super::review;
use super::state::State;

const METHOD: &str = "workspace/didChangeWatchedFiles";
/// The settings of a workspace, in whichever of its folders.
const SETTINGS_FILES: &str = "**/storywright.toml";

/// Asks the client to tell when a settings file of the workspace changes.
pub fn watch_settings(state: &State) {
    let can_register = state.introduction().is_some_and(|introduction| {
        let workspace = introduction.capabilities.workspace.as_ref();
        workspace
            .and_then(|workspace| workspace.did_change_watched_files.as_ref())
            .and_then(|watched| watched.dynamic_registration)
            .unwrap_or(false)
    });
    if can_register && let Some(client) = state.client() {
        client.register(Registration {
            id: "storywright/settings".to_owned(),
            method: METHOD.to_owned(),
            register_options: Some(json!({"watchers": [{"globPattern": SETTINGS_FILES}]})),
        });
    }
}

/// Judges all that is open by the settings that are in force now.
pub fn settings_changed(state: &Arc<State>) {
    review::note_all(state);
    diagnostics::schedule_all(state);
}
