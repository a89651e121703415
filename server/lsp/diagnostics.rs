//! Diagnostics: the problems of a brief, of its settings and of its templates, each in its own file. Those of
//! chunks come from `review.rs`.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ropey::Rope;
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticSeverity, NumberOrString, PublishDiagnosticsParams, Url,
};

use super::commands;
use super::documents::{Snapshot, path_of};
use super::position::{self, Encoding};
use super::review::{Desk, is_chunk};
use super::state::State;
use super::target::Target;
use crate::engine::findings::STALE;
use crate::engine::stale_reason;
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
            publish(&state, &url, found);
        }
        // Closed while it was looked at: what was just said must not stay.
        if state.documents.get(&url).is_none() {
            clear(&state, url);
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

/// Whether a document may be a settings file or a template, by its name alone.
fn is_beside_briefs(url: &Url) -> bool {
    let mut parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let file = parts.pop().unwrap_or_default();
    let folder = parts.pop().unwrap_or_default();
    file.ends_with(".toml")
        || file.ends_with(".md") && (folder == "templates" || folder.ends_with(".templates"))
}

/// Takes a document's diagnostics back.
pub fn clear(state: &Arc<State>, url: Url) {
    state.review.forget(&url);
    if is_brief(&url) {
        publish(state, &url, vec![empty(url.clone())]);
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

/// Which settings files and templates have diagnostics, by the open brief that they were found for.
#[derive(Default)]
pub struct ToldBeside(Mutex<HashMap<Url, HashSet<Url>>>);

impl ToldBeside {
    /// Notes what was found for a brief; the files that no brief has anything to say of any more.
    fn replace(&self, brief: &Url, found: HashSet<Url>) -> Vec<Url> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match found.is_empty() {
            true => told.remove(brief),
            false => told.insert(brief.clone(), found),
        };
        let before = before.into_iter().flatten();
        before
            .filter(|url| !told.values().any(|files| files.contains(url)))
            .collect()
    }
}

/// Publishes what was found for a brief: on the brief itself, and on the files beside it.
fn publish(state: &Arc<State>, brief: &Url, found: Vec<PublishDiagnosticsParams>) {
    let beside = found.iter().map(|params| params.uri.clone());
    let beside = beside.filter(|url| url != brief).collect();
    let mended = state.told_beside.replace(brief, beside);
    let Some(client) = state.client() else {
        return;
    };
    for params in found.into_iter().chain(mended.into_iter().map(empty)) {
        client.publish_diagnostics(params);
    }
}

/// What is wrong with a brief, its settings and its templates, file by file; the brief comes first.
fn of_brief(state: &State, url: &Url) -> Vec<PublishDiagnosticsParams> {
    let open = state.documents.all();
    let desk = Desk::of(&open);
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
        .and_then(|path| state.read_story(path, &desk).ok());
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
        let shown = desk.open.get(&placed.path);
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

/// Which chunks are stale, at the headings of their beats: where a writer opens the brief, nothing
/// else says so.
fn stale(state: &Arc<State>, url: &Url) -> Vec<Diagnostic> {
    let (Some(path), Some(snapshot)) = (path_of(url), state.documents.get(url)) else {
        return Vec::new();
    };
    let target = Target {
        brief: path,
        session: None,
        chunk: None,
    };
    // A brief with errors, or a draft that can't be read, says so elsewhere.
    let Ok(status) = commands::status(state, &target) else {
        return Vec::new();
    };
    let brief = Brief::parse(&snapshot.text());
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
            ..diagnostic(Severity::Information, STALE, &message)
        })
    });
    stale.collect()
}

fn of_problem(problem: &Problem, rope: &Rope, encoding: Encoding) -> Diagnostic {
    Diagnostic {
        range: position::from_span(rope, &problem.span, encoding),
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
