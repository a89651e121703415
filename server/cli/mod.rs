//! The shell front: arguments, progress bars, exit codes.
//!
//! A command is a file with its arguments and what runs it, and a variant in `command.rs`. Results go to standard
//! output, progress and problems to standard error. Exit codes: 0 all done; 1 something is missing or failed; 2 usage
//! or settings; 130 cancelled.

mod audit;
mod candidates;
mod check;
mod command;
mod completions;
mod count;
mod decide;
mod diff;
mod dismiss;
mod doctor;
mod exit;
mod explain;
mod export;
mod failure;
mod import;
mod job;
mod ledger;
mod new;
mod output;
mod place;
mod plan;
mod progress;
mod refine;
mod report;
mod rewrite;
mod session;
mod setting_flags;
mod state;
mod status;
mod story;
mod versions;
mod write;

pub use command::{ShellTask, Task, parse};
pub use exit::Exit;
pub use output::LogLines;
