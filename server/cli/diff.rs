//! `storywright diff`: what changed between an earlier version of a chunk and its text.

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::place::OneChunk;
use super::story::story_and_settings;
use super::{output, place};
use crate::analysis::selection::ChunkRef;
use crate::analysis::versions;
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    pub chunk: OneChunk,
    /// Which version, counted from 1, the oldest [default: the one that was replaced last]
    #[arg(long)]
    pub version: Option<usize>,
}

pub fn run(workshop: &Workshop, arguments: Diff) -> Result<Exit, Failure> {
    let chunk = arguments.chunk;
    let (story, settings) = story_and_settings(workshop, chunk.path.as_deref())?;
    let session = place::session(chunk.session.as_deref(), chunk.path.as_deref())?;
    let comparison = versions::compare(
        &story,
        &settings,
        session.as_ref(),
        &ChunkRef::parse(&chunk.chunk),
        arguments.version,
        &NoEditor,
        workshop.disk(),
    )?;
    match chunk.json {
        true => output::print_json(&comparison, true),
        false => output::print(&comparison.text()),
    }
    Ok(Exit::Done)
}
