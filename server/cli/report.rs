//! `storywright report`: a page with pictures of a draft.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::story::look;
use super::{output, place};
use crate::jobs::run::workshop::Workshop;
use crate::publishing::report::report;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Report {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft that it is about [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// File or folder to write to [default: exports/report.html in the draft's own folder]
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(workshop: &Workshop, arguments: Report) -> Result<Exit, Failure> {
    let look = look(workshop, arguments.path.as_deref())?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let target = arguments.output.as_deref();
    let made = report(&look, session.as_ref(), target, &NoEditor, workshop.disk())?;
    if arguments.json {
        output::print_json(&made, true);
        return Ok(Exit::Done);
    }
    for notice in &made.notices {
        output::note(&format!("note: {notice}"));
    }
    output::print(&format!(
        "the report on session {} is {}",
        made.session, made.file
    ));
    Ok(Exit::Done)
}
