//! Runs the command by which an author calls a finding no problem.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::lsp_types::Range;

use super::arguments::Arguments;
use super::command::{Answer, Call};
use crate::decisions::dismiss::{DismissRequest, Named, dismiss};
use crate::lsp::buffer_stream::LspEditor;
use crate::lsp::documents::path_of;
use crate::lsp::fixes;
use crate::lsp::review;
use crate::lsp::state::State;

/// Names the findings at the cursor, as they were told to the editor.
fn at_cursor(state: &State, arguments: &Arguments) -> Vec<Named> {
    let open = (arguments.uri.as_ref()).and_then(|url| state.documents.get(url));
    let Some((open, position)) = open.zip(arguments.position) else {
        return Vec::new();
    };
    let here = Range {
        start: position,
        end: position,
    };
    let marks = fixes::marks_at(state, &open, &here).into_iter();
    marks.filter_map(|mark| mark.dismissible).collect()
}

/// Dismisses the finding with a code that underlines these words, else those at the cursor; the answer is a sentence
/// about it.
pub async fn run(call: Call) -> Answer {
    let target = call.target().await?;
    let Call { state, arguments } = &call;
    let file = arguments.uri.as_ref().and_then(path_of);
    let findings = match (arguments.code.clone(), arguments.words.clone()) {
        (Some(code), Some(words)) => vec![Named { code, words }],
        _ => at_cursor(state, arguments),
    };
    let Some(file) = file.filter(|_| !findings.is_empty()) else {
        return Err(
            "which finding? Put the cursor on one in a chunk file that is open, or give the `uri` of the file, the \
             `code` of the finding and the `words` that it underlines"
                .to_owned(),
        );
    };
    let request = DismissRequest {
        workspace: state.workspace_of(&target.brief),
        brief: target.brief.clone(),
        session: target.session,
        editor_settings: state.editor_settings(),
        file,
        findings,
        everywhere: arguments.all,
    };
    let editor = Arc::new(LspEditor::new(Arc::clone(state)));
    let done = dismiss(&state.workshop, request, editor)
        .await
        .map_err(|error| error.to_string())?;
    review::story_changed(state, &target.brief);
    call.tell(&done.message);
    Ok(Value::from(done.message))
}
