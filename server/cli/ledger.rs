//! `storywright ledger`: where the threads and promises of a story are opened, due and paid.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::story::look;
use super::{output, place};
use crate::jobs::run::workshop::Workshop;

#[derive(Args)]
pub struct Ledger {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft that it is about [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(workshop: &Workshop, arguments: Ledger) -> Result<Exit, Failure> {
    let look = look(workshop, arguments.path.as_deref())?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let ledger = look.ledger(session.as_ref())?;
    match arguments.json {
        true => output::print_json(&ledger, true),
        false => output::print(&ledger.table()),
    }
    Ok(Exit::Done)
}
