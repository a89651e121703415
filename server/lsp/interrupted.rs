//! Tells the author, when the server has started, which stories have a chunk that is only partly written. After a
//! reload of the editor's window nothing else shows it.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::{MessageType, Url};

use super::commands::execute;
use super::confirm::PATIENCE;
use super::state::State;
use crate::analysis::status::StoryStatus;
use crate::analysis::story_file::find_brief;
use crate::jobs::run::blocking::blocking;
use crate::session::ChunkStatus;

const GO_ON: &str = "Go On";
const LATER: &str = "Later";

/// Shows the author a message for each story of the workspace with a partial chunk. Where the editor shows questions
/// without covering the text, the message has a button that goes on writing.
pub async fn tell(state: &Arc<State>) {
    let found = {
        let state = Arc::clone(state);
        blocking(move || find(&state)).await
    };
    let Some(client) = state.client() else {
        return;
    };
    for (brief, sentence) in found {
        let message = format!("Storywright: {sentence}");
        if !state.introduction().asks_beside_the_text() {
            client.show(MessageType::INFO, message);
            continue;
        }
        let answers = [GO_ON.to_owned(), LATER.to_owned()];
        if client.ask(message, &answers, PATIENCE).await == Ok(Some(GO_ON.to_owned())) {
            let arguments = [json!({ "uri": brief })];
            if let Err(error) = execute(state, "storywright.write", &arguments).await {
                client.show(MessageType::ERROR, format!("Storywright: {error}"));
            }
        }
    }
}

/// Finds the stories with a partial chunk that no job of this server writes, each with a sentence.
fn find(state: &Arc<State>) -> Vec<(Url, String)> {
    let folders = state.introduction().folders.iter();
    let briefs = folders.filter_map(|folder| find_brief(folder).ok());
    let idle = briefs.filter(|brief| state.jobs.of_brief(brief).is_empty());
    idle.filter_map(|brief| {
        let look = state.look(&brief, state.as_ref());
        let status = look.status(None).ok()?;
        let url = Url::from_file_path(&brief).ok()?;
        Some((url, sentence(&status)?))
    })
    .collect()
}

fn sentence(status: &StoryStatus) -> Option<String> {
    let mut chunks = status.chunks.iter();
    let partial = chunks.find(|chunk| chunk.status == ChunkStatus::Partial)?;
    Some(format!(
        "“{}” stopped in chunk {} “{}”, at {} of {} {}. Writing the story goes on from there.",
        status.story,
        partial.number,
        partial.title,
        partial.words,
        partial.target_words,
        status.unit
    ))
}
