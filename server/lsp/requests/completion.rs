//! `textDocument/completion`: settings, names, ids, attributes and notes.

use std::sync::Arc;

use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
    InsertTextFormat, TextEdit,
};

use crate::analysis::features::completion::{Item, ItemKind, complete};
use crate::lsp::opened::{Opened, with_document};
use crate::lsp::state::State;
use crate::story::controls::shown;

/// The characters behind which an editor asks unasked.
pub const TRIGGERS: [&str; 4] = ["\"", "{", "<", ":"];

pub async fn handle(state: &Arc<State>, params: CompletionParams) -> Option<CompletionResponse> {
    let place = params.text_document_position;
    let has_snippets = state.introduction().takes_snippets();
    with_document(state, place.text_document.uri, move |opened| {
        let offset = opened.offset(place.position);
        let items = complete(&opened.document(), offset).into_iter();
        let items = items.map(|item| convert(opened, item, has_snippets));
        Some(CompletionResponse::Array(items.collect()))
    })
    .await
}

fn convert(opened: &Opened<'_>, item: Item, has_snippets: bool) -> CompletionItem {
    let is_snippet = has_snippets && item.cursor < item.text.len();
    let new_text = match is_snippet {
        true => {
            let (before, after) = item.text.split_at(item.cursor);
            format!("{}$0{}", escaped(before), escaped(after))
        }
        false => item.text.clone(),
    };
    CompletionItem {
        label: shown(&item.label).into_owned(),
        kind: Some(kind(item.kind)),
        detail: item.detail.map(str::to_owned),
        // What an editor compares with what was typed.
        filter_text: Some(item.text),
        insert_text_format: Some(match is_snippet {
            true => InsertTextFormat::SNIPPET,
            false => InsertTextFormat::PLAIN_TEXT,
        }),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: opened.range(&item.span),
            new_text,
        })),
        ..CompletionItem::default()
    }
}

/// Writes a text so that it stands for itself in a snippet.
fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('$', "\\$");
    escaped.replace('}', "\\}")
}

fn kind(kind: ItemKind) -> CompletionItemKind {
    match kind {
        ItemKind::Key => CompletionItemKind::PROPERTY,
        ItemKind::Value => CompletionItemKind::VALUE,
        ItemKind::Character => CompletionItemKind::CLASS,
        ItemKind::Beat => CompletionItemKind::REFERENCE,
        ItemKind::Section => CompletionItemKind::MODULE,
        ItemKind::Note => CompletionItemKind::SNIPPET,
    }
}
