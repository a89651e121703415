//! Describes why nothing was imported.

use std::path::PathBuf;

use crate::book::read::Unreadable;
use crate::jobs::run::error::JobError;
use crate::session::StoreError;
use crate::story::archive_limits::Refusal;

/// The reason why a source was not imported. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("there is nothing at {}. Nothing was imported; name a file or a folder", .0.display())]
    NotThere(PathBuf),
    #[error("{0}. Nothing was imported, and nothing was changed")]
    Unreadable(#[from] Unreadable),
    #[error(
        "{} is nothing that is imported. Name markdown, text, RTF, DOCX, EPUB, a folder of texts, a project of novelWriter, \
         Longform or Scrivener, a character card or lorebook, or a ZIP that `storywright export` made",
        .0.display()
    )]
    UnknownKind(PathBuf),
    #[error("{} was not imported, and nothing was changed: {reason}{}", path.display(), entry_words(entry.as_deref()))]
    Refused {
        path: PathBuf,
        /// The entry's name, made harmless to show.
        entry: Option<String>,
        reason: Refusal,
    },
    #[error(
        "{} can't be read as an archive: {why}. Nothing was imported, and nothing was changed. Copy or download it again",
        path.display()
    )]
    Damaged { path: PathBuf, why: String },
    #[error("{} was not imported, and nothing was changed: {why}", path.display())]
    TooMuch { path: PathBuf, why: String },
    #[error(
        "{} is open in the editor, and this import has to add beats to it. Nothing was imported; save and close it, then \
         import again",
        .0.display()
    )]
    BriefOpen(PathBuf),
    #[error(
        "the outline of {} can't take the new scenes without being read otherwise. Nothing was imported; `storywright check` \
         says what is wrong with the brief",
        .0.display()
    )]
    NoPlace(PathBuf),
    #[error(
        "{} can't take what is new without being read otherwise. Nothing was imported; `storywright check` says what is wrong \
         with the brief",
        .0.display()
    )]
    NoPlaceBeside(PathBuf),
    #[error(
        "a brief could not be made of {}: {why}. Nothing was imported, and nothing was changed",
        path.display()
    )]
    NoBrief { path: PathBuf, why: String },
    #[error(transparent)]
    Job(#[from] JobError),
}

fn entry_words(entry: Option<&str>) -> String {
    entry.map_or_else(String::new, |entry| format!(" (\"{entry}\")"))
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> ImportError {
        ImportError::Job(error.into())
    }
}

impl ImportError {
    /// Tells whether the command line is the cause.
    pub fn is_usage(&self) -> bool {
        match self {
            ImportError::NotThere(_) | ImportError::UnknownKind(_) => true,
            ImportError::Job(error) => error.is_usage(),
            _ => false,
        }
    }
}
