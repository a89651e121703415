//! `storywright versions` and `storywright diff`: what a chunk was before.

use super::args::{Chunk, Diff};
use super::session::story_and_settings;
use super::{Exit, Failure, output, place};
use crate::engine::versions;
use crate::engine::workshop::{ChunkRef, Workshop};
use crate::session::NoEditor;

pub fn list(workshop: &Workshop, arguments: Chunk) -> Result<Exit, Failure> {
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

pub fn diff(workshop: &Workshop, arguments: Diff) -> Result<Exit, Failure> {
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
