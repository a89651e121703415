//! Runs the commands for complete chunks: refine, audit, and read what later chunks have to know.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::Url;

use super::arguments::Arguments;
use super::command::{Here, Offer};
use crate::analysis::selection::ChunkRef;
use crate::analysis::status::ChunkOverview;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{Scope, Which};
use crate::lsp::state::State;
use crate::lsp::target::Target;
use crate::session::ChunkStatus;

/// Refines a chunk; the better text waits for the author's yes or no.
pub fn refine(_: &Arc<State>, target: &Target, _: &Arguments) -> Result<Scope, JobError> {
    Ok(Scope::Refine {
        chunk: target.named_chunk()?,
        apply: false,
    })
}

/// Audits a chunk or, where none is named, the story.
pub fn audit(_: &Arc<State>, target: &Target, _: &Arguments) -> Result<Scope, JobError> {
    Ok(Scope::Audit(target.chunk.clone()))
}

/// Reads a chunk again, or all that were not read.
pub fn extract_state(
    _: &Arc<State>,
    target: &Target,
    arguments: &Arguments,
) -> Result<Scope, JobError> {
    // In a brief, the beat that the cursor happens to be in names no chunk to read.
    let is_in_chunk = matches!(target.chunk, Some(ChunkRef::Number(_)));
    let is_named = arguments.chunk.is_some() || is_in_chunk;
    let chunk = target.chunk.clone().filter(|_| is_named);
    Ok(Scope::Read(Which {
        again: chunk.is_some(),
        chunk,
    }))
}

/// Offers to refine a complete chunk.
pub fn offer_refine(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let offer = || here.offer_on(chunk, format!("refine {}", here.name(chunk)));
    is_settled(here, chunk).then(offer)
}

/// Offers to audit a complete chunk.
pub fn offer_audit(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let offer = || here.offer_on(chunk, format!("audit {}", here.name(chunk)));
    is_settled(here, chunk).then(offer)
}

/// Offers to audit the story, where something of it is complete.
pub fn offer_audit_of_story(here: &Here) -> Option<Offer> {
    let has_complete = here.status.to_write().count() < here.status.chunks.len();
    // The brief without a place in it stands for all of the story.
    let brief = Url::from_file_path(&here.target.brief).ok()?;
    let arguments = json!({ "uri": brief, "session": here.session() });
    has_complete.then(|| Offer::new("audit the story".to_owned(), arguments))
}

/// Offers to read a complete chunk again. A brief has no text to be read.
pub fn offer_extract_state(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let is_read = here.status.reads_chunks && here.target.session.is_some();
    let offer = || {
        let title = format!("read the state of {} again", here.name(chunk));
        here.offer_on(chunk, title)
    };
    (is_read && is_settled(here, chunk)).then(offer)
}

/// Tells whether a chunk is complete and stays as it is while nobody changes it.
fn is_settled(here: &Here, chunk: &ChunkOverview) -> bool {
    chunk.status == ChunkStatus::Complete && !here.is_being_written(chunk)
}
