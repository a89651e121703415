//! Streams a chunk into the editor where its file is open.
//!
//! Each page has a worker of its own: the model's stream never waits for the editor, and what
//! it brings is on disk (in the chunk's journal) before it is shown. An edit counts as
//! done when the documents show it: `applied: true` proves nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::NoAnswer;
use super::documents::Snapshot;
use super::edit::{Replacement, replacement, workspace_edit};
use super::growth::{AuthorEdited, Growth, Step};
use super::state::State;
use crate::engine::editor::{Editor, Page, PageAddress, PageStop};
use crate::session::{ClientEdit, Owner, Owners};
use crate::story::Digest;

/// How long one edit may take to be seen, and how often it is tried again at once, for an
/// author who types all the while.
const PATIENCE: Duration = Duration::from_secs(3);
const TRIES: u32 = 8;
/// How long the last of a text may take to be seen.
const LAST_PATIENCE: Duration = Duration::from_secs(12);
/// Assembled from the chunks; what an author types into it has no other place.
const FULL_STORY: &str = "full_story.md";

/// The editor behind this server.
pub struct LspEditor {
    state: Arc<State>,
}

impl LspEditor {
    pub fn new(state: Arc<State>) -> LspEditor {
        LspEditor { state }
    }

    /// Whether an open document shows what is on disk or what was put there last, and
    /// nothing of the author's.
    fn is_ours(&self, path: &std::path::Path, shown: &str) -> bool {
        let shown = Digest::of(shown.trim_end());
        let on_disk = std::fs::read_to_string(path).unwrap_or_default();
        self.state.was_put(path, &shown) || Digest::of(on_disk.trim_end()) == shown
    }
}

impl Owners for LspEditor {
    fn owner(&self, path: &std::path::Path) -> Owner {
        self.state.owner(path)
    }

    fn open_text(&self, path: &std::path::Path) -> Option<String> {
        self.state.open_text(path)
    }
}

#[async_trait]
impl Editor for LspEditor {
    fn page(&self, address: &PageAddress<'_>) -> Box<dyn Page> {
        Box::new(LspPage::start(Arc::clone(&self.state), address))
    }

    async fn replace(&self, edit: &ClientEdit) -> Result<(), PageStop> {
        for _ in 0..TRIES {
            let Some(document) = self.state.documents.of_path(&edit.path) else {
                return Ok(());
            };
            let shown = document.text();
            if shown == edit.text {
                return Ok(());
            }
            let is_derived = edit.path.ends_with(FULL_STORY);
            if shown.trim_end() != edit.base.trim_end()
                || (is_derived && !self.is_ours(&edit.path, &shown))
            {
                return Err(PageStop::AuthorEdited);
            }
            self.state.note_put(&edit.path, &edit.text);
            let changes: Vec<Replacement> = replacement(&shown, &edit.text).into_iter().collect();
            send(&self.state, &document, &changes).await?;
        }
        match self.state.open_text(&edit.path) {
            Some(shown) if shown.trim_end() != edit.text.trim_end() => Err(PageStop::Unresponsive),
            _ => Ok(()),
        }
    }
}

/// Sends one edit and waits until the document changes, or for as long as patience lasts.
///
/// # Errors
/// [`PageStop::Unresponsive`] when the client does not answer, or has left.
async fn send(state: &State, document: &Snapshot, changes: &[Replacement]) -> Result<(), PageStop> {
    let client = state.client().ok_or(PageStop::Unresponsive)?;
    if client.owes_an_edit() {
        return Err(PageStop::Unresponsive);
    }
    // What the client tells of this document now is an echo of ours.
    let _echo = state.expect_echo(&document.url);
    let mut revisions = state.documents.watch();
    let edit = workspace_edit(document, changes, state.documents.encoding());
    let answer = tokio::select! {
        answer = client.apply_edit(edit, PATIENCE) => answer,
        () = state.lifecycle.wait_over() => return Err(PageStop::Unresponsive),
    };
    // A refused edit is tried again when the document moves on; the change that made the
    // client refuse it is usually on its way already.
    let patience = match answer {
        Ok(true) => PATIENCE,
        Ok(false) | Err(NoAnswer::Refused(_)) => PATIENCE / 10,
        Err(NoAnswer::Late) => return Err(PageStop::Unresponsive),
    };
    let changed = async {
        loop {
            let now = state.documents.get(&document.url);
            if now.is_none_or(|now| now.version != document.version) {
                return;
            }
            if revisions.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(patience, changed) => Ok(()),
        () = state.lifecycle.wait_over() => Err(PageStop::Unresponsive),
    }
}

/// What the document should show.
#[derive(Debug, Clone, Default)]
struct Wanted {
    prose: String,
    finished: bool,
    /// Counts the wishes.
    turn: u64,
}

/// How far the worker is.
#[derive(Debug, Clone, Copy, Default)]
struct Reached {
    turn: u64,
    stop: Option<PageStop>,
}

struct LspPage {
    wanted: watch::Sender<Wanted>,
    reached: watch::Receiver<Reached>,
    worker: Option<JoinHandle<()>>,
}

impl LspPage {
    fn start(state: Arc<State>, address: &PageAddress<'_>) -> LspPage {
        let (wanted, wishes) = watch::channel(Wanted::default());
        let (progress, reached) = watch::channel(Reached::default());
        let before = address.replaces.map(str::to_owned);
        let worker = Worker {
            state,
            path: address.path.to_owned(),
            growth: Growth::new(address.number, address.beat.clone(), before),
            opening: None,
            sent: None,
        };
        LspPage {
            wanted,
            reached,
            worker: Some(tokio::spawn(worker.run(wishes, progress))),
        }
    }
}

#[async_trait]
impl Page for LspPage {
    async fn show(&mut self, prose: &str, finished: bool) -> Result<(), PageStop> {
        let mut turn = 0;
        self.wanted.send_modify(|wanted| {
            wanted.turn += 1;
            wanted.prose = prose.to_owned();
            wanted.finished = finished;
            turn = wanted.turn;
        });
        if finished {
            let reached = self.reached.wait_for(|reached| {
                reached.turn >= turn || reached.stop == Some(PageStop::AuthorEdited)
            });
            if tokio::time::timeout(LAST_PATIENCE, reached).await.is_err() {
                return Err(PageStop::Unresponsive);
            }
        }
        let reached = *self.reached.borrow();
        match reached.stop {
            Some(PageStop::AuthorEdited) => Err(PageStop::AuthorEdited),
            Some(PageStop::Unresponsive) if finished => Err(PageStop::Unresponsive),
            _ => Ok(()),
        }
    }

    async fn close(&mut self) {
        let (last, _) = watch::channel(Wanted::default());
        // With the sender gone the worker shows what it was given last, and ends.
        drop(std::mem::replace(&mut self.wanted, last));
        if let Some(worker) = self.worker.take() {
            let _ = tokio::time::timeout(LAST_PATIENCE, worker).await;
        }
    }
}

struct Worker {
    state: Arc<State>,
    path: PathBuf,
    growth: Growth,
    /// Of the document when it was last looked at.
    opening: Option<u64>,
    /// The last edit that was sent and not seen yet. It may still come after its time.
    sent: Option<Step>,
}

impl Worker {
    async fn run(mut self, mut wishes: watch::Receiver<Wanted>, progress: watch::Sender<Reached>) {
        while wishes.changed().await.is_ok() {
            let wanted = wishes.borrow_and_update().clone();
            let stop = self.show(&wanted).await.err();
            progress.send_replace(Reached {
                turn: wanted.turn,
                stop,
            });
            if stop == Some(PageStop::AuthorEdited) {
                return;
            }
        }
    }

    /// Brings the document to what is wanted; nothing to do where it is not open.
    async fn show(&mut self, wanted: &Wanted) -> Result<(), PageStop> {
        for _ in 0..TRIES {
            let Some((document, step)) = self.next(wanted)? else {
                return Ok(());
            };
            let changes = step.changes(&document.text());
            if changes.is_empty() {
                self.growth.arrive(&step, &document.text());
                return Ok(());
            }
            self.sent = Some(step);
            send(&self.state, &document, &changes).await?;
        }
        match self.next(wanted)? {
            Some((document, step)) if !step.changes(&document.text()).is_empty() => {
                Err(PageStop::Unresponsive)
            }
            _ => Ok(()),
        }
    }

    /// The document and what it should become; `None` where it is not open.
    fn next(&mut self, wanted: &Wanted) -> Result<Option<(Snapshot, Step)>, PageStop> {
        let Some(document) = self.state.documents.of_path(&self.path) else {
            self.opening = None;
            return Ok(None);
        };
        if self.opening != Some(document.opening) {
            self.opening = Some(document.opening);
            self.growth.forget();
            self.sent = None;
        }
        let shown = document.text();
        if let Some(step) = &self.sent
            && self.growth.arrive(step, &shown)
        {
            self.sent = None;
        }
        let step = self.growth.step(&shown, &wanted.prose, wanted.finished);
        match step {
            Ok(step) => Ok(Some((document, step))),
            Err(AuthorEdited) => Err(PageStop::AuthorEdited),
        }
    }
}
