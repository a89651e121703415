//! `storywright refine`: a second pass over one complete chunk.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::job::{dry_run_pass, run_job};
use super::place::{self, brief, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::ChunkRef;
use crate::jobs::run::workshop::{JobRequest, Naming, Scope, Workshop};

#[derive(Args)]
pub struct Refine {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The chunk, by number or beat id
    #[arg(long)]
    pub chunk: String,
    /// Put the better text into the chunk at once; the old one is kept in history/
    #[arg(long)]
    pub apply: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

pub async fn run(workshop: &Workshop, arguments: Refine) -> Result<Exit, Failure> {
    let request = JobRequest {
        job: "refine".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), arguments.path.as_deref())?,
        naming: Naming::ByAuthor,
        scope: Scope::Refine {
            chunk: ChunkRef::parse(&arguments.chunk),
            apply: arguments.apply,
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run_pass(workshop, request, arguments.json).await;
    }
    run_job(workshop, request, arguments.json).await
}
