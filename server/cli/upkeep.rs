//! `storywright restore`, `keep`, `accept` and `reject`: decisions about one chunk.

use std::sync::Arc;

use super::args::Chunk;
use super::write::{chunk_ref, session};
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::upkeep::{Decision, UpkeepRequest, decide};
use crate::engine::workshop::Workshop;
use crate::session::NoEditor;

pub async fn run(
    workshop: &Workshop,
    arguments: Chunk,
    decision: Decision,
) -> Result<Exit, Failure> {
    let request = UpkeepRequest {
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        session: session(arguments.session.as_deref())?,
        chunk: chunk_ref(&arguments.chunk),
        decision,
        editor_settings: None,
    };
    let done = decide(workshop, request, Arc::new(NoEditor)).await?;
    output::print(&done);
    Ok(Exit::Done)
}
