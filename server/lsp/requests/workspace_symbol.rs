//! `workspace/symbol`: characters, beats and chunks of all stories of the workspace, by name.

use std::sync::Arc;

use tower_lsp::lsp_types::{SymbolInformation, WorkspaceSymbolParams};

use super::document_symbol::kind;
use crate::analysis::features::navigation::text_of;
use crate::analysis::features::symbols::story_symbols;
use crate::analysis::story_file::find_briefs;
use crate::jobs::run::blocking::blocking;
use crate::lsp::document_kind::is_brief;
use crate::lsp::documents::OpenFiles;
use crate::lsp::opened::Places;
use crate::lsp::state::State;
use crate::story::controls::shown;

pub async fn handle(
    state: &Arc<State>,
    params: WorkspaceSymbolParams,
) -> Option<Vec<SymbolInformation>> {
    let state = Arc::clone(state);
    blocking(move || Some(list(&state, &params.query))).await
}

#[allow(deprecated)] // The field `deprecated` has to be given.
fn list(state: &State, query: &str) -> Vec<SymbolInformation> {
    let open = state.documents.all();
    let files = OpenFiles::of(&open);
    let folders = state.introduction().folders.iter();
    let mut briefs: Vec<_> = folders.flat_map(|folder| find_briefs(folder)).collect();
    let shown_briefs = open.iter().filter(|open| is_brief(&open.snapshot.url));
    briefs.extend(shown_briefs.filter_map(|open| open.path.clone()));
    briefs.sort();
    briefs.dedup();
    let mut places = Places::of(&files, state.documents.encoding());
    let mut symbols = Vec::new();
    for brief in briefs {
        // A brief that can't be read says so where it is opened.
        let Ok(index) = state.look(&brief, &files).index(None) else {
            continue;
        };
        for symbol in story_symbols(&index, query) {
            let text = text_of(&index, &symbol.path).map(|text| Arc::clone(&text.text));
            let location = text.and_then(|text| places.location(&symbol.path, &text, &symbol.span));
            symbols.extend(location.map(|location| SymbolInformation {
                name: shown(&symbol.name).into_owned(),
                kind: kind(symbol.kind),
                tags: None,
                deprecated: None,
                location,
                container_name: Some(shown(&symbol.story).into_owned()),
            }));
        }
    }
    symbols
}
