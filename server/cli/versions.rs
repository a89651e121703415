//! `storywright versions`: lists the earlier versions of a chunk.

use super::exit::Exit;
use super::failure::Failure;
use super::place::OneChunk;
use super::story::look;
use super::{output, place};
use crate::analysis::selection::ChunkRef;
use crate::jobs::run::workshop::Workshop;

pub fn run(workshop: &Workshop, arguments: OneChunk) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let look = look(workshop, path)?;
    let session = place::session(arguments.session.as_deref(), path)?;
    let versions = look.versions(session.as_ref(), &ChunkRef::parse(&arguments.chunk))?;
    match arguments.json {
        true => output::print_json(&versions, true),
        false => output::print(&versions.table()),
    }
    Ok(Exit::Done)
}
