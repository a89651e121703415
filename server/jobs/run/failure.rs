//! The failure of work on a complete chunk, and its report.

use super::reporter::cause_chain;
use super::started_job::StartedJob;
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::session::StoreError;
use crate::story::ChunkNumber;

/// The reason why reading, refining or auditing a chunk failed. The chunk is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A question that does not fit into one prompt; nothing was sent.
    #[error("{0}")]
    TooLarge(String),
    /// An answer that was refused.
    #[error("{why}")]
    Refused {
        /// The reason as the beginning of a sentence.
        why: String,
        /// The answer, for the run's records.
        answer: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// Makes the failure of an answer that is refused.
    pub fn refused(why: impl Into<String>, answer: String) -> Failure {
        let why = why.into();
        Failure::Refused { why, answer }
    }

    /// Tells whether every other chunk would meet the same failure.
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

    /// Returns the model's answer that was refused.
    pub fn answer(&self) -> Option<&str> {
        match self {
            Failure::Refused { answer, .. } => Some(answer),
            _ => None,
        }
    }
}

impl StartedJob {
    /// Saves the report of a failure in the run's errors. `what` is what did not happen, as a heading.
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
