//! What an author decides about single chunks without a model: bring a version back, keep a
//! stale text, take or turn down a revision.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::blocking;
use super::editor::Editor;
use super::error::JobError;
use super::snapshot::StorySource;
use super::stale;
use super::workshop::{ChunkRef, Workshop};
use super::written::Written;
use crate::session::{Saved, SessionId};
use crate::story::ChunkNumber;

/// A decision about one chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Back to an earlier version, counted from 1, the oldest; `None`: the last one replaced.
    Restore(Option<usize>),
    /// The text stays, though what it was written from has changed.
    Keep,
    AcceptRevision,
    RejectRevision,
}

/// Where and about which chunk.
#[derive(Debug, Clone)]
pub struct UpkeepRequest {
    pub brief: PathBuf,
    pub workspace: Option<PathBuf>,
    pub session: Option<SessionId>,
    pub chunk: ChunkRef,
    pub decision: Decision,
    pub editor_settings: Option<Value>,
}

/// Carries a decision out; a sentence about what was done.
///
/// # Errors
/// As for a job that can't begin; a chunk that a job is writing is [`JobError::Busy`].
pub async fn decide(
    workshop: &Workshop,
    request: UpkeepRequest,
    editor: Arc<dyn Editor>,
) -> Result<String, JobError> {
    let decided = {
        let (workshop, editor) = (workshop.clone(), Arc::clone(&editor));
        blocking(move || carry_out(&workshop, &request, editor)).await?
    };
    for edit in decided.saved.client_edits {
        editor.replace(&edit).await.map_err(JobError::Editor)?;
    }
    Ok(decided.message)
}

struct Decided {
    saved: Saved,
    message: String,
}

fn carry_out(
    workshop: &Workshop,
    request: &UpkeepRequest,
    editor: Arc<dyn Editor>,
) -> Result<Decided, JobError> {
    let source = StorySource {
        brief: &request.brief,
        workspace: request.workspace.as_deref(),
        editor_settings: request.editor_settings.as_ref(),
        flags: None,
    };
    let (story, settings, _) = workshop.read_story(&source, editor.as_ref())?.usable()?;
    let plan = story.plan(&settings);
    let number = request.chunk.resolve(&plan)?;
    let (open, _) = workshop.open_session(&story, request.session.as_ref(), &plan, editor)?;
    let _claim = open
        .claim(Some(number), "an author's decision")
        .map_err(|job| JobError::Busy { number, job })?;
    let session = &open.session;
    let (saved, message) = match request.decision {
        Decision::Restore(version) => (
            session.restore_version(number, version)?,
            format!(
                "chunk {number} is back to an earlier version; the text that it replaces is in history/"
            ),
        ),
        Decision::Keep => {
            let written = Written::of_session(session, &story, &settings)?;
            let index = index(number);
            session.keep_chunk(
                number,
                stale::current_inputs(&story, &written, &settings, index),
            )?;
            (
                Saved::default(),
                format!("chunk {number} is kept as it is and no longer stale"),
            )
        }
        Decision::AcceptRevision => (
            session.accept_revision(number)?,
            format!("the revision is chunk {number} now; the text that it replaces is in history/"),
        ),
        Decision::RejectRevision => {
            session.reject_revision(number)?;
            (
                Saved::default(),
                format!("chunk {number} stays; the rejected revision is in history/"),
            )
        }
    };
    Ok(Decided { saved, message })
}

fn index(number: ChunkNumber) -> usize {
    (number.0 as usize).saturating_sub(1)
}
