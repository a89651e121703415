//! Reads stories as the editor shows them: open documents before the files on disk.

use std::path::Path;
use std::sync::Arc;

use super::state::State;
use crate::analysis::status::StoryStatus;
use crate::analysis::story_file::StoryFile;
use crate::jobs::run::error::JobError;
use crate::session::SessionId;
use crate::settings::Settings;

/// Reads a story with the settings in force.
pub fn read(state: &Arc<State>, brief: &Path) -> Result<(StoryFile, Settings), JobError> {
    let read = state.look(brief, state.as_ref()).story()?;
    Ok((read.story.clone(), read.settings.clone()))
}

/// Reads how far a draft of a story is, and which settings are wrong: the session that is named, else the
/// current one.
pub fn status(
    state: &Arc<State>,
    brief: &Path,
    session: Option<&SessionId>,
) -> Result<StoryStatus, JobError> {
    let look = state.look(brief, state.as_ref());
    let mut status = StoryStatus::clone(&*look.status(session)?);
    let read = look.story()?;
    let problems = read.settings_problems.iter();
    status.notices.extend(problems.map(ToString::to_string));
    Ok(status)
}
