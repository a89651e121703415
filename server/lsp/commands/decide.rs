//! Runs the commands by which an author decides about chunks: keep, lock, unlock, restore, accept, reject.

use std::sync::Arc;

use serde_json::{Value, json};

use super::command::{Answer, Call, Here, Offer};
use crate::analysis::error::StoryError;
use crate::analysis::status::ChunkOverview;
use crate::decisions::upkeep::{About, Decision, UpkeepRequest, decide};
use crate::lsp::buffer_stream::LspEditor;
use crate::lsp::review;
use crate::session::ChunkStatus;

/// Brings back the version that is named, else the one that was replaced last.
pub async fn restore(call: Call) -> Answer {
    let version = call.arguments.version;
    run(call, Decision::Restore(version)).await
}

/// Carries out a decision about one chunk or all; the answer is a sentence about what was done.
pub async fn run(call: Call, decision: Decision) -> Answer {
    let target = call.target().await?;
    let Call { state, arguments } = &call;
    let about = match (arguments.all, target.chunk.clone()) {
        (true, _) => About::All,
        (false, Some(chunk)) => About::Named(chunk.into()),
        (false, None) => return Err(StoryError::NoChunkNamed.to_string()),
    };
    let request = UpkeepRequest {
        workspace: state.workspace_of(&target.brief),
        brief: target.brief.clone(),
        session: target.session,
        about,
        decision,
        editor_settings: state.editor_settings(),
        flags: serde_json::Map::new(),
    };
    let editor = Arc::new(LspEditor::new(Arc::clone(state)));
    let done = decide(&state.workshop, request, editor)
        .await
        .map_err(|error| error.to_string())?;
    review::story_changed(state, &target.brief);
    if let Some(refused) = done.failed.first() {
        return Err(refused.message.clone());
    }
    call.tell(&done.message);
    Ok(Value::from(done.message))
}

/// Offers to keep a stale chunk.
pub fn offer_keep(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let offer = || here.offer_on(chunk, format!("keep {} as it is", here.name(chunk)));
    chunk.stale.then(offer)
}

/// Offers to keep all that is stale, where that is more than one chunk.
pub fn offer_keep_all(here: &Here) -> Option<Offer> {
    let stale = here.status.stale().count();
    let title = format!("keep all that is stale as it is ({stale} chunks)");
    let arguments = json!({ "uri": here.url, "session": here.session(), "all": true });
    (stale > 1).then(|| Offer::new(title, arguments))
}

/// Offers to bring back what was replaced last.
pub fn offer_restore(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("restore the earlier version of {}", here.name(chunk));
    chunk.has_history.then(|| here.offer_on(chunk, title))
}

/// Offers to lock a complete chunk.
pub fn offer_lock(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let may_lock = !chunk.locked && chunk.status == ChunkStatus::Complete;
    may_lock.then(|| here.offer_on(chunk, format!("lock {}", here.name(chunk))))
}

/// Offers to unlock a locked chunk.
pub fn offer_unlock(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let offer = || here.offer_on(chunk, format!("unlock {}", here.name(chunk)));
    chunk.locked.then(offer)
}

/// Offers to accept a rewrite that waits.
pub fn offer_accept(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("accept the revision of {}", here.name(chunk));
    chunk.has_revision.then(|| here.offer_on(chunk, title))
}

/// Offers to reject a rewrite that waits.
pub fn offer_reject(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("reject the revision of {}", here.name(chunk));
    chunk.has_revision.then(|| here.offer_on(chunk, title))
}
