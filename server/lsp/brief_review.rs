//! Looks at the briefs that are open: their problems, those of their settings and templates, each in its own file, and
//! which chunks are stale.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ropey::Rope;
use tower_lsp::lsp_types::{Diagnostic, PublishDiagnosticsParams, Url};

use super::diagnostics::{self, of_problem};
use super::document_kind::{is_beside_briefs, is_brief};
use super::documents::{OpenFiles, Snapshot, path_of};
use super::position;
use super::state::State;
use crate::analysis::findings::STALE;
use crate::analysis::stale_reason;
use crate::story::{Brief, Problem, Severity};

/// How long an author's typing has to rest before a brief is looked at again.
const QUIET: Duration = Duration::from_millis(120);

/// Looks at a brief once it is quiet, the last change always; at all open ones where a file changed that
/// briefs are judged by.
pub fn schedule(state: &Arc<State>, url: Url) {
    if is_beside_briefs(&url) {
        schedule_all(state);
    }
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
        let is_current = |now: &Snapshot| now.version == version;
        if !state
            .documents
            .get(&url)
            .is_some_and(|now| is_current(&now))
        {
            return;
        }
        let looked = {
            let (state, url) = (Arc::clone(&state), url.clone());
            tokio::task::spawn_blocking(move || {
                let mut found = of_brief(&state, &url);
                if let Some(brief) = found.first_mut() {
                    brief.diagnostics.extend(stale(&state, &url));
                }
                found
            })
            .await
        };
        if let Ok(found) = looked {
            diagnostics::publish_for_brief(&state, &url, found);
        }
        // Closed while it was looked at: what was just said must not stay.
        if state.documents.get(&url).is_none() {
            diagnostics::clear(&state, url);
        }
    });
}

/// Looks at all open briefs once they are quiet.
pub fn schedule_all(state: &Arc<State>) {
    let briefs = state.documents.all().into_iter();
    for open in briefs.filter(|open| is_brief(&open.snapshot.url)) {
        schedule(state, open.snapshot.url);
    }
}

/// Finds what is wrong with a brief, its settings and its templates, file by file; the brief comes first.
fn of_brief(state: &State, url: &Url) -> Vec<PublishDiagnosticsParams> {
    let open = state.documents.all();
    let open_files = OpenFiles::of(&open);
    let Some(document) = open.iter().find(|open| open.snapshot.url == *url) else {
        return Vec::new();
    };
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
        .and_then(|path| state.look(path, &open_files).story().ok());
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

/// Finds which chunks are stale, at the headings of their beats: where a writer opens the brief,
/// nothing else says so.
fn stale(state: &Arc<State>, url: &Url) -> Vec<Diagnostic> {
    let (Some(path), Some(snapshot)) = (path_of(url), state.documents.get(url)) else {
        return Vec::new();
    };
    // A brief with errors, or a draft that can't be read, says so elsewhere.
    let look = state.look(&path, state.as_ref());
    let (Ok(read), Ok(status)) = (look.story(), look.status(None)) else {
        return Vec::new();
    };
    let brief = &read.story.brief;
    let encoding = state.documents.encoding();
    let stale = status.stale().filter_map(|chunk| {
        let beat = brief.beat(&chunk.beat)?;
        let message = format!(
            "Chunk {} is stale: {}. Rewrite it, or keep it as it is.",
            chunk.number,
            stale_reason::sentence(&chunk.stale_reasons)
        );
        Some(Diagnostic {
            range: position::from_span(&snapshot.rope, &beat.heading_span, encoding),
            ..diagnostics::diagnostic(Severity::Information, STALE, &message)
        })
    });
    stale.collect()
}
