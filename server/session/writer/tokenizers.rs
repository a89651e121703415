//! Reads and writes `.work/tokens.json`: what jobs have learned of how models count tokens. Its content is
//! the job's; without it, the next job learns it again.

use super::Session;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::work::make_work_folder;

const NAME: &str = "tokens.json";

/// Reads what earlier jobs of a session have kept of models' tokenizers; `None` where that is nothing
/// or can't be read.
pub fn read_tokenizers(folder: &StoryFolder, id: &SessionId, disk: &Disk) -> Option<Vec<u8>> {
    disk.read(&folder.session_work(id).join(NAME))
        .ok()
        .flatten()
}

impl Session {
    /// Reads what earlier jobs have kept; see [`read_tokenizers`].
    pub fn tokenizers(&self) -> Option<Vec<u8>> {
        let inner = &self.inner;
        read_tokenizers(&inner.folder, &inner.id, &inner.disk)
    }

    /// Keeps what this job has learned of models' tokenizers for later ones.
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub fn keep_tokenizers(&self, kept: &[u8]) -> Result<(), StoreError> {
        let inner = &self.inner;
        let work = inner.paths.work();
        make_work_folder(&work, &inner.disk)?;
        inner.disk.write(&work.join(NAME), kept)
    }
}
