//! Runs the commands that write and rewrite chunks.

use std::sync::Arc;

use serde_json::json;

use super::arguments::Arguments;
use super::command::{Here, Offer};
use crate::analysis::selection::{ChapterRef, ChunkRef, Selection};
use crate::analysis::status::ChunkOverview;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{Reach, Scope};
use crate::lsp::state::State;
use crate::lsp::stories;
use crate::lsp::target::Target;
use crate::session::ChunkStatus;
use crate::story::ChunkNumber;
use crate::story::counted::counted;

/// Writes what is not complete: all of it, up to a chunk, or that of a chapter.
pub fn remaining(_: &Arc<State>, _: &Target, arguments: &Arguments) -> Result<Scope, JobError> {
    Ok(match (arguments.to.clone(), arguments.chapter.clone()) {
        (Some(last), _) => Scope::UpTo(last),
        (None, Some(chapter)) => Scope::Chapter(ChapterRef(chapter)),
        (None, None) => Scope::Remaining,
    })
}

/// Writes one chunk. Where none is named, that is the first that is not complete, else the first.
pub fn chunk(state: &Arc<State>, target: &Target, _: &Arguments) -> Result<Scope, JobError> {
    let chunk = match target.chunk.clone() {
        Some(chunk) => chunk,
        None => next_chunk(state, target)?,
    };
    Ok(Scope::Chunks(Selection::from(chunk)))
}

fn next_chunk(state: &Arc<State>, target: &Target) -> Result<ChunkRef, JobError> {
    let status = stories::status(state, &target.brief, target.session.as_ref())?;
    let next = status
        .chunks
        .iter()
        .find(|chunk| chunk.status != ChunkStatus::Complete);
    let number = next.map_or(ChunkNumber(1), |chunk| chunk.number);
    Ok(ChunkRef::Number(number))
}

/// Writes a chunk anew, with one note in its margin or with all.
pub fn chunk_again(
    _: &Arc<State>,
    target: &Target,
    arguments: &Arguments,
) -> Result<Scope, JobError> {
    let chunk = target.named_chunk()?;
    Ok(match arguments.note.clone() {
        Some(note) => Scope::RewriteWithNote {
            chunk,
            note,
            answers: arguments.code.clone(),
        },
        None => Scope::Rewrite(chunk.into()),
    })
}

/// Writes a chunk anew, and all after it.
pub fn from_chunk_again(_: &Arc<State>, target: &Target, _: &Arguments) -> Result<Scope, JobError> {
    Ok(Scope::RewriteFrom(target.named_chunk()?))
}

/// Writes anew what is stale.
pub fn stale_again(_: &Arc<State>, _: &Target, _: &Arguments) -> Result<Scope, JobError> {
    Ok(Scope::RewriteStale(Reach::Stale))
}

/// Offers to write a chunk that is missing, or to go on with one.
pub fn offer_chunk(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let name = here.name(chunk);
    let title = match chunk.status {
        ChunkStatus::Missing => format!("write {name}"),
        ChunkStatus::Partial | ChunkStatus::Failed => format!(
            "go on with {name} ({}/{} {})",
            chunk.words, chunk.target_words, here.status.unit
        ),
        ChunkStatus::Complete => return None,
    };
    is_free(here, chunk).then(|| here.offer_on(chunk, title))
}

/// Tells whether a job may take a chunk: nothing writes a locked one, and none writes what another does.
pub(super) fn is_free(here: &Here, chunk: &ChunkOverview) -> bool {
    !chunk.locked && !here.is_being_written(chunk)
}

/// Offers to write a complete chunk anew.
pub fn offer_complete_again(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let is_open = chunk.status == ChunkStatus::Complete && is_free(here, chunk);
    is_open.then(|| here.offer_on(chunk, format!("rewrite {}", here.name(chunk))))
}

/// Offers to write a chunk anew that is begun and not complete.
pub fn offer_begun_again(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let is_begun = chunk.status != ChunkStatus::Complete && chunk.words > 0;
    let offer = || here.offer_on(chunk, format!("rewrite {}", here.name(chunk)));
    (is_begun && is_free(here, chunk)).then(offer)
}

/// Offers the rewrite that carries out one note and no other; nothing where no text is there yet.
pub fn offer_with_note(here: &Here, chunk: &ChunkOverview, note: &str) -> Option<Offer> {
    if chunk.words == 0 || here.is_being_written(chunk) {
        return None;
    }
    let title = format!(
        "rewrite {} with the note “{}”",
        here.name(chunk),
        shortened(note)
    );
    let arguments = json!({
        "uri": here.url, "beat": chunk.beat, "session": here.session(), "note": note,
    });
    Some(Offer::new(title, arguments))
}

/// Shortens a note to as much as a menu shows.
fn shortened(note: &str) -> String {
    const SHOWN: usize = 50;
    match note.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", note[..end].trim_end()),
        None => note.to_owned(),
    }
}

/// Offers to write a chunk anew, and all after it.
pub fn offer_from_here_again(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let offer = || here.offer_on(chunk, format!("rewrite from {} on", here.name(chunk)));
    (chunk.words > 0 && is_free(here, chunk)).then(offer)
}

/// Offers to write the chapter of a chunk, where that is more than the chunk and less than the story.
pub fn offer_chapter(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let chapter = chunk.chapter.as_ref()?;
    let open = here.status.to_write();
    let count = open.filter(|other| other.chapter == chunk.chapter).count();
    let title = format!("write the chapter “{chapter}” ({count} chunks to go)");
    let arguments = json!({ "uri": here.url, "session": here.session(), "chapter": chapter });
    is_stretch(here, count).then(|| Offer::new(title, arguments))
}

/// Offers to write all up to a chunk, where that is more than the chunk and less than the story.
pub fn offer_up_to_here(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let open = here.status.to_write();
    let count = open.filter(|other| other.number <= chunk.number).count();
    let title = format!("write up to {} ({count} chunks to go)", here.name(chunk));
    let arguments = json!({ "uri": here.url, "session": here.session(), "to": chunk.number });
    (is_stretch(here, count) && !chunk.is_complete()).then(|| Offer::new(title, arguments))
}

fn is_stretch(here: &Here, count: usize) -> bool {
    let may_begin = here.being_written.is_empty();
    may_begin && count > 1 && count < here.status.to_write().count()
}

/// Offers to write the story, or what is left of it.
pub fn offer_story(here: &Here) -> Option<Offer> {
    let status = here.status;
    let (open, total) = (status.to_write().count(), status.chunks.len());
    if open == 0 || !here.being_written.is_empty() {
        return None;
    }
    let title = match open == total && status.words == 0 {
        true => format!(
            "write the story ({}, {} {})",
            counted(total, "chunk"),
            status.target_words,
            status.unit
        ),
        false => format!(
            "go on writing ({} to go)",
            counted(format!("{open} of {total}"), "chunk")
        ),
    };
    Some(here.offer(title))
}

/// Offers to write anew what is stale and free to be.
pub fn offer_stale_again(here: &Here) -> Option<Offer> {
    let chunks = here.status.chunks.iter();
    let stale = chunks.filter(|chunk| chunk.stale && !chunk.edited && !chunk.locked);
    let stale = stale.count();
    (stale > 0).then(|| {
        let stale = counted(stale, "chunk");
        here.offer(format!("rewrite what is stale ({stale})"))
    })
}
