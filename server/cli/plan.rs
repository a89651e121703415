//! `storywright plan`: plans the beats that an outline is missing, or what those that are written say.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::job::{self, show_foreseen, tell_end};
use super::place::{brief, session, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::ChunkRef;
use crate::jobs::assignment::Assignment;
use crate::jobs::plan::from_text::{TextPlanRequest, TextPlanning};
use crate::jobs::plan::{PlanRequest, Planning};
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Plan {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// How many beats the outline is to have in all [default: target_words / chunk_words]
    #[arg(long, value_name = "N", conflicts_with = "from_text")]
    pub beats: Option<u32>,
    /// Have the chunks that are written read for what their beats say: what happens, Enter, Exit, and rules
    #[arg(long)]
    pub from_text: bool,
    /// Read just this chunk, by number or beat id, whatever was read before
    #[arg(long, requires = "from_text")]
    pub chunk: Option<String>,
    /// Replace what the beats say already; the brief as it was is kept in the run's records
    #[arg(long, requires = "from_text")]
    pub overwrite: bool,
    /// The draft to read [default: the current one]
    #[arg(long, requires = "from_text")]
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

pub async fn run(workshop: &Workshop, arguments: Plan) -> Result<Exit, Failure> {
    if arguments.from_text {
        return from_text(workshop, arguments).await;
    }
    let request = PlanRequest {
        job: "plan".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        beats: arguments.beats,
        editor_settings: None,
        flags: arguments.settings.values,
    };
    let planning = Planning::new(workshop, request, &NoEditor)?;
    if arguments.dry_run {
        return Ok(show_foreseen(&planning.foresee(), arguments.json));
    }
    let assignment = Assignment::Outline(Box::new(planning));
    let finished = job::run(workshop, assignment, arguments.json).await?;
    Ok(tell_end(&finished, arguments.json))
}

async fn from_text(workshop: &Workshop, arguments: Plan) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let request = TextPlanRequest {
        job: "plan".to_owned(),
        brief: brief(path)?,
        workspace: workspace(),
        session: session(arguments.session.as_deref(), path)?,
        chunk: arguments.chunk.as_deref().map(ChunkRef::parse),
        overwrite: arguments.overwrite,
        editor_settings: None,
        flags: arguments.settings.values,
    };
    let planning = TextPlanning::new(workshop, request, &NoEditor)?;
    if arguments.dry_run {
        return Ok(show_foreseen(&planning.foresee(), arguments.json));
    }
    let assignment = Assignment::OutlineFromText(Box::new(planning));
    let finished = job::run(workshop, assignment, arguments.json).await?;
    Ok(tell_end(&finished, arguments.json))
}
