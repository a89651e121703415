//! Removes the temporary files that killed processes left.

use std::path::Path;

use super::disk::{Disk, EntryKind, Maker, temporary_of};
use super::layout::{SessionPaths, StoryFolder, is_brief_name};

/// The depth to which folders are searched for left-over files.
const DEEPEST: u32 = 4;

/// Removes the temporary files of dead processes next to the brief and in `generated/`, except in its
/// sessions.
///
/// Nothing hangs on them: what can't be removed stays until the next time.
pub(super) fn remove(folder: &StoryFolder, paths: &SessionPaths, disk: &Disk) {
    remove_in(&paths.root, DEEPEST, &|_, maker| maker.is_done(), disk);
    folder.remove_temporaries(disk);
}

impl StoryFolder {
    /// Removes what interrupted saves of processes that are gone left beside the brief and in
    /// `generated/`, but for its sessions.
    ///
    /// Nothing hangs on them: what can't be removed stays until the next time.
    pub fn remove_temporaries(&self, disk: &Disk) {
        let disk = &disk.within(self.root());
        // The folder of a brief is the author's own.
        let is_left = |target: &str, maker: Maker| is_brief_name(target) && maker.is_gone();
        remove_in(self.root(), 0, &is_left, disk);
        let is_gone = |_: &str, maker: Maker| maker.is_gone();
        remove_in(&self.generated(), 0, &is_gone, disk);
        remove_in(&self.work(), DEEPEST, &is_gone, disk);
    }
}

fn remove_in(folder: &Path, deep: u32, is_left: &impl Fn(&str, Maker) -> bool, disk: &Disk) {
    for entry in disk.list(folder).unwrap_or_default() {
        let path = folder.join(&entry.name);
        match entry.kind {
            EntryKind::Folder if deep > 0 => remove_in(&path, deep - 1, is_left, disk),
            EntryKind::File => {
                let found = temporary_of(&entry.name);
                if found.is_some_and(|(target, maker)| is_left(target, maker)) {
                    let _ = disk.remove(&path);
                }
            }
            _ => {}
        }
    }
}
