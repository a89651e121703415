//! Sends edits into open documents, and follows them until the documents show them.
//!
//! An edit is sent once and counts as done when the documents show it. `applied: true` proves
//! nothing: Neovim says so of edits that it dropped; vim-lsp and yegappan/lsp tell of what they
//! applied at the next editor event, 0.4 s to minutes later. So while an edit is on its way no
//! other is sent to its document, however long that takes, and what comes late is known as ours.

use std::sync::Arc;

use tokio::sync::watch;
use tower_lsp::lsp_types::WorkspaceEdit;

use super::documents::Snapshot;
use super::edits_underway::{Fate, Flight};
use super::moves::Moves;
use super::plain::plain;
use super::state::State;

/// Sends an edit that makes `becomes` of a document; `None` where there is no client, or another
/// edit is on its way to that document.
pub fn send(
    state: &Arc<State>,
    document: &Snapshot,
    edit: WorkspaceEdit,
    label: Option<String>,
    becomes: &str,
) -> Option<Flight> {
    let client = state.client()?;
    // From here on no change is missed.
    let revisions = state.documents.watch();
    let (tell, flight) = state.edits_underway.begin(&document.url)?;
    let sent = Sent {
        base: plain(&document.text()),
        becomes: plain(becomes),
        document: document.clone(),
    };
    let (state, answer) = (Arc::clone(state), client.apply_edit(edit, label));
    tokio::spawn(async move {
        tell.send_replace(sent.follow(&state, answer, revisions).await);
    });
    Some(flight)
}

/// Tells whether a text is nearer to what an edit makes of `base` than to that: the author may have
/// typed in the meantime, also into what is new.
pub fn is_shown(base: &str, becomes: &str, text: &str) -> bool {
    let made = Moves::between(becomes, text).distance();
    made == 0 || made < Moves::between(base, text).distance()
}

struct Sent {
    document: Snapshot,
    base: String,
    becomes: String,
}

impl Sent {
    async fn follow(
        &self,
        state: &State,
        answer: impl Future<Output = bool>,
        mut revisions: watch::Receiver<u64>,
    ) -> Fate {
        let mut answer = std::pin::pin!(answer);
        // The document's version when the client said that it applied the edit.
        let mut applied_at = None;
        loop {
            let Some(now) = state.documents.get(&self.document.url) else {
                return Fate::Gone;
            };
            if now.opening != self.document.opening {
                return Fate::Gone;
            }
            if now.version != self.document.version
                && is_shown(&self.base, &self.becomes, &plain(&now.text()))
            {
                return Fate::Seen;
            }
            if let Some(applied_at) = applied_at
                && self.is_dropped(state, now.version, applied_at)
            {
                return Fate::Refused;
            }
            tokio::select! {
                applied = &mut answer, if applied_at.is_none() => match applied {
                    true => {
                        // The change may have been told just before.
                        let now = state.documents.get(&self.document.url);
                        applied_at = Some(now.map_or(self.document.version, |now| now.version));
                    }
                    false => return Fate::Refused,
                },
                changed = revisions.changed() => if changed.is_err() {
                    return Fate::Gone;
                },
                () = state.lifecycle.wait_over() => return Fate::Gone,
            }
        }
    }

    /// Tells whether an edit that was said to be applied, and is not shown at this version, never will
    /// be. A change that is told after the answer would hold it. Neovim drops an edit for another
    /// version than the buffer's, so for it a newer version says enough; but it never holds
    /// version 0 to be stale.
    fn is_dropped(&self, state: &State, version: i32, applied_at: i32) -> bool {
        let is_newer = version != self.document.version;
        version != applied_at
            || (is_newer && self.document.version > 0 && state.introduction().drops_stale_edits())
    }
}
