//! Runs the command that shows the prompt of a chunk.

use super::command::{Answer, Call, Here, Offer};
use crate::analysis::status::ChunkOverview;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::pages;
use crate::publishing::pages::{Page, Subject};

/// Shows the prompt of a chunk as a document; the answer is the same as data.
pub async fn run(call: Call) -> Answer {
    let (explanation, page) = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            let look = state.look(&target.brief, state.as_ref());
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let session = target.session.as_ref();
            let explanation = look.explanation(session, target.chunk.as_ref());
            let explanation = explanation.map_err(|error| error.to_string())?;
            let page = Page {
                subject: Subject::Prompt(explanation.chunk),
                session: session.cloned(),
            };
            let page = pages::publish(state, &page, &explanation.markdown(), &read.story)?;
            Ok((explanation, page))
        })
        .await?;
    call.tell(&explanation.headline());
    call.show_story_page(page);
    serde_json::to_value(&explanation).map_err(|error| error.to_string())
}

/// Offers to show the prompt of a chunk.
pub fn offer(here: &Here, chunk: &ChunkOverview) -> Option<Offer> {
    let title = format!("show the prompt of {}", here.name(chunk));
    Some(here.offer_on(chunk, title))
}
