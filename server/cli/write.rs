//! `storywright write`: writes what is missing, and resumes after an interruption.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::job::{dry_run, run_job};
use super::place::{self, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::{ChapterRef, ChunkRef, Selection};
use crate::jobs::run::workshop::{JobRequest, Naming, Scope, Workshop};

#[derive(Args)]
pub struct Write {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to work on [default: the current one, or a new one]
    #[arg(long)]
    pub session: Option<String>,
    /// Write just these chunks: numbers, ranges and beat ids, such as 3 or 1,5-9,lamp
    #[arg(long, value_name = "CHUNKS", group = "reach")]
    pub chunk: Option<String>,
    /// Write no further than this chunk, by number or beat id
    #[arg(long, value_name = "CHUNK", group = "reach")]
    pub to: Option<String>,
    /// Write just this chapter, by number or title
    #[arg(long, group = "reach")]
    pub chapter: Option<String>,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

pub async fn run(workshop: &Workshop, arguments: Write) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let Write {
        chunk, to, chapter, ..
    } = &arguments;
    let scope = match (chunk, to, chapter) {
        (Some(chunks), _, _) => Scope::Chunks(Selection::parse(chunks)),
        (None, Some(last), _) => Scope::UpTo(ChunkRef::parse(last)),
        (None, None, Some(chapter)) => Scope::Chapter(ChapterRef(chapter.clone())),
        (None, None, None) => Scope::Remaining,
    };
    let request = JobRequest {
        job: "write".to_owned(),
        brief: place::brief(path)?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path)?,
        naming: Naming::ByAuthor,
        scope,
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if arguments.dry_run {
        return dry_run(workshop, request, arguments.json).await;
    }
    run_job(workshop, request, arguments.json).await
}
