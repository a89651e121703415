//! Runs the command that shows how far a story is.

use super::command::{Answer, Call};
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::stories;

/// Shows how far a story is in a sentence; the answer is the same as data.
pub async fn run(call: Call) -> Answer {
    let status = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            stories::status(state, &target.brief, target.session.as_ref())
                .map_err(|error| cause_chain(&error))
        })
        .await?;
    call.tell(&status.summary());
    serde_json::to_value(&status).map_err(|error| error.to_string())
}
