//! `workspace/textDocumentContent`: the text of a page about a story, for a client that shows documents which are no files.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::Url;

use super::execute_command::REQUEST_FAILED;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::reporter::cause_chain;
use crate::lsp::state::State;
use crate::lsp::{page_address, pages};
use crate::story::controls::shown;

/// Names the document (LSP 3.18).
#[derive(Debug, Deserialize)]
pub struct Params {
    uri: String,
}

/// Holds the text of a document (LSP 3.18).
#[derive(Debug, Serialize)]
pub struct Content {
    text: String,
}

/// Answers with a page as it is now. An address that names no page of a story in the workspace is refused, and nothing is read.
pub async fn handle(state: &Arc<State>, params: Params) -> Result<Content> {
    let state = Arc::clone(state);
    blocking(move || text(&state, &params.uri))
        .await
        .map(|text| Content { text })
}

fn text(state: &State, uri: &str) -> Result<String> {
    let named = Url::parse(uri)
        .ok()
        .and_then(|url| page_address::read(&url));
    let (brief, page) = named.ok_or_else(|| {
        let message = format!("{uri} names no page of Storywright. Nothing was read");
        Error::invalid_params(shown(&message).into_owned())
    })?;
    if !pages::is_inside(state, &brief) {
        let message = format!("{uri} names no story in this workspace. Nothing was read");
        return Err(Error::invalid_params(shown(&message).into_owned()));
    }
    let text = page.text(&state.look(&brief, state));
    text.map_err(|error| Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: shown(&cause_chain(&error)).into_owned().into(),
        data: None,
    })
}
