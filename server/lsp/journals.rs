//! Keeps the journals of chunk files in step with what the client says of them, in the order in
//! which it says it.
//!
//! Messages are only noted while they are handled; one task does what follows from them, one
//! after the other. Whoever needs the files as they are then waits for it ([`Journals::settled`]).

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ropey::Rope;
use tokio::sync::{mpsc, oneshot};
use tower_lsp::lsp_types::MessageType;

use super::page::LspEditor;
use super::state::State;
use crate::engine::blocking;
use crate::engine::editor::Editor;
use crate::engine::report::cause_chain;
use crate::session::{
    ClientEdit, Disk, Opening, Owners, StoreError, StoryFolder, journal_opened, journal_saved,
    journal_seen, settle_journal,
};

/// How long a command waits for what was said before it. Only a disk that hangs takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the client said of chunk files and nobody has dealt with yet.
#[derive(Default)]
pub struct Journals {
    outbox: OnceLock<mpsc::UnboundedSender<Event>>,
}

enum Event {
    Opened(PathBuf, Rope),
    Changed(PathBuf, Rope),
    Saved(PathBuf),
    Closed(PathBuf),
    /// Everything before is dealt with.
    Reached(oneshot::Sender<()>),
}

impl Journals {
    /// A document was opened.
    pub fn opened(&self, state: &Arc<State>, path: PathBuf, text: Rope) {
        self.note(state, Event::Opened(path, text));
    }

    /// An open document changed, be it by the author or by an edit of ours.
    pub fn changed(&self, state: &Arc<State>, path: PathBuf, text: Rope) {
        self.note(state, Event::Changed(path, text));
    }

    /// A document was saved and stays open: the journal beside it may have done its duty.
    pub fn saved(&self, state: &Arc<State>, path: PathBuf) {
        self.note(state, Event::Saved(path));
    }

    /// A document was closed: what it showed and the file does not have is brought there.
    pub fn closed(&self, state: &Arc<State>, path: PathBuf) {
        self.note(state, Event::Closed(path));
    }

    /// Returns when all that the client said before is dealt with. Bounded in time.
    pub async fn settled(&self) {
        let (reached, waiting) = oneshot::channel();
        let sent = self
            .outbox
            .get()
            .map(|outbox| outbox.send(Event::Reached(reached)));
        if let Some(Ok(())) = sent {
            let _ = tokio::time::timeout(PATIENCE, waiting).await;
        }
    }

    /// Brings what the editor never saved into the files: it is leaving, and with it what it
    /// shows.
    pub async fn finish(&self, state: &Arc<State>) {
        self.settled().await;
        let open = state.documents.all().into_iter();
        let chunks: Vec<PathBuf> = open
            .filter_map(|it| it.path)
            .filter(|it| is_chunk(it))
            .collect();
        let state = Arc::clone(state);
        blocking(move || {
            for path in chunks {
                if let Err(error) = on_chunk(&path, state.workshop.disk(), (), |disk| {
                    settle_journal(&path, disk).map(|_| ())
                }) {
                    tracing::error!("{}", cause_chain(&error));
                }
            }
        })
        .await;
    }

    fn note(&self, state: &Arc<State>, event: Event) {
        let (Event::Opened(path, _)
        | Event::Changed(path, _)
        | Event::Saved(path)
        | Event::Closed(path)) = &event
        else {
            return;
        };
        // Outside a runtime there is no client either.
        if !is_chunk(path) || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let outbox = self.outbox.get_or_init(|| {
            let (outbox, inbox) = mpsc::unbounded_channel();
            tokio::spawn(deal_with(Arc::clone(state), inbox));
            outbox
        });
        // The inbox only closes when the process ends.
        let _ = outbox.send(event);
    }
}

/// By its folder alone.
fn is_chunk(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == "chunks")
}

async fn deal_with(state: Arc<State>, mut inbox: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = inbox.recv().await {
        let event = match event {
            Event::Reached(reached) => {
                // Whoever waited may have given up.
                let _ = reached.send(());
                continue;
            }
            event => event,
        };
        let (state_then, state) = (Arc::clone(&state), Arc::clone(&state));
        let dealt = tokio::task::spawn_blocking(move || follow(&state, event)).await;
        match dealt {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(edit))) => drop(tokio::spawn(show(state_then, *edit))),
            Ok(Err(error)) => {
                if let Some(client) = state_then.client() {
                    client.show(MessageType::ERROR, cause_chain(&error));
                }
            }
            Err(_) => tracing::error!("looking after a journal panicked"),
        }
    }
}

/// Does what follows from an event on disk; the edit that brings the editor up to it.
fn follow(state: &State, event: Event) -> Result<Option<Box<ClientEdit>>, StoreError> {
    let disk = state.workshop.disk();
    match event {
        Event::Opened(path, text) => opened(&path, &text.to_string(), disk),
        Event::Changed(path, text) => on_chunk(&path, disk, None, |disk| {
            journal_seen(&path, &text.to_string(), disk).map(|()| None)
        }),
        Event::Saved(path) => on_chunk(&path, disk, None, |disk| {
            journal_saved(&path, disk).map(|_| None)
        }),
        // Opened again meanwhile: then that comes next.
        Event::Closed(path) if state.documents.of_path(&path).is_some() => Ok(None),
        Event::Closed(path) => on_chunk(&path, disk, None, |disk| {
            settle_journal(&path, disk).map(|_| None)
        }),
        Event::Reached(_) => Ok(None),
    }
}

fn opened(path: &Path, text: &str, disk: &Disk) -> Result<Option<Box<ClientEdit>>, StoreError> {
    on_chunk(path, disk, None, |disk| {
        // A buffer that survived the server may show all of it.
        let opening = journal_opened(path, text, disk)?;
        journal_seen(path, text, disk)?;
        Ok(match opening {
            Opening::Show(edit) => Some(edit),
            Opening::AsItIs => None,
        })
    })
}

/// Runs an action where there is a journal; another folder of that name is none of our business.
fn on_chunk<T>(
    path: &Path,
    disk: &Disk,
    none: T,
    action: impl FnOnce(&Disk) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let has_journal = crate::session::has_journal(path, disk);
    match has_journal && StoryFolder::locate(path, disk).is_some() {
        true => action(disk),
        false => Ok(none),
    }
}

/// Brings a text that was left in a journal into the editor, once no job is at work that would
/// show it itself.
async fn show(state: Arc<State>, mut edit: ClientEdit) {
    let folder = StoryFolder::locate(&edit.path, state.workshop.disk()).map(|it| it.folder);
    if let Some(brief) = folder.map(|folder| folder.brief().to_owned())
        && !state.jobs.of_brief(&brief).is_empty()
    {
        state.jobs.wait_until_idle(&brief).await;
        let Some(shown) = state.open_text(&edit.path) else {
            return;
        };
        let (path, disk) = (edit.path.clone(), state.workshop.disk().clone());
        match blocking(move || opened(&path, &shown, &disk)).await {
            Ok(Some(now)) => edit = *now,
            _ => return,
        }
    }
    let stop = LspEditor::new(Arc::clone(&state)).replace(&edit).await;
    let is_open = state.documents.of_path(&edit.path).is_some();
    if let (Err(stop), true, Some(client)) = (stop, is_open, state.client()) {
        client.show(
            MessageType::WARNING,
            format!(
                "{}: {stop}. Text that was written for it and never saved is safe in the journal beside it. \
                 To have it, close the file without saving and open it again; what you save here instead stays, and \
                 that text goes into history.",
                edit.path.display()
            ),
        );
    }
}
