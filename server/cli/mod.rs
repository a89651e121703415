//! The shell front: arguments, progress bars, exit codes.
//!
//! Results go to standard output, progress and problems to standard error. Exit codes: 0 all
//! done; 1 something is missing or failed; 2 usage or settings; 130 cancelled.

mod args;
mod audit;
mod check;
mod doctor;
mod explain;
mod export;
mod import;
mod new;
mod output;
mod place;
mod plan;
mod progress;
mod refine;
mod session;
mod status;
mod upkeep;
mod versions;
mod write;

use std::path::PathBuf;

use clap::Parser;

use crate::engine::environment::Environment;
use crate::engine::error::JobError;
use crate::engine::report::cause_chain;
use crate::engine::story_file::FindError;
use crate::engine::upkeep::Decision;
use crate::engine::workshop::Workshop;
use crate::session::Disk;
use args::{Arguments, Command};
pub use output::LogLines;
use place::brief;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something is missing or failed.
    Failed,
    /// The command line or the settings are at fault.
    Usage,
    Cancelled,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Cancelled => 130,
        }
    }
}

/// What the command line asks for.
pub enum Task {
    /// The language server, over standard input and output.
    Server,
    Shell(ShellTask),
}

/// A command of the shell front.
pub struct ShellTask(Command);

/// Reads the command line. Exits with 2 at wrong usage and 0 after `--help`.
pub fn parse() -> Task {
    let arguments = Arguments::try_parse().unwrap_or_else(|said| output::end_parsing(&said));
    match arguments.command {
        Command::Lsp(_) => Task::Server,
        command => Task::Shell(ShellTask(command)),
    }
}

impl ShellTask {
    /// Runs the command to its end.
    pub async fn run(self, environment: Environment) -> Exit {
        let holder = "storywright in a shell";
        let workshop = Workshop::new(environment, Disk::real(), holder);
        let result = match self.0 {
            Command::New(arguments) => new::run(arguments),
            Command::Plan(arguments) => plan::run(&workshop, arguments).await,
            Command::Write(arguments) => write::run(&workshop, arguments).await,
            Command::Rewrite(arguments) => write::rewrite(&workshop, arguments).await,
            Command::State(arguments) => write::state(&workshop, arguments).await,
            Command::Restore(arguments) => upkeep::restore(&workshop, arguments).await,
            Command::Versions(arguments) => versions::list(&workshop, arguments),
            Command::Diff(arguments) => versions::diff(&workshop, arguments),
            Command::Keep(chunks) => upkeep::run(&workshop, chunks, Decision::Keep).await,
            Command::Lock(chunks) => upkeep::run(&workshop, chunks, Decision::Lock).await,
            Command::Unlock(chunks) => upkeep::run(&workshop, chunks, Decision::Unlock).await,
            Command::Accept(chunks) => {
                upkeep::run(&workshop, chunks, Decision::AcceptRevision).await
            }
            Command::Reject(chunks) => {
                upkeep::run(&workshop, chunks, Decision::RejectRevision).await
            }
            Command::Refine(arguments) => refine::run(&workshop, arguments).await,
            Command::Audit(arguments) => audit::run(&workshop, arguments).await,
            Command::Status(arguments) => status::run(&workshop, arguments),
            Command::Session(arguments) => session::run(&workshop, arguments),
            Command::Export(arguments) => export::run(&workshop, arguments),
            Command::Import(arguments) => import::run(&workshop, arguments),
            Command::Check(arguments) => check::run(&workshop, arguments),
            Command::Explain(arguments) => explain::run(&workshop, arguments),
            Command::Doctor(arguments) => doctor::run(&workshop, arguments).await,
            Command::Lsp(_) => Ok(Exit::Done),
        };
        let exit = result.unwrap_or_else(|failure| {
            output::complain(&failure.message);
            failure.exit
        });
        output::end(exit)
    }
}

/// A command that could not do its work.
struct Failure {
    message: String,
    exit: Exit,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            exit: Exit::Usage,
        }
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

impl From<crate::session::StoreError> for Failure {
    fn from(error: crate::session::StoreError) -> Failure {
        JobError::from(error).into()
    }
}

impl From<crate::session::ArchiveError> for Failure {
    fn from(error: crate::session::ArchiveError) -> Failure {
        JobError::from(error).into()
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Failure {
        Failure::usage(error.to_string())
    }
}

/// The outermost folder whose `storywright.toml` counts: the current one.
fn workspace() -> Option<PathBuf> {
    std::env::current_dir().ok()
}
