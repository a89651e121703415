//! Reads the current state of a session from disk, journals and open editors.

use super::SessionView;
use super::gathering;
use super::recover;
use super::session_memory::SessionMemory;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::owners::Owners;
use crate::session::planned::PlannedChunk;
use crate::story::Language;

/// Reads the current state of a session. Takes no lock and writes nothing; text in journals and in open
/// editors counts.
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
    let memory = &mut SessionMemory::default();
    read_session_again(folder, id, plan, language, owners, disk, memory)
}

/// Reads the current state of a session, as [`read_session`], and of its files only what changed since the look
/// that `memory` is of.
///
/// # Errors
/// As [`read_session`].
pub fn read_session_again(
    folder: &StoryFolder,
    id: &SessionId,
    plan: &[PlannedChunk],
    language: &Language,
    owners: &dyn Owners,
    disk: &Disk,
    memory: &mut SessionMemory,
) -> Result<SessionView, StoreError> {
    let mut facts = gathering::gather(folder, id, plan, owners, disk, memory)?;
    let paths = folder.paths(id);
    Ok(recover::recover(&mut facts, id, folder.brief_name(), &paths, plan, language).view)
}
