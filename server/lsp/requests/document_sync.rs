//! `textDocument/didOpen`, `didChange`, `didSave` and `didClose`: the open documents are as the client says.
//!
//! These run in the ingress, in the order of the wire, and wait for nothing.

use std::sync::Arc;

use tower_lsp::lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams,
};

use crate::lsp::documents::path_of;
use crate::lsp::state::State;
use crate::lsp::{diagnostics, journals, review};

/// Takes in a document that was opened.
pub fn did_open(state: &Arc<State>, params: DidOpenTextDocumentParams) {
    let document = params.text_document;
    let url = document.uri;
    state
        .documents
        .open(url.clone(), document.version, &document.text);
    if let Some((path, text)) = state.documents.file_of(&url) {
        journals::opened(state, path, text);
    }
    review::document_changed(state, url);
}

/// Takes in the changes of an open document. The journals get each text that it had: a client that
/// tells late may tell of an edit of ours together with the author's deleting it.
pub fn did_change(state: &Arc<State>, params: DidChangeTextDocumentParams) {
    let document = params.text_document;
    let (url, changes) = (document.uri, &params.content_changes);
    let texts = state.documents.change(&url, document.version, changes);
    if let Some((path, _)) = state.documents.file_of(&url) {
        for text in texts {
            journals::changed(state, path.clone(), text);
        }
    }
    review::document_changed(state, url);
}

/// Takes in that a document was saved and stays open.
pub fn did_save(state: &Arc<State>, params: DidSaveTextDocumentParams) {
    if let Some(path) = path_of(&params.text_document.uri) {
        journals::saved(state, path);
    }
}

/// Takes in that a document was closed.
pub fn did_close(state: &Arc<State>, params: DidCloseTextDocumentParams) {
    let url = params.text_document.uri;
    let closed = state.documents.close(&url);
    // What it showed and did not save is gone, and its neighbours may read otherwise.
    review::document_closed(state, url.clone());
    diagnostics::clear(state, url);
    if let Some((path, shown)) = closed {
        journals::closed(state, path, shown);
    }
}
