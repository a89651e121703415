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
        let is_there = || {
            // As any reader sees it: the guard learns nothing by that.
            let view = self.view().ok();
            let chunk = view.as_ref().and_then(|view| view.chunk(number));
            chunk.is_some_and(|chunk| chunk.source().starts_with(prose.trim_end()))
        };
        if is_there() {
            return Kept::InPlace;
        }
        if !replaces_other && self.save_partial(number, prose).is_ok() && is_there() {
            return Kept::InPlace;
        }
        let inner = &self.inner;
        let (own, of_story) = (inner.paths.work(), inner.folder.work());
        let inside = [&own, &of_story].map(|work| (Some(work), work.join(RESCUE)));
        // The folder may be another user's, who keeps it closed.
        let outside = ["".to_owned(), format!("-{}", std::process::id())];
        let outside =
            outside.map(|end| (None, elsewhere.join(format!("storywright-{RESCUE}{end}"))));
        let places = inside.into_iter().chain(outside);
        for (work, folder) in places {
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
        let disk = match is_inside {
            true => inner.disk.clone(),
            false => inner.disk.anywhere(),
        };
        disk.make_folder(folder)?;
        if !is_inside {
            keep_private(folder, 0o700)?;
        }
        let planned = &inner.plan[inner.index(number)?];
        let text = chunk_file::render(number, &planned.beat, FileStatus::Partial, prose);
        let time = disk.now().strftime("%Y%m%d-%H%M%S");
        let stem = format!("{}-chunk_{:02}-{time}", inner.id, number.0);
        let mut count = 1;
        let path = loop {
            let path = folder.join(format!("{stem}-{count}.md"));
            if disk.metadata(&path)?.is_none() {
                break path;
            }
            count += 1;
        };
        disk.write(&path, text.as_bytes())?;
        if !is_inside {
            keep_private(&path, 0o600)?;
        }
        Ok(path)
    }
}

/// Closes what stands in a folder of all users to the others.
fn keep_private(path: &Path, mode: u32) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).map_err(|e| StoreError::io(Doing::Write, path, e))?;
    }
    let _ = (path, mode);
    Ok(())
}
