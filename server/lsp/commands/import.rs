//! Runs the command that brings a book in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use super::arguments::Arguments;
use super::command::{Answer, Call};
use super::new_story::story_folder;
use crate::analysis::story_file::is_brief_name;
use crate::archive::{Limits, import_zip};
use crate::jobs::run::editor::Editor as _;
use crate::lsp::buffer_stream::LspEditor;
use crate::lsp::documents::path_of;
use crate::lsp::review;
use crate::lsp::state::State;
use crate::publishing::import::bringing::{Import, ImportRequest, import};
use crate::session::{ClientEdit, Owners};

/// What an import leaves to tell and to show.
struct Brought {
    answer: Value,
    message: String,
    brief: PathBuf,
    edits: Vec<ClientEdit>,
}

/// Imports the file or folder that is named, else the document that is shown; the answer is the report.
pub async fn run(call: Call) -> Answer {
    let brought = call
        .blocking(|state, arguments| {
            let folder = story_folder(state, arguments)?;
            let path = source(state, arguments, &folder)?;
            bring(state, arguments, path, folder)
        })
        .await?;
    let editor = LspEditor::new(Arc::clone(&call.state));
    for edit in &brought.edits {
        let replaced = editor.replace(edit).await;
        replaced.map_err(|error| error.to_string())?;
    }
    review::story_changed(&call.state, &brought.brief);
    call.show_document(&brought.brief);
    call.tell(&brought.message);
    Ok(brought.answer)
}

fn bring(
    state: &Arc<State>,
    arguments: &Arguments,
    path: PathBuf,
    folder: PathBuf,
) -> Result<Brought, String> {
    let request = ImportRequest {
        workspace: state.workspace_of(&folder.join("story.md")),
        path,
        folder,
        title: arguments.title.clone(),
        brief: None,
        dry_run: false,
    };
    let owners: Arc<dyn Owners> = Arc::clone(state) as Arc<dyn Owners>;
    let disk = state.workshop.disk();
    match import(&state.workshop, &request, owners).map_err(|error| error.to_string())? {
        Import::Made(report, edits) => {
            let mut message = report.message();
            for notice in &report.notices {
                message.push_str(&format!(". Note: {notice}"));
            }
            let answer = serde_json::to_value(&report).map_err(|error| error.to_string())?;
            let brief = PathBuf::from(&report.brief);
            Ok(Brought {
                answer,
                message,
                brief,
                edits,
            })
        }
        Import::Archive => {
            let limits = Limits::default();
            let imported = import_zip(&request.path, &request.folder, &limits, disk)
                .map_err(|error| error.to_string())?;
            let message = format!("session {} is brought back", imported.session);
            Ok(Brought {
                answer: json!({ "session": imported.session.as_str() }),
                message,
                brief: imported.folder.brief().to_owned(),
                edits: Vec::new(),
            })
        }
    }
}

/// Finds what is imported: what was named, from the story's folder on, else the document that was touched last.
fn source(state: &State, arguments: &Arguments, folder: &Path) -> Result<PathBuf, String> {
    if let Some(named) = &arguments.source {
        let url = Url::parse(named).ok().filter(|url| url.scheme() == "file");
        return Ok(url
            .as_ref()
            .and_then(path_of)
            .unwrap_or_else(|| folder.join(named)));
    }
    let touched = arguments
        .uri
        .clone()
        .or_else(|| state.last_touched().map(|touched| touched.url));
    let path = touched
        .as_ref()
        .and_then(path_of)
        .filter(|path| path.is_file());
    let is_own = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(is_brief_name) || path.iter().any(|part| part == "generated")
    };
    path.filter(|path| !is_own(path)).ok_or_else(|| {
        "name the file or folder to import: its path goes with the command as `source`".to_owned()
    })
}
