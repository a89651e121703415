//! Makes diagnostics, and publishes and withdraws them.

use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticSeverity, NumberOrString, PublishDiagnosticsParams, Url,
};

use super::document_kind::{is_brief, is_chunk};
use super::position::{self, Encoding};
use super::state::State;
use crate::story::{Problem, Severity};

/// Takes a document's diagnostics back.
pub fn clear(state: &Arc<State>, url: Url) {
    state.published.forget(&url);
    if is_brief(&url) {
        publish_for_brief(state, &url, vec![empty(url.clone())]);
    } else if is_chunk(&url)
        && let Some(client) = state.client()
    {
        client.publish_diagnostics(empty(url));
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
    let Some(client) = state.client() else {
        return;
    };
    for params in found.into_iter().chain(mended.into_iter().map(empty)) {
        client.publish_diagnostics(params);
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
