//! Carries out what an author decides, off the async threads, and shows it in the editor.

use std::sync::Arc;

use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::Workshop;
use crate::session::ClientEdit;

/// Does what `work` does with the files, then changes those that are open in the editor.
///
/// # Errors
/// Those of `work`, and [`JobError::Editor`] where the editor does not take a change.
pub(super) async fn carry_out<T: Send + 'static>(
    workshop: &Workshop,
    editor: Arc<dyn Editor>,
    work: impl FnOnce(&Workshop, Arc<dyn Editor>) -> Result<(T, Vec<ClientEdit>), JobError>
    + Send
    + 'static,
) -> Result<T, JobError> {
    let (done, edits) = {
        let (workshop, editor) = (workshop.clone(), Arc::clone(&editor));
        blocking(move || work(&workshop, editor)).await?
    };
    for edit in edits {
        editor.replace(&edit).await.map_err(JobError::Editor)?;
    }
    Ok(done)
}
