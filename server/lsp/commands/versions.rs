//! Runs the commands about what a chunk was before: its versions, and what changed since one of them.

use std::sync::Arc;

use tower_lsp::lsp_types::MessageType;

use super::command::{Answer, Call, Here, Offer};
use crate::analysis::status::ChunkOverview;
use crate::analysis::versions::{Comparison, Versions};
use crate::decisions::upkeep::{About, Decision, UpkeepRequest, decide};
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::buffer_stream::LspEditor;
use crate::lsp::confirm::PATIENCE;
use crate::lsp::pages;
use crate::lsp::review;
use crate::lsp::target::Target;
use crate::publishing::pages::{Page, Subject};
use crate::session::SessionId;
use crate::story::ChunkNumber;

/// So many of the latest versions are offered to choose from.
const OFFERED: usize = 6;

const LEAVE: &str = "Leave the text";

/// Lists the versions of a chunk and lets the author choose one, where the editor asks questions; the
/// answer is the list as data.
pub async fn list(call: Call) -> Answer {
    let target = call.target().await?;
    let found = {
        let target = target.clone();
        call.blocking(move |state, _| {
            let chunk = target.named_chunk().map_err(|error| error.to_string())?;
            let look = state.look(&target.brief, state.as_ref());
            look.versions(target.session.as_ref(), &chunk)
                .map_err(|error| cause_chain(&error))
        })
        .await?
    };
    let answer = serde_json::to_value(&found).map_err(|error| error.to_string());
    let asks = call.state.introduction().asks_questions() && !call.arguments.quiet;
    match asks && !found.versions.is_empty() {
        // Nothing waits for the author's choice.
        true => drop(tokio::spawn(choose(call, target, found))),
        false => call.tell(&found.table()),
    }
    answer
}

/// Shows what changed since a version; the answer is the same as data. Where a program shows it itself, the answer has
/// the address of the version's text as well, as the chunk's file would be with it: `before`.
pub async fn diff(call: Call) -> Answer {
    let target = call.target().await?;
    let version = call.arguments.version;
    if call.arguments.quiet {
        return data_of_diff(&call, target, version).await;
    }
    let comparison = show_diff(&call, &target, version).await?;
    serde_json::to_value(&comparison).map_err(|error| error.to_string())
}

async fn data_of_diff(call: &Call, target: Target, version: Option<usize>) -> Answer {
    call.blocking(move |state, _| {
        let chunk = target.named_chunk().map_err(|error| error.to_string())?;
        let look = state.look(&target.brief, state.as_ref());
        let compared = look.comparison(target.session.as_ref(), &chunk, version);
        let comparison = compared.map_err(|error| cause_chain(&error))?;
        let page = page_of(&comparison, Subject::Version)?;
        let text = page.text(&look).map_err(|error| cause_chain(&error))?;
        let read = look.story().map_err(|error| cause_chain(&error))?;
        let before = pages::publish(state, &page, &text, &read.story)?;
        let mut data = serde_json::to_value(&comparison).map_err(|error| error.to_string())?;
        data["before"] = before.as_str().into();
        Ok(data)
    })
    .await
}

/// Returns a page about the version of a comparison.
fn page_of(
    comparison: &Comparison,
    subject: fn(ChunkNumber, usize) -> Subject,
) -> Result<Page, String> {
    let session = SessionId::parse(&comparison.session).map_err(|error| error.to_string())?;
    Ok(Page {
        subject: subject(comparison.chunk, comparison.version.version),
        session: Some(session),
    })
}

/// Shows what changed since a version as a document.
async fn show_diff(
    call: &Call,
    target: &Target,
    version: Option<usize>,
) -> Result<Comparison, String> {
    let target = target.clone();
    let (comparison, page) = call
        .blocking(move |state, _| {
            let chunk = target.named_chunk().map_err(|error| error.to_string())?;
            let look = state.look(&target.brief, state.as_ref());
            let compared = look.comparison(target.session.as_ref(), &chunk, version);
            let comparison = compared.map_err(|error| cause_chain(&error))?;
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let page = page_of(&comparison, Subject::Changes)?;
            let page = pages::publish(state, &page, &comparison.markdown(), &read.story)?;
            Ok((comparison, page))
        })
        .await?;
    call.tell(&comparison.headline());
    call.show_story_page(page);
    Ok(comparison)
}

/// Lets the author choose a version, shows what changed since, and brings it back if that is
/// wanted.
async fn choose(call: Call, target: Target, found: Versions) {
    let state = &call.state;
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
    if let Err(error) = show_diff(&call, &target, Some(version)).await {
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
        flags: serde_json::Map::new(),
    };
    let editor = Arc::new(LspEditor::new(Arc::clone(state)));
    match decide(&state.workshop, request, editor).await {
        Ok(done) => client.show(MessageType::INFO, format!("Storywright: {}", done.message)),
        Err(error) => client.show(MessageType::ERROR, format!("Storywright: {error}")),
    }
    review::story_changed(state, &target.brief);
}

/// Offers to choose an earlier version.
pub fn offer_list(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("choose an earlier version of {}", here.name(chunk));
    chunk.has_history.then(|| here.offer_on(chunk, title))
}

/// Offers to show what changed since the last version.
pub fn offer_diff(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("show what changed in {}", here.name(chunk));
    chunk.has_history.then(|| here.offer_on(chunk, title))
}
