//! `storywright import`: brings a book in, or an exported draft back.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::place::workspace;
use crate::archive::{Limits, import_zip};
use crate::jobs::run::workshop::Workshop;
use crate::publishing::import::bringing::{Import as Brought, ImportRequest, import};
use crate::publishing::import::error::ImportError;
use crate::session::NoEditor;
use crate::settings::argument::as_argument;
use crate::story::counted::counted;

#[derive(Args)]
pub struct Import {
    /// A book (markdown, text, RTF, DOCX, EPUB), a folder of texts, a project of novelWriter, Longform or Scrivener, a
    /// character card or lorebook, or a ZIP that `storywright export` made
    pub path: PathBuf,
    /// Folder to bring it into
    #[arg(long, default_value = ".")]
    pub folder: PathBuf,
    /// What the story is called [default: what the source says]
    #[arg(long)]
    pub title: Option<String>,
    /// The brief that a character card or lorebook is added to [default: the only one of the folder]
    #[arg(long, value_name = "BRIEF")]
    pub into: Option<PathBuf>,
    /// Say what it would make; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Failure {
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

pub fn run(workshop: &Workshop, arguments: Import) -> Result<Exit, Failure> {
    let request = ImportRequest {
        path: arguments.path.clone(),
        folder: arguments.folder.clone(),
        title: arguments.title.clone(),
        brief: arguments.into.clone(),
        dry_run: arguments.dry_run,
        workspace: workspace(),
    };
    let report = match import(workshop, &request, Arc::new(NoEditor))? {
        Brought::Archive => return bring_back(workshop, &arguments),
        Brought::Made(report, _) => report,
    };
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

/// Brings an exported draft back.
fn bring_back(workshop: &Workshop, arguments: &Import) -> Result<Exit, Failure> {
    if arguments.dry_run || arguments.title.is_some() {
        return Err(Failure::usage(
            "a ZIP brings a draft back as it was exported: --dry-run and --title are for books. Nothing was imported",
        ));
    }
    let limits = Limits::default();
    let imported = import_zip(&arguments.path, &arguments.folder, &limits, workshop.disk())?;
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
