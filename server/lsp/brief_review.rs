//! Looks at the briefs that are open: their problems, those of their settings and templates, each in its own file, and
//! which chunks are stale.

use std::path::Path;
use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::{Diagnostic, PublishDiagnosticsParams, Url};

use super::diagnostics::{self, of_problem};
use super::documents::{OpenDocument, OpenFiles};
use super::newest::{IfChanged, Newest};
use super::position;
use super::state::State;
use crate::analysis::findings::STALE;
use crate::analysis::stale_reason;
use crate::story::{Brief, Problem, Severity};

/// Looks at a brief, where it is open, and publishes what was found for its newest version. Tells whether it did.
pub fn look(state: &Arc<State>, url: &Url, if_changed: IfChanged) -> bool {
    let open = state.documents.all();
    let Some(document) = open.iter().find(|open| open.snapshot.url == *url) else {
        return true;
    };
    let open_files = OpenFiles::of(&open);
    let mut found = of_brief(state, document, &open_files);
    if let Some(brief) = found.first_mut() {
        let stale = stale(state, document, &open_files);
        brief.diagnostics.extend(stale);
        let threads = of_threads(state, document, &open_files);
        brief.diagnostics.extend(threads);
    }
    let is_changed = || {
        let newest = Newest::of(&state.documents, &document.snapshot);
        newest.is_some_and(|newest| newest.is_changed())
    };
    if if_changed == IfChanged::Leave && is_changed() {
        return false;
    }
    let found = found.into_iter().map(|params| newest(state, &open, params));
    diagnostics::publish_for_brief(state, url, found.collect());
    // Closed while it was looked at: what was just said must not stay.
    if state.documents.get(url).is_none() {
        diagnostics::clear(state, url.clone());
    }
    true
}

/// Moves what was found in an open file to where it is now.
fn newest(
    state: &State,
    looked_at: &[OpenDocument],
    found: PublishDiagnosticsParams,
) -> PublishDiagnosticsParams {
    let mut looked_at = looked_at.iter().map(|open| &open.snapshot);
    let looked_at = looked_at.find(|snapshot| snapshot.url == found.uri);
    match looked_at.and_then(|looked_at| Newest::of(&state.documents, looked_at)) {
        Some(newest) => PublishDiagnosticsParams {
            version: Some(newest.snapshot.version),
            diagnostics: (found.diagnostics.into_iter())
                .map(|diagnostic| newest.diagnostic(diagnostic))
                .collect(),
            uri: found.uri,
        },
        None => found,
    }
}

/// Finds what is wrong with a brief, its settings and its templates, file by file; the brief comes first.
fn of_brief(
    state: &State,
    document: &OpenDocument,
    open_files: &OpenFiles,
) -> Vec<PublishDiagnosticsParams> {
    let url = &document.snapshot.url;
    let encoding = state.documents.encoding();
    let own = |problems: &mut dyn Iterator<Item = &Problem>| PublishDiagnosticsParams {
        uri: url.clone(),
        version: Some(document.snapshot.version),
        diagnostics: problems
            .map(|problem| of_problem(problem, &document.snapshot.rope, encoding))
            .collect(),
    };
    let read = document
        .path
        .as_deref()
        .and_then(|path| state.look(path, open_files).story().ok());
    let Some(read) = read else {
        // It has no file yet, or none that can be one: then no settings apply to it.
        let brief = Brief::parse(&document.snapshot.text());
        return vec![own(&mut brief.problems.iter())];
    };
    let problems = read.problems();
    let is_own = |path: &Path| path == read.story.folder.brief();
    let in_brief = problems.iter().filter(|placed| is_own(&placed.path));
    let mut found = vec![own(&mut in_brief.map(|placed| &placed.problem))];
    for placed in problems.iter().filter(|placed| !is_own(&placed.path)) {
        let shown = open_files.open.get(&placed.path);
        let rope = shown.map_or_else(|| Rope::from_str(&placed.text), |it| it.rope.clone());
        let uri = shown.map(|it| it.url.clone());
        let Some(uri) = uri.or_else(|| Url::from_file_path(&placed.path).ok()) else {
            continue;
        };
        let diagnostic = of_problem(&placed.problem, &rope, encoding);
        match found.iter_mut().find(|params| params.uri == uri) {
            Some(params) => params.diagnostics.push(diagnostic),
            None => found.push(PublishDiagnosticsParams {
                uri,
                version: shown.map(|it| it.version),
                diagnostics: vec![diagnostic],
            }),
        }
    }
    found
}

/// Returns the diagnostics at the threads that the brief lists, such as one that is still open past its beat.
fn of_threads(state: &State, document: &OpenDocument, open_files: &OpenFiles) -> Vec<Diagnostic> {
    let Some(path) = &document.path else {
        return Vec::new();
    };
    let look = state.look(path, open_files);
    let (Ok(read), Ok(ledger)) = (look.story(), look.ledger(None)) else {
        return Vec::new();
    };
    let encoding = state.documents.encoding();
    let problems = ledger.problems.into_iter().filter_map(|problem| {
        let severities = &read.settings.severities;
        let severity = severities.shown(problem.code, problem.severity)?;
        let problem = Problem {
            severity,
            ..problem
        };
        Some(of_problem(&problem, &document.snapshot.rope, encoding))
    });
    problems.collect()
}

/// Finds which chunks are stale, at the headings of their beats: where a writer opens the brief,
/// nothing else says so.
fn stale(state: &State, document: &OpenDocument, open_files: &OpenFiles) -> Vec<Diagnostic> {
    let Some(path) = &document.path else {
        return Vec::new();
    };
    // A brief with errors, or a draft that can't be read, says so elsewhere.
    let look = state.look(path, open_files);
    let (Ok(read), Ok(status)) = (look.story(), look.status(None)) else {
        return Vec::new();
    };
    let brief = &read.story.brief;
    let encoding = state.documents.encoding();
    let severities = &read.settings.severities;
    let Some(severity) = severities.shown(STALE, Severity::Information) else {
        return Vec::new();
    };
    let stale = status.stale().filter_map(|chunk| {
        let beat = brief.beat(&chunk.beat)?;
        let message = format!(
            "Chunk {} is stale: {}. Rewrite it, or keep it as it is.",
            chunk.number,
            stale_reason::sentence(&chunk.stale_reasons)
        );
        Some(Diagnostic {
            range: position::from_span(&document.snapshot.rope, &beat.heading_span, encoding),
            ..diagnostics::diagnostic(severity, STALE, &message)
        })
    });
    stale.collect()
}
