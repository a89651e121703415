//! What goes over a chunk after it is complete works on this: the session, the story as it was
//! when the job began, and those who are told.

use std::sync::Arc;

use crate::analysis::story_file::StoryFile;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::{Editor, Hint, PageStop};
use crate::jobs::run::report::{Reporter, cause_chain};
use crate::provider::ProviderError;
use crate::session::{Saved, Session, StoreError};
use crate::settings::Settings;
use crate::story::ChunkNumber;

/// What a pass over chunks works on. Cheap to clone.
#[derive(Clone)]
pub struct Pass {
    pub session: Session,
    pub story: Arc<StoryFile>,
    pub settings: Arc<Settings>,
    pub editor: Arc<dyn Editor>,
    pub reporter: Arc<Reporter>,
}

/// Why a pass over a chunk came to nothing. The chunk is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// What belongs to the chunk does not fit into one prompt; nothing was sent.
    #[error("{0}")]
    TooLarge(String),
    /// There was an answer, and it was not taken.
    #[error("{why}")]
    Refused {
        /// As the beginning of a sentence.
        why: String,
        /// What came, for the run's records.
        answer: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PassError {
    pub fn refused(why: impl Into<String>, answer: String) -> PassError {
        let why = why.into();
        PassError::Refused { why, answer }
    }

    /// Whether it would be the same for every other chunk.
    pub fn is_everywhere(&self) -> bool {
        match self {
            PassError::Provider(error) => !error.kind.is_transient(),
            PassError::Store(error) => error.ends_job(),
            PassError::TooLarge(_) | PassError::Refused { .. } => false,
        }
    }
}

impl Pass {
    /// Brings what was saved into files that an editor shows.
    pub async fn bring_to_editor(&self, number: ChunkNumber, saved: Saved) {
        for notice in saved.notices {
            self.reporter
                .warn(Some(number), notice.code, notice.message);
        }
        for edit in saved.client_edits {
            if let Err(stop) = self.editor.replace(&edit).await
                && stop != PageStop::CannotEdit(Hint::GivenBefore)
            {
                let file = edit.path.file_name().unwrap_or_default().to_string_lossy();
                let message = format!("{file} is open and was left as it is: {stop}");
                self.reporter.warn(Some(number), "file-left-alone", message);
            }
        }
    }

    /// Tells the author of a pass that came to nothing, and keeps its report; `doing` is what
    /// was not done: "refined".
    pub async fn tell_failure(&self, number: ChunkNumber, doing: &str, error: &PassError) {
        let code = match (doing, error) {
            ("refined", PassError::Refused { .. }) => "refine-refused",
            ("refined", _) => "refine-failed",
            _ => "audit-failed",
        };
        let mut report = format!(
            "# Chunk {number} was not {doing}\n\n{}\n",
            cause_chain(error)
        );
        let mut kept = "";
        if let PassError::Refused { answer, .. } = error {
            report.push_str(&format!("\n## The model's answer\n\n{answer}\n"));
            kept = ", and the answer is in the run's errors/";
        }
        let (run, name) = (
            self.reporter.run().clone(),
            format!("chunk_{:02}_not_{doing}", number.0),
        );
        if let Err(error) = blocking(move || run.error(&name, &report)).await {
            self.reporter
                .warn(Some(number), "record", cause_chain(&error));
        }
        let again = match error {
            PassError::Refused { .. } if doing == "refined" => {
                format!(". `storywright refine --chunk {number}` tries again")
            }
            _ => String::new(),
        };
        let message = format!(
            "chunk {number} was not {doing}: {}. Its text stays as it is{kept}{again}",
            error.to_string().trim_end_matches('.')
        );
        self.reporter.warn(Some(number), code, message);
    }
}
