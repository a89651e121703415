//! `textDocument/codeAction`: what can be done here, as commands, and what puts a diagnostic right.

use std::sync::Arc;

use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Command,
};

use crate::jobs::run::blocking::blocking;
use crate::lsp::client::show_controls;
use crate::lsp::commands::{Asked, Offered, Place, offers};
use crate::lsp::fixes;
use crate::lsp::state::State;

/// Answers with the actions of a place; listing them calls no model.
pub async fn handle(state: &Arc<State>, params: CodeActionParams) -> CodeActionResponse {
    let state = Arc::clone(state);
    let mut actions = blocking(move || list(&state, &params)).await;
    actions.iter_mut().for_each(show_title);
    actions
}

fn list(state: &Arc<State>, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let wants_fixes = wants(params, &CodeActionKind::QUICKFIX);
    let snapshot = state.documents.get(&params.text_document.uri);
    let (mut actions, marks) = match snapshot.filter(|_| wants_fixes) {
        Some(open) => (
            fixes::list(state, &open, &params.range),
            fixes::marks_at(state, &open, &params.range),
        ),
        None => Default::default(),
    };
    let place = Place {
        url: &params.text_document.uri,
        position: params.range.start,
        end: params.range.end,
        diagnostics: match wants_fixes {
            true => &params.context.diagnostics,
            false => &[],
        },
    };
    let asked = Asked {
        place,
        marks: &marks,
        all: wants(params, &CodeActionKind::REFACTOR_REWRITE),
    };
    actions.extend(offers(state, &asked).into_iter().map(action));
    actions.extend(fixes::rewrites(&marks, &params.text_document.uri));
    actions.extend(fixes::dismissals(&marks, &params.text_document.uri));
    actions
}

/// Tells whether the client wants actions of a kind.
fn wants(params: &CodeActionParams, wanted: &CodeActionKind) -> bool {
    params.context.only.as_ref().is_none_or(|kinds| {
        kinds.iter().any(|kind| {
            let kind = kind.as_str();
            let rest = wanted.as_str().strip_prefix(kind);
            kind.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

/// Makes an action of what a command offers.
fn action(Offered { command, offer }: Offered) -> CodeActionOrCommand {
    let title = format!("Storywright: {}", offer.title);
    let is_fix = !offer.answers.is_empty();
    CodeActionOrCommand::CodeAction(CodeAction {
        title: title.clone(),
        kind: Some(match is_fix {
            true => CodeActionKind::QUICKFIX,
            false => CodeActionKind::REFACTOR_REWRITE,
        }),
        diagnostics: is_fix.then_some(offer.answers),
        command: Some(Command {
            title,
            command: command.name.to_owned(),
            arguments: Some(vec![offer.arguments]),
        }),
        ..CodeAction::default()
    })
}

/// Shows in a title what an editor would obey.
fn show_title(action: &mut CodeActionOrCommand) {
    let CodeActionOrCommand::CodeAction(action) = action else {
        return;
    };
    show_controls(&mut action.title);
    if let Some(command) = &mut action.command {
        show_controls(&mut command.title);
    }
}
