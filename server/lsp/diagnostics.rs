//! Diagnostics: the problems of a brief, where they are. Those of chunks come from `review.rs`.

use std::sync::Arc;
use std::time::Duration;

use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticSeverity, NumberOrString, PublishDiagnosticsParams, Url,
};

use super::documents::Snapshot;
use super::position::{self, Encoding};
use super::review::is_chunk;
use super::state::State;
use crate::engine::story_file::is_brief_name;
use crate::story::{Brief, Problem, Severity};

/// How long an author's typing has to rest before a brief is looked at again.
const QUIET: Duration = Duration::from_millis(120);

/// Whether a document is a brief.
pub fn is_brief(url: &Url) -> bool {
    let name = url
        .path_segments()
        .and_then(Iterator::last)
        .unwrap_or_default();
    is_brief_name(&percent_decoded(name))
}

fn percent_decoded(name: &str) -> String {
    // Only the end of the name matters, and that is ASCII.
    name.replace("%2E", ".").replace("%2e", ".")
}

/// Looks at a document once it is quiet. The last change is always looked at.
pub fn schedule(state: &Arc<State>, url: Url) {
    if !is_brief(&url) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    let Some(version) = state.documents.get(&url).map(|snapshot| snapshot.version) else {
        return;
    };
    let state = Arc::clone(state);
    runtime.spawn(async move {
        tokio::time::sleep(QUIET).await;
        let Some(snapshot) = state
            .documents
            .get(&url)
            .filter(|now| now.version == version)
        else {
            return;
        };
        let encoding = state.documents.encoding();
        let found = tokio::task::spawn_blocking(move || of_brief(&snapshot, encoding)).await;
        if let (Ok(params), Some(client)) = (found, state.client()) {
            client.publish_diagnostics(params);
        }
        // Closed while it was looked at: what was just said must not stay.
        if state.documents.get(&url).is_none() {
            clear(&state, url);
        }
    });
}

/// Takes a document's diagnostics back.
pub fn clear(state: &Arc<State>, url: Url) {
    state.review.forget(&url);
    if let Some(client) = state.client().filter(|_| is_brief(&url) || is_chunk(&url)) {
        client.publish_diagnostics(PublishDiagnosticsParams {
            uri: url,
            diagnostics: Vec::new(),
            version: None,
        });
    }
}

fn of_brief(snapshot: &Snapshot, encoding: Encoding) -> PublishDiagnosticsParams {
    let brief = Brief::parse(&snapshot.text());
    PublishDiagnosticsParams {
        uri: snapshot.url.clone(),
        version: Some(snapshot.version),
        diagnostics: brief
            .problems
            .iter()
            .map(|problem| of_problem(problem, snapshot, encoding))
            .collect(),
    }
}

fn of_problem(problem: &Problem, snapshot: &Snapshot, encoding: Encoding) -> Diagnostic {
    Diagnostic {
        range: position::from_span(&snapshot.rope, &problem.span, encoding),
        ..diagnostic(problem.severity, problem.code, &problem.message)
    }
}

/// A diagnostic that has no place yet.
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
