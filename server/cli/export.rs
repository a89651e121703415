//! `storywright export`: a draft as a ZIP, or its story as one file.

use super::args::{Export, ExportFormat};
use super::session::story_and_settings;
use super::{Exit, Failure, output, place};
use crate::engine::export::{Format, export};
use crate::engine::workshop::Workshop;
use crate::session::NoEditor;

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
