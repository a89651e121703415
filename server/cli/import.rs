//! `storywright import`: brings an exported draft back.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::jobs::run::workshop::Workshop;
use crate::session::{Limits, import_zip};
use crate::settings::argument::as_argument;
use crate::story::counted::counted;

#[derive(Args)]
pub struct Import {
    /// The ZIP that `storywright export` made
    pub file: PathBuf,
    /// Folder to bring the draft into
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn run(workshop: &Workshop, arguments: Import) -> Result<Exit, Failure> {
    let limits = Limits::default();
    let imported = import_zip(&arguments.file, &arguments.folder, &limits, workshop.disk())?;
    let brief = imported.folder.brief().display().to_string();
    if arguments.json {
        let report = serde_json::json!({
            "session": imported.session.as_str(),
            "brief": brief,
            "brief_written": imported.brief_written,
            "folder": imported.folder.session_root(&imported.session),
            "files": imported.files,
            "bytes": imported.bytes,
            "notices": imported.notices,
        });
        output::print_json(&report, true);
        return Ok(Exit::Done);
    }
    for notice in &imported.notices {
        output::note(&format!("note: {notice}"));
    }
    output::print(&format!(
        "session {} is in {} ({}, {}).\nTo go on with it: storywright session use {} {}",
        imported.session,
        imported.folder.generated().display(),
        counted(imported.files, "file"),
        counted(imported.bytes, "byte"),
        as_argument(imported.session.as_str()),
        as_argument(&brief)
    ));
    Ok(Exit::Done)
}
