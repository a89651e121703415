//! The command that cancels jobs.

use std::path::PathBuf;

use serde_json::json;

use super::command::{Answer, Call, Here, Offer};
use crate::lsp::target;

/// Cancels the job that is named, else those on the story, else all; the answer is their ids.
pub async fn run(call: Call) -> Answer {
    let Call { state, arguments } = &call;
    if let Some(job) = &arguments.job {
        return match state.jobs.cancel(job) {
            true => Ok(json!([job])),
            false => Err(format!("{job} is not running")),
        };
    }
    // Nothing may stand in the way of a cancel: what can't be found out is left out.
    let brief: Option<PathBuf> = match &arguments.uri {
        Some(_) => arguments.target(state).ok().map(|target| target.brief),
        None => target::current_brief(state).ok(),
    };
    let mut cancelled = match &brief {
        Some(brief) => state.jobs.cancel_of(Some(brief)),
        None => Vec::new(),
    };
    if cancelled.is_empty() && arguments.uri.is_none() {
        cancelled = state.jobs.cancel_of(None);
    }
    if cancelled.is_empty() {
        call.tell("nothing is being written");
    }
    Ok(json!(cancelled))
}

/// Offers to cancel what is at work on the story.
pub fn offer(here: &Here) -> Option<Offer> {
    let arguments = json!({ "uri": here.url });
    Some(Offer::new("cancel writing".to_owned(), arguments))
}
