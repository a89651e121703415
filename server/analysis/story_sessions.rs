//! Finds a session by its name, and the sessions that a story could adopt.

use super::error::{StoryError, offer};
use super::story_file::StoryFile;
use crate::session::{Disk, SessionId, StoreError, Stray};
use crate::settings::Settings;

/// Finds the sessions that a story without one could adopt, and returns them with a sentence about them.
pub(crate) fn adoptable(
    story: &StoryFile,
    settings: &Settings,
    disk: &Disk,
) -> Result<Option<(Vec<String>, String)>, StoreError> {
    let mut strays = story.folder.strays(&story.plan(settings), disk)?;
    strays.retain(Stray::is_likely);
    if strays.is_empty() {
        return Ok(None);
    }
    let ids = strays.iter().map(|stray| stray.session.to_string());
    let told = offer(story.folder.brief_name(), &strays);
    Ok(Some((ids.collect(), told)))
}

/// Fails where a story has no session of a name.
///
/// # Errors
/// [`StoreError::NoSession`] where there is nothing of that name, [`StoreError::Outside`] where
/// it would be elsewhere.
pub(crate) fn known(story: &StoryFile, id: &SessionId, disk: &Disk) -> Result<(), StoryError> {
    let (generated, root) = (story.folder.generated(), story.folder.root());
    if let Some(real) = disk.resolve(&generated)?
        && !real.starts_with(root)
    {
        let (path, root) = (generated, root.to_owned());
        return Err(StoreError::Outside { path, root }.into());
    }
    match disk.metadata(&story.folder.session_root(id))? {
        Some(_) => Ok(()),
        None => Err(StoreError::NoSession {
            id: id.to_string(),
            generated: story.folder.generated(),
        }
        .into()),
    }
}
