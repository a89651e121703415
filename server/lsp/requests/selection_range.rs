//! `textDocument/selectionRange`: word, sentence, paragraph, scene, document.

use std::sync::Arc;

use tower_lsp::lsp_types::{Position, Range, SelectionRange, SelectionRangeParams};

use crate::analysis::features::selections::selections;
use crate::lsp::opened::{Opened, with_document};
use crate::lsp::state::State;

/// Answers with a chain for each position, in their order.
pub async fn handle(
    state: &Arc<State>,
    params: SelectionRangeParams,
) -> Option<Vec<SelectionRange>> {
    with_document(state, params.text_document.uri, move |opened| {
        let positions = params.positions.into_iter();
        Some(positions.map(|position| around(opened, position)).collect())
    })
    .await
}

fn around(opened: &Opened<'_>, position: Position) -> SelectionRange {
    let spans = selections(&opened.document(), opened.offset(position));
    let mut chain: Option<SelectionRange> = None;
    for span in spans.iter().rev() {
        chain = Some(SelectionRange {
            range: opened.range(span),
            parent: chain.map(Box::new),
        });
    }
    // Every position has to have an answer.
    chain.unwrap_or(SelectionRange {
        range: Range::new(position, position),
        parent: None,
    })
}
