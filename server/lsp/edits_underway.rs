//! Keeps the server's edits that were sent and not seen yet, one a document at most.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tower_lsp::lsp_types::Url;

/// Says what became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Not seen yet.
    Underway,
    /// The document shows it.
    Seen,
    /// The client said no, or dropped it; the document does not have it.
    Refused,
    /// The document was closed, or the client left.
    Gone,
}

/// Tells what becomes of an edit that was sent.
pub type Flight = watch::Receiver<Fate>;

/// Knows the edits that are on their way.
#[derive(Default)]
pub struct EditsUnderway(Mutex<HashMap<Url, Flight>>);

impl EditsUnderway {
    /// Returns the edit that is on its way to a document.
    pub fn to(&self, url: &Url) -> Option<Flight> {
        let underway = self.lock();
        let flight = underway.get(url);
        flight
            .filter(|flight| *flight.borrow() == Fate::Underway)
            .cloned()
    }

    /// Notes an edit that is about to be sent; what becomes of it is to be said through the sender.
    /// `None` where another one is on its way to the document.
    pub fn begin(&self, url: &Url) -> Option<(watch::Sender<Fate>, Flight)> {
        let mut underway = self.lock();
        let other = underway.get(url);
        if other.is_some_and(|other| *other.borrow() == Fate::Underway) {
            return None;
        }
        let (tell, flight) = watch::channel(Fate::Underway);
        underway.insert(url.clone(), flight.clone());
        Some((tell, flight))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Url, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
