//! `storywright candidates`: compares other texts of a chunk, which `rewrite --candidates` wrote, with its text.

use super::exit::Exit;
use super::failure::Failure;
use super::job::{run_to_end, tell_end};
use super::place::OneChunk;
use super::story::look;
use super::{output, place};
use crate::analysis::selection::ChunkRef;
use crate::analysis::snapshot::StorySource;
use crate::jobs::run::workshop::{JobRequest, Workshop};
use crate::session::NoEditor;

pub fn run(workshop: &Workshop, arguments: OneChunk) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let look = look(workshop, path)?;
    let session = place::session(arguments.session.as_deref(), path)?;
    let found = look.candidates(session.as_ref(), &ChunkRef::parse(&arguments.chunk))?;
    match arguments.json {
        true => output::print_json(&found, true),
        false => output::print(&found.table()),
    }
    Ok(Exit::Done)
}

/// Shows one candidate beside the present text.
pub fn show(workshop: &Workshop, chunk: &OneChunk, candidate: u32) -> Result<Exit, Failure> {
    let path = chunk.path.as_deref();
    let look = look(workshop, path)?;
    let session = place::session(chunk.session.as_deref(), path)?;
    let found = look.candidates(session.as_ref(), &ChunkRef::parse(&chunk.chunk))?;
    let Some(text) = found.text_of(candidate) else {
        return Err(Failure::usage(format!(
            "there is no candidate {candidate}: {}",
            found.headline()
        )));
    };
    match chunk.json {
        true => {
            let mut candidates = found.candidates.iter();
            output::print_json(&candidates.find(|it| it.candidate == candidate), true);
        }
        false => output::print(&text),
    }
    Ok(Exit::Done)
}

/// Writes candidates of a chunk, and compares what there is then.
pub async fn write(
    workshop: &Workshop,
    request: JobRequest,
    chunk: &ChunkRef,
    json: bool,
) -> Result<Exit, Failure> {
    let (brief, workspace) = (request.brief.clone(), request.workspace.clone());
    let session = request.session.clone();
    let finished = run_to_end(workshop, request, json).await?;
    let exit = tell_end(&finished, json);
    if !json {
        let source = StorySource::of_files(&brief, workspace.as_deref());
        let found = workshop.look(&source, &NoEditor);
        let found = found.candidates(session.as_ref(), chunk)?;
        if !found.candidates.is_empty() {
            output::print(&found.table());
        }
    }
    Ok(exit)
}
