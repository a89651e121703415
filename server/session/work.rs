//! `.work/`: the folder of what only the program needs. Git, exports and an editor's search leave it
//! out, and nothing in it is needed for a story that is on disk and in no editor.

use std::path::{Path, PathBuf};

use super::SessionId;
use super::disk::{Disk, EntryKind, Metadata};
use super::error::StoreError;
use super::layout::{GENERATED, StoryFolder, WORK, is_brief_name};

const IGNORE: &str = ".gitignore";
/// Where earlier versions had what is in `generated/.work/` today.
const EARLIER: [(&str, &str); 2] = [(".explain", EXPLAIN), (".plan", PLAN)];
const EXPLAIN: &str = "explain";
const PLAN: &str = "plan";

impl StoryFolder {
    /// The folder for prompts that are shown in an editor: in a session, or for a story that has
    /// none yet.
    pub fn explain_pages(&self, id: Option<&SessionId>) -> PathBuf {
        match id {
            Some(id) => self.session_work(id).join(EXPLAIN),
            None => self.work().join(EXPLAIN),
        }
    }

    /// The folder for the records of plans that belong to no session.
    pub fn plan_records(&self) -> PathBuf {
        self.work().join(PLAN)
    }

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

/// The `.work/` that is nearest to a file that is to be written: that of its draft, that of
/// `generated/`, or for a file beside `generated/` the one in there.
pub(crate) fn work_folder_of(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let inside = folder
        .ancestors()
        .find(|above| above.file_name().is_some_and(|name| name == GENERATED));
    let generated = folder.join(GENERATED);
    let Some(above) = inside else {
        return Some(generated.join(WORK));
    };
    let session = path.strip_prefix(above).ok()?.components().next()?;
    let session = session.as_os_str().to_str()?;
    if folder == above || session == WORK {
        return Some(above.join(WORK));
    }
    // A workspace may itself lie in a folder named "generated".
    let is_brief = path.file_name()?.to_str().is_some_and(is_brief_name);
    match is_brief && folder == above.join(session) {
        true => Some(generated.join(WORK)),
        false => Some(above.join(session).join(WORK)),
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
