//! How work on a complete chunk may come to nothing, and the report of it.

use super::reporter::cause_chain;
use super::started_job::StartedJob;
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::session::StoreError;
use crate::story::ChunkNumber;

/// Why reading a chunk or going over it came to nothing. The chunk is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
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

impl Failure {
    /// Turns an answer down.
    pub fn refused(why: impl Into<String>, answer: String) -> Failure {
        let why = why.into();
        Failure::Refused { why, answer }
    }

    /// Whether it would be the same for every other chunk.
    pub fn is_everywhere(&self) -> bool {
        match self {
            // Other chunks are shorter.
            Failure::Provider(error) => {
                !error.kind.is_transient() && error.kind != ProviderErrorKind::ContextOverflow
            }
            Failure::Store(error) => error.ends_job(),
            Failure::TooLarge(_) | Failure::Refused { .. } => false,
        }
    }

    /// The model's answer that was not taken.
    pub fn answer(&self) -> Option<&str> {
        match self {
            Failure::Refused { answer, .. } => Some(answer),
            _ => None,
        }
    }
}

impl StartedJob {
    /// Keeps the report of a failure in the run's errors. `what` is what did not happen, as a heading.
    pub(crate) async fn keep_failure(
        &self,
        number: ChunkNumber,
        name: String,
        what: &str,
        failure: &Failure,
    ) {
        let mut report = format!("# {what}\n\n{}\n", cause_chain(failure));
        if let Some(answer) = failure.answer() {
            report.push_str(&format!("\n## The model's answer\n\n{answer}\n"));
        }
        let reporter = &self.reporter;
        reporter.keep_error(Some(number), name, report).await;
    }
}
