//! `storywright diff`: what changed between an earlier version of a chunk and its text.

use clap::Args;

use super::candidates;
use super::exit::Exit;
use super::failure::Failure;
use super::place::OneChunk;
use super::story::look;
use super::{output, place};
use crate::analysis::selection::ChunkRef;
use crate::jobs::run::workshop::Workshop;

#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    pub chunk: OneChunk,
    /// Which version, counted from 1, the oldest [default: the one that was replaced last]
    #[arg(long)]
    pub version: Option<usize>,
    /// Compare the text with this candidate instead
    #[arg(long, value_name = "K", conflicts_with = "version")]
    pub candidate: Option<u32>,
}

pub fn run(workshop: &Workshop, arguments: Diff) -> Result<Exit, Failure> {
    let chunk = arguments.chunk;
    if let Some(candidate) = arguments.candidate {
        return candidates::show(workshop, &chunk, candidate);
    }
    let look = look(workshop, chunk.path.as_deref())?;
    let session = place::session(chunk.session.as_deref(), chunk.path.as_deref())?;
    let named = ChunkRef::parse(&chunk.chunk);
    let comparison = look.comparison(session.as_ref(), &named, arguments.version)?;
    match chunk.json {
        true => output::print_json(&comparison, true),
        false => output::print(&comparison.text()),
    }
    Ok(Exit::Done)
}
