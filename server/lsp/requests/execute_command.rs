//! `workspace/executeCommand`: runs one of the commands.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::ExecuteCommandParams;

use crate::lsp::commands::execute;
use crate::lsp::state::State;
use crate::story::controls::shown;

/// `RequestFailed` of LSP 3.17: the request was well-formed, and could not be done.
pub const REQUEST_FAILED: i64 = -32803;

/// Runs a command. What went wrong is a sentence for the author, which editors show as it is.
pub async fn handle(state: &Arc<State>, params: ExecuteCommandParams) -> Result<Option<Value>> {
    execute(state, &params.command, &params.arguments)
        .await
        .map(Some)
        .map_err(|message| Error {
            code: ErrorCode::ServerError(REQUEST_FAILED),
            message: shown(&message).into_owned().into(),
            data: None,
        })
}
