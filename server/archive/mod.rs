//! Defines what an archive (ZIP) of a session holds, for export and import alike, and which archives are
//! refused.
//!
//! Everything lies in one folder named after the session; what is in the session's folder lies
//! as it does there, and the brief lies in `brief/`:
//!
//! ```text
//! the-lamp-keeper-01/manifest.json, full_story.md, CHANGELOG.md, …
//! the-lamp-keeper-01/chunks/…, state/…, revisions/…, history/…, runs/…
//! the-lamp-keeper-01/brief/story.md
//! ```
//!
//! Hidden files (the lock, temporary files, a declared change) are this machine's business and
//! are in no archive. An archive may come from anybody: a name that could lead anywhere else
//! than into a new folder of the session refuses the archive as a whole; a harmless name that
//! no session has (a Finder's `.DS_Store`, a folder of the packer's own) is skipped and named.

mod export;
mod import;
mod made_file;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub use export::{Exported, export_zip};
pub use import::{Imported, import_zip};
pub use made_file::export_file;

use crate::session::{SessionId, StoreError};
pub(crate) use crate::story::archive_limits::{DEPTH, parts_of, shown};
pub use crate::story::archive_limits::{Limits, Refusal};
use crate::story::slug;

/// The folder of what was made of a session. None of it is in an archive.
pub(crate) const EXPORTS: &str = "exports";
/// The folder of the archive that the brief is in.
pub(crate) const BRIEF: &str = "brief";
/// Folders of a session.
const FOLDERS: [&str; 5] = ["chunks", "state", "revisions", "history", "runs"];

/// The reason why an export or an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Not a ZIP, cut off, or damaged.
    #[error(
        "{} can't be read as a ZIP archive: {why}. Nothing was imported. Copy or download it again; an export that is \
         complete passes `unzip -t`.",
        path.display()
    )]
    Unreadable { path: PathBuf, why: String },
    #[error(
        "{} was not imported, and nothing was changed: {reason}{}. Import only archives that `storywright export` made.",
        path.display(), entry_words(entry.as_deref())
    )]
    Refused {
        path: PathBuf,
        /// The entry's name, made harmless to show.
        entry: Option<String>,
        reason: Refusal,
    },
    #[error(
        "{} in {} is another story than the archive's: \"{here}\", not \"{there}\". Nothing was imported. Choose \
         another folder with --folder.",
        name, folder.display()
    )]
    OtherStory {
        name: String,
        folder: PathBuf,
        here: String,
        there: String,
    },
    /// The export would have replaced something that is no export.
    #[error("{} is there already and is {what}, so nothing was exported. Name another file with --output.", path.display())]
    Occupied { path: PathBuf, what: &'static str },
    /// The archive that was read back differs from what was written.
    #[error(
        "The export was written and did not read back as it should ({what}), so it was thrown away; the session itself \
         is untouched. Check the disk at {}, then export again.",
        path.display()
    )]
    NotVerified { path: PathBuf, what: String },
}

fn entry_words(entry: Option<&str>) -> String {
    entry.map_or_else(String::new, |entry| format!(" (\"{entry}\")"))
}

/// Tells whether a path below the session's folder, with forward slashes, is part of the session.
pub(crate) fn is_member(path: &str, id: &SessionId) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > DEPTH || parts.iter().any(|part| is_hidden(part)) {
        return false;
    }
    match parts.as_slice() {
        [name] => {
            // An export is made of the session, and is none of its texts.
            let export = name.strip_prefix(id.as_str());
            !matches!(export, Some(".md" | ".zip"))
                && matches!(
                    Path::new(name).extension().and_then(|e| e.to_str()),
                    Some("md" | "json")
                )
        }
        [folder, ..] => FOLDERS.contains(folder),
        [] => false,
    }
}

pub(crate) fn is_hidden(part: &str) -> bool {
    part.starts_with('.')
}

/// The names of an archive, as the most forgetful of file systems would see them: without
/// regard to case and to how accents are composed.
#[derive(Debug, Default)]
pub(crate) struct Names {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    /// Adds the name of an entry.
    ///
    /// # Errors
    /// [`Refusal::Duplicate`] where the file would fall on another file or folder.
    pub(crate) fn add(&mut self, parts: &[&str]) -> Result<(), Refusal> {
        let key = slug::nfc(&slug::nfc(&parts.join("/")).to_lowercase());
        for (at, _) in key.match_indices('/') {
            let folder = &key[..at];
            if self.files.contains(folder) {
                return Err(Refusal::Duplicate);
            }
            if !self.folders.contains(folder) {
                self.folders.insert(folder.to_owned());
            }
        }
        if self.folders.contains(&key) || !self.files.insert(key) {
            return Err(Refusal::Duplicate);
        }
        Ok(())
    }
}

/// Tells whether a file name is the name of a brief: `story.md` or `NAME.story.md`.
pub(crate) fn is_brief_name(name: &str) -> bool {
    name == "story.md" || (name.ends_with(".story.md") && !is_hidden(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_what_a_session_has() {
        let id = SessionId::parse("s-01").unwrap();
        for (path, expected) in [
            ("manifest.json", true),
            ("manifest.kept-01.json", true),
            ("full_story.md", true),
            ("chunks/chunk_01.md", true),
            ("chunks/chunk_01.journal", true),
            ("runs/run-001-draft/errors/chunk_01.json", true),
            (".lock", false),
            (".intent.json", false),
            ("chunks/.chunk_01.md.12-3.tmp", false),
            ("s-01.zip", false),
            ("s-01.md", false),
            ("notes/mine.md", false),
            ("program.exe", false),
        ] {
            assert_eq!(is_member(path, &id), expected, "{path}");
        }
    }
}
