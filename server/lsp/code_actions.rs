//! Code actions: what can be done here, as commands, and what puts a diagnostic right. Listing
//! them calls no model.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Diagnostic, Url,
};

use super::client::show_controls;
use super::commands::{
    self, ACCEPT_REVISION, AUDIT, CANCEL, EXPLAIN, EXTRACT_STATE, KEEP, LOCK, REFINE,
    REJECT_REVISION, RESTORE_VERSION, REWRITE_CHUNK, REWRITE_FROM, REWRITE_STALE, UNLOCK, WRITE,
    WRITE_CHUNK,
};
use super::documents::path_of;
use super::fixes;
use super::planning::{self, Wants};
use super::position;
use super::review::Mark;
use super::session_commands::ADOPT_SESSION;
use super::state::{State, Touched};
use super::target::{self, Target};
use super::version_commands::{SHOW_DIFF, SHOW_VERSIONS};
use crate::engine::findings::{CONTRADICTION, FAILED, PARTIAL, STALE};
use crate::engine::status::{ChunkState, StoryStatus};
use crate::engine::workshop::ChunkRef;
use crate::session::ChunkStatus;
use crate::story::margin_notes::margin_notes;

/// The actions of a place; none in a document that belongs to no story.
pub fn list(state: &Arc<State>, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let snapshot = state.documents.get(&params.text_document.uri);
    let open = snapshot.filter(|_| wants(params, &CodeActionKind::QUICKFIX));
    let (mut actions, marks) = match open {
        Some(open) => (
            fixes::list(state, &open, &params.range),
            fixes::marks_at(state, &open, &params.range),
        ),
        None => Default::default(),
    };
    let wants = Wants {
        commands: wants(params, &CodeActionKind::REFACTOR_REWRITE),
        fixes: wants(params, &CodeActionKind::QUICKFIX),
    };
    actions.extend(planning::action(state, params, wants));
    actions.extend(commands_at(state, params, &marks));
    actions
}

fn commands_at(
    state: &Arc<State>,
    params: &CodeActionParams,
    marks: &[Mark],
) -> Vec<CodeActionOrCommand> {
    let url = &params.text_document.uri;
    let wants_commands = wants(params, &CodeActionKind::REFACTOR_REWRITE);
    if !(wants_commands || is_state(marks)) || !belongs_to_a_story(url) {
        return Vec::new();
    }
    let place = Touched {
        url: url.clone(),
        position: Some(params.range.start),
    };
    let Ok(target) = target::at(state, &place) else {
        return Vec::new();
    };
    // A brief with errors has no state yet, but it has diagnostics that say so.
    let Ok(status) = commands::status(state, &target) else {
        return Vec::new();
    };
    let mut actions = Vec::new();
    if !state.jobs.of_brief(&target.brief).is_empty() {
        actions.push(action(
            "Storywright: cancel writing".to_owned(),
            CANCEL,
            json!({ "uri": url }),
        ));
    }
    if let Some(chunk) = target.chunk.as_ref().and_then(|chunk| find(&status, chunk)) {
        if let Some(note) = note_at(state, &place) {
            actions.extend(with_note(url, &target, chunk, &note));
        }
        let mut on_chunk = on_chunk(url, &target, chunk, &status);
        mark_fixes(&mut on_chunk, marks);
        actions.extend(on_chunk);
    }
    actions.extend(on_story(url, &target, &status));
    if !wants_commands {
        actions.retain(is_fix);
    }
    actions
}

/// The note in the margin under the cursor.
fn note_at(state: &State, place: &Touched) -> Option<String> {
    let snapshot = state.documents.get(&place.url)?;
    let at = position::to_byte(&snapshot.rope, place.position?, state.documents.encoding());
    let notes = margin_notes(&snapshot.text()).into_iter();
    let mut here = notes.filter(|note| (note.span.start..=note.span.end).contains(&at));
    here.next()
        .map(|note| note.text)
        .filter(|text| !text.is_empty())
}

/// The rewrite that carries out one note and no other; nothing where no text is there yet.
fn with_note(
    url: &Url,
    target: &Target,
    chunk: &ChunkState,
    note: &str,
) -> Option<CodeActionOrCommand> {
    if chunk.words == 0 {
        return None;
    }
    let title = format!(
        "Storywright: rewrite chunk {} “{}” with the note “{}”",
        chunk.number,
        chunk.title,
        shortened(note)
    );
    let arguments = json!({
        "uri": url, "beat": chunk.beat, "session": session(target), "note": note,
    });
    Some(action(title, REWRITE_CHUNK, arguments))
}

/// As much of a note as a menu shows.
fn shortened(note: &str) -> String {
    const SHOWN: usize = 50;
    match note.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", note[..end].trim_end()),
        None => note.to_owned(),
    }
}

fn wants(params: &CodeActionParams, wanted: &CodeActionKind) -> bool {
    params.context.only.as_ref().is_none_or(|kinds| {
        kinds.iter().any(|kind| {
            let kind = kind.as_str();
            let rest = wanted.as_str().strip_prefix(kind);
            kind.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

/// Whether one of the marks is answered by a command.
fn is_state(marks: &[Mark]) -> bool {
    marks.iter().any(|mark| !answers(mark.code).is_empty())
}

/// The commands that answer a diagnostic.
fn answers(code: &str) -> &'static [&'static str] {
    match code {
        STALE => &[REWRITE_CHUNK, KEEP],
        CONTRADICTION => &[REWRITE_CHUNK],
        PARTIAL | FAILED => &[WRITE_CHUNK, REWRITE_CHUNK],
        _ => &[],
    }
}

/// Makes the commands that answer a diagnostic its quick fixes.
fn mark_fixes(actions: &mut [CodeActionOrCommand], marks: &[Mark]) {
    for action in actions {
        let CodeActionOrCommand::CodeAction(action) = action else {
            continue;
        };
        let command = action.command.as_ref().map(|it| it.command.as_str());
        let answered: Vec<Diagnostic> = marks
            .iter()
            .filter(|mark| answers(mark.code).iter().any(|it| Some(*it) == command))
            .map(|mark| mark.diagnostic.clone())
            .collect();
        if !answered.is_empty() {
            action.kind = Some(CodeActionKind::QUICKFIX);
            action.diagnostics = Some(answered);
        }
    }
}

fn is_fix(action: &CodeActionOrCommand) -> bool {
    let CodeActionOrCommand::CodeAction(action) = action else {
        return false;
    };
    action.kind == Some(CodeActionKind::QUICKFIX)
}

fn belongs_to_a_story(url: &Url) -> bool {
    super::diagnostics::is_brief(url)
        || path_of(url).is_some_and(|path| {
            path.components()
                .any(|part| part.as_os_str() == "generated")
        })
}

fn find<'a>(status: &'a StoryStatus, chunk: &ChunkRef) -> Option<&'a ChunkState> {
    status.chunks.iter().find(|state| match chunk {
        ChunkRef::Number(number) => state.number == *number,
        ChunkRef::Beat(beat) => &state.beat == beat,
    })
}

fn on_story(url: &Url, target: &Target, status: &StoryStatus) -> Vec<CodeActionOrCommand> {
    let arguments = json!({ "uri": url, "session": session(target) });
    let mut actions = Vec::new();
    let open = status.to_write().count();
    let total = status.chunks.len();
    if total == 0 {
        return actions;
    }
    for draft in &status.adoptable {
        let title = format!("Storywright: go on with the draft {draft}, whose brief was renamed");
        let arguments = json!({ "uri": url, "session": draft });
        actions.push(action(title, ADOPT_SESSION, arguments));
    }
    if !status.adoptable.is_empty() {
        return actions;
    }
    if open == total && status.words == 0 {
        let title = format!(
            "Storywright: write the story ({total} chunks, {} {})",
            status.target_words, status.unit
        );
        actions.push(action(title, WRITE, arguments.clone()));
    } else if open > 0 {
        let title = format!("Storywright: go on writing ({open} of {total} chunks to go)");
        actions.push(action(title, WRITE, arguments.clone()));
    }
    let stale = status
        .chunks
        .iter()
        .filter(|chunk| chunk.stale && !chunk.edited && !chunk.locked)
        .count();
    if stale > 0 {
        let title = format!("Storywright: rewrite what is stale ({stale} chunks)");
        actions.push(action(title, REWRITE_STALE, arguments.clone()));
    }
    let stale = status.stale().count();
    if stale > 1 {
        let title = format!("Storywright: keep all that is stale as it is ({stale} chunks)");
        let arguments = json!({ "uri": url, "session": session(target), "all": true });
        actions.push(action(title, KEEP, arguments));
    }
    // The brief without a place in it stands for all of the story.
    if let (true, Ok(brief)) = (open < total, Url::from_file_path(&target.brief)) {
        let title = "Storywright: audit the story".to_owned();
        let arguments = json!({ "uri": brief, "session": session(target) });
        actions.push(action(title, AUDIT, arguments));
    }
    actions
}

fn on_chunk(
    url: &Url,
    target: &Target,
    chunk: &ChunkState,
    status: &StoryStatus,
) -> Vec<CodeActionOrCommand> {
    let unit = status.unit;
    let name = format!("chunk {} “{}”", chunk.number, chunk.title);
    let arguments = json!({ "uri": url, "beat": chunk.beat, "session": session(target) });
    let (title, command) = match chunk.status {
        ChunkStatus::Missing => (format!("Storywright: write {name}"), WRITE_CHUNK),
        ChunkStatus::Partial | ChunkStatus::Failed => (
            format!(
                "Storywright: go on with {name} ({}/{} {unit})",
                chunk.words, chunk.target_words
            ),
            WRITE_CHUNK,
        ),
        ChunkStatus::Complete => (format!("Storywright: rewrite {name}"), REWRITE_CHUNK),
    };
    let mut actions = match chunk.locked {
        // Nothing rewrites it.
        true => Vec::new(),
        false => vec![action(title, command, arguments.clone())],
    };
    actions.extend(up_to_here(url, target, chunk, status));
    if command == WRITE_CHUNK && chunk.words > 0 && !chunk.locked {
        actions.push(action(
            format!("Storywright: rewrite {name}"),
            REWRITE_CHUNK,
            arguments.clone(),
        ));
    }
    if chunk.stale {
        actions.push(action(
            format!("Storywright: keep {name} as it is"),
            KEEP,
            arguments.clone(),
        ));
    }
    if chunk.has_history {
        let title = format!("Storywright: restore the earlier version of {name}");
        actions.push(action(title, RESTORE_VERSION, arguments.clone()));
        let title = format!("Storywright: choose an earlier version of {name}");
        actions.push(action(title, SHOW_VERSIONS, arguments.clone()));
        let title = format!("Storywright: show what changed in {name}");
        actions.push(action(title, SHOW_DIFF, arguments.clone()));
    }
    if chunk.locked {
        let title = format!("Storywright: unlock {name}");
        actions.push(action(title, UNLOCK, arguments.clone()));
    } else if chunk.status == ChunkStatus::Complete {
        let title = format!("Storywright: lock {name}");
        actions.push(action(title, LOCK, arguments.clone()));
    }
    if chunk.has_revision {
        for (verb, command) in [("accept", ACCEPT_REVISION), ("reject", REJECT_REVISION)] {
            let title = format!("Storywright: {verb} the revision of {name}");
            actions.push(action(title, command, arguments.clone()));
        }
    }
    if chunk.status == ChunkStatus::Complete {
        let again = [("refine", REFINE), ("audit", AUDIT)];
        actions.extend(again.map(|(verb, command)| {
            action(
                format!("Storywright: {verb} {name}"),
                command,
                arguments.clone(),
            )
        }));
    }
    if chunk.words > 0 && !chunk.locked {
        actions.push(action(
            format!("Storywright: rewrite from {name} on"),
            REWRITE_FROM,
            arguments.clone(),
        ));
    }
    // A brief has no text to be read.
    if status.reads_chunks && chunk.status == ChunkStatus::Complete && target.session.is_some() {
        let title = format!("Storywright: read the state of {name} again");
        actions.push(action(title, EXTRACT_STATE, arguments.clone()));
    }
    let title = format!("Storywright: show the prompt of {name}");
    actions.push(action(title, EXPLAIN, arguments));
    actions
}

/// Writing the chapter of a chunk, or all up to the chunk, where that is more than the chunk and
/// less than the story.
fn up_to_here(
    url: &Url,
    target: &Target,
    chunk: &ChunkState,
    status: &StoryStatus,
) -> Vec<CodeActionOrCommand> {
    let open: Vec<&ChunkState> = status.to_write().collect();
    let is_worth_it = |count: usize| count > 1 && count < open.len();
    let mut actions = Vec::new();
    let is_in_chapter = |other: &&&ChunkState| other.chapter == chunk.chapter;
    let in_chapter = open.iter().filter(is_in_chapter).count();
    if let Some(chapter) = chunk.chapter.as_ref().filter(|_| is_worth_it(in_chapter)) {
        let title =
            format!("Storywright: write the chapter “{chapter}” ({in_chapter} chunks to go)");
        let arguments = json!({ "uri": url, "session": session(target), "chapter": chapter });
        actions.push(action(title, WRITE, arguments));
    }
    let before = open.iter().filter(|other| other.number <= chunk.number);
    let before = before.count();
    if is_worth_it(before) && !chunk.is_complete() {
        let title = format!(
            "Storywright: write up to chunk {} “{}” ({before} chunks to go)",
            chunk.number, chunk.title
        );
        let arguments = json!({ "uri": url, "session": session(target), "to": chunk.number });
        actions.push(action(title, WRITE, arguments));
    }
    actions
}

fn session(target: &Target) -> Option<&str> {
    target.session.as_ref().map(|session| session.as_str())
}

fn action(title: String, command: &str, argument: serde_json::Value) -> CodeActionOrCommand {
    CodeActionOrCommand::CodeAction(CodeAction {
        title: title.clone(),
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        command: Some(Command {
            title,
            command: command.to_owned(),
            arguments: Some(vec![argument]),
        }),
        ..CodeAction::default()
    })
}

/// Shows in a title what an editor would obey.
pub fn show_title(action: &mut CodeActionOrCommand) {
    let CodeActionOrCommand::CodeAction(action) = action else {
        return;
    };
    show_controls(&mut action.title);
    if let Some(command) = &mut action.command {
        show_controls(&mut command.title);
    }
}
