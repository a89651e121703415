//! Looks at the chunk files that are open: what the lint finds in them, and which are stale,
//! partial or failed, as diagnostics.
//!
//! A change of a brief or a chunk is only noted while its message is handled. Once changes
//! rest (or go on for too long), one task looks at the drafts that they touched, beside all
//! messages and never two at a time; the last change is always looked at.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ropey::Rope;
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, Location, PublishDiagnosticsParams, Url,
};

use super::diagnostics;
use super::document_kind::{is_brief, is_chunk};
use super::documents::{OpenDocument, OpenFiles, Snapshot, path_of};
use super::position;
use super::published::Mark;
use super::state::State;
use crate::analysis::findings::{FAILED, Finding, Findings, PARTIAL};
use crate::session::{SessionId, StoryFolder};

/// Names a draft by its brief and its session.
type StorySession = (PathBuf, SessionId);

/// Notes that a brief or a chunk changed, or what is known of it did: what is open of its drafts is
/// looked at soon. Asks the file system nothing.
pub fn note(state: &Arc<State>, url: Url) {
    let matters = is_chunk(&url) || is_brief(&url);
    if !matters
        || !state
            .documents
            .all()
            .iter()
            .any(|open| is_chunk(&open.snapshot.url))
    {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    if state.review_queue.add(url) {
        runtime.spawn(look_when_quiet(Arc::clone(state)));
    }
}

/// Notes that all that is open is to be looked at soon.
pub fn note_all(state: &Arc<State>) {
    for open in state.documents.all() {
        note(state, open.snapshot.url);
    }
}

async fn look_when_quiet(state: Arc<State>) {
    while let Some(at) = state.review_queue.next() {
        if at > Instant::now() {
            tokio::time::sleep_until(at.into()).await;
            continue;
        }
        let changed = state.review_queue.take();
        let looked = {
            let state = Arc::clone(&state);
            tokio::task::spawn_blocking(move || look(&state, &changed)).await
        };
        if looked.is_err() {
            tracing::error!("looking at the open chunks panicked");
        }
    }
}

/// Looks at the open chunks of every draft that something changed in.
fn look(state: &Arc<State>, changed: &HashSet<Url>) {
    let open = state.documents.all();
    let open_files = OpenFiles::of(&open);
    let disk = state.workshop.disk();
    let brief_of = |path: &Path| Some(StoryFolder::locate(path, disk)?.folder.brief().to_owned());
    let touched: HashSet<PathBuf> = changed
        .iter()
        .filter_map(|url| match is_brief(url) {
            true => path_of(url),
            false => brief_of(&path_of(url)?),
        })
        .collect();
    let mut sessions: HashMap<StorySession, Vec<&OpenDocument>> = HashMap::new();
    for document in open.iter().filter(|open| is_chunk(&open.snapshot.url)) {
        let located = document
            .path
            .as_deref()
            .and_then(|path| StoryFolder::locate(path, disk));
        if let Some(located) = located {
            let place = (located.folder.brief().to_owned(), located.session);
            sessions.entry(place).or_default().push(document);
        }
    }
    for (place, documents) in sessions {
        if touched.contains(&place.0) {
            look_at(state, &open_files, &place, &documents);
        }
    }
}

fn look_at(
    state: &Arc<State>,
    open_files: &OpenFiles,
    place: &StorySession,
    documents: &[&OpenDocument],
) {
    let (brief, session) = place;
    let found = state.look(brief, open_files).findings(Some(session));
    let found = match found {
        Ok(found) => found,
        // A brief that is gone or can't be read says so itself.
        Err(error) => {
            tracing::debug!("the open chunks can't be looked at: {error}");
            Arc::default()
        }
    };
    let is_written = !state.jobs.of_brief(&place.0).is_empty();
    for document in documents {
        let marks = marks(state, &found, document, open_files, is_written);
        publish(state, &document.snapshot, marks);
    }
}

fn marks(
    state: &State,
    found: &Findings,
    document: &OpenDocument,
    open_files: &OpenFiles,
    is_written: bool,
) -> Vec<Mark> {
    let path = document.path.as_deref();
    let Some(text) = found
        .texts
        .iter()
        .position(|text| Some(text.path.as_path()) == path)
    else {
        return Vec::new();
    };
    let own = || {
        found
            .list
            .iter()
            .filter(|finding| finding.place.text == text)
    };
    // While it is being written it is not to be judged.
    if is_written && own().any(|finding| matches!(finding.code, PARTIAL | FAILED)) {
        return Vec::new();
    }
    let encoding = state.documents.encoding();
    let rope = &document.snapshot.rope;
    let mark = |finding: &Finding| Mark {
        diagnostic: Diagnostic {
            range: position::from_span(rope, &finding.place.span, encoding),
            related_information: related(state, found, finding, open_files),
            ..diagnostics::diagnostic(finding.severity, finding.code, &finding.message)
        },
        code: finding.code,
        correction: finding.correction.clone(),
    };
    own().map(mark).collect()
}

/// Finds the other places of a finding, where the client can show some.
fn related(
    state: &State,
    found: &Findings,
    finding: &Finding,
    open_files: &OpenFiles,
) -> Option<Vec<DiagnosticRelatedInformation>> {
    if !state.introduction().shows_related_information() || finding.related.is_empty() {
        return None;
    }
    let encoding = state.documents.encoding();
    let places = finding.related.iter().filter_map(|(place, message)| {
        let source = found.texts.get(place.text)?;
        let (uri, rope) = match open_files.open.get(&source.path) {
            Some(snapshot) => (snapshot.url.clone(), snapshot.rope.clone()),
            None => (
                Url::from_file_path(&source.path).ok()?,
                Rope::from_str(&source.text),
            ),
        };
        Some(DiagnosticRelatedInformation {
            location: Location {
                uri,
                range: position::from_span(&rope, &place.span, encoding),
            },
            message: (*message).to_owned(),
        })
    });
    Some(places.collect())
}

fn publish(state: &Arc<State>, looked_at: &Snapshot, marks: Vec<Mark>) {
    let url = &looked_at.url;
    let is_current =
        |now: &Snapshot| (now.opening, now.version) == (looked_at.opening, looked_at.version);
    // Changed meanwhile: that change is noted, and is looked at next.
    let Some(client) = state
        .client()
        .filter(|_| state.documents.get(url).is_some_and(|now| is_current(&now)))
    else {
        return;
    };
    let diagnostics = marks.iter().map(|mark| mark.diagnostic.clone()).collect();
    state.published.set_marks(looked_at, marks);
    client.publish_diagnostics(PublishDiagnosticsParams {
        uri: url.clone(),
        version: Some(looked_at.version),
        diagnostics,
    });
    // Closed while it was looked at: what was just said must not stay.
    if state.documents.get(url).is_none() {
        diagnostics::clear(state, url.clone());
    }
}
