//! `storywright export`: a draft as a ZIP, or its story as a book.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::exit::Exit;
use super::failure::Failure;
use super::story::story_and_settings;
use super::{output, place};
use crate::jobs::run::workshop::Workshop;
use crate::publishing::export::{Format, export};
use crate::session::NoEditor;

#[derive(Args)]
pub struct Export {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to export [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// zip: everything; docx: standard manuscript format; docx-plain, epub, html, md, txt: the story as a book
    #[arg(long, default_value = "zip", value_parser = format_names(), value_name = "FORMAT")]
    pub format: Format,
    /// File or folder to export to [default: exports/ in the draft's own folder]
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Reads the name of a format.
fn format_names() -> impl TypedValueParser<Value = Format> {
    let names = Format::NAMES.map(|(name, _)| name);
    // Only names of formats pass the parser before.
    PossibleValuesParser::new(names).map(|name| Format::named(&name).unwrap_or_default())
}

pub fn run(workshop: &Workshop, arguments: Export) -> Result<Exit, Failure> {
    let (story, settings) = story_and_settings(workshop, arguments.path.as_deref())?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let report = export(
        &story,
        &settings,
        session.as_ref(),
        arguments.format,
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
