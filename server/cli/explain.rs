//! `storywright explain`: the exact prompt of a chunk, without sending it.

use super::args::Explain;
use super::session::usable_story;
use super::write::chunk_ref;
use super::{Exit, Failure, output};
use crate::engine::explain::Explanation;
use crate::engine::workshop::Workshop;
use crate::session::{NoEditor, SessionId};

pub fn run(workshop: &Workshop, arguments: Explain) -> Result<Exit, Failure> {
    let flags = &arguments.settings.values;
    let (story, settings) = usable_story(workshop, arguments.path.as_deref(), flags)?;
    let session = arguments.session.as_deref().map(SessionId::parse);
    let explanation = Explanation::read(
        &story,
        &settings,
        session.transpose()?.as_ref(),
        arguments.chunk.as_deref().map(chunk_ref).as_ref(),
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
