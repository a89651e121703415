//! `textDocument/foldingRange`: sections, beats, scenes and comments that can be folded away.

use std::sync::Arc;

use tower_lsp::lsp_types::{FoldingRange, FoldingRangeKind, FoldingRangeParams};

use crate::analysis::features::folding::{FoldKind, folds};
use crate::lsp::opened::with_document;
use crate::lsp::state::State;

/// Answers with whole lines, which is all that some clients fold.
pub async fn handle(state: &Arc<State>, params: FoldingRangeParams) -> Option<Vec<FoldingRange>> {
    with_document(state, params.text_document.uri, |opened| {
        let folds = folds(&opened.document()).into_iter();
        let folds = folds.filter_map(|fold| {
            let range = opened.range(&fold.span);
            let (start_line, end_line) = (range.start.line, range.end.line);
            (start_line < end_line).then_some(FoldingRange {
                start_line,
                start_character: None,
                end_line,
                end_character: None,
                kind: Some(match fold.kind {
                    FoldKind::Comment => FoldingRangeKind::Comment,
                    FoldKind::Region => FoldingRangeKind::Region,
                }),
                collapsed_text: None,
            })
        });
        Some(folds.collect())
    })
    .await
}
