//! Keeps what a rename makes of the texts of a story's drafts, so that none of them counts as another text.

use crate::analysis::rename::Renaming;
use crate::analysis::story_file::StoryFile;
use crate::session::{Disk, StoreError, add_renames};

/// Writes for each draft by which digests its texts are known under the new name. The texts themselves are
/// changed by the author's editor.
///
/// # Errors
/// Where the table of a draft can't be written.
pub fn keep(renaming: &Renaming, story: &StoryFile, disk: &Disk) -> Result<(), StoreError> {
    for (session, renames) in &renaming.drafts {
        if !renames.is_empty() {
            add_renames(&story.folder, session, renames.clone(), disk)?;
        }
    }
    Ok(())
}
