//! Makes the edits of quick fixes for the diagnostics of a chunk.
//!
//! Only what was found in the document as it is now; the edits carry its version.

use tower_lsp::lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Command, Range, Url};

use serde_json::{Value, json};

use super::documents::Snapshot;
use super::edit::{Replacement, workspace_edit};
use super::published::Mark;
use super::state::State;
use crate::decisions::dismiss::Named;

/// The command that writes a chunk anew.
pub const REWRITE: &str = "storywright.rewriteChunk";
/// The command that calls a finding no problem.
pub const DISMISS: &str = "storywright.dismiss";

/// The most of a text that a title shows, in characters.
const MOST_SHOWN: usize = 40;

/// Finds the marks that touch a range of an open document.
pub fn marks_at(state: &State, snapshot: &Snapshot, range: &Range) -> Vec<Mark> {
    let mut marks = state.published.marks(snapshot);
    marks.retain(|mark| {
        let own = &mark.diagnostic.range;
        own.start <= range.end && range.start <= own.end
    });
    marks
}

/// Lists the corrections of a range.
pub fn list(state: &State, snapshot: &Snapshot, range: &Range) -> Vec<CodeActionOrCommand> {
    let all = state.published.marks(snapshot);
    let mut actions = Vec::new();
    for mark in marks_at(state, snapshot, range) {
        let Some(one) = replacement(&mark) else {
            continue;
        };
        let title = title(snapshot, &one);
        let same: Vec<&Mark> = all
            .iter()
            .filter(|it| is_same(snapshot, it, &mark))
            .collect();
        actions.push(action(state, snapshot, title.clone(), &[&mark]));
        if same.len() > 1 {
            let title = format!("{title}, {} times in this chunk", same.len());
            actions.push(action(state, snapshot, title, &same));
        }
    }
    actions
}

/// Makes the arguments with which the command dismisses a finding.
fn arguments(url: &Url, named: &Named, everywhere: bool) -> Value {
    json!({ "uri": url, "code": named.code, "words": named.words, "all": everywhere })
}

/// Lists the rewrites that put findings of a range right, where nothing plainer does.
pub fn rewrites(marks: &[Mark], url: &Url) -> Vec<CodeActionOrCommand> {
    let wanted = marks
        .iter()
        .filter(|mark| mark.dismissible.is_some() && mark.correction.is_none());
    let rewrite = |mark: &Mark| {
        let told = &mark.diagnostic.message;
        let title = format!(
            "Storywright: rewrite this chunk to put it right: {}",
            shortened(told)
        );
        let arguments = json!({
            "uri": url, "note": format!("Put this right: {told}"), "code": mark.code,
        });
        CodeActionOrCommand::CodeAction(CodeAction {
            title: title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![mark.diagnostic.clone()]),
            command: Some(Command {
                title,
                command: REWRITE.to_owned(),
                arguments: Some(vec![arguments]),
            }),
            ..CodeAction::default()
        })
    };
    wanted.map(rewrite).collect()
}

/// Lists by which findings of a range the author is bothered no more, in this chunk and in the whole draft.
pub fn dismissals(marks: &[Mark], url: &Url) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    for mark in marks {
        let Some(named) = &mark.dismissible else {
            continue;
        };
        let about = shortened(&named.words);
        for (everywhere, place) in [(false, "here"), (true, "in this draft")] {
            let title = format!(
                "Storywright: not a problem {place}: “{about}” ({})",
                mark.code
            );
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![mark.diagnostic.clone()]),
                command: Some(Command {
                    title,
                    command: DISMISS.to_owned(),
                    arguments: Some(vec![arguments(url, named, everywhere)]),
                }),
                ..CodeAction::default()
            }));
        }
    }
    actions
}

fn replacement(mark: &Mark) -> Option<Replacement> {
    mark.correction.as_ref().map(|(span, text)| Replacement {
        start: span.start,
        end: span.end,
        text: text.clone(),
    })
}

fn title(snapshot: &Snapshot, replacement: &Replacement) -> String {
    let old = slice(snapshot, replacement);
    let (old, new) = (shortened(&old), shortened(&replacement.text));
    match new.is_empty() {
        true => format!("Storywright: delete “{old}”"),
        false => format!("Storywright: replace “{old}” with “{new}”"),
    }
}

/// Tells whether two marks correct the same slip, in two places.
fn is_same(snapshot: &Snapshot, one: &Mark, other: &Mark) -> bool {
    let (Some(first), Some(second)) = (replacement(one), replacement(other)) else {
        return false;
    };
    one.code == other.code
        && first.text == second.text
        && slice(snapshot, &first) == slice(snapshot, &second)
}

fn action(
    state: &State,
    snapshot: &Snapshot,
    title: String,
    marks: &[&Mark],
) -> CodeActionOrCommand {
    let replacements: Vec<Replacement> =
        marks.iter().filter_map(|mark| replacement(mark)).collect();
    let diagnostics = marks.iter().map(|mark| mark.diagnostic.clone());
    let encoding = state.documents.encoding();
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        is_preferred: Some(marks.len() == 1),
        diagnostics: Some(diagnostics.collect()),
        edit: Some(workspace_edit(snapshot, &replacements, encoding)),
        ..CodeAction::default()
    })
}

fn slice(snapshot: &Snapshot, replacement: &Replacement) -> String {
    let rope = &snapshot.rope;
    let slice = rope.get_byte_slice(replacement.start..replacement.end);
    slice.map(|slice| slice.to_string()).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_SHOWN) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line,
    }
}
