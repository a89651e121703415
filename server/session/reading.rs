//! Reads a session: what is what in it, from disk, journals and open editors.

use super::disk::Disk;
use super::error::StoreError;
use super::gathering;
use super::layout::{SessionId, StoryFolder};
use super::owners::Owners;
use super::planned::PlannedChunk;
use super::recover;
use super::view::SessionView;
use crate::story::Language;

/// Tells what is what in a session. Takes no lock and writes nothing; text in journals and in
/// open editors counts.
///
/// # Errors
/// Where the session's folder can't be read, or leads out of the story's folder. A session
/// that is not there is one where everything is missing.
pub fn read_session(
    folder: &StoryFolder,
    id: &SessionId,
    plan: &[PlannedChunk],
    language: &Language,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<SessionView, StoreError> {
    let mut facts = gathering::gather(folder, id, plan, owners, disk)?;
    let paths = folder.paths(id);
    Ok(recover::recover(&mut facts, id, folder.brief_name(), &paths, plan, language).view)
}
