//! `storywright explain`: the exact prompt of a chunk, without sending it.

use super::args::Explain;
use super::write::chunk_ref;
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::error::JobError;
use crate::engine::explain::Explanation;
use crate::engine::story_file::StoryFile;
use crate::engine::workshop::Workshop;
use crate::session::{NoEditor, SessionId};

pub fn run(workshop: &Workshop, arguments: Explain) -> Result<Exit, Failure> {
    let story = StoryFile::read(&brief(arguments.path.as_deref())?, &NoEditor)?;
    let (settings, problems) = workshop.settings(
        &story,
        workspace().as_deref(),
        None,
        &arguments.settings.values,
    );
    let errors: Vec<_> = problems.into_iter().filter(|it| it.is_error).collect();
    if !errors.is_empty() {
        return Err(JobError::Settings(errors).into());
    }
    let story = story.with_settings(&settings);
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
