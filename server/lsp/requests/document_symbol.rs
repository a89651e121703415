//! `textDocument/documentSymbol`: what a brief or a chunk is made of.

use std::sync::Arc;

use tower_lsp::lsp_types::{
    DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, Location, SymbolInformation,
    SymbolKind,
};

use crate::analysis::features::symbols::{self, Symbol};
use crate::lsp::opened::{Opened, with_document};
use crate::lsp::state::State;
use crate::story::controls::shown;

/// Answers with a tree where the client shows one, else with a list.
pub async fn handle(
    state: &Arc<State>,
    params: DocumentSymbolParams,
) -> Option<DocumentSymbolResponse> {
    let as_tree = state.introduction().shows_symbol_trees();
    with_document(state, params.text_document.uri, move |opened| {
        let found = symbols::document_symbols(&opened.document());
        Some(match as_tree {
            true => DocumentSymbolResponse::Nested(tree(opened, found)),
            false => {
                let mut list = Vec::new();
                flatten(opened, found, None, &mut list);
                DocumentSymbolResponse::Flat(list)
            }
        })
    })
    .await
}

#[allow(deprecated)] // The field `deprecated` has to be given.
fn tree(opened: &Opened<'_>, symbols: Vec<Symbol>) -> Vec<DocumentSymbol> {
    let symbols = symbols.into_iter();
    symbols
        .map(|symbol| DocumentSymbol {
            name: shown(&symbol.name).into_owned(),
            detail: symbol.detail.map(|detail| shown(&detail).into_owned()),
            kind: kind(symbol.kind),
            tags: None,
            deprecated: None,
            range: opened.range(&symbol.span),
            selection_range: opened.range(&symbol.name_span),
            children: Some(tree(opened, symbol.children)).filter(|below| !below.is_empty()),
        })
        .collect()
}

#[allow(deprecated)] // The field `deprecated` has to be given.
fn flatten(
    opened: &Opened<'_>,
    symbols: Vec<Symbol>,
    container: Option<&str>,
    list: &mut Vec<SymbolInformation>,
) {
    for symbol in symbols {
        let name = shown(&symbol.name).into_owned();
        list.push(SymbolInformation {
            name: name.clone(),
            kind: kind(symbol.kind),
            tags: None,
            deprecated: None,
            location: Location {
                uri: opened.snapshot.url.clone(),
                range: opened.range(&symbol.span),
            },
            container_name: container.map(str::to_owned),
        });
        flatten(opened, symbol.children, Some(&name), list);
    }
}

/// Chooses the kind by which an editor shows a symbol: there are none for stories.
pub fn kind(kind: symbols::SymbolKind) -> SymbolKind {
    match kind {
        symbols::SymbolKind::Section => SymbolKind::NAMESPACE,
        symbols::SymbolKind::Character => SymbolKind::CLASS,
        symbols::SymbolKind::Rule => SymbolKind::CONSTANT,
        symbols::SymbolKind::Chapter => SymbolKind::MODULE,
        symbols::SymbolKind::Beat => SymbolKind::FUNCTION,
        symbols::SymbolKind::Chunk => SymbolKind::FILE,
        symbols::SymbolKind::Scene => SymbolKind::STRING,
    }
}
