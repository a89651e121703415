//! Runs the commands that plan what is missing in an outline, and what its beats say, from their text.

use std::sync::Arc;

use serde_json::{Map, json};
use tower_lsp::lsp_types::{Diagnostic, NumberOrString};

use super::command::{Answer, Call, Offer, Place};
use super::start_job::begin;
use crate::analysis::status::ChunkOverview;
use crate::jobs::assignment::Assignment;
use crate::jobs::plan::from_text::{TextPlanRequest, TextPlanning};
use crate::jobs::plan::{Count, PlanRequest, Planning};
use crate::lsp::buffer_stream::LspEditor;
use crate::lsp::document_kind::is_brief;
use crate::lsp::documents::path_of;
use crate::lsp::state::State;
use crate::lsp::{position, stories};
use crate::session::ChunkStatus;
use crate::story::SectionKind;
use crate::story::checks::NO_OUTLINE;

/// The problem of a brief whose beats are too few.
const LONG_BEATS: &str = "long-beats";

/// The problems that planning mends.
pub const ANSWERS: &[&str] = &[NO_OUTLINE, LONG_BEATS];

/// Starts to plan the outline of a brief; the answer is the job's id.
pub async fn run(call: Call) -> Answer {
    begin(&call, |state, target, _, job| {
        let request = PlanRequest {
            job,
            workspace: state.workspace_of(&target.brief),
            brief: target.brief,
            beats: None,
            editor_settings: state.editor_settings(),
            flags: Map::new(),
        };
        let editor = LspEditor::new(Arc::clone(state));
        let planning = Planning::new(&state.workshop, request, &editor)?;
        Ok(Assignment::Outline(Box::new(planning)))
    })
    .await
}

/// Starts to plan what the beats of written chunks say: of the chunk that is named, else of all; the answer is the
/// job's id.
pub async fn run_from_text(call: Call) -> Answer {
    begin(&call, |state, target, arguments, job| {
        let request = TextPlanRequest {
            job,
            workspace: state.workspace_of(&target.brief),
            brief: target.brief,
            session: target.session,
            // The place of the cursor names no chunk: a command about the outline is about all of it.
            chunk: target.chunk.filter(|_| arguments.chunk.is_some()),
            overwrite: false,
            editor_settings: state.editor_settings(),
            flags: Map::new(),
        };
        let editor = LspEditor::new(Arc::clone(state));
        let planning = TextPlanning::new(&state.workshop, request, &editor)?;
        Ok(Assignment::OutlineFromText(Box::new(planning)))
    })
    .await
}

/// Offers to plan beats from their text, within an outline with beats that say nothing while their chunks are written.
pub fn offer_from_text(state: &Arc<State>, place: &Place) -> Option<Offer> {
    if !is_brief(place.url) {
        return None;
    }
    let snapshot = state.documents.get(place.url)?;
    let path = path_of(place.url)?;
    let (story, _) = stories::read(state, &path).ok()?;
    let at = position::to_byte(&snapshot.rope, place.position, state.documents.encoding());
    let outline = story.brief.section(SectionKind::Outline)?;
    if !outline.span.contains(&at) && outline.span.end != at {
        return None;
    }
    let status = stories::status(state, &path, None).ok()?;
    let is_silent = |chunk: &&ChunkOverview| {
        chunk.status == ChunkStatus::Complete
            && story
                .brief
                .beat(&chunk.beat)
                .is_some_and(|beat| beat.text.is_empty())
    };
    let silent = status.chunks.iter().filter(is_silent).count();
    let beats = match silent {
        0 => return None,
        1 => "1 beat".to_owned(),
        n => format!("{n} beats"),
    };
    let title = format!("plan {beats} from the text");
    Some(Offer::new(title, json!({ "uri": place.url })))
}

/// Offers to plan in a brief whose outline has too few beats: anywhere where it has none, else
/// within the outline and where a diagnostic says so.
pub fn offer(state: &Arc<State>, place: &Place) -> Option<Offer> {
    if !is_brief(place.url) {
        return None;
    }
    let answers = answered(place.diagnostics);
    let snapshot = state.documents.get(place.url)?;
    let (story, settings) = stories::read(state, &path_of(place.url)?).ok()?;
    let brief = &story.brief;
    let at = position::to_byte(&snapshot.rope, place.position, state.documents.encoding());
    let outlines = brief.sections.iter();
    let mut outlines = outlines.filter(|section| section.kind == SectionKind::Outline);
    let is_inside = outlines.any(|outline| outline.span.contains(&at) || outline.span.end == at);
    let missing = Count::of(brief, settings.target_words, settings.chunk_words, None)?.missing();
    if missing == 0 || !(is_inside || brief.beats.is_empty() || !answers.is_empty()) {
        return None;
    }
    let beats = match missing {
        1 => "1 beat".to_owned(),
        n => format!("{n} beats"),
    };
    let title = match brief.beats.is_empty() {
        true => format!("plan the outline ({beats})"),
        false => format!("plan what is missing in the outline ({beats})"),
    };
    Some(Offer {
        title,
        arguments: json!({ "uri": place.url }),
        answers,
    })
}

/// Finds the problems that planning mends.
fn answered(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let is_answered = |diagnostic: &&Diagnostic| match &diagnostic.code {
        Some(NumberOrString::String(code)) => ANSWERS.contains(&code.as_str()),
        _ => false,
    };
    diagnostics.iter().filter(is_answered).cloned().collect()
}
