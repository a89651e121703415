//! Schedules briefs and chunk files to be reviewed after changes.

use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::Url;

use super::state::State;
use super::{brief_review, chunk_review};

/// Notes that a document was opened or changed.
pub fn document_changed(state: &Arc<State>, url: Url) {
    chunk_review::note(state, url.clone());
    brief_review::schedule(state, url);
}

/// Notes that a document was closed.
pub fn document_closed(state: &Arc<State>, url: Url) {
    chunk_review::note(state, url);
}

/// Notes that what is known of a story changed.
pub fn story_changed(state: &Arc<State>, brief: &Path) {
    progress_changed(state);
    if let Ok(url) = Url::from_file_path(brief) {
        document_changed(state, url);
    }
}

/// Notes that all that is open is judged otherwise now, as by other settings.
pub fn all_changed(state: &Arc<State>) {
    progress_changed(state);
    chunk_review::note_all(state);
    brief_review::schedule_all(state);
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
