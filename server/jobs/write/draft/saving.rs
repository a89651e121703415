//! Saves a draft and shows it: first to disk, then to the editor that has the file open.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::drafting::Drafting;
use super::end::DraftEnd;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::{BufferStop, BufferStream, Hint, KeepReplaced};
use crate::provider::ProviderKind;
use crate::session::StoreError;
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::Slices;
use crate::writing::schedule::Tail;

impl Drafting<'_> {
    /// Saves the prose, if there is any.
    pub(crate) async fn save(
        &self,
        prose: &str,
        inputs: &Slices,
        buffer: &mut dyn BufferStream,
        finished: bool,
    ) -> Result<(), DraftEnd> {
        if prose.is_empty() {
            return Ok(());
        }
        self.put(prose, inputs, buffer, finished).await
    }

    /// Saves the prose to disk, then shows it in the editor.
    pub(crate) async fn put(
        &self,
        prose: &str,
        inputs: &Slices,
        buffer: &mut dyn BufferStream,
        finished: bool,
    ) -> Result<(), DraftEnd> {
        self.to_disk(prose, inputs).await?;
        self.show(prose, buffer, finished).await
    }

    /// Saves the prose, if there is any, without showing it.
    pub(crate) async fn keep(&self, prose: &str, inputs: &Slices) -> Result<(), DraftEnd> {
        match prose.is_empty() {
            true => Ok(()),
            false => self.to_disk(prose, inputs).await,
        }
    }

    async fn to_disk(&self, prose: &str, inputs: &Slices) -> Result<(), DraftEnd> {
        let session = self.job.session().clone();
        let number = self.chunk.number;
        let prose = self.chunk.going_on(prose);
        let saved = prose.into_owned();
        let begins = !self.begun.swap(true, Ordering::Relaxed);
        let retire = begins && self.replaces.is_some();
        // What goes on from a text begins as that did.
        let begins_apart = (begins && self.chunk.text.is_empty())
            .then(|| self.tail == Tail::Planned && self.job.model().kind != ProviderKind::Demo);
        let why = self.why_replaced;
        let is_new = begins && self.chunk.text.trim().is_empty();
        let begun = is_new.then(|| {
            (
                slices::recorded(&self.told(inputs)),
                self.asks.placed.clone(),
            )
        });
        let save = move || {
            if retire {
                session.retire_chunk(number, why)?;
            }
            if let Some((inputs, notes)) = begun {
                // Before the text, so that it is known however early the job is killed.
                let begun = jiff::Timestamp::now();
                let _ = session.note_begun(number, begun, inputs, notes);
            }
            if let Some(open) = begins_apart {
                // Only for the seam pass; the text does not wait for it.
                let _ = session.mark_seam(number, open);
            }
            session.save_partial(number, &saved)
        };
        match blocking(save).await {
            Ok(()) => Ok(()),
            Err(StoreError::AuthorEdited { .. }) => Err(DraftEnd::AuthorEdited),
            Err(error) => Err(DraftEnd::Store(error)),
        }
    }

    /// Shows a text in the editor that is safe on disk.
    pub(crate) async fn show(
        &self,
        prose: &str,
        buffer: &mut dyn BufferStream,
        finished: bool,
    ) -> Result<(), DraftEnd> {
        match buffer.show(&self.chunk.going_on(prose), finished).await {
            Ok(()) => Ok(()),
            Err(BufferStop::AuthorEdited) => Err(DraftEnd::AuthorEdited),
            Err(BufferStop::Unresponsive) => {
                if finished {
                    let message = format!(
                        "{}: the editor has not taken the last of the text yet. It is safe in its journal, is \
                         shown as soon as the editor takes it, and goes into the file when that is saved or closed",
                        self.file_name()
                    );
                    let reporter = self.job.reporter();
                    reporter.warn(Some(self.chunk.number), "editor-unresponsive", message);
                }
                Ok(())
            }
            Err(stop @ BufferStop::CannotEdit(Hint::New)) => {
                let message = format!(
                    "{} is open, and {stop}. The text is safe in its journal; close the file and open it again to \
                     see it",
                    self.file_name()
                );
                let reporter = self.job.reporter();
                reporter.warn(Some(self.chunk.number), "editor-cannot-edit", message);
                Ok(())
            }
            Err(BufferStop::CannotEdit(Hint::GivenBefore)) => Ok(()),
        }
    }

    fn file_name(&self) -> String {
        let name = self.chunk.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Returns a function that puts the text of an open file into history before the new text replaces it:
    /// the author may have edited it since the job read it.
    pub(crate) fn keep_replaced(&self) -> KeepReplaced {
        let (session, number) = (self.job.session().clone(), self.chunk.number);
        Arc::new(move |prose| session.keep_shown(number, prose).is_ok())
    }
}
