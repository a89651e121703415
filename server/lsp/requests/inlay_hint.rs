//! `textDocument/inlayHint`: how far each chunk is, behind the heading of its beat and in its own head.

use std::sync::Arc;

use tower_lsp::lsp_types::{InlayHint, InlayHintLabel, InlayHintParams};

use crate::analysis::features::progress::{chunk_places, label};
use crate::lsp::opened::with_document;
use crate::lsp::state::State;

pub async fn handle(state: &Arc<State>, params: InlayHintParams) -> Option<Vec<InlayHint>> {
    let range = params.range;
    let jobs = Arc::clone(state);
    with_document(state, params.text_document.uri, move |opened| {
        let status = opened.look()?.status(opened.session()).ok()?;
        let being_written = jobs
            .jobs
            .being_written(opened.brief()?, status.session.as_deref());
        let places = chunk_places(&opened.document(), &status).into_iter();
        let hints = places.map(|place| InlayHint {
            position: opened.range(&(place.hint..place.hint)).start,
            label: InlayHintLabel::String(label(place.chunk, status.unit, &being_written)),
            kind: None,
            text_edits: None,
            tooltip: None,
            padding_left: Some(true),
            padding_right: None,
            data: None,
        });
        let is_wanted =
            |hint: &InlayHint| (range.start.line..=range.end.line).contains(&hint.position.line);
        Some(hints.filter(is_wanted).collect())
    })
    .await
}
