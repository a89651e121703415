//! How a pass over a complete chunk may come to nothing, and what the author is told then.

use crate::jobs::run::report::cause_chain;
use crate::jobs::run::started_job::StartedJob;
use crate::provider::ProviderError;
use crate::session::StoreError;
use crate::story::ChunkNumber;

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

impl StartedJob {
    /// Tells the author of a pass that came to nothing, and keeps its report; `doing` is what
    /// was not done: "refined".
    pub(crate) async fn tell_failure(&self, number: ChunkNumber, doing: &str, error: &PassError) {
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
        let name = format!("chunk_{:02}_not_{doing}", number.0);
        let reporter = &self.reporter;
        reporter.keep_error(Some(number), name, report).await;
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
        reporter.warn(Some(number), code, message);
    }
}
