//! Looks at open briefs and chunk files after changes.
//!
//! A change is only noted while its message is handled. One task looks at what changed, beside all messages and
//! never two at a time: at once where nothing was looked at lately, and while somebody types on and on again and
//! again. The last change is always looked at.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tower_lsp::lsp_types::Url;

use super::document_kind::{is_beside_briefs, is_brief, is_chunk};
use super::newest::IfChanged;
use super::state::State;
use super::{brief_review, chunk_review};

/// Notes that a document was opened or changed.
pub fn document_changed(state: &Arc<State>, url: Url) {
    if is_beside_briefs(&url) {
        note_open(state, is_brief);
    }
    note(state, url);
}

/// Notes that a document was closed.
pub fn document_closed(state: &Arc<State>, url: Url) {
    // What it showed and did not save counts no more.
    if is_beside_briefs(&url) {
        note_open(state, is_brief);
    }
    note(state, url);
}

/// Notes that what is known of a story changed.
pub fn story_changed(state: &Arc<State>, brief: &Path) {
    progress_changed(state);
    if let Ok(url) = Url::from_file_path(brief) {
        document_changed(state, url);
    }
}

/// Notes that what is known of chunks changed.
pub fn chunks_changed(state: &Arc<State>) {
    note_open(state, is_chunk);
}

/// Notes that all that is open is judged otherwise now, as by other settings.
pub fn all_changed(state: &Arc<State>) {
    progress_changed(state);
    note_open(state, |_| true);
}

/// Has the client ask anew how far the chunks are, where it shows that and can be asked to.
pub fn progress_changed(state: &Arc<State>) {
    let Some(client) = state.client() else {
        return;
    };
    if state.introduction().refreshes_lenses() {
        client.refresh_lenses();
    }
    if state.introduction().refreshes_hints() {
        client.refresh_hints();
    }
}

fn note_open(state: &Arc<State>, is_meant: fn(&Url) -> bool) {
    for open in state.documents.all() {
        if is_meant(&open.snapshot.url) {
            note(state, open.snapshot.url);
        }
    }
}

/// Notes that a brief or a chunk changed, or what is known of it did. Asks the file system nothing.
fn note(state: &Arc<State>, url: Url) {
    let is_looked_at = |url: &Url| is_chunk(url) || is_brief(url);
    if !is_looked_at(&url) {
        return;
    }
    let open = state.documents.all();
    if !open.iter().any(|open| is_looked_at(&open.snapshot.url)) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    if state.review_queue.add(url) {
        runtime.spawn(look_at_changes(Arc::clone(state)));
    }
}

async fn look_at_changes(state: Arc<State>) {
    while let Some(at) = state.review_queue.next(Instant::now()) {
        if at > Instant::now() {
            tokio::time::sleep_until(at.into()).await;
        }
        let changed = state.review_queue.take();
        let begun = Instant::now();
        let looked = {
            let state = Arc::clone(&state);
            tokio::task::spawn_blocking(move || look(&state, &changed)).await
        };
        if looked.is_err_and(|error| error.is_panic()) {
            tracing::error!("looking at the open documents panicked");
        }
        let now = Instant::now();
        state.review_queue.looked(now, now - begun);
    }
}

/// Looks at what changed; once more at once, where somebody typed on meanwhile.
fn look(state: &Arc<State>, changed: &HashSet<Url>) {
    let changed = look_once(state, changed, IfChanged::Leave);
    if !changed.is_empty() {
        look_once(state, &changed, IfChanged::Move);
    }
    tell_of_outdated(state);
}

/// Has a client ask anew that shows something else than what was found.
pub fn tell_of_outdated(state: &State) {
    if state.reports.take_outdated()
        && let Some(client) = state.client()
    {
        client.refresh_diagnostics();
    }
}

/// Looks at what changed. Returns the documents that have changed again, where those are left.
fn look_once(state: &Arc<State>, changed: &HashSet<Url>, if_changed: IfChanged) -> HashSet<Url> {
    let mut left = chunk_review::look(state, changed, if_changed);
    for url in changed.iter().filter(|url| is_brief(url)) {
        if !brief_review::look(state, url, if_changed) {
            left.insert(url.clone());
        }
    }
    left
}
