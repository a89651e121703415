//! Runs the command that shows the threads of a story.

use super::command::{Answer, Call};
use crate::jobs::run::reporter::cause_chain;
use crate::publishing::pages;

/// Shows where threads are opened, due and paid as a document; the answer is the same as data.
pub async fn run(call: Call) -> Answer {
    let (ledger, path) = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            let look = state.look(&target.brief, state.as_ref());
            let read = look.story().map_err(|error| cause_chain(&error))?;
            let session = target.session.as_ref();
            let ledger = look.ledger(session).map_err(|error| cause_chain(&error))?;
            let disk = state.workshop.disk();
            let path = pages::save_ledger(&ledger, &read.story, session, disk);
            Ok((ledger, path.map_err(|error| error.to_string())?))
        })
        .await?;
    call.tell(&ledger.headline());
    call.show_document(&path);
    serde_json::to_value(&ledger).map_err(|error| error.to_string())
}
