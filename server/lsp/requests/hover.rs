//! `textDocument/hover`: what is known of the character, beat, rule or setting under the cursor.

use std::sync::Arc;

use tower_lsp::lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use crate::analysis::features::hover;
use crate::lsp::opened::with_document;
use crate::lsp::state::State;

/// Answers in markdown where the client renders it, else in plain text.
pub async fn handle(state: &Arc<State>, params: HoverParams) -> Option<Hover> {
    let place = params.text_document_position_params;
    let kind = match state.introduction().renders_markdown_in_hovers() {
        true => MarkupKind::Markdown,
        false => MarkupKind::PlainText,
    };
    with_document(state, place.text_document.uri, move |opened| {
        let offset = opened.offset(place.position);
        let index = || opened.index();
        let (note, span) = hover::hover(&opened.document(), index, offset)?;
        let value = match kind {
            MarkupKind::Markdown => note.as_markdown(),
            MarkupKind::PlainText => note.as_plain_text(),
        };
        Some(Hover {
            contents: HoverContents::Markup(MarkupContent { kind, value }),
            range: Some(opened.range(&span)),
        })
    })
    .await
}
