//! `textDocument/semanticTokens/full` and `/range`: names and speech, for editors to colour.

use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::{
    Range, SemanticToken, SemanticTokenType, SemanticTokens, SemanticTokensLegend, Url,
};

use crate::analysis::features::tokens::{TokenKind, tokens};
use crate::lsp::opened::with_document;
use crate::lsp::position::{self, Encoding};
use crate::lsp::state::State;
use crate::story::Span;

/// Names the kinds of tokens, in the order of their numbers. Themes know none for stories.
pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: vec![SemanticTokenType::CLASS, SemanticTokenType::STRING],
        token_modifiers: Vec::new(),
    }
}

/// Answers with the tokens of a range, or of all of the document.
pub async fn handle(state: &Arc<State>, url: Url, range: Option<Range>) -> Option<SemanticTokens> {
    with_document(state, url, move |opened| {
        let within = range.map(|range| {
            let start = opened.offset(range.start);
            start..opened.offset(range.end).max(start)
        });
        let found = tokens(&opened.document(), within);
        let data = encode(&found, &opened.snapshot.rope, opened.encoding);
        let result_id = None;
        Some(SemanticTokens { result_id, data })
    })
    .await
}

/// Writes each token by its distance from the one before.
fn encode(tokens: &[(Span, TokenKind)], rope: &Rope, encoding: Encoding) -> Vec<SemanticToken> {
    let (mut line, mut start) = (0, 0);
    let mut encoded = Vec::with_capacity(tokens.len());
    for (span, kind) in tokens {
        let range = position::from_span(rope, span, encoding);
        let delta_line = range.start.line.saturating_sub(line);
        let before = if delta_line == 0 { start } else { 0 };
        encoded.push(SemanticToken {
            delta_line,
            delta_start: range.start.character.saturating_sub(before),
            length: range.end.character.saturating_sub(range.start.character),
            token_type: match kind {
                TokenKind::Name => 0,
                TokenKind::Speech => 1,
            },
            token_modifiers_bitset: 0,
        });
        (line, start) = (range.start.line, range.start.character);
    }
    encoded
}
