//! `textDocument/references`: all places of a character or a beat, in the brief and the chunks.

use std::sync::Arc;

use tower_lsp::lsp_types::{Location, ReferenceParams};

use crate::analysis::features::navigation;
use crate::lsp::opened::with_document;
use crate::lsp::state::State;

pub async fn handle(state: &Arc<State>, params: ReferenceParams) -> Option<Vec<Location>> {
    let place = params.text_document_position;
    let declared = params.context.include_declaration;
    with_document(state, place.text_document.uri, move |opened| {
        let offset = opened.offset(place.position);
        let pointed = navigation::followed_from(&opened.document(), offset)?;
        let index = opened.index()?;
        let found = navigation::references(pointed.subject, &index, declared);
        let mut places = opened.places();
        let found = found.iter().filter_map(|found| {
            let text = navigation::text_of(&index, &found.path)?;
            places.location(&found.path, &text.text, &found.span)
        });
        Some(found.collect())
    })
    .await
}
