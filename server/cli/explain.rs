//! `storywright explain`: the exact prompt of a chunk, without sending it.

use super::args::Explain;
use super::session::usable_story;
use super::{Exit, Failure, output, place};
use crate::engine::explain::Explanation;
use crate::engine::workshop::{ChunkRef, Workshop};
use crate::session::NoEditor;

pub fn run(workshop: &Workshop, arguments: Explain) -> Result<Exit, Failure> {
    let flags = &arguments.settings.values;
    let (story, settings) = usable_story(workshop, arguments.path.as_deref(), flags)?;
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let explanation = Explanation::read(
        &story,
        &settings,
        session.as_ref(),
        arguments.chunk.as_deref().map(ChunkRef::parse).as_ref(),
        &NoEditor,
        workshop.disk(),
    )?;
    if arguments.json {
        output::print_json(&explanation, true);
    } else {
        output::print(explanation.markdown().trim_end());
    }
    Ok(Exit::Done)
}
