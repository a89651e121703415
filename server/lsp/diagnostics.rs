//! Makes diagnostics, and publishes and withdraws them.

use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticSeverity, NumberOrString, PublishDiagnosticsParams, Url,
};

use super::client::show_controls_in;
use super::document_kind::{is_brief, is_chunk};
use super::position::{self, Encoding};
use super::state::State;
use crate::story::{Problem, Severity};

/// Takes a document's diagnostics back.
pub fn clear(state: &Arc<State>, url: Url) {
    state.published.forget(&url);
    state.reports.forget(&url);
    if is_brief(&url) {
        publish_for_brief(state, &url, vec![empty(url.clone())]);
    } else if is_chunk(&url) {
        publish(state, empty(url));
    }
}

fn empty(uri: Url) -> PublishDiagnosticsParams {
    PublishDiagnosticsParams {
        uri,
        diagnostics: Vec::new(),
        version: None,
    }
}

/// Publishes what was found for a brief: on the brief itself, and on the files beside it.
pub fn publish_for_brief(state: &Arc<State>, brief: &Url, found: Vec<PublishDiagnosticsParams>) {
    let beside = found.iter().map(|params| params.uri.clone());
    let beside = beside.filter(|url| url != brief).collect();
    let mended = state.published.set_beside(brief, beside);
    for params in found.into_iter().chain(mended.into_iter().map(empty)) {
        publish(state, params);
    }
}

/// Has the client show what was found in a document: it is told, or, where it has asked for that, told to ask again.
pub fn publish(state: &State, params: PublishDiagnosticsParams) {
    if !state.is_pulled(&params.uri) {
        if let Some(client) = state.client() {
            client.publish_diagnostics(params.clone());
        }
        if state.is_pulled(&params.uri) {
            // Asked for at this very moment: what was just said must not stay beside that.
            take_back(state, &params.uri);
        }
    }
    if !state.introduction().pulls_diagnostics() {
        return;
    }
    if let Some(open) = state.documents.get(&params.uri) {
        let mut found = params.diagnostics;
        found.iter_mut().for_each(show_controls_in);
        state.reports.set(&params.uri, open.version, found);
    }
}

/// Notes that the client has asked for the diagnostics of a document, and clears those that it was sent before. A client
/// that never asks goes on being sent them.
pub fn take_over(state: &State, url: &Url) {
    if state.reports.ask_for(url) {
        take_back(state, url);
    }
}

fn take_back(state: &State, url: &Url) {
    if let Some(client) = state.client() {
        client.publish_diagnostics(empty(url.clone()));
    }
}

/// Makes a diagnostic of a problem.
pub fn of_problem(problem: &Problem, rope: &Rope, encoding: Encoding) -> Diagnostic {
    Diagnostic {
        range: position::from_span(rope, &problem.span, encoding),
        ..diagnostic(problem.severity, problem.code, &problem.message)
    }
}

/// Makes a diagnostic that has no place yet.
pub fn diagnostic(severity: Severity, code: &str, message: &str) -> Diagnostic {
    Diagnostic {
        severity: Some(match severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Information => DiagnosticSeverity::INFORMATION,
            Severity::Hint => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(code.to_owned())),
        source: Some("storywright".to_owned()),
        message: message.to_owned(),
        ..Diagnostic::default()
    }
}
