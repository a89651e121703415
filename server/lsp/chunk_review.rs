//! Looks at the chunk files that are open: what the lint finds in them, and which are stale,
//! partial or failed, as diagnostics.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, Location, PublishDiagnosticsParams, Url,
};

use super::diagnostics;
use super::document_kind::{is_brief, is_chunk};
use super::documents::{OpenDocument, OpenFiles, Snapshot, path_of};
use super::newest::{IfChanged, Newest};
use super::position;
use super::published::Mark;
use super::state::State;
use crate::analysis::findings::{Finding, Findings, SourceText};
use crate::decisions::dismiss::Named;
use crate::session::{SessionId, StoryFolder};
use crate::story::ChunkNumber;

/// Names a draft by its brief and its session.
type StorySession = (PathBuf, SessionId);

/// Looks at the open chunks of every draft that something changed in. Returns those that have changed again, where
/// they are left.
pub fn look(state: &Arc<State>, changed: &HashSet<Url>, if_changed: IfChanged) -> HashSet<Url> {
    let mut left = HashSet::new();
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
            for (snapshot, marks) in found_in(state, &open_files, &place, &documents) {
                if !publish(state, snapshot, marks, if_changed) {
                    left.insert(snapshot.url.clone());
                }
            }
        }
    }
    left
}

/// Finds the marks of each open chunk of a draft.
fn found_in<'a>(
    state: &Arc<State>,
    open_files: &OpenFiles,
    place: &StorySession,
    documents: &[&'a OpenDocument],
) -> Vec<(&'a Snapshot, Vec<Mark>)> {
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
    let being_written = BeingWritten {
        any: !state.jobs.of_brief(brief).is_empty(),
        chunks: &state.jobs.being_written(brief, Some(session.as_str())),
    };
    let documents = documents.iter();
    documents
        .map(|document| {
            let marks = marks(state, &found, document, open_files, &being_written);
            (&document.snapshot, marks)
        })
        .collect()
}

/// What jobs write of a draft at the moment.
struct BeingWritten<'a> {
    /// Whether a job is at work on the story at all.
    any: bool,
    chunks: &'a [ChunkNumber],
}

impl BeingWritten<'_> {
    /// Tells whether a text is being written, or may be before the job ends.
    fn has(&self, text: &SourceText) -> bool {
        let chunk = text.chunk.as_ref().map(|(number, _)| number);
        self.any && text.is_unfinished || chunk.is_some_and(|chunk| self.chunks.contains(chunk))
    }
}

fn marks(
    state: &State,
    found: &Findings,
    document: &OpenDocument,
    open_files: &OpenFiles,
    being_written: &BeingWritten<'_>,
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
    if being_written.has(&found.texts[text]) {
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
        dismissible: finding
            .may_be_dismissed()
            .then(|| Named::of(found, finding)),
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

/// Publishes marks for the newest version of what was looked at. Tells whether that is done.
fn publish(
    state: &Arc<State>,
    looked_at: &Snapshot,
    marks: Vec<Mark>,
    if_changed: IfChanged,
) -> bool {
    let url = &looked_at.url;
    let newest = Newest::of(&state.documents, looked_at);
    let Some(newest) = newest else {
        return true;
    };
    if if_changed == IfChanged::Leave && newest.is_changed() {
        return false;
    }
    let moved = marks.into_iter().map(|mark| Mark {
        diagnostic: newest.diagnostic(mark.diagnostic),
        code: mark.code,
        dismissible: mark.dismissible,
        correction: (mark.correction).and_then(|(span, text)| Some((newest.span(&span)?, text))),
    });
    let marks: Vec<Mark> = moved.collect();
    let diagnostics = marks.iter().map(|mark| mark.diagnostic.clone()).collect();
    state.published.set_marks(&newest.snapshot, marks);
    let params = PublishDiagnosticsParams {
        uri: url.clone(),
        version: Some(newest.snapshot.version),
        diagnostics,
    };
    diagnostics::publish(state, params);
    // Closed while it was looked at: what was just said must not stay.
    if state.documents.get(url).is_none() {
        diagnostics::clear(state, url.clone());
    }
    true
}
