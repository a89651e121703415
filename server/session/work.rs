//! Manages `.work/`, the folder for files that only the program needs. Git, exports and an editor's search
//! leave it out, and nothing in it is needed for a story that is on disk and in no editor.

use std::path::Path;

use super::disk::{Disk, EntryKind, Metadata};
use super::error::StoreError;
use super::layout::{EXPLAIN, PLAN, StoryFolder};

const IGNORE: &str = ".gitignore";
/// The places where earlier releases had the folders of `generated/.work/`.
const EARLIER: [(&str, &str); 2] = [(".explain", EXPLAIN), (".plan", PLAN)];

impl StoryFolder {
    /// Moves explain pages and plan records of earlier versions to where they are today.
    ///
    /// Nothing hangs on them: what can't be moved stays.
    pub fn bring_over_work(&self, disk: &Disk) {
        for (from, to) in EARLIER {
            let (from, to) = (self.generated().join(from), self.work().join(to));
            if let Err(error) = move_folder(&from, &to, &self.work(), disk) {
                tracing::debug!("{} stays: {error}", from.display());
            }
        }
    }
}

/// Moves what a folder holds into another, and removes the folder. What is there already under
/// the same name stays where it was.
fn move_folder(from: &Path, to: &Path, work: &Path, disk: &Disk) -> Result<(), StoreError> {
    let is_folder = |found: Option<Metadata>| found.is_some_and(|it| it.kind == EntryKind::Folder);
    if !is_folder(disk.metadata(from)?) {
        return Ok(());
    }
    make_work_folder(work, disk)?;
    disk.make_folder(to)?;
    for entry in disk.list(from)? {
        let target = to.join(&entry.name);
        if disk.metadata(&target)?.is_none() {
            disk.rename_file(&from.join(&entry.name), &target)?;
        }
    }
    disk.remove_empty_folder(from)
}

/// Makes a `.work/` folder, with a `.gitignore` that hides all of it.
///
/// # Errors
/// Where the folder can't be written, or leads out of the story's folder.
pub fn make_work_folder(work: &Path, disk: &Disk) -> Result<(), StoreError> {
    disk.make_folder(work)?;
    let ignore = work.join(IGNORE);
    // One that the author changed stays.
    if disk.metadata(&ignore)?.is_some() {
        return Ok(());
    }
    disk.write(&ignore, b"*\n")
}
