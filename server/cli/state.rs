//! `storywright state`: reads chunks for what later ones have to know of them.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::job::{dry_run_pass, run_job};
use super::place::{self, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::ChunkRef;
use crate::jobs::run::workshop::{JobRequest, Naming, Scope, Which, Workshop};

#[derive(Args)]
pub struct State {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Read just this chunk, by number or beat id
    #[arg(long)]
    pub chunk: Option<String>,
    /// Read again what is known; what you edited only with --chunk. The old is kept in history/
    #[arg(long)]
    pub rebuild: bool,
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

pub async fn run(workshop: &Workshop, arguments: State) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let request = JobRequest {
        job: "state".to_owned(),
        brief: place::brief(path)?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path)?,
        naming: Naming::ByAuthor,
        scope: Scope::Read(Which {
            chunk: arguments.chunk.as_deref().map(ChunkRef::parse),
            again: arguments.rebuild,
        }),
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run_pass(workshop, request, arguments.json).await;
    }
    run_job(workshop, request, arguments.json).await
}
