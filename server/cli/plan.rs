//! `storywright plan`: plans the beats that an outline is missing.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::job::{self, show_foreseen, tell_end};
use super::place::{brief, workspace};
use super::setting_flags::SettingFlags;
use crate::jobs::assignment::Assignment;
use crate::jobs::plan::{PlanRequest, Planning};
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Plan {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// How many beats the outline is to have in all [default: target_words / chunk_words]
    #[arg(long, value_name = "N")]
    pub beats: Option<u32>,
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
