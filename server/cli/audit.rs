//! `storywright audit`: looks for contradictions, and shows those that stand.

use std::path::PathBuf;

use clap::Args;

use super::check;
use super::exit::Exit;
use super::failure::Failure;
use super::job::{dry_run_pass, run_to_end, tell_end};
use super::place::{self, brief, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::ChunkRef;
use crate::jobs::run::workshop::{JobRequest, Naming, Scope, Workshop};

#[derive(Args)]
pub struct Audit {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Audit just this chunk, by number or beat id [default: all that changed since the last audit]
    #[arg(long)]
    pub chunk: Option<String>,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

pub async fn run(workshop: &Workshop, arguments: Audit) -> Result<Exit, Failure> {
    let (brief, session) = (
        brief(arguments.path.as_deref())?,
        place::session(arguments.session.as_deref(), arguments.path.as_deref())?,
    );
    let chunk = arguments.chunk.as_deref().map(ChunkRef::parse);
    let request = JobRequest {
        job: "audit".to_owned(),
        brief: brief.clone(),
        workspace: workspace(),
        session: session.clone(),
        naming: Naming::ByAuthor,
        scope: Scope::Audit(chunk.clone()),
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run_pass(workshop, request, arguments.json).await;
    }
    // The report is what is found; how it goes is told beside it.
    let finished = run_to_end(workshop, request, false).await?;
    check::show_contradictions(
        workshop,
        &brief,
        session.as_ref(),
        chunk.as_ref(),
        arguments.json,
    )?;
    Ok(tell_end(&finished, arguments.json))
}
