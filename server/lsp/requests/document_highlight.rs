//! `textDocument/documentHighlight`: where else the document names the character under the cursor.

use std::sync::Arc;

use tower_lsp::lsp_types::{DocumentHighlight, DocumentHighlightKind, DocumentHighlightParams};

use crate::analysis::features::navigation;
use crate::lsp::opened::with_document;
use crate::lsp::state::State;

pub async fn handle(
    state: &Arc<State>,
    params: DocumentHighlightParams,
) -> Option<Vec<DocumentHighlight>> {
    let place = params.text_document_position_params;
    with_document(state, place.text_document.uri, move |opened| {
        let offset = opened.offset(place.position);
        let found = navigation::highlights(&opened.document(), offset).into_iter();
        let found = found.map(|span| DocumentHighlight {
            range: opened.range(&span),
            kind: Some(DocumentHighlightKind::TEXT),
        });
        Some(found.collect())
    })
    .await
}
