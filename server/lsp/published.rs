//! Keeps the diagnostics that the client was given, and still shows.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tower_lsp::lsp_types::{Diagnostic, Url};

use super::documents::Snapshot;
use crate::decisions::dismiss::Named;
use crate::story::Span;

/// Joins a diagnostic with what would put it right: a span of the document, and its new text.
#[derive(Clone)]
pub struct Mark {
    pub diagnostic: Diagnostic,
    pub code: &'static str,
    pub correction: Option<(Span, String)>,
    /// What the author may dismiss, where it is a finding of that kind.
    pub dismissible: Option<Named>,
}

/// Knows what was published.
#[derive(Default)]
pub struct Published {
    marks: Mutex<HashMap<Url, Marked>>,
    beside: Mutex<HashMap<Url, HashSet<Url>>>,
}

/// Holds the marks of a chunk file at one version.
struct Marked {
    opening: u64,
    version: i32,
    marks: Vec<Mark>,
}

impl Published {
    /// Returns the marks of an open chunk file, while it is as it was looked at.
    pub fn marks(&self, snapshot: &Snapshot) -> Vec<Mark> {
        let marked = lock(&self.marks);
        let current = marked.get(&snapshot.url).filter(|marked| {
            (marked.opening, marked.version) == (snapshot.opening, snapshot.version)
        });
        current.map_or_else(Vec::new, |marked| marked.marks.clone())
    }

    /// Notes the marks of a chunk file as it was looked at.
    pub fn set_marks(&self, looked_at: &Snapshot, marks: Vec<Mark>) {
        let marked = Marked {
            opening: looked_at.opening,
            version: looked_at.version,
            marks,
        };
        lock(&self.marks).insert(looked_at.url.clone(), marked);
    }

    /// Forgets the marks of a document.
    pub fn forget(&self, url: &Url) {
        lock(&self.marks).remove(url);
    }

    /// Notes which settings files and templates have diagnostics because of a brief. Returns those
    /// that no brief has anything to say of any more.
    pub fn set_beside(&self, brief: &Url, found: HashSet<Url>) -> Vec<Url> {
        let mut beside = lock(&self.beside);
        let before = match found.is_empty() {
            true => beside.remove(brief),
            false => beside.insert(brief.clone(), found),
        };
        let before = before.into_iter().flatten();
        before
            .filter(|url| !beside.values().any(|files| files.contains(url)))
            .collect()
    }
}

/// Locks a map. That of a poisoned lock is still whole: every holder changes it in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
