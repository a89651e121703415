//! `storywright export`: a draft as a ZIP, or its story as one file.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::story::story_and_settings;
use super::{output, place};
use crate::jobs::publish::export::{Format, export};
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Export {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to export [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// zip: everything; md: the story as one file
    #[arg(long, value_enum, default_value = "zip")]
    pub format: ExportFormat,
    /// File or folder to export to [default: in the draft's own folder]
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    Zip,
    Md,
}

pub fn run(workshop: &Workshop, arguments: Export) -> Result<Exit, Failure> {
    let (story, settings) = story_and_settings(workshop, arguments.path.as_deref())?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let format = match arguments.format {
        ExportFormat::Zip => Format::Zip,
        ExportFormat::Md => Format::Md,
    };
    let report = export(
        &story,
        &settings,
        session.as_ref(),
        format,
        arguments.output.as_deref(),
        &NoEditor,
        workshop.disk(),
    )?;
    if arguments.json {
        output::print_json(&report, true);
        return Ok(Exit::Done);
    }
    for notice in &report.notices {
        output::note(&format!("note: {notice}"));
    }
    output::print(&report.message());
    Ok(Exit::Done)
}
