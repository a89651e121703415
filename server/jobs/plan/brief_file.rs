//! Looks before a plan whether its brief could be written back.

use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::session::{Disk, EntryKind, StoreError, StoryFolder};

/// Refuses a brief that could not be written back: not UTF-8, read-only, or behind a link.
///
/// # Errors
/// [`JobError::NotText`], or a [`StoreError`] for a file that can't be replaced.
pub(crate) async fn check_file(
    folder: &StoryFolder,
    disk: &Disk,
    editor: &dyn Editor,
) -> Result<(), JobError> {
    let path = folder.brief().to_owned();
    if editor.open_text(&path).is_some() {
        return Ok(());
    }
    let (disk, root) = (disk.clone(), folder.root().to_owned());
    blocking(move || {
        let bytes = disk.read_linked(&path)?;
        if std::str::from_utf8(&bytes.unwrap_or_default()).is_err() {
            return Err(JobError::NotText { path });
        }
        match disk.metadata(&path)? {
            Some(file) if file.kind == EntryKind::Link => {
                Err(StoreError::Outside { path, root }.into())
            }
            Some(file) if file.read_only => {
                let kept = None;
                Err(StoreError::ReadOnlyFile { path, kept }.into())
            }
            _ => Ok(()),
        }
    })
    .await
}
