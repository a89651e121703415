//! `workspace/didChangeWatchedFiles`: settings files that change outside the editor.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::Registration;

use crate::lsp::review;
use crate::lsp::state::State;

const METHOD: &str = "workspace/didChangeWatchedFiles";
/// The settings of a workspace, in whichever of its folders.
const SETTINGS_FILES: &str = "**/storywright.toml";

/// Asks the client to tell when a settings file of the workspace changes, where it can.
pub fn register(state: &State) {
    if let Some(client) = state.client()
        && state.introduction().watches_files()
    {
        client.register(Registration {
            id: "storywright/settings".to_owned(),
            method: METHOD.to_owned(),
            register_options: Some(json!({"watchers": [{"globPattern": SETTINGS_FILES}]})),
        });
    }
}

/// Judges all that is open by the settings that are in force now.
pub fn handle(state: &Arc<State>) {
    review::all_changed(state);
}
