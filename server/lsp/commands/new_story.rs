//! Runs the command that makes a new brief.

use std::path::PathBuf;

use serde_json::json;
use tower_lsp::lsp_types::Url;

use super::arguments::Arguments;
use super::command::{Answer, Call};
use crate::decisions::new_story;
use crate::lsp::documents::path_of;
use crate::lsp::state::State;

/// Makes a brief of the title that is named, and shows it; the answer is its URI.
pub async fn run(call: Call) -> Answer {
    let created = call
        .blocking(|state, arguments| {
            let folder = story_folder(state, arguments)?;
            let title = arguments.title.as_deref().unwrap_or("Untitled");
            new_story::create(&folder, title).map_err(|error| error.to_string())
        })
        .await?;
    let url =
        Url::from_file_path(&created).map_err(|()| format!("{} has no URI", created.display()))?;
    call.show_document(&created);
    let name = created.file_name().unwrap_or_default().to_string_lossy();
    call.tell(&format!("a new brief is in {name}"));
    Ok(json!({ "uri": url }))
}

/// Finds where a new brief goes: the folder that was named, that of the last touched document, or the
/// workspace. Never inside generated/.
pub(super) fn story_folder(state: &State, arguments: &Arguments) -> Result<PathBuf, String> {
    let touched = arguments
        .uri
        .clone()
        .or_else(|| state.last_touched().map(|touched| touched.url));
    if let Some(path) = touched.as_ref().and_then(path_of) {
        let folder = if path.is_dir() {
            Some(path.as_path())
        } else {
            path.parent()
        };
        if let Some(folder) = folder {
            let outside = folder
                .ancestors()
                .find(|ancestor| ancestor.file_name().is_some_and(|name| name == "generated"));
            return Ok(outside
                .and_then(|generated| generated.parent())
                .unwrap_or(folder)
                .to_owned());
        }
    }
    let first = state.introduction().folders.first().cloned();
    first.ok_or_else(|| "open a folder first, so that the brief has a place".to_owned())
}
