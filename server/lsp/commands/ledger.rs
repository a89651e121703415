//! Runs the command that shows the threads of a story.

use super::command::{Answer, Call};
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::pages;
use crate::publishing::pages::{Page, Subject};

/// Shows where threads are opened, due and paid as a document; the answer is the same as data.
pub async fn run(call: Call) -> Answer {
    let (ledger, page) = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            let look = state.look(&target.brief, state.as_ref());
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let session = target.session.as_ref();
            let ledger = look.ledger(session).map_err(|error| cause_chain(&error))?;
            let page = Page {
                subject: Subject::Threads,
                session: session.cloned(),
            };
            let page = pages::publish(state, &page, &ledger.markdown(), &read.story)?;
            Ok((ledger, page))
        })
        .await?;
    call.tell(&ledger.headline());
    call.show_story_page(page);
    serde_json::to_value(&ledger).map_err(|error| error.to_string())
}
