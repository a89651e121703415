//! The commands `storywright.*`: `table.rs` has a row for each; what runs it, and what it offers where, is in a file
//! of its own or of its family.

mod arguments;
mod cancel;
mod candidates;
mod command;
mod decide;
mod dismiss;
mod execute;
mod explain;
mod export;
mod import;
pub(super) mod inplace;
mod ledger;
mod new_story;
mod offers;
mod passes;
mod plan;
mod report;
mod sessions;
pub(super) mod start_job;
mod status;
mod table;
mod versions;
mod write;

pub use command::{Command, Here, Palette, Place};
pub use execute::execute;
pub use offers::{Asked, Offered, offers, offers_on};
pub use table::COMMANDS;
