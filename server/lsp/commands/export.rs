//! Runs the command that packs a draft into one file.

use serde_json::Value;

use super::command::{Answer, Call};
use crate::jobs::publish::export::export;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::stories;

/// Packs a draft into a ZIP, or its story into one markdown file; the answer is that file.
pub async fn run(call: Call) -> Answer {
    let report = call
        .blocking(|state, arguments| {
            let target = arguments.target(state)?;
            let read = stories::read(state, &target.brief);
            let (story, settings) = read.map_err(|error| cause_chain(&error))?;
            export(
                &story,
                &settings,
                target.session.as_ref(),
                arguments.format.unwrap_or_default(),
                None,
                state.as_ref(),
                state.workshop.disk(),
            )
            .map_err(|error| cause_chain(&error))
        })
        .await?;
    let mut message = report.message();
    for notice in &report.notices {
        message.push_str(&format!(". Note: {notice}"));
    }
    call.tell(&message);
    Ok(Value::from(report.file))
}
