//! `storywright explain`: the exact prompt of a chunk, without sending it.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::setting_flags::SettingFlags;
use super::story::usable_look;
use super::{output, place};
use crate::analysis::selection::ChunkRef;
use crate::jobs::run::workshop::Workshop;

#[derive(Args)]
pub struct Explain {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The chunk, by number or beat id [default: the first that is not complete]
    #[arg(long)]
    pub chunk: Option<String>,
    /// The draft to look at [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

pub fn run(workshop: &Workshop, arguments: Explain) -> Result<Exit, Failure> {
    let flags = &arguments.settings.values;
    let look = usable_look(workshop, arguments.path.as_deref(), flags)?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let chunk = arguments.chunk.as_deref().map(ChunkRef::parse);
    let explanation = look.explanation(session.as_ref(), chunk.as_ref())?;
    if arguments.json {
        output::print_json(&explanation, true);
    } else {
        output::print(explanation.markdown().trim_end());
    }
    Ok(Exit::Done)
}
