//! Finds the story, and the chunk of it, that a place in a document is about.

use std::path::{Path, PathBuf};

use tower_lsp::lsp_types::Url;

use super::documents::path_of;
use super::page_address;
use super::position;
use super::state::{State, Touched};
use crate::analysis::error::StoryError;
use crate::analysis::selection::ChunkRef;
use crate::analysis::story_file::{find_brief, is_brief_name};
use crate::jobs::run::error::JobError;
use crate::session::{Located, SessionId, StoryFolder};
use crate::story::Beat;

/// Names a story, and where in it.
#[derive(Debug, Clone)]
pub struct Target {
    pub brief: PathBuf,
    pub session: Option<SessionId>,
    pub chunk: Option<ChunkRef>,
}

impl Target {
    /// Returns the chunk of a command that has to be about one.
    pub fn named_chunk(&self) -> Result<ChunkRef, JobError> {
        self.chunk
            .clone()
            .ok_or_else(|| JobError::from(StoryError::NoChunkNamed))
    }
}

/// Finds what a place in a document is about.
///
/// # Errors
/// A sentence for the author.
pub fn at(state: &State, place: &Touched) -> Result<Target, String> {
    if let Some((brief, page)) = page_address::read(&place.url) {
        return Ok(Target {
            brief,
            session: page.session,
            chunk: page.subject.chunk().map(ChunkRef::Number),
        });
    }
    let path =
        path_of(&place.url).ok_or_else(|| format!("{} is not a file; save it first", place.url))?;
    of_document(state, &path, place)
}

/// Finds what is meant where nothing is named: the document that the client touched last.
///
/// # Errors
/// A sentence for the author.
pub fn current(state: &State) -> Result<Target, String> {
    match state.last_touched() {
        Some(touched) => at(state, &touched),
        None => only_brief(state),
    }
}

/// Finds the brief of what is meant, without a look at what is in it: that takes as long as it is large.
///
/// # Errors
/// A sentence for the author.
pub fn current_brief(state: &State) -> Result<PathBuf, String> {
    let touched = state.last_touched().map(|touched| Touched {
        position: None,
        ..touched
    });
    let target = match touched {
        Some(touched) => at(state, &touched),
        None => only_brief(state),
    };
    Ok(target?.brief)
}

/// Names what the jobs on a document are listed under: the brief of its story, else its own file, else its address.
pub fn what_jobs_are_on(state: &State, url: &Url) -> PathBuf {
    let place = Touched {
        url: url.clone(),
        position: None,
    };
    let brief = at(state, &place).map(|target| target.brief);
    brief.unwrap_or_else(|_| path_of(url).unwrap_or_else(|| PathBuf::from(url.as_str())))
}

/// Finds the one brief of the workspace: what is meant before any document was touched.
fn only_brief(state: &State) -> Result<Target, String> {
    let briefs: Vec<PathBuf> = state
        .introduction()
        .folders
        .iter()
        .filter_map(|folder| find_brief(folder).ok())
        .collect();
    match briefs.as_slice() {
        [brief] => Ok(Target {
            brief: brief.clone(),
            session: None,
            chunk: None,
        }),
        _ => Err("which story? Open its brief (story.md) first".to_owned()),
    }
}

fn of_document(state: &State, path: &Path, touched: &Touched) -> Result<Target, String> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if is_brief_name(name) {
        return Ok(Target {
            brief: path.to_owned(),
            session: None,
            chunk: beat_at(state, path, touched),
        });
    }
    if let Some(located) = StoryFolder::locate(path, state.workshop.disk()) {
        let Located {
            folder,
            session,
            chunk,
        } = located;
        return Ok(Target {
            brief: folder.brief().to_owned(),
            session: Some(session),
            chunk: chunk.map(ChunkRef::Number),
        });
    }
    // Any other text belongs to the brief that lies beside it.
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    find_brief(folder)
        .map(|brief| Target {
            brief,
            session: None,
            chunk: None,
        })
        .map_err(|_| format!("{name} belongs to no story: there is no brief (story.md) beside it"))
}

/// Finds the beat under the cursor of a brief.
fn beat_at(state: &State, brief: &Path, touched: &Touched) -> Option<ChunkRef> {
    let snapshot = state.documents.get(&touched.url)?;
    let position = touched.position?;
    let offset = position::to_byte(&snapshot.rope, position, state.documents.encoding());
    let read = state.look(brief, state).story().ok()?;
    // Where the next section begins, the last beat is over; where the text ends, it is not.
    let is_in = |beat: &Beat| beat.span.contains(&offset) || offset == read.story.text.len();
    let beat = read.story.brief.beat_at(offset);
    beat.filter(|beat| is_in(beat))
        .map(|beat| ChunkRef::Beat(beat.id.clone()))
}
