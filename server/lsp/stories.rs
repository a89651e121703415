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
    let read = state.read_story(brief, state.as_ref())?;
    Ok((read.story, read.settings))
}

/// Reads how far a draft of a story is: the session that is named, else the current one.
pub fn status(
    state: &Arc<State>,
    brief: &Path,
    session: Option<&SessionId>,
) -> Result<StoryStatus, JobError> {
    let read = state.read_story(brief, state.as_ref())?;
    let mut status = StoryStatus::read(
        &read.story,
        &read.settings,
        session,
        state.as_ref(),
        state.workshop.disk(),
    )?;
    let problems = read.settings_problems.iter();
    status.notices.extend(problems.map(ToString::to_string));
    Ok(status)
}
