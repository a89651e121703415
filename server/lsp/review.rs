//! Looks at the chunk files that are open: what the lint finds in them, and which are stale,
//! partial or failed, as diagnostics.
//!
//! A change of a brief or a chunk is only noted while its message is handled. Once changes
//! rest (or go on for too long), one task looks at the drafts that they touched, beside all
//! messages and never two at a time; the last change is always looked at.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ropey::Rope;
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, Location, PublishDiagnosticsParams, Url,
};

use super::diagnostics::{self, is_brief};
use super::documents::{OpenDocument, Snapshot, path_of};
use super::position;
use super::state::State;
use crate::engine::error::JobError;
use crate::engine::findings::{self, FAILED, Finding, Findings, Memory, PARTIAL};
use crate::session::{Owner, Owners, SessionId, StoryFolder};
use crate::story::Span;

/// How long an author's typing has to rest before chunks are looked at again.
const QUIET: Duration = Duration::from_millis(250);
/// How long a change may wait for rest, when text streams in or somebody types on and on.
const LONGEST: Duration = Duration::from_secs(2);

/// What is to be looked at, and what was found last.
#[derive(Default)]
pub struct Review {
    due: Mutex<Due>,
    /// By draft.
    memories: Mutex<HashMap<Draft, Memory>>,
    shown: Mutex<HashMap<Url, Shown>>,
}

#[derive(Default)]
struct Due {
    /// Briefs and chunk files that changed.
    changed: HashSet<Url>,
    first: Option<Instant>,
    last: Option<Instant>,
    /// Whether a task will look at it.
    awaited: bool,
}

/// The brief and the session of a chunk file.
type Draft = (PathBuf, SessionId);

/// The diagnostics of a document at one version.
#[derive(Clone)]
pub struct Shown {
    opening: u64,
    version: i32,
    pub marks: Vec<Mark>,
}

/// A diagnostic with what would put it right: a span of the document, and its new text.
#[derive(Clone)]
pub struct Mark {
    pub diagnostic: Diagnostic,
    pub code: &'static str,
    pub correction: Option<(Span, String)>,
}

impl Review {
    /// What is shown of a document, while it is as it was looked at.
    pub fn of(&self, snapshot: &Snapshot) -> Vec<Mark> {
        let shown = lock(&self.shown);
        let current = shown
            .get(&snapshot.url)
            .filter(|shown| (shown.opening, shown.version) == (snapshot.opening, snapshot.version));
        current.map_or_else(Vec::new, |shown| shown.marks.clone())
    }

    /// Forgets what was shown of a document.
    pub fn forget(&self, url: &Url) {
        lock(&self.shown).remove(url);
    }

    /// When changes have rested or waited long enough; `None` when there are none left, and
    /// then nobody waits any more.
    fn next(&self) -> Option<Instant> {
        let mut due = lock(&self.due);
        match (due.first, due.last) {
            (Some(first), Some(last)) => Some((first + LONGEST).min(last + QUIET)),
            _ => {
                due.awaited = false;
                None
            }
        }
    }

    fn take(&self) -> HashSet<Url> {
        let mut due = lock(&self.due);
        (due.first, due.last) = (None, None);
        std::mem::take(&mut due.changed)
    }
}

/// Whether a document may be a chunk file, by its name alone.
pub fn is_chunk(url: &Url) -> bool {
    let mut parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let file = parts.pop().unwrap_or_default();
    file.ends_with(".md") && parts.pop() == Some("chunks") && parts.contains(&"generated")
}

/// A brief or a chunk changed, or what is known of it did: what is open of its drafts is looked
/// at soon. Asks the file system nothing.
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
    let now = Instant::now();
    let mut due = lock(&state.review.due);
    due.changed.insert(url);
    due.first.get_or_insert(now);
    due.last = Some(now);
    if !std::mem::replace(&mut due.awaited, true) {
        runtime.spawn(look_when_quiet(Arc::clone(state)));
    }
}

/// Everything that is open is looked at soon.
pub fn note_all(state: &Arc<State>) {
    for open in state.documents.all() {
        note(state, open.snapshot.url);
    }
}

/// What is known of a story changed.
pub fn note_brief(state: &Arc<State>, brief: &Path) {
    if let Ok(url) = Url::from_file_path(brief) {
        diagnostics::schedule(state, url.clone());
        note(state, url);
    }
}

async fn look_when_quiet(state: Arc<State>) {
    while let Some(at) = state.review.next() {
        if at > Instant::now() {
            tokio::time::sleep_until(at.into()).await;
            continue;
        }
        let changed = state.review.take();
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
    let desk = Desk::of(&open);
    let disk = state.workshop.disk();
    let brief_of = |path: &Path| Some(StoryFolder::locate(path, disk)?.folder.brief().to_owned());
    let touched: HashSet<PathBuf> = changed
        .iter()
        .filter_map(|url| match is_brief(url) {
            true => path_of(url),
            false => brief_of(&path_of(url)?),
        })
        .collect();
    let mut drafts: HashMap<Draft, Vec<&OpenDocument>> = HashMap::new();
    for document in open.iter().filter(|open| is_chunk(&open.snapshot.url)) {
        let located = document
            .path
            .as_deref()
            .and_then(|path| StoryFolder::locate(path, disk));
        if let Some(located) = located {
            let draft = (located.folder.brief().to_owned(), located.session);
            drafts.entry(draft).or_default().push(document);
        }
    }
    lock(&state.review.memories).retain(|draft, _| drafts.contains_key(draft));
    for (draft, documents) in drafts {
        if touched.contains(&draft.0) {
            look_at(state, &desk, &draft, &documents);
        }
    }
}

fn look_at(state: &Arc<State>, desk: &Desk, draft: &Draft, documents: &[&OpenDocument]) {
    let mut memory = lock(&state.review.memories)
        .remove(draft)
        .unwrap_or_default();
    let found = read(state, desk, draft, &mut memory);
    lock(&state.review.memories).insert(draft.clone(), memory);
    let found = match found {
        Ok(found) => found,
        // A brief that is gone or can't be read says so itself.
        Err(error) => {
            tracing::debug!("the open chunks can't be looked at: {error}");
            Findings::default()
        }
    };
    let is_written = !state.jobs.of_brief(&draft.0).is_empty();
    for document in documents {
        let marks = marks(state, &found, document, desk, is_written);
        publish(state, &document.snapshot, marks);
    }
}

fn read(
    state: &State,
    desk: &Desk,
    (brief, session): &Draft,
    memory: &mut Memory,
) -> Result<Findings, JobError> {
    let read = state.read_story(brief, desk)?;
    let disk = state.workshop.disk();
    let session = Some(session);
    findings::read(&read.story, &read.settings, session, desk, disk, memory)
}

fn marks(
    state: &State,
    found: &Findings,
    document: &OpenDocument,
    desk: &Desk,
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
            related_information: related(state, found, finding, desk),
            ..diagnostics::diagnostic(finding.severity, finding.code, &finding.message)
        },
        code: finding.code,
        correction: finding.correction.clone(),
    };
    own().map(mark).collect()
}

/// The other places of a finding, where the client can show some.
fn related(
    state: &State,
    found: &Findings,
    finding: &Finding,
    desk: &Desk,
) -> Option<Vec<DiagnosticRelatedInformation>> {
    let capabilities = &state.introduction()?.capabilities;
    let published = capabilities
        .text_document
        .as_ref()?
        .publish_diagnostics
        .as_ref()?;
    if published.related_information != Some(true) || finding.related.is_empty() {
        return None;
    }
    let encoding = state.documents.encoding();
    let places = finding.related.iter().filter_map(|(place, message)| {
        let source = found.texts.get(place.text)?;
        let (uri, rope) = match desk.open.get(&source.path) {
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
    let shown = Shown {
        opening: looked_at.opening,
        version: looked_at.version,
        marks,
    };
    lock(&state.review.shown).insert(url.clone(), shown);
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

/// The open documents as they were at one moment, so that all places fit one text.
pub(super) struct Desk {
    pub open: HashMap<PathBuf, Snapshot>,
}

impl Desk {
    pub fn of(open: &[OpenDocument]) -> Desk {
        let open = open.iter();
        let by_path = open.filter_map(|open| Some((open.path.clone()?, open.snapshot.clone())));
        Desk {
            open: by_path.collect(),
        }
    }
}

impl Owners for Desk {
    fn owner(&self, path: &Path) -> Owner {
        match self.open.contains_key(path) {
            true => Owner::Client,
            false => Owner::Server,
        }
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        self.open.get(path).map(Snapshot::text)
    }
}

/// A poisoned lock's data is still whole: every holder changes it in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_files_are_known_by_their_names() {
        for (url, expected) in [
            ("file:///novel/generated/a-01/chunks/chunk_01.md", true),
            (
                "file:///my%20novel/generated/a-01/chunks/chunk_01.storm.md",
                true,
            ),
            ("file:///novel/generated/a-01/full_story.md", false),
            (
                "file:///novel/generated/a-01/chunks/chunk_01.journal",
                false,
            ),
            ("file:///novel/chunks/chunk_01.md", false),
            ("untitled:Untitled-1", false),
        ] {
            assert_eq!(is_chunk(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
