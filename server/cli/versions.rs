//! `storywright versions`: what a chunk was before.

use super::exit::Exit;
use super::failure::Failure;
use super::place::OneChunk;
use super::story::story_and_settings;
use super::{output, place};
use crate::analysis::selection::ChunkRef;
use crate::analysis::versions;
use crate::jobs::run::workshop::Workshop;
use crate::session::NoEditor;

pub fn run(workshop: &Workshop, arguments: OneChunk) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let (story, settings) = story_and_settings(workshop, path)?;
    let session = place::session(arguments.session.as_deref(), path)?;
    let versions = versions::list(
        &story,
        &settings,
        session.as_ref(),
        &ChunkRef::parse(&arguments.chunk),
        &NoEditor,
        workshop.disk(),
    )?;
    match arguments.json {
        true => output::print_json(&versions, true),
        false => output::print(&versions.table()),
    }
    Ok(Exit::Done)
}
