//! What the review of a draft found out, kept so that the next one looks only at what changed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::analysis::findings::Memory;
use crate::session::SessionId;

/// Names a draft by its brief and its session.
pub type Draft = (PathBuf, SessionId);

/// Keeps what is known of the drafts that have open chunk files.
#[derive(Default)]
pub struct DraftMemories(Mutex<HashMap<Draft, Memory>>);

impl DraftMemories {
    /// Forgets all drafts but those for which `is_open` holds.
    pub fn retain(&self, is_open: impl Fn(&Draft) -> bool) {
        self.memories().retain(|draft, _| is_open(draft));
    }

    /// Takes out what is known of a draft; nothing at first.
    pub fn take(&self, draft: &Draft) -> Memory {
        self.memories().remove(draft).unwrap_or_default()
    }

    /// Puts back what is known of a draft.
    pub fn put(&self, draft: &Draft, memory: Memory) {
        self.memories().insert(draft.clone(), memory);
    }

    /// Locks the memories. Those of a poisoned lock are still whole: every holder changes them in one step.
    fn memories(&self) -> MutexGuard<'_, HashMap<Draft, Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
