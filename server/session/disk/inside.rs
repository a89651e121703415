//! Checks that a folder lies inside the story's.

use std::path::Path;

use super::Disk;
use super::entry::EntryKind;
use crate::session::error::StoreError;

/// How often a folder is looked at that comes and goes.
const MOST_LOOKS: usize = 4;

impl Disk {
    /// Fails where `folder`, which may not exist yet, leads out of `root`.
    pub(crate) fn ensure_inside(&self, folder: &Path, root: &Path) -> Result<(), StoreError> {
        for _ in 0..MOST_LOOKS {
            match self.resolve(folder)? {
                Some(real) if real.starts_with(root) => return Ok(()),
                Some(_) => break,
                None => match self.metadata(folder)? {
                    None => return Ok(()),
                    // To nothing.
                    Some(there) if there.kind == EntryKind::Link => break,
                    // It was made between the two looks.
                    Some(_) => {}
                },
            }
        }
        Err(StoreError::Outside {
            path: folder.to_owned(),
            root: root.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::super::call::{Call, Faults, Verdict};
    use super::*;

    /// Makes a folder, or a link out of the story, between two looks at it.
    struct MadeMeanwhile {
        folder: PathBuf,
        link_to: Option<PathBuf>,
    }

    impl Faults for MadeMeanwhile {
        fn before(&self, call: Call, path: &Path) -> Verdict {
            if call == Call::Metadata && path == self.folder {
                // The second look finds what the first one made.
                let _ = match &self.link_to {
                    None => std::fs::create_dir(path),
                    #[cfg(unix)]
                    Some(target) => std::os::unix::fs::symlink(target, path),
                    #[cfg(not(unix))]
                    Some(_) => Ok(()),
                };
            }
            Verdict::Go
        }
    }

    #[test]
    fn a_folder_that_is_made_between_two_looks_is_inside() {
        let story = tempfile::tempdir().unwrap();
        let root = story.path().canonicalize().unwrap();
        let folder = root.join("state");
        let disk = |link_to: Option<PathBuf>| {
            let folder = folder.clone();
            Disk::with_faults(Arc::new(MadeMeanwhile { folder, link_to }))
        };
        disk(None).ensure_inside(&folder, &root).unwrap();
        assert!(folder.is_dir());
        std::fs::remove_dir(&folder).unwrap();
        #[cfg(unix)]
        for target in ["/", "/nowhere"] {
            let led_out = disk(Some(target.into())).ensure_inside(&folder, &root);
            assert!(
                matches!(led_out, Err(StoreError::Outside { .. })),
                "{target}"
            );
            std::fs::remove_file(&folder).unwrap();
        }
    }
}
