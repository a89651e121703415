//! Planning from an editor: the command, and where it is offered.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Diagnostic,
    NumberOrString,
};

use super::commands::{self, unblocked};
use super::diagnostics::is_brief;
use super::jobs::{self, Assignment};
use super::page::LspEditor;
use super::position;
use super::state::State;
use super::target::{self, Arguments};
use crate::engine::plan::{Count, PlanRequest, Planning};
use crate::engine::report::cause_chain;
use crate::story::SectionKind;
use crate::story::checks::NO_OUTLINE;

pub const PLAN: &str = "storywright.plan";

/// The problem of a brief whose beats are too few.
const LONG_BEATS: &str = "long-beats";

/// Starts to plan the outline of a brief; the answer is the job's id.
///
/// # Errors
/// A sentence for the author.
pub async fn plan(
    state: &Arc<State>,
    arguments: &Arguments,
    patience: Duration,
) -> Result<Value, String> {
    state.wait_for_settings(patience).await;
    let target = {
        let (state, arguments) = (Arc::clone(state), arguments.clone());
        unblocked(move || target::resolve(&state, &arguments)).await?
    };
    let id = state.jobs.next_id();
    let listed = jobs::list(state, &id, target.brief.clone());
    let planning = {
        let (state, job) = (Arc::clone(state), id.clone());
        unblocked(move || {
            let request = PlanRequest {
                job,
                workspace: state.workspace_of(&target.brief),
                brief: target.brief,
                beats: None,
                editor_settings: state.editor_settings(),
                flags: serde_json::Map::new(),
            };
            let editor = LspEditor::new(Arc::clone(&state));
            Planning::new(&state.workshop, request, &editor)
        })
        .await
    };
    let planning = planning.map_err(|error| cause_chain(&error))?;
    jobs::start(listed, Assignment::Outline(Box::new(planning)));
    Ok(Value::from(id))
}

/// What a kind of action is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wants {
    pub commands: bool,
    pub fixes: bool,
}

/// Offers to plan in a brief whose outline has too few beats: anywhere where it has none, else
/// within the outline.
pub fn action(
    state: &Arc<State>,
    params: &CodeActionParams,
    wants: Wants,
) -> Option<CodeActionOrCommand> {
    let url = &params.text_document.uri;
    if !is_brief(url) {
        return None;
    }
    let answered = answered(&params.context.diagnostics);
    let as_fix = wants.fixes && !answered.is_empty();
    if !(wants.commands || as_fix) {
        return None;
    }
    let snapshot = state.documents.get(url)?;
    let path = super::documents::path_of(url)?;
    let (story, settings) = commands::story_at(state, &path).ok()?;
    let brief = &story.brief;
    let at = position::to_byte(
        &snapshot.rope,
        params.range.start,
        state.documents.encoding(),
    );
    let outlines = brief.sections.iter();
    let mut outlines = outlines.filter(|section| section.kind == SectionKind::Outline);
    let is_inside = outlines.any(|outline| outline.span.contains(&at) || outline.span.end == at);
    let missing = Count::of(brief, &settings, None)?.missing();
    if missing == 0 || !(is_inside || brief.beats.is_empty() || as_fix) {
        return None;
    }
    let beats = match missing {
        1 => "1 beat".to_owned(),
        n => format!("{n} beats"),
    };
    let title = match brief.beats.is_empty() {
        true => format!("Storywright: plan the outline ({beats})"),
        false => format!("Storywright: plan what is missing in the outline ({beats})"),
    };
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title: title.clone(),
        kind: Some(match as_fix {
            true => CodeActionKind::QUICKFIX,
            false => CodeActionKind::REFACTOR_REWRITE,
        }),
        diagnostics: as_fix.then_some(answered),
        command: Some(Command {
            title,
            command: PLAN.to_owned(),
            arguments: Some(vec![json!({ "uri": url })]),
        }),
        ..CodeAction::default()
    }))
}

/// The problems that planning mends.
fn answered(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let is_answered = |diagnostic: &&Diagnostic| match &diagnostic.code {
        Some(NumberOrString::String(code)) => code == NO_OUTLINE || code == LONG_BEATS,
        _ => false,
    };
    diagnostics.iter().filter(is_answered).cloned().collect()
}
