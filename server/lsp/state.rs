//! Holds the state of the server: documents, the client, its settings, the jobs.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::{Position, Url};

use super::client::EditorClient;
use super::documents::Documents;
use super::edits_underway::EditsUnderway;
use super::introduction::Introduction;
use super::journal_events::JournalEvents;
use super::lifecycle::Lifecycle;
use super::newer_capabilities::NewerCapabilities;
use super::published::Published;
use super::reports::Reports;
use super::review_queue::ReviewQueue;
use super::running_jobs::RunningJobs;
use crate::analysis::snapshot::StorySource;
use crate::analysis::snapshots::Look;
use crate::jobs::run::editor::{BufferStop, Hint};
use crate::jobs::run::workshop::Workshop;
use crate::session::{Disk, Owner, Owners};
use crate::settings::environment::Environment;
use crate::story::Digest;

/// Holds what all handlers share. Its locks are never held across an await.
pub struct State {
    pub documents: Documents,
    pub lifecycle: Arc<Lifecycle>,
    pub workshop: Workshop,
    pub jobs: RunningJobs,
    pub review_queue: ReviewQueue,
    pub published: Published,
    pub reports: Reports,
    pub journals: JournalEvents,
    client: OnceLock<EditorClient>,
    touched: Mutex<Option<Touched>>,
    /// Digests of whole texts that this server put into open documents last.
    put: Mutex<HashMap<PathBuf, Digest>>,
    pub edits_underway: EditsUnderway,
    pub streams: BufferStreams,
    /// Open files of which the author was told that this client does not let them be changed.
    left_alone: Mutex<HashSet<PathBuf>>,
    newer: OnceLock<NewerCapabilities>,
    introduced: OnceLock<Introduction>,
    /// What counts until the client has said something of itself.
    unknown: Introduction,
    editor_settings: watch::Sender<EditorSettings>,
}

#[derive(Debug, Clone, Default)]
struct EditorSettings {
    /// `None` until the client has said, or did not say in time.
    value: Option<Value>,
    /// How often the client is being asked right now.
    asked: usize,
}

/// Says what the client touched last.
#[derive(Debug, Clone)]
pub struct Touched {
    pub url: Url,
    /// Where in it, if that was said.
    pub position: Option<Position>,
}

impl State {
    pub fn new(environment: Environment) -> State {
        let holder = "storywright in an editor";
        State {
            documents: Documents::default(),
            lifecycle: Arc::default(),
            workshop: Workshop::new(environment, Disk::real(), holder),
            jobs: RunningJobs::default(),
            review_queue: ReviewQueue::default(),
            published: Published::default(),
            reports: Reports::default(),
            journals: JournalEvents::default(),
            client: OnceLock::new(),
            touched: Mutex::default(),
            put: Mutex::default(),
            edits_underway: EditsUnderway::default(),
            streams: BufferStreams::default(),
            left_alone: Mutex::default(),
            newer: OnceLock::new(),
            introduced: OnceLock::new(),
            unknown: Introduction::default(),
            editor_settings: watch::Sender::default(),
        }
    }

    #[cfg(test)]
    pub fn for_tests() -> State {
        State::new(Environment::default())
    }

    /// Takes the client, once, when the service is built.
    pub fn set_client(&self, client: EditorClient) {
        let _ = self.client.set(client);
    }

    pub fn client(&self) -> Option<&EditorClient> {
        self.client.get()
    }

    /// Notes what the parameters of `initialize` say that the protocol library would drop.
    pub fn note_capabilities(&self, params: &Value) {
        let _ = self
            .newer
            .set(NewerCapabilities::of(&params["capabilities"]));
    }

    /// Returns what the client said of itself that the protocol library does not know.
    pub fn newer_capabilities(&self) -> NewerCapabilities {
        self.newer.get().copied().unwrap_or_default()
    }

    /// Takes what the client says of itself, once, by `initialize`.
    pub fn introduce(&self, introduction: Introduction) {
        let _ = self.introduced.set(introduction);
    }

    /// Returns what the client said of itself; before it has, that is nothing.
    pub fn introduction(&self) -> &Introduction {
        self.introduced.get().unwrap_or(&self.unknown)
    }

    /// Tells whether the client has asked for what is found in a document that is open, so that it must not be told as
    /// well.
    pub fn is_pulled(&self, url: &Url) -> bool {
        self.reports.is_asked_for(url) && self.documents.get(url).is_some()
    }

    /// Returns the workspace folder that holds `path`: the outermost, if several do.
    pub fn workspace_of(&self, path: &Path) -> Option<PathBuf> {
        let folders = &self.introduction().folders;
        let holding = folders.iter().filter(|folder| path.starts_with(folder));
        holding
            .min_by_key(|folder| folder.components().count())
            .cloned()
    }

    /// Begins a look at a story with the settings in force for it, the texts of open files from `owners`.
    pub fn look<'a>(&'a self, brief: &Path, owners: &'a dyn Owners) -> Look<'a> {
        let (workspace, editor) = (self.workspace_of(brief), self.editor_settings());
        let source = StorySource {
            editor_settings: editor.as_ref(),
            ..StorySource::of_files(brief, workspace.as_deref())
        };
        self.workshop.look(&source, owners)
    }

    /// Takes in what the client told of its settings. What it said before stays in force where
    /// that is nothing, the initialization options wherever it sets nothing else.
    pub fn set_editor_settings(&self, told: Option<Value>) {
        let initial = self.introduction().initial_settings.clone();
        self.editor_settings.send_modify(|known| {
            let told = match told {
                Some(told) => layered(initial.unwrap_or_default(), told),
                None => known.value.take().or(initial).unwrap_or_default(),
            };
            known.value = Some(told);
        });
    }

    /// Returns the editor's settings, if they have come.
    pub fn editor_settings(&self) -> Option<Value> {
        self.editor_settings.borrow().value.clone()
    }

    /// Notes that the client is being asked for its settings, while the guard lives.
    pub fn expect_settings(&self) -> Expected<'_> {
        self.editor_settings.send_modify(|known| known.asked += 1);
        Expected { state: self }
    }

    /// Waits until the client has told its settings, and all that changed of them since; no
    /// longer than `patience`.
    pub async fn wait_for_settings(&self, patience: Duration) {
        let mut settings = self.editor_settings.subscribe();
        let is_told = |known: &EditorSettings| known.value.is_some() && known.asked == 0;
        let _ = tokio::time::timeout(patience, settings.wait_for(is_told)).await;
    }

    /// Remembers a whole text that was put into an open document.
    pub fn note_put(&self, path: &Path, text: &str) {
        let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.insert(path.to_owned(), Digest::of(text.trim_end()));
    }

    /// Tells whether a text, by its digest, was the last that was put into an open document.
    pub fn was_put(&self, path: &Path, digest: &Digest) -> bool {
        let put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.get(path) == Some(digest)
    }

    /// Tells whether a change of this document is the echo of an edit of ours, so that the author did
    /// not touch it.
    pub fn is_echo(&self, url: &Url) -> bool {
        self.edits_underway.to(url).is_some()
    }

    /// Leaves an open file to the author, in a client that does not let it be changed.
    pub fn leave_alone(&self, path: &Path) -> BufferStop {
        let mut left = self
            .left_alone
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        BufferStop::CannotEdit(match left.insert(path.to_owned()) {
            true => Hint::New,
            false => Hint::GivenBefore,
        })
    }

    pub fn touch(&self, url: Url, position: Option<Position>) {
        let mut touched = self.touched();
        let position = match (&*touched, position) {
            // A message without a position leaves the one of its document in force.
            (Some(before), None) if before.url == url => before.position,
            (_, position) => position,
        };
        *touched = Some(Touched { url, position });
    }

    pub fn last_touched(&self) -> Option<Touched> {
        self.touched().clone()
    }

    fn touched(&self) -> MutexGuard<'_, Option<Touched>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the asking for settings when it is dropped; see [`State::expect_settings`].
pub struct Expected<'a> {
    state: &'a State,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let settings = &self.state.editor_settings;
        settings.send_modify(|known| known.asked = known.asked.saturating_sub(1));
    }
}

/// Lays settings over others: an object goes into an object, and null sets nothing.
fn layered(below: Value, above: Value) -> Value {
    match (below, above) {
        (Value::Object(mut below), Value::Object(above)) => {
            for (name, value) in above {
                let under = below.remove(&name).unwrap_or_default();
                below.insert(name, layered(under, value));
            }
            Value::Object(below)
        }
        (below, Value::Null) => below,
        (_, above) => above,
    }
}

/// The streams of chunks, one a file.
#[derive(Default)]
pub struct BufferStreams {
    latest: Mutex<HashMap<PathBuf, CancellationToken>>,
    labelled: AtomicU64,
}

impl BufferStreams {
    /// Returns a label that no other stream has.
    pub fn label(&self) -> String {
        let page = self.labelled.fetch_add(1, Ordering::Relaxed);
        format!("storywright/page-{page}")
    }

    /// Begins a stream, and ends the one of an earlier job for the same file. The token is cancelled when
    /// this one is to end.
    pub fn begin(&self, path: &Path) -> CancellationToken {
        let token = CancellationToken::new();
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = latest.insert(path.to_owned(), token.clone()) {
            before.cancel();
        }
        token
    }
}

impl Owners for State {
    fn owner(&self, path: &Path) -> Owner {
        match self.documents.of_path(path) {
            Some(_) => Owner::Client,
            None => Owner::Server,
        }
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        self.documents.of_path(path).map(|snapshot| snapshot.text())
    }

    fn revision(&self, path: &Path) -> Option<u64> {
        self.documents
            .of_path(path)
            .map(|snapshot| snapshot.revision)
    }

    fn version(&self) -> Option<u64> {
        Some(self.documents.version())
    }
}
