//! Checks before a call is paid for whether its results could be kept.

use std::sync::Arc;

use super::editor::Editor;
use super::error::JobError;
use super::prepared::Prepared;
use super::workshop::OpenSession;
use crate::events::job::Work;
use crate::jobs::run::blocking::blocking;
use crate::session::Writes;
use crate::session::{Disk, StoreError, StoryFolder};
use crate::settings::{Refine, Settings, Switch};
use crate::story::ChunkNumber;

/// Returns what a job keeps besides the texts of its chunks, by its work and the settings.
pub(crate) fn writes(work: Work, settings: &Settings) -> Writes<'static> {
    let is_for = |own: Work, is_wanted: bool| work == own || work == Work::Write && is_wanted;
    Writes {
        chunks: &[],
        states: is_for(Work::Read, settings.state == Switch::On),
        revisions: work == Work::Candidates
            || is_for(Work::Refine, settings.refine == Refine::Propose),
        audits: is_for(Work::Audit, settings.audit == Switch::On),
    }
}

impl Prepared {
    /// Fails before anything is sent whose answer could not be kept.
    pub(crate) async fn check_writable(
        &self,
        open: &OpenSession,
        chunks: Vec<ChunkNumber>,
        writes: Writes<'static>,
    ) -> Result<(), JobError> {
        let session = open.session.clone();
        blocking(move || {
            let chunks = chunks.as_slice();
            session.check_writable(&Writes { chunks, ..writes })
        })
        .await?;
        Ok(())
    }
}

/// Fails where the brief is a link out of the story's folder: what a story is made of lies inside, and nothing
/// outside is written. A brief that an editor has open is the editor's to save.
pub(crate) async fn check_brief_inside(
    folder: &StoryFolder,
    disk: &Disk,
    editor: Arc<dyn Editor>,
) -> Result<(), JobError> {
    let (path, root) = (folder.brief().to_owned(), folder.root().to_owned());
    let disk = disk.clone();
    blocking(move || {
        if editor.open_text(&path).is_some() {
            return Ok(());
        }
        match disk.resolve(&path)? {
            Some(real) if !real.starts_with(&root) => {
                Err(StoreError::Outside { path, root }.into())
            }
            _ => Ok(()),
        }
    })
    .await
}
