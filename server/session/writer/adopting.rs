//! Finds sessions whose brief was renamed, and assigns them to the present brief.

use super::Session;
use super::changelog;
use crate::session::PlannedChunk;
use crate::session::disk::{Disk, EntryKind};
use crate::session::error::StoreError;
use crate::session::finding;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::manifest;
use crate::story::BeatId;

/// A draft whose brief is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    pub session: SessionId,
    /// The name that its brief had.
    pub former_brief: String,
    /// How many beats its chunk files name.
    pub beats: usize,
    /// How many of them are in the outline that it was held against.
    pub shared: usize,
}

impl Stray {
    /// Tells whether it is most likely a draft of that outline: half of its beats are there.
    pub fn is_likely(&self) -> bool {
        self.shared > 0 && self.shared * 2 >= self.beats
    }
}

impl StoryFolder {
    /// Finds the sessions of this folder whose brief is gone, and compares them with an outline.
    ///
    /// # Errors
    /// Where the folder can't be read.
    pub fn strays(&self, plan: &[PlannedChunk], disk: &Disk) -> Result<Vec<Stray>, StoreError> {
        let mut strays = Vec::new();
        for session in finding::all_sessions(&self.generated(), disk)? {
            let paths = self.paths(&session);
            let Some(head) = manifest::read_head(&paths.manifest(), disk)? else {
                continue;
            };
            let is_there = head.brief == self.brief_name()
                || disk
                    .metadata(&self.root().join(&head.brief))?
                    .is_some_and(|found| found.kind != EntryKind::Folder);
            if is_there {
                continue;
            }
            let beats = finding::beats_on_disk(&paths, disk)?;
            let is_planned = |beat: &&BeatId| plan.iter().any(|planned| &planned.beat == *beat);
            strays.push(Stray {
                session,
                former_brief: head.brief,
                beats: beats.len(),
                shared: beats.iter().filter(is_planned).count(),
            });
        }
        Ok(strays)
    }
}

impl Session {
    /// Makes the session a draft of the brief that it was opened for.
    ///
    /// # Errors
    /// Where the manifest can't be written; the session is then what it was.
    pub fn adopt(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let name = inner.folder.brief_name().to_owned();
        let former = std::mem::replace(&mut cache.manifest.brief, name.clone());
        if former == name {
            return Ok(());
        }
        inner.write_manifest(&mut cache)?;
        let event = format!("the brief {former} is {name} now");
        inner.add_line(&mut cache, &changelog::line(inner.disk.now(), &event))
    }
}
