//! The command that shows the prompt of a chunk.

use super::command::{Answer, Call, Here, Offer};
use crate::analysis::explain::Explanation;
use crate::analysis::status::ChunkOverview;
use crate::jobs::publish::pages;
use crate::jobs::run::report::cause_chain;
use crate::lsp::stories;

/// Shows the prompt of a chunk as a document; the answer is the same as data.
pub async fn run(call: Call) -> Answer {
    let (explanation, path) = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            let read = stories::read(state, &target.brief);
            let (story, settings) = read.map_err(|error| cause_chain(&error))?;
            let explanation = Explanation::read(
                &story,
                &settings,
                target.session.as_ref(),
                target.chunk.as_ref(),
                state.as_ref(),
                state.workshop.disk(),
            );
            let explanation = explanation.map_err(|error| error.to_string())?;
            let session = target.session.as_ref();
            let path =
                pages::save_explanation(&explanation, &story, session, state.workshop.disk());
            Ok((explanation, path.map_err(|error| error.to_string())?))
        })
        .await?;
    call.tell(&explanation.headline());
    call.show_document(&path);
    serde_json::to_value(&explanation).map_err(|error| error.to_string())
}

/// Offers to show the prompt of a chunk.
pub fn offer(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("show the prompt of {}", here.name(chunk));
    Some(here.offer_on(chunk, title))
}
