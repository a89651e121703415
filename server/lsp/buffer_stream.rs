//! Streams a chunk into the editor where its file is open.
//!
//! Each stream has its own worker: the model's answer never waits for the editor, and its text is on disk (in
//! the chunk's journal) before it is shown. An edit counts as done when the documents show it. A stream
//! outlives its job until the document shows all of the text, is closed, or another job begins with the
//! chunk: a client that sleeps catches up when it wakes.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::Url;

use super::delivery;
use super::documents::Snapshot;
use super::edit::workspace_edit;
use super::edits_underway::{Fate, Flight};
use super::growth::{AuthorEdited, Grows, Growth, Step, changes};
use super::passage::PassageGrowth;
use super::plain;
use super::state::State;
use crate::jobs::run::editor::{
    BufferStop, BufferStream, Editor, Hint, KeepReplaced, PlaceStream, StreamTarget,
};
use crate::session::{ClientEdit, Owner, Owners, read_file};
use crate::story::Digest;
use crate::story::chunk_file::decode;

/// The longest time for which an edit is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause after a refusal before the same edit is tried again in an unchanged document, and the number of
/// tries.
const PAUSE: Duration = Duration::from_millis(300);
const TRIES: u32 = 8;
/// The time for which a document has to be unchanged before its first edit in Neovim, which reports typed
/// text 150 ms later and takes no edit for the version of didOpen as stale.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The longest time for an editor to load a file again that changed while it was opened.
const RELOADS: Duration = Duration::from_secs(3);
/// The longest time for the last edits of a text to be seen.
const LAST_PATIENCE: Duration = Duration::from_secs(12);
/// The file that is assembled from the chunks; what an author types into it has no other place.
const FULL_STORY: &str = "full_story.md";

/// Changes open files in the editor, for jobs.
pub struct LspEditor {
    state: Arc<State>,
}

impl LspEditor {
    pub fn new(state: Arc<State>) -> LspEditor {
        LspEditor { state }
    }

    /// Tells whether an open document shows what is on disk or what was put there last, and
    /// nothing of the author's.
    fn is_ours(&self, path: &Path, shown: &str) -> bool {
        let shown = plain::plain(shown);
        let digest = Digest::of(shown.trim_end());
        let on_disk = read_file(path).map(decode).unwrap_or_default();
        self.state.was_put(path, &digest) || plain::is_same(&on_disk, &shown)
    }
}

impl Owners for LspEditor {
    fn owner(&self, path: &Path) -> Owner {
        self.state.owner(path)
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        self.state.open_text(path)
    }
}

#[async_trait]
impl Editor for LspEditor {
    fn stream(&self, address: &StreamTarget<'_>) -> Box<dyn BufferStream> {
        Box::new(LspBufferStream::start(Arc::clone(&self.state), address))
    }

    async fn replace(&self, edit: &ClientEdit) -> Result<(), BufferStop> {
        let mut until = Instant::now() + PATIENCE;
        let mut is_sent = false;
        let mut refusals = Refusals::default();
        let mut looks_again = self.state.introduction().drops_stale_edits();
        loop {
            let Some(document) = self.state.documents.of_path(&edit.path) else {
                return Ok(());
            };
            let shown = document.text();
            if plain::plain(&shown) == plain::plain(&edit.text) {
                return Ok(());
            }
            if !self.state.introduction().applies_edits() {
                return Err(self.state.leave_alone(&edit.path));
            }
            if let Some(flight) = self.state.edits_underway.to(&document.url) {
                let seen = wait_for_end(&self.state, flight, until).await;
                match seen {
                    // Of ours it is shown as soon as the client tells of it.
                    None | Some(Fate::Gone) => return Err(BufferStop::Unresponsive),
                    Some(Fate::Refused) if !refusals.may_try_again(&document) => {
                        return Err(BufferStop::Unresponsive);
                    }
                    Some(Fate::Refused) => wait_for_change(&self.state, &document, PAUSE).await,
                    Some(_) => {}
                }
                continue;
            }
            if std::mem::take(&mut looks_again) && document.version == 0 {
                wait_for_change(&self.state, &document, LOOK_AGAIN).await;
                continue;
            }
            if plain::is_same(&shown, &edit.text) && is_sent {
                return Ok(());
            }
            let is_derived = edit.path.ends_with(FULL_STORY);
            if !plain::is_same(&shown, &edit.base)
                || (is_derived && !self.is_ours(&edit.path, &shown))
            {
                return Err(BufferStop::AuthorEdited);
            }
            self.state.note_put(&edit.path, &plain::plain(&edit.text));
            let replacements = changes(&shown, &plain::plain(&edit.text));
            let encoding = self.state.documents.encoding();
            let asked = workspace_edit(&document, &replacements, encoding);
            if delivery::send(&self.state, &document, asked, None, &edit.text).is_none() {
                return Err(BufferStop::Unresponsive);
            }
            until = Instant::now() + PATIENCE;
            is_sent = true;
        }
    }
}

/// Waits until it is known what became of an edit; `None` where that takes too long.
async fn wait_for_end(state: &State, mut flight: Flight, until: Instant) -> Option<Fate> {
    let ended = flight.wait_for(|fate| *fate != Fate::Underway);
    tokio::select! {
        ended = tokio::time::timeout_at(until, ended) => match ended {
            Ok(Ok(fate)) => Some(*fate),
            Ok(Err(_)) => Some(Fate::Gone),
            Err(_) => None,
        },
        () = state.lifecycle.wait_over() => Some(Fate::Gone),
    }
}

/// Waits until a document has another version, or for as long as patience lasts.
async fn wait_for_change(state: &State, document: &Snapshot, patience: Duration) {
    let mut revisions = state.documents.watch();
    let changed = async {
        loop {
            let now = state.documents.get(&document.url);
            if now.is_none_or(|now| now.version != document.version)
                || revisions.changed().await.is_err()
            {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(patience, changed).await;
}

/// Counts how often an edit was refused for one version of a document. The change that made the client
/// refuse it is usually on its way; an author who says no is not asked for ever.
#[derive(Default)]
struct Refusals {
    version: Option<i32>,
    count: u32,
}

impl Refusals {
    fn may_try_again(&mut self, document: &Snapshot) -> bool {
        if self.version != Some(document.version) {
            self.version = Some(document.version);
            self.count = 0;
        }
        self.count += 1;
        self.count < TRIES
    }
}

/// Holds what the document should show.
#[derive(Debug, Clone, Default)]
struct Wanted {
    prose: String,
    finished: bool,
    /// Counts the wishes; 0 before the first.
    turn: u64,
}

/// Says how far the worker is.
#[derive(Debug, Clone, Copy, Default)]
struct Reached {
    turn: u64,
    stop: Option<BufferStop>,
}

/// Says which document a stream goes into.
#[derive(Debug, Clone)]
enum At {
    /// The document of a file, whenever it is open.
    File(PathBuf),
    Document(Url),
}

impl At {
    fn document(&self, state: &State) -> Option<Snapshot> {
        match self {
            At::File(path) => state.documents.of_path(path),
            At::Document(url) => state.documents.get(url),
        }
    }

    /// Leaves the document to the author, in a client that does not let it be changed.
    fn leave_alone(&self, state: &State) -> BufferStop {
        match self {
            At::File(path) => state.leave_alone(path),
            At::Document(_) => BufferStop::CannotEdit(Hint::New),
        }
    }
}

/// Shows a text that grows in an open document.
pub struct LspBufferStream {
    wanted: watch::Sender<Wanted>,
    reached: watch::Receiver<Reached>,
    state: Arc<State>,
    at: At,
    worker: Option<JoinHandle<()>>,
}

impl LspBufferStream {
    fn start(state: Arc<State>, address: &StreamTarget<'_>) -> LspBufferStream {
        let before = address.replaces.map(str::to_owned);
        let beat = address.beat.clone();
        let growth = Growth::new(address.number, beat, address.begins, before);
        let over = state.streams.begin(address.path);
        let (at, keep) = (At::File(address.path.to_owned()), Arc::clone(&address.keep));
        LspBufferStream::grow(state, at, growth, keep, over, None)
    }

    /// Begins with one place of an open document, by its bytes in plain line ends: where they are none, a text grows
    /// there, else it takes their place.
    pub fn at_place(
        state: Arc<State>,
        document: &Snapshot,
        range: Range<usize>,
    ) -> LspBufferStream {
        let growth = PassageGrowth::new(&document.text(), range);
        let (at, over) = (At::Document(document.url.clone()), CancellationToken::new());
        // Nothing is replaced but what the editor can undo.
        let keep: KeepReplaced = Arc::new(|_| true);
        LspBufferStream::grow(state, at, growth, keep, over, Some(document.opening))
    }

    fn grow<G: Grows>(
        state: Arc<State>,
        at: At,
        growth: G,
        keep: KeepReplaced,
        over: CancellationToken,
        opening: Option<u64>,
    ) -> LspBufferStream {
        let (wanted, wishes) = watch::channel(Wanted::default());
        let (progress, reached) = watch::channel(Reached::default());
        let mut worker = Worker {
            growth,
            keep,
            over,
            at: at.clone(),
            state: Arc::clone(&state),
            opening,
            sent: None,
            flight: None,
            refusals: Refusals::default(),
            unchanged_since: None,
            reloads: None,
            label: state
                .introduction()
                .joins_edits()
                .then(|| state.streams.label()),
        };
        // The place is fixed before anything else can happen to the document.
        let _ = worker.look(&Wanted::default());
        LspBufferStream {
            wanted,
            reached,
            state,
            at,
            worker: Some(tokio::spawn(worker.run(wishes, progress))),
        }
    }
}

#[async_trait]
impl PlaceStream for LspBufferStream {
    async fn touched(&mut self) {
        let is_touched = |reached: &Reached| reached.stop == Some(BufferStop::AuthorEdited);
        if self.reached.wait_for(is_touched).await.is_err() {
            // The stream is over, and nothing more happens to it.
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl BufferStream for LspBufferStream {
    async fn show(&mut self, prose: &str, finished: bool) -> Result<(), BufferStop> {
        let mut turn = 0;
        self.wanted.send_modify(|wanted| {
            wanted.turn += 1;
            wanted.prose = prose.to_owned();
            wanted.finished = finished;
            turn = wanted.turn;
        });
        if !self.state.introduction().applies_edits() && self.at.document(&self.state).is_some() {
            return Err(self.at.leave_alone(&self.state));
        }
        if finished {
            let reached = self
                .reached
                .wait_for(|reached| reached.turn >= turn || reached.stop.is_some());
            if tokio::time::timeout(LAST_PATIENCE, reached).await.is_err() {
                return Err(BufferStop::Unresponsive);
            }
        }
        let reached = *self.reached.borrow();
        match reached.stop {
            Some(BufferStop::Unresponsive) if !finished => Ok(()),
            Some(stop) => Err(stop),
            None => Ok(()),
        }
    }

    async fn close(&mut self) {
        let turn = self.wanted.borrow().turn;
        let reached = self
            .reached
            .wait_for(|reached| reached.turn >= turn || reached.stop.is_some());
        let _ = tokio::time::timeout(LAST_PATIENCE, reached).await;
        let (last, _) = watch::channel(Wanted::default());
        // With the sender gone the worker shows what it was given last, and ends.
        drop(std::mem::replace(&mut self.wanted, last));
        // It goes on alone where the client is late.
        drop(self.worker.take());
    }
}

/// Says what is to be done next.
enum Next {
    /// The document shows what is wanted, or is not open.
    Nothing,
    /// An edit is on its way.
    Wait(Flight),
    /// It was refused, and may be tried again in a moment; or not before the document changes.
    Pause(Instant),
    Rest,
    /// A text has to be kept before it is replaced.
    Send(Box<(Snapshot, Step)>),
}

/// Says for how long an editor is waited for to load a file again.
struct Reload {
    /// The version of the document that shows the older text.
    version: i32,
    until: Instant,
}

struct Worker<G> {
    state: Arc<State>,
    at: At,
    growth: G,
    keep: KeepReplaced,
    /// Cancelled when another job begins with the chunk.
    over: CancellationToken,
    /// The opening of the document at the last look.
    opening: Option<u64>,
    /// The last edit that was sent; it may still arrive after it was refused.
    sent: Option<(Snapshot, Step)>,
    flight: Option<(Flight, Instant)>,
    refusals: Refusals,
    /// The time since which there is something to show in a document that never changed.
    unchanged_since: Option<Instant>,
    /// What is waited for where the file was opened while it was being written, and the editor shows an older text.
    reloads: Option<Reload>,
    /// The label by which the client may join the edits of this stream into one step of undo.
    label: Option<String>,
}

impl<G: Grows> Worker<G> {
    async fn run(mut self, mut wishes: watch::Receiver<Wanted>, progress: watch::Sender<Reached>) {
        let mut revisions = self.state.documents.watch();
        let mut is_asked = true;
        loop {
            revisions.mark_unchanged();
            let wanted = wishes.borrow_and_update().clone();
            let next = self.look(&wanted);
            let stop = match &next {
                Err(AuthorEdited) => Some(BufferStop::AuthorEdited),
                Ok(Next::Rest) => Some(BufferStop::Unresponsive),
                Ok(Next::Wait(_)) if self.is_late() => Some(BufferStop::Unresponsive),
                Ok(_) => None,
            };
            let is_shown = matches!(next, Ok(Next::Nothing));
            progress.send_modify(|reached| {
                reached.stop = stop;
                if is_shown {
                    reached.turn = wanted.turn;
                }
            });
            let (flight, pause) = match next {
                Err(AuthorEdited) => return,
                Ok(Next::Nothing) if !is_asked => return,
                Ok(Next::Nothing | Next::Rest) => (None, None),
                Ok(Next::Wait(flight)) => {
                    let late = self.flight.as_ref().map(|(_, sent)| *sent + PATIENCE);
                    (Some(flight), late.filter(|_| stop.is_none()))
                }
                Ok(Next::Pause(until)) => (None, Some(until)),
                Ok(Next::Send(sending)) => {
                    self.send(*sending).await;
                    continue;
                }
            };
            tokio::select! {
                asked = wishes.changed(), if is_asked => is_asked = asked.is_ok(),
                changed = revisions.changed() => if changed.is_err() { return },
                () = ended(flight) => {}
                () = until(pause) => {}
                () = self.over.cancelled() => return,
                () = self.state.lifecycle.wait_over() => return,
            }
        }
    }

    fn is_late(&self) -> bool {
        let sent = self.flight.as_ref().map(|(_, sent)| sent.elapsed());
        sent.is_some_and(|elapsed| elapsed >= PATIENCE)
    }

    /// Looks at the document, and at what became of the last edit.
    fn look(&mut self, wanted: &Wanted) -> Result<Next, AuthorEdited> {
        let underway = self.at.document(&self.state);
        let underway = underway.and_then(|open| self.state.edits_underway.to(&open.url));
        // Looked at afterwards: an edit that is underway no more is in it, if it was seen.
        let Some(document) = self.at.document(&self.state) else {
            self.opening = None;
            self.growth.leave()?;
            return Ok(Next::Nothing);
        };
        if self.opening != Some(document.opening) {
            self.reloads = self.reload_due(&document, wanted);
            self.opening = Some(document.opening);
            self.growth.forget()?;
            self.sent = None;
            self.flight = None;
            self.refusals = Refusals::default();
            self.unchanged_since = None;
        }
        if !self.state.introduction().applies_edits() {
            return Ok(Next::Nothing);
        }
        let shown = document.text();
        if let Some(flight) = underway {
            // Of this page, or of one before it.
            self.flight
                .get_or_insert_with(|| (flight.clone(), Instant::now()));
            return Ok(Next::Wait(flight));
        }
        let fate = self.flight.take().map(|(flight, _)| *flight.borrow());
        if let Some((base, step)) = &self.sent
            && (fate == Some(Fate::Seen)
                || delivery::is_shown(
                    &plain::plain(&base.text()),
                    &step.text,
                    &plain::plain(&shown),
                ))
        {
            self.growth.arrive(step, &shown)?;
            self.sent = None;
        }
        if wanted.turn == 0 {
            self.growth.watch(&shown)?;
            return Ok(Next::Nothing);
        }
        if let Some(reload) = &self.reloads {
            if document.version == reload.version && reload.until > Instant::now() {
                return Ok(Next::Pause(reload.until));
            }
            self.reloads = None;
        }
        let step = self.growth.step(&shown, &wanted.prose, wanted.finished)?;
        if step.changes(&shown).is_empty() {
            self.growth.arrive(&step, &shown)?;
            self.sent = None;
            return Ok(Next::Nothing);
        }
        if fate == Some(Fate::Refused) && !self.refusals.may_try_again(&document) {
            return Ok(Next::Rest);
        }
        if document.version == 0 && self.state.introduction().drops_stale_edits() {
            let since = *self.unchanged_since.get_or_insert_with(Instant::now);
            if since.elapsed() < LOOK_AGAIN {
                return Ok(Next::Pause(since + LOOK_AGAIN));
            }
        }
        let same_version = self.refusals.version == Some(document.version);
        Ok(match fate {
            Some(Fate::Refused) if same_version => Next::Pause(Instant::now() + PAUSE),
            _ if same_version && self.refusals.count >= TRIES => Next::Rest,
            _ => Next::Send(Box::new((document, step))),
        })
    }

    /// Finds what is to be waited for where a document was opened with an older text than its file has by now. An edit
    /// would make that text a changed one, which an editor does not load again, and (seen in VS Code) refuses to save
    /// over the newer file.
    fn reload_due(&self, document: &Snapshot, wanted: &Wanted) -> Option<Reload> {
        let At::File(path) = &self.at else {
            return None;
        };
        if wanted.turn == 0 {
            return None;
        }
        let on_disk = decode(read_file(path).ok()?);
        let is_older = !plain::is_same(&on_disk, &document.text());
        is_older.then(|| Reload {
            version: document.version,
            until: Instant::now() + RELOADS,
        })
    }

    async fn send(&mut self, (document, step): (Snapshot, Step)) {
        if let Some(replaced) = step.replaced.clone() {
            let keep = Arc::clone(&self.keep);
            let is_kept = crate::jobs::run::blocking::blocking(move || keep(&replaced)).await;
            if !is_kept {
                // The author has it still; the new text is safe in the journal.
                self.refusals = Refusals {
                    version: Some(document.version),
                    count: TRIES,
                };
                return;
            }
        }
        let replacements = step.changes(&document.text());
        let encoding = self.state.documents.encoding();
        let edit = workspace_edit(&document, &replacements, encoding);
        let label = self.label.clone();
        if let Some(flight) = delivery::send(&self.state, &document, edit, label, &step.text) {
            self.flight = Some((flight, Instant::now()));
            self.sent = Some((document, step));
        }
    }
}

/// Waits until it is known what became of an edit; for ever where there is none.
async fn ended(flight: Option<Flight>) {
    match flight {
        Some(mut flight) => {
            let _ = flight.wait_for(|fate| *fate != Fate::Underway).await;
        }
        None => std::future::pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
