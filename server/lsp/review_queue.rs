//! Queues the documents that changed and are to be looked at.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tower_lsp::lsp_types::Url;

/// How long an author's typing has to rest before chunks are looked at again.
const QUIET: Duration = Duration::from_millis(250);
/// How long a change may wait for rest, when text streams in or somebody types on and on.
const LONGEST: Duration = Duration::from_secs(2);

/// Collects changed documents until changes rest.
#[derive(Default)]
pub struct ReviewQueue(Mutex<Due>);

#[derive(Default)]
struct Due {
    /// Briefs and chunk files that changed.
    changed: HashSet<Url>,
    first: Option<Instant>,
    last: Option<Instant>,
    /// Whether a task will look at it.
    awaited: bool,
}

impl ReviewQueue {
    /// Adds a changed document. Returns whether a task has to be started that takes it out again.
    pub fn add(&self, url: Url) -> bool {
        let now = Instant::now();
        let mut due = self.due();
        due.changed.insert(url);
        due.first.get_or_insert(now);
        due.last = Some(now);
        !std::mem::replace(&mut due.awaited, true)
    }

    /// Returns when changes will have rested or waited long enough; `None` when there are none left, and
    /// then no task takes them out any more.
    pub fn next(&self) -> Option<Instant> {
        let mut due = self.due();
        match (due.first, due.last) {
            (Some(first), Some(last)) => Some((first + LONGEST).min(last + QUIET)),
            _ => {
                due.awaited = false;
                None
            }
        }
    }

    /// Takes out all that changed.
    pub fn take(&self) -> HashSet<Url> {
        let mut due = self.due();
        (due.first, due.last) = (None, None);
        std::mem::take(&mut due.changed)
    }

    /// Locks the queue. That of a poisoned lock is still whole: every holder changes it in one step.
    fn due(&self) -> MutexGuard<'_, Due> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
