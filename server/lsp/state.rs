//! What the server knows, in one place: documents, the client, its settings, the jobs.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use ropey::Rope;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::{ClientCapabilities, Position, Url};

use super::client::EditorClient;
use super::delivery::Deliveries;
use super::diagnostics;
use super::documents::{Documents, path_of};
use super::jobs::Jobs;
use super::journals::Journals;
use super::lifecycle::Lifecycle;
use super::review::{self, Review};
use crate::engine::editor::{Hint, PageStop};
use crate::engine::environment::Environment;
use crate::engine::error::JobError;
use crate::engine::snapshot::{StorySnapshot, StorySource};
use crate::engine::workshop::Workshop;
use crate::session::{Disk, Owner, Owners};
use crate::story::Digest;

/// Shared by all handlers. Its locks are never held across an await.
pub struct State {
    pub documents: Documents,
    pub lifecycle: Arc<Lifecycle>,
    pub workshop: Workshop,
    pub jobs: Jobs,
    pub review: Review,
    /// Which other files have diagnostics because of an open brief.
    pub told_beside: diagnostics::ToldBeside,
    pub journals: Journals,
    client: OnceLock<EditorClient>,
    touched: Mutex<Option<Touched>>,
    /// Digests of whole texts that this server put into open documents last.
    put: Mutex<HashMap<PathBuf, Digest>>,
    pub deliveries: Deliveries,
    pub pages: Pages,
    /// Open files of which the author was told that this client does not let them be changed.
    left_alone: Mutex<HashSet<PathBuf>>,
    introduced: OnceLock<Introduction>,
    editor_settings: watch::Sender<EditorSettings>,
}

/// What the client said of itself in `initialize`.
#[derive(Default)]
pub struct Introduction {
    pub capabilities: ClientCapabilities,
    /// Its name, where it gave one.
    pub client_name: Option<String>,
    pub folders: Vec<PathBuf>,
    /// From the initialization options: the layer below what the client tells later.
    pub initial_settings: Option<Value>,
}

#[derive(Debug, Clone, Default)]
struct EditorSettings {
    /// `None` until the client has said, or did not say in time.
    value: Option<Value>,
    /// How often the client is being asked right now.
    asked: usize,
}

/// What the client touched last.
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
            jobs: Jobs::default(),
            review: Review::default(),
            told_beside: diagnostics::ToldBeside::default(),
            journals: Journals::default(),
            client: OnceLock::new(),
            touched: Mutex::default(),
            put: Mutex::default(),
            deliveries: Deliveries::default(),
            pages: Pages::default(),
            left_alone: Mutex::default(),
            introduced: OnceLock::new(),
            editor_settings: watch::Sender::default(),
        }
    }

    #[cfg(test)]
    pub fn for_tests() -> State {
        State::new(Environment::default())
    }

    /// Set once, when the service is built.
    pub fn set_client(&self, client: EditorClient) {
        let _ = self.client.set(client);
    }

    pub fn client(&self) -> Option<&EditorClient> {
        self.client.get()
    }

    /// Set once, by `initialize`.
    pub fn introduce(&self, introduction: Introduction) {
        let _ = self.introduced.set(introduction);
    }

    pub fn introduction(&self) -> Option<&Introduction> {
        self.introduced.get()
    }

    /// The workspace folder that holds `path`: the outermost, if several do.
    pub fn workspace_of(&self, path: &Path) -> Option<PathBuf> {
        let folders = &self.introduction()?.folders;
        let holding = folders.iter().filter(|folder| path.starts_with(folder));
        holding
            .min_by_key(|folder| folder.components().count())
            .cloned()
    }

    /// Reads a story with the settings in force for it, the texts of open files from `owners`.
    pub fn read_story(&self, brief: &Path, owners: &dyn Owners) -> Result<StorySnapshot, JobError> {
        let (workspace, editor) = (self.workspace_of(brief), self.editor_settings());
        let source = StorySource {
            editor_settings: editor.as_ref(),
            ..StorySource::of_files(brief, workspace.as_deref())
        };
        self.workshop.read_story(&source, owners)
    }

    /// Takes in what the client told of its settings. What it said before stays in force where
    /// that is nothing, the initialization options wherever it sets nothing else.
    pub fn set_editor_settings(&self, told: Option<Value>) {
        let introduction = self.introduction();
        let initial = introduction.and_then(|introduction| introduction.initial_settings.clone());
        self.editor_settings.send_modify(|known| {
            let told = match told {
                Some(told) => layered(initial.unwrap_or_default(), told),
                None => known.value.take().or(initial).unwrap_or_default(),
            };
            known.value = Some(told);
        });
    }

    /// The editor's settings, if they have come.
    pub fn editor_settings(&self) -> Option<Value> {
        self.editor_settings.borrow().value.clone()
    }

    /// While the guard lives, the client is being asked for its settings.
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

    /// Whether a text, by its digest, was the last that was put into an open document.
    pub fn was_put(&self, path: &Path, digest: &Digest) -> bool {
        let put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.get(path) == Some(digest)
    }

    /// Whether a change of this document is the echo of an edit of ours, so that the author did
    /// not touch it.
    pub fn is_echo(&self, url: &Url) -> bool {
        self.deliveries.underway(url).is_some()
    }

    /// Whether the client applies edits that the server asks for. One that says nothing may.
    pub fn applies_edits(&self) -> bool {
        let workspace = self
            .introduction()
            .and_then(|introduction| introduction.capabilities.workspace.as_ref());
        workspace
            .and_then(|workspace| workspace.apply_edit)
            .unwrap_or(true)
    }

    /// Whether the client drops an edit for another version than the buffer's and answers all the
    /// same that it applied it. Seen in Neovim 0.11.4.
    pub fn drops_stale_edits(&self) -> bool {
        let introduction = self.introduction();
        introduction.is_some_and(|known| known.client_name.as_deref() == Some("Neovim"))
    }

    /// Whether the client joins edits of one label into one step of undo: a plug-in of ours says
    /// so by `capabilities.experimental.storywright.joinsEdits`.
    pub fn joins_edits(&self) -> bool {
        let experimental = self
            .introduction()
            .and_then(|introduction| introduction.capabilities.experimental.as_ref());
        let joins = experimental.and_then(|value| value.pointer("/storywright/joinsEdits"));
        joins.and_then(Value::as_bool).unwrap_or(false)
    }

    /// Leaves an open file to the author, in a client that does not let it be changed.
    pub fn leave_alone(&self, path: &Path) -> PageStop {
        let mut left = self
            .left_alone
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        PageStop::CannotEdit(match left.insert(path.to_owned()) {
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

    /// A document was opened.
    pub fn opened(self: &Arc<Self>, url: Url) {
        if let Some((path, text)) = self.documents.file_of(&url) {
            self.journals.opened(self, path, text);
        }
        self.look_at(url);
    }

    /// An open document changed, and had these texts one after the other: a client that tells late
    /// may tell of an edit of ours together with the author's deleting it.
    pub fn changed(self: &Arc<Self>, url: Url, texts: Vec<Rope>) {
        if let Some((path, _)) = self.documents.file_of(&url) {
            for text in texts {
                self.journals.changed(self, path.clone(), text);
            }
        }
        self.look_at(url);
    }

    fn look_at(self: &Arc<Self>, url: Url) {
        review::note(self, url.clone());
        diagnostics::schedule(self, url);
    }

    /// A document was saved and stays open.
    pub fn saved(self: &Arc<Self>, url: &Url) {
        if let Some(path) = path_of(url) {
            self.journals.saved(self, path);
        }
    }

    /// A document was closed.
    pub fn closed(self: &Arc<Self>, url: Url, path: Option<PathBuf>) {
        // What it showed and did not save is gone, and its neighbours may read otherwise.
        review::note(self, url.clone());
        diagnostics::clear(self, url);
        if let Some(path) = path {
            self.journals.closed(self, path);
        }
    }
}

/// See [`State::expect_settings`].
pub struct Expected<'a> {
    state: &'a State,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let settings = &self.state.editor_settings;
        settings.send_modify(|known| known.asked = known.asked.saturating_sub(1));
    }
}

/// Settings over others: an object goes into an object, and null sets nothing.
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

/// The pages of chunks, one a file.
#[derive(Default)]
pub struct Pages {
    latest: Mutex<HashMap<PathBuf, CancellationToken>>,
    labelled: AtomicU64,
}

impl Pages {
    /// A label that no other page has.
    pub fn label(&self) -> String {
        let page = self.labelled.fetch_add(1, Ordering::Relaxed);
        format!("storywright/page-{page}")
    }

    /// Begins a page: one that an earlier job left for the same file is over. The token tells
    /// when this one is.
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
}
