//! Saves a text that its own file did not take in another place.

use std::path::{Path, PathBuf};

use super::Session;
use crate::session::error::{Doing, StoreError};
use crate::session::layout::RESCUE;
use crate::session::make_work_folder;
use crate::story::ChunkNumber;
use crate::story::chunk_file::{self, FileStatus};

/// The place of a text that a job wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In its chunk file or the journal.
    InPlace,
    /// In another file, which the author has to be told of.
    Rescued(PathBuf),
    /// In no file.
    Nowhere,
}

impl Session {
    /// Brings a text of a chunk, which could not be saved, to disk: into its own file where that
    /// takes it now and holds nothing else (`replaces_other` is false), else into `.work/rescue/` of
    /// the session or of the story, else into the folder `elsewhere`. What is told was seen on disk.
    pub fn rescue(
        &self,
        number: ChunkNumber,
        prose: &str,
        replaces_other: bool,
        elsewhere: &Path,
    ) -> Kept {
        // As any reader sees it: the guard learns nothing by that.
        let is_there = || {
            let view = self.view().ok();
            let chunk = view.as_ref().and_then(|view| view.chunk(number));
            chunk.is_some_and(|chunk| chunk.source().starts_with(prose.trim_end()))
        };
        let save = || !replaces_other && self.save_partial(number, prose).is_ok();
        if is_there() || (save() && is_there()) {
            return Kept::InPlace;
        }
        let inner = &self.inner;
        let (own, of_story) = (inner.paths.work(), inner.folder.work());
        let inside = [&own, &of_story].map(|work| (Some(work), work.join(RESCUE)));
        // The folder may be another user's, who keeps it closed.
        let outside = ["".to_owned(), format!("-{}", std::process::id())];
        let outside =
            outside.map(|end| (None, elsewhere.join(format!("storywright-{RESCUE}{end}"))));
        for (work, folder) in inside.into_iter().chain(outside) {
            let made = work.map_or(Ok(()), |work| make_work_folder(work, &inner.disk));
            let put = made.and_then(|()| self.put_aside(&folder, number, prose, work.is_some()));
            match put {
                Ok(path) => return Kept::Rescued(path),
                Err(error) => tracing::debug!("{} takes no text: {error}", folder.display()),
            }
        }
        Kept::Nowhere
    }

    /// Writes a text into a new file, and reads it back.
    fn put_aside(
        &self,
        folder: &Path,
        number: ChunkNumber,
        prose: &str,
        is_inside: bool,
    ) -> Result<PathBuf, StoreError> {
        let inner = &self.inner;
        let anywhere = inner.disk.anywhere();
        let disk = if is_inside { &inner.disk } else { &anywhere };
        disk.make_folder(folder)?;
        #[cfg(unix)]
        if !is_inside {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(folder, mode)
                .map_err(|e| StoreError::io(Doing::Write, folder, e))?;
        }
        let beat = &inner.plan[inner.index(number)?].beat;
        let text = chunk_file::render(number, beat, FileStatus::Partial, prose);
        let time = disk.now().strftime("%Y%m%d-%H%M%S");
        let stem = format!("{}-chunk_{:02}-{time}", inner.id, number.0);
        let mut path = folder.join(format!("{stem}-1.md"));
        let mut count = 1;
        while disk.metadata(&path)?.is_some() {
            count += 1;
            path = folder.join(format!("{stem}-{count}.md"));
        }
        disk.write(&path, text.as_bytes())?;
        Ok(path)
    }
}
