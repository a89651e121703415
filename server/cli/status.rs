//! `storywright status`: what is written, what is missing, what is stale.

use super::args::Status;
use super::session::usable_story;
use super::{Exit, Failure, output};
use crate::engine::sessions;
use crate::engine::stale_reason;
use crate::engine::status::{ChunkState, Edits, StoryStatus};
use crate::engine::workshop::Workshop;
use crate::session::{ChunkStatus, NoEditor, SessionId, StoreError};
use crate::story::edits::Edit;

pub fn run(workshop: &Workshop, arguments: Status) -> Result<Exit, Failure> {
    let flags = &arguments.settings.values;
    let (story, settings) = usable_story(workshop, arguments.path.as_deref(), flags)?;
    if arguments.all {
        let sessions = sessions::list(&story, &settings, &NoEditor, workshop.disk())?;
        match arguments.json {
            true => output::print_json(&sessions, true),
            false => output::print(&sessions.table()),
        }
        return Ok(Exit::Done);
    }
    let session = arguments
        .session
        .as_deref()
        .map(SessionId::parse)
        .transpose()?;
    let status = StoryStatus::read_with(
        &story,
        &settings,
        session.as_ref(),
        &NoEditor,
        Edits::Compared,
        workshop.disk(),
    )?;
    if let (Some(id), None) = (&session, &status.session) {
        return Err(StoreError::NoSession {
            id: id.to_string(),
            generated: story.folder.generated(),
        }
        .into());
    }
    if arguments.json {
        output::print_json(&status, true);
    } else {
        output::print(&table(&status));
    }
    // A report that could be made is a success, whatever it says.
    Ok(Exit::Done)
}

fn table(status: &StoryStatus) -> String {
    let mut lines = vec![status.headline()];
    match &status.session {
        Some(session) => lines.push(format!("session {session}")),
        None if !status.adoptable.is_empty() => {}
        None => lines.push("nothing is written yet; `storywright write` begins".to_owned()),
    }
    for chunk in &status.chunks {
        lines.push(row(chunk));
        lines.extend(chunk.edit.iter().flat_map(diff));
    }
    for notice in &status.notices {
        lines.push(format!("note: {}", notice));
    }
    lines.join("\n")
}

fn row(chunk: &ChunkState) -> String {
    let status = match chunk.status {
        ChunkStatus::Missing => "missing",
        ChunkStatus::Partial => "partial",
        ChunkStatus::Complete => "complete",
        ChunkStatus::Failed => "failed",
    };
    let mut row = format!(
        "{:>4}  {status:<8}  {:>6}/{:<6}  {}",
        chunk.number.0, chunk.words, chunk.target_words, chunk.title
    );
    match &chunk.edit {
        Some(edit) => row.push_str(&format!("  (edited: +{} -{})", edit.added, edit.removed)),
        None if chunk.edited => row.push_str("  (edited)"),
        None => {}
    }
    if chunk.stale {
        row.push_str(&format!(
            "  (stale: {})",
            stale_reason::sentence(&chunk.stale_reasons)
        ));
    }
    if let Some(error) = &chunk.error {
        row.push_str(&format!("  ({error})"));
    }
    row
}

/// What the author changed, below the row of the chunk.
fn diff(edit: &Edit) -> Vec<String> {
    let more = match edit.more {
        0 => None,
        1 => Some("1 more place".to_owned()),
        more => Some(format!("{more} more places")),
    };
    let lines = edit.diff.iter().cloned().chain(more);
    lines.map(|line| format!("        {line}")).collect()
}
