//! `initialize`: who the client is, and what the server can do for it.

use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::lsp_types::{InitializeParams, InitializeResult, ServerInfo, Url};

use super::did_change_configuration::storywright_section;
use crate::lsp::capabilities::capabilities;
use crate::lsp::documents::path_of;
use crate::lsp::introduction::Introduction;
use crate::lsp::position::Encoding;
use crate::lsp::state::State;

/// Notes what the client says of itself, and answers with what the server can do.
pub fn handle(state: &Arc<State>, params: InitializeParams) -> InitializeResult {
    let general = params.capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref());
    let encoding = Encoding::negotiate(offered);
    state.documents.set_encoding(encoding);
    let options = params.initialization_options.clone();
    state.introduce(Introduction {
        folders: folders(&params),
        initial_settings: options.map(storywright_section),
        client_name: params.client_info.map(|client| client.name),
        capabilities: params.capabilities,
        newer: state.newer_capabilities(),
    });
    InitializeResult {
        capabilities: capabilities(encoding, state.introduction()),
        server_info: Some(ServerInfo {
            name: "storywright".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}

/// Finds the folders of the workspace, by whichever name the client gives them.
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let named = params
        .workspace_folders
        .iter()
        .flatten()
        .map(|folder| folder.uri.clone());
    let mut urls: Vec<Url> = named.collect();
    #[allow(deprecated)] // Helix and older clients send the root only.
    if urls.is_empty() {
        urls.extend(params.root_uri.clone());
        let root = params
            .root_path
            .as_deref()
            .and_then(|path| Url::from_file_path(path).ok());
        if urls.is_empty() {
            urls.extend(root);
        }
    }
    urls.iter()
        .filter_map(path_of)
        .map(|path| dunce::canonicalize(&path).unwrap_or(path))
        .collect()
}
