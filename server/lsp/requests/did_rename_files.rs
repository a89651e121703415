//! `workspace/didRenameFiles`: a brief keeps its drafts under a new name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tower_lsp::lsp_types::{MessageType, RenameFilesParams, Url};

use crate::analysis::story_file::is_brief_name;
use crate::decisions::sessions;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::documents::path_of;
use crate::lsp::state::State;
use crate::lsp::stories;
use crate::session::{Owners, SessionId};

/// Brings the drafts of briefs that the editor renamed to their new names.
pub async fn handle(state: &Arc<State>, params: RenameFilesParams) {
    let path = |uri: &str| Url::parse(uri).ok().as_ref().and_then(path_of);
    let renames = params.files.iter();
    let renames = renames.filter_map(|file| Some((path(&file.old_uri)?, path(&file.new_uri)?)));
    let renames: Vec<(PathBuf, PathBuf)> = renames.collect();
    let told = {
        let state = Arc::clone(state);
        blocking(move || {
            let renames = renames.iter();
            renames
                .filter_map(|(old, new)| follow_rename(&state, old, new).transpose())
                .collect::<Vec<_>>()
        })
        .await
    };
    let Some(client) = state.client() else {
        return;
    };
    for told in told {
        match told {
            Ok(message) => client.show(MessageType::INFO, format!("Storywright: {message}")),
            Err(message) => client.show(MessageType::WARNING, format!("Storywright: {message}")),
        }
    }
}

/// Brings the drafts of one file along. Returns what there is to tell; `None` for a file that is no brief, or
/// has no drafts.
fn follow_rename(state: &Arc<State>, old: &Path, new: &Path) -> Result<Option<String>, String> {
    let name = |path: &Path| path.file_name()?.to_str().map(str::to_owned);
    let (Some(former), Some(brief)) = (name(old), name(new)) else {
        return Ok(None);
    };
    let is_rename = is_brief_name(&former) && is_brief_name(&brief) && old.parent() == new.parent();
    if !is_rename {
        return Ok(None);
    }
    let adopted = stories::read(state, new).and_then(|(story, settings)| {
        let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
        sessions::follow_rename(&state.workshop, &story, &settings, &former, &owners)
    });
    let adopted = adopted.map_err(|error| cause_chain(&error))?;
    let ids: Vec<&str> = adopted.iter().map(SessionId::as_str).collect();
    Ok(
        (!ids.is_empty())
            .then(|| format!("what was written goes with {brief}: {}", ids.join(", "))),
    )
}
