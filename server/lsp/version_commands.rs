//! The commands about what a chunk was before: its versions, and what changed since one of them.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::lsp_types::{MessageType, Url};

use super::commands::{can_show_documents, story_at, unblocked};
use super::confirm::{PATIENCE, can_ask};
use super::page::LspEditor;
use super::review;
use super::state::State;
use super::target::{Arguments, Takes, Target, resolve};
use crate::engine::error::JobError;
use crate::engine::report::cause_chain;
use crate::engine::upkeep::{About, Decision, UpkeepRequest, decide};
use crate::engine::versions::{self, Comparison, Versions};

pub const SHOW_VERSIONS: &str = "storywright.showVersions";
pub const SHOW_DIFF: &str = "storywright.showDiff";

/// So many of the latest versions are offered to choose from.
const OFFERED: usize = 6;

const LEAVE: &str = "Leave the text";

/// Runs a command of this file. The answer is what was found, as data.
///
/// # Errors
/// A sentence for the author.
pub async fn execute(state: &Arc<State>, command: &str, values: &[Value]) -> Result<Value, String> {
    let arguments = Arguments::read(values, Takes::Chunk)?;
    let target = {
        let (state, arguments) = (Arc::clone(state), arguments.clone());
        unblocked(move || resolve(&state, &arguments)).await?
    };
    if command == SHOW_DIFF {
        let comparison = show_diff(state, &target, arguments.version).await?;
        return serde_json::to_value(&comparison).map_err(|error| error.to_string());
    }
    let found = {
        let (state, target) = (Arc::clone(state), target.clone());
        unblocked(move || list(&state, &target)).await?
    };
    let answer = serde_json::to_value(&found).map_err(|error| error.to_string());
    if let Some(client) = state.client() {
        match can_ask(state) && !found.versions.is_empty() {
            // Nothing waits for the author's choice.
            true => drop(tokio::spawn(choose(Arc::clone(state), target, found))),
            false => client.show(MessageType::INFO, format!("Storywright: {}", found.table())),
        }
    }
    answer
}

fn list(state: &Arc<State>, target: &Target) -> Result<Versions, String> {
    let (story, settings) = story_at(state, &target.brief).map_err(|error| cause_chain(&error))?;
    let chunk = target.chunk.as_ref();
    let chunk = chunk.ok_or_else(|| JobError::NoChunkNamed.to_string())?;
    let (session, disk) = (target.session.as_ref(), state.workshop.disk());
    versions::list(&story, &settings, session, chunk, state.as_ref(), disk)
        .map_err(|error| cause_chain(&error))
}

/// Shows what changed since a version as a document.
async fn show_diff(
    state: &Arc<State>,
    target: &Target,
    version: Option<usize>,
) -> Result<Comparison, String> {
    let (comparison, path) = {
        let (state, target) = (Arc::clone(state), target.clone());
        unblocked(move || {
            let found = story_at(&state, &target.brief);
            let (story, settings) = found.map_err(|error| cause_chain(&error))?;
            let chunk = target.chunk.as_ref();
            let chunk = chunk.ok_or_else(|| JobError::NoChunkNamed.to_string())?;
            let (session, disk) = (target.session.as_ref(), state.workshop.disk());
            let owners = state.as_ref();
            let compared =
                versions::compare(&story, &settings, session, chunk, version, owners, disk);
            let comparison = compared.map_err(|error| cause_chain(&error))?;
            let saved = comparison.save(&story, disk);
            let path = saved.map_err(|error| error.to_string())?;
            Ok::<_, String>((comparison, path))
        })
        .await?
    };
    if let (Some(client), Ok(url)) = (state.client(), Url::from_file_path(&path)) {
        let headline = format!("Storywright: {}", comparison.headline());
        client.show(MessageType::INFO, headline);
        if can_show_documents(state) {
            client.show_document(url);
        }
    }
    Ok(comparison)
}

/// Lets the author choose a version, shows what changed since, and brings it back if that is
/// wanted.
async fn choose(state: Arc<State>, target: Target, found: Versions) {
    let Some(client) = state.client() else { return };
    let latest = found.versions.iter().rev().take(OFFERED);
    let titles: Vec<(usize, String)> = latest
        .map(|it| {
            (
                it.version,
                format!("{}: {}", it.version, it.line(found.unit)),
            )
        })
        .collect();
    let offered: Vec<String> = titles.iter().map(|(_, title)| title.clone()).collect();
    let question = format!(
        "Storywright: which version of chunk {} “{}”?",
        found.chunk, found.title
    );
    let Ok(Some(answer)) = client.ask(question, &offered, PATIENCE).await else {
        return;
    };
    let Some((version, _)) = titles.into_iter().find(|(_, title)| *title == answer) else {
        return;
    };
    if let Err(error) = show_diff(&state, &target, Some(version)).await {
        client.show(MessageType::ERROR, format!("Storywright: {error}"));
        return;
    }
    let restore = format!("Restore version {version}");
    let question = format!(
        "Storywright: is version {version} to be chunk {} again? The text that it replaces goes to history/",
        found.chunk
    );
    let titles = [restore.clone(), LEAVE.to_owned()];
    if client.ask(question, &titles, PATIENCE).await != Ok(Some(restore)) {
        return;
    }
    let Some(chunk) = target.chunk.clone() else {
        return;
    };
    let request = UpkeepRequest {
        workspace: state.workspace_of(&target.brief),
        brief: target.brief.clone(),
        session: target.session,
        about: About::Named(chunk.into()),
        decision: Decision::Restore(Some(version)),
        editor_settings: state.editor_settings(),
    };
    let editor = Arc::new(LspEditor::new(Arc::clone(&state)));
    match decide(&state.workshop, request, editor).await {
        Ok(done) => client.show(MessageType::INFO, format!("Storywright: {}", done.message)),
        Err(error) => client.show(MessageType::ERROR, format!("Storywright: {error}")),
    }
    review::note_brief(&state, &target.brief);
}
