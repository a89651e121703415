//! Keeps the journals of chunk files in step with what the client says of them, in the order in
//! which it says it.
//!
//! Messages are only noted while they are handled; one task does what follows from them, one
//! after the other. Whoever needs the files as they are then waits for it (`JournalEvents::settled`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::MessageType;

use super::buffer_stream::LspEditor;
use super::document_kind::is_in_chunks;
use super::journal_events::{JournalEvent, JournalInbox};
use super::state::State;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::reporter::cause_chain;
use crate::session::{
    ClientEdit, Disk, Owners, StoreError, StoryFolder, Unsaved, journal_opened, journal_saved,
    journal_seen, settle_left,
};

/// Notes that a document was opened.
pub fn opened(state: &Arc<State>, path: PathBuf, text: Rope) {
    if is_in_chunks(&path) {
        note(state, JournalEvent::Opened(path, text));
    }
}

/// Notes that an open document changed, be it by the author or by an edit of ours.
pub fn changed(state: &Arc<State>, path: PathBuf, text: Rope) {
    if is_in_chunks(&path) {
        note(state, JournalEvent::Changed(path, text));
    }
}

/// Notes that a document was saved and stays open: the journal beside it may have done its duty.
pub fn saved(state: &Arc<State>, path: PathBuf) {
    if is_in_chunks(&path) {
        note(state, JournalEvent::Saved(path));
    }
}

/// Notes that a document was closed, and what it showed: what was generated and the file does not have is brought
/// there, and what the author typed beside it goes to history.
pub fn closed(state: &Arc<State>, path: PathBuf, shown: Rope) {
    if is_in_chunks(&path) {
        note(state, JournalEvent::Closed(path, shown));
    }
}

fn note(state: &Arc<State>, event: JournalEvent) {
    // Outside a runtime there is no client either.
    if tokio::runtime::Handle::try_current().is_ok() {
        let follower = Arc::clone(state);
        let begin = |inbox| drop(tokio::spawn(follow_all(follower, inbox)));
        state.journals.add(event, begin);
    }
}

/// Brings what was generated and never saved into the files, and what the author typed beside it into history: the
/// editor is leaving, and with it what it shows.
pub async fn finish(state: &Arc<State>) {
    state.journals.settled().await;
    let open = state.documents.all().into_iter();
    let chunks: Vec<(PathBuf, Rope)> = open
        .filter_map(|it| Some((it.path?, it.snapshot.rope)))
        .filter(|(path, _)| is_in_chunks(path))
        .collect();
    let state = Arc::clone(state);
    blocking(move || {
        for (path, shown) in chunks {
            if let Err(error) = on_chunk(&path, state.workshop.disk(), (), |disk| {
                settle_left(&path, &shown.to_string(), disk).map(|_| ())
            }) {
                tracing::error!("{}", cause_chain(&error));
            }
        }
    })
    .await;
}

async fn follow_all(state: Arc<State>, mut inbox: JournalInbox) {
    while let Some(event) = inbox.recv().await {
        let event = match event {
            JournalEvent::Reached(reached) => {
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
            Err(error) if error.is_panic() => tracing::error!("looking after a journal panicked"),
            // The runtime is going, and the journal is beside its file.
            Err(_) => {}
        }
    }
}

/// Does on disk what follows from an event. Returns the edit that brings the editor up to it.
fn follow(state: &State, event: JournalEvent) -> Result<Option<Box<ClientEdit>>, StoreError> {
    let disk = state.workshop.disk();
    match event {
        JournalEvent::Opened(path, text) => on_opening(&path, &text.to_string(), disk),
        JournalEvent::Changed(path, text) => on_chunk(&path, disk, None, |disk| {
            journal_seen(&path, &text.to_string(), disk).map(|()| None)
        }),
        JournalEvent::Saved(path) => on_chunk(&path, disk, None, |disk| {
            journal_saved(&path, disk).map(|_| None)
        }),
        // Opened again meanwhile: then that comes next.
        JournalEvent::Closed(path, _) if state.documents.of_path(&path).is_some() => Ok(None),
        JournalEvent::Closed(path, shown) => on_chunk(&path, disk, None, |disk| {
            settle_left(&path, &shown.to_string(), disk).map(|_| None)
        }),
        JournalEvent::Reached(_) => Ok(None),
    }
}

/// Follows the opening of a chunk file; the edit that brings the editor up to its journal.
fn on_opening(path: &Path, text: &str, disk: &Disk) -> Result<Option<Box<ClientEdit>>, StoreError> {
    on_chunk(path, disk, None, |disk| {
        // A buffer that survived the server may show all of it.
        let unsaved = journal_opened(path, text, disk)?;
        journal_seen(path, text, disk)?;
        Ok(match unsaved {
            Unsaved::Text(edit) => Some(edit),
            Unsaved::Nothing => None,
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
        match blocking(move || on_opening(&path, &shown, &disk)).await {
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
