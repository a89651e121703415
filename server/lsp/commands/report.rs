//! Runs the command that makes the page about a draft.

use std::path::Path;

use serde_json::Value;

use super::command::{Answer, Call};
use crate::jobs::run::reporter::cause_chain;
use crate::publishing::report::report;

/// Makes the page and opens it, where the client does so for a server; the answer is its file.
pub async fn run(call: Call) -> Answer {
    let made = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            let look = state.look(&target.brief, state.as_ref());
            report(
                &look,
                target.session.as_ref(),
                None,
                state.as_ref(),
                state.workshop.disk(),
            )
            .map_err(|error| cause_chain(&error))
        })
        .await?;
    call.show_page(Path::new(&made.file));
    call.tell(&format!("the report is {}", made.file));
    Ok(Value::from(made.file))
}
