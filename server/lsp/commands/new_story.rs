//! Runs the command that makes a new brief.

use std::path::{Path, PathBuf};

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
/// workspace. Never inside generated/, nor outside of the folders that are open.
pub(super) fn story_folder(state: &State, arguments: &Arguments) -> Result<PathBuf, String> {
    let touched = || state.last_touched().map(|touched| touched.url);
    let named = arguments.uri.as_ref().and_then(path_of);
    let is_named = named.is_some();
    if let Some(path) = named.or_else(|| touched().as_ref().and_then(path_of)) {
        let folder = match path.is_dir() {
            true => Some(path.as_path()),
            false => path.parent(),
        };
        if let Some(folder) = folder {
            let generated = (folder.ancestors())
                .find(|ancestor| ancestor.file_name().is_some_and(|name| name == "generated"));
            let folder = generated.and_then(Path::parent).unwrap_or(folder);
            if is_open(state, folder) {
                return Ok(folder.to_owned());
            }
            if is_named {
                let folder = folder.display();
                return Err(format!(
                    "{folder} is in none of the folders that are open here; nothing was written"
                ));
            }
        }
    }
    let first = state.introduction().folders.first().cloned();
    first.ok_or_else(|| "open a folder first, so that the brief has a place".to_owned())
}

/// Tells whether a folder is in one that the client has open. A client that has none works on single files.
fn is_open(state: &State, folder: &Path) -> bool {
    let folders = &state.introduction().folders;
    // What does not exist yet is where the nearest folder above is that does.
    let there = folder.ancestors().find_map(|it| it.canonicalize().ok());
    let is_in = |open: &PathBuf| {
        let real = open.canonicalize().ok();
        folder.starts_with(open)
            && (there.as_ref().zip(real)).is_none_or(|(there, open)| there.starts_with(open))
    };
    folders.is_empty() || folders.iter().any(is_in)
}
