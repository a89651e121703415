//! Describes why a command failed.

use super::exit::Exit;
use crate::analysis::error::StoryError;
use crate::analysis::story_file::FindError;
use crate::archive::ArchiveError;
use crate::jobs::run::error::JobError;
use crate::jobs::run::reporter::cause_chain;
use crate::session::StoreError;

/// Says why a command could not do its work, and how the process ends.
pub struct Failure {
    pub message: String,
    pub exit: Exit,
}

impl Failure {
    /// Makes a failure of which the command line or the settings are the cause.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            exit: Exit::Usage,
        }
    }
}

impl From<StoryError> for Failure {
    fn from(error: StoryError) -> Failure {
        JobError::from(error).into()
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Failure {
        tracing::debug!(target: "storywright::job", "{}", cause_chain(&error));
        Failure {
            message: error.to_string(),
            exit: if error.is_usage() {
                Exit::Usage
            } else {
                Exit::Failed
            },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        JobError::from(error).into()
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Failure {
        JobError::from(error).into()
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Failure {
        Failure::usage(error.to_string())
    }
}
