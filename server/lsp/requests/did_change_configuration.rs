//! `workspace/didChangeConfiguration`: the settings of the editor.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tower_lsp::lsp_types::DidChangeConfigurationParams;

use crate::lsp::review;
use crate::lsp::state::State;

/// How long the client may take to tell its settings.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes in settings that changed: those that the client tells when it is asked, else those that it sent.
pub async fn handle(state: &Arc<State>, params: DidChangeConfigurationParams) {
    let given = Some(params.settings).filter(Value::is_object);
    fetch(state, given.map(storywright_section)).await;
}

/// Asks for the settings where the client can tell them.
pub async fn fetch(state: &Arc<State>, given: Option<Value>) {
    // A job that is asked for meanwhile waits for the answer.
    let _asking = state.expect_settings();
    let can_tell = state.introduction().tells_settings();
    let told = match state.client() {
        Some(client) if can_tell => client.configuration(PATIENCE).await.ok(),
        _ => None,
    };
    // An empty object says nothing: eglot sends one whatever its user has set, lsp-mode
    // answers with one.
    let says_something = |value: &Value| value.as_object().is_some_and(|it| !it.is_empty());
    let told = told.filter(says_something).or(given.filter(says_something));
    state.set_editor_settings(told);
    // A model that was chosen elsewhere makes chunks stale.
    review::all_changed(state);
}

/// Takes our settings out of what a client sends: all settings, or just ours.
pub fn storywright_section(settings: Value) -> Value {
    match settings.get("storywright") {
        Some(section) => section.clone(),
        None => settings,
    }
}
