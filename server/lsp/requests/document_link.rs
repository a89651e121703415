//! `textDocument/documentLink`: from a beat to its chunk, and back.

use std::sync::Arc;

use tower_lsp::lsp_types::{DocumentLink, DocumentLinkParams};

use crate::analysis::features::links::links;
use crate::analysis::features::navigation::text_of;
use crate::lsp::opened::with_document;
use crate::lsp::state::State;

/// Answers with links whose fragment is a line, as editors read it.
pub async fn handle(state: &Arc<State>, params: DocumentLinkParams) -> Option<Vec<DocumentLink>> {
    with_document(state, params.text_document.uri, |opened| {
        let index = opened.index()?;
        let mut places = opened.places();
        let links = links(&opened.document(), &index).into_iter();
        let links = links.filter_map(|(span, to)| {
            let text = text_of(&index, &to.path)?;
            let place = places.location(&to.path, &text.text, &to.span)?;
            let mut target = place.uri;
            let line = place.range.start.line.saturating_add(1);
            target.set_fragment(Some(&format!("L{line}")));
            Some(DocumentLink {
                range: opened.range(&span),
                target: Some(target),
                tooltip: None,
                data: None,
            })
        });
        Some(links.collect())
    })
    .await
}
