//! Runs the command that cancels jobs.

use std::path::PathBuf;

use serde_json::json;

use super::command::{Answer, Call, Here, Offer, Text};
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
    let last = || state.last_touched().map(|touched| touched.url);
    let brief: Option<PathBuf> = match (&arguments.uri, last()) {
        (Some(url), _) => Some(target::what_jobs_are_on(state, url)),
        (None, Some(url)) => Some(target::what_jobs_are_on(state, &url)),
        (None, None) => target::current_brief(state).ok(),
    };
    let draft = arguments.session.as_deref();
    let mut cancelled = match &brief {
        Some(brief) => state.jobs.cancel_of(Some(brief), draft),
        None => Vec::new(),
    };
    if cancelled.is_empty() && arguments.uri.is_none() && draft.is_none() {
        cancelled = state.jobs.cancel_of(None, None);
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

/// Offers to cancel what is at work on a text that belongs to no story.
pub fn offer_on_text(text: &Text) -> Option<Offer> {
    let arguments = json!({ "uri": text.url });
    let offer = || Offer::new("cancel writing".to_owned(), arguments);
    text.is_busy.then(offer)
}
