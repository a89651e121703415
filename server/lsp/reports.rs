//! Keeps what was last found in each open document, for a client that asks for it (`textDocument/diagnostic`).
//!
//! Such a client asks by itself after every change of its own. Where something else changed what is found, it has to
//! be told to ask again: that is noted here, until somebody tells it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tower_lsp::lsp_types::{Diagnostic, Url};

use crate::story::Digest;

/// Holds the reports of the open documents.
#[derive(Default)]
pub struct Reports(Mutex<Known>);

#[derive(Default)]
struct Known {
    reports: HashMap<Url, Report>,
    /// The documents that the client has asked about since they were opened.
    asked_for: HashSet<Url>,
    /// The documents of which the client shows something else, and does not know it.
    outdated: HashSet<Url>,
}

#[derive(Default)]
struct Report {
    found: Vec<Diagnostic>,
    /// The digest of what was found, by which the client names it.
    id: String,
    /// What the client was given last.
    given: Option<Given>,
}

struct Given {
    id: String,
    /// The version of the document at that time.
    version: i32,
}

/// What the client is answered.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// What was found, with the name that the client knows it by from now on.
    Full(String, Vec<Diagnostic>),
    /// The same as the client has by this name.
    Unchanged(String),
}

impl Reports {
    /// Notes what was found in a document that has this version now.
    pub fn set(&self, url: &Url, version: i32, found: Vec<Diagnostic>) {
        let id = name_of(&found);
        let mut known = self.known();
        let report = known.reports.entry(url.clone()).or_default();
        (report.found, report.id) = (found, id);
        // With another version the client asks by itself, and one that never asked will.
        let given = report.given.as_ref();
        let is_outdated = given.is_some_and(|it| it.version == version && it.id != report.id);
        match is_outdated {
            true => known.outdated.insert(url.clone()),
            false => known.outdated.remove(url),
        };
    }

    /// Notes that the client asks about a document. Returns whether it is the first time since that was opened.
    pub fn ask_for(&self, url: &Url) -> bool {
        self.known().asked_for.insert(url.clone())
    }

    /// Tells whether the client has asked about a document since it was opened.
    pub fn is_asked_for(&self, url: &Url) -> bool {
        self.known().asked_for.contains(url)
    }

    /// Answers a client that has what goes by the name `before`, and a document of this version.
    pub fn answer(&self, url: &Url, version: i32, before: Option<&str>) -> Answer {
        let mut known = self.known();
        known.outdated.remove(url);
        let report = known.reports.entry(url.clone()).or_insert_with(|| Report {
            id: name_of(&[]),
            ..Report::default()
        });
        let id = report.id.clone();
        report.given = Some(Given {
            id: id.clone(),
            version,
        });
        match before == Some(id.as_str()) {
            true => Answer::Unchanged(id),
            false => Answer::Full(id, report.found.clone()),
        }
    }

    /// Forgets a document that was closed.
    pub fn forget(&self, url: &Url) {
        let mut known = self.known();
        known.reports.remove(url);
        known.asked_for.remove(url);
        known.outdated.remove(url);
    }

    /// Tells, once, whether the client has to be told to ask again.
    pub fn take_outdated(&self) -> bool {
        !std::mem::take(&mut self.known().outdated).is_empty()
    }

    /// Locks the reports. Those of a poisoned lock are still whole: every holder changes them in one step.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names what was found: the same name for the same findings at the same places.
fn name_of(found: &[Diagnostic]) -> String {
    let text = serde_json::to_string(found).unwrap_or_default();
    Digest::of(&text).short().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(message: &str) -> Vec<Diagnostic> {
        vec![Diagnostic {
            message: message.to_owned(),
            ..Diagnostic::default()
        }]
    }

    #[test]
    fn the_same_is_said_once() {
        let (reports, url) = (Reports::default(), Url::parse("file:///story.md").unwrap());
        let Answer::Full(nothing, empty) = reports.answer(&url, 1, None) else {
            panic!("it has nothing yet");
        };
        assert!(empty.is_empty());
        let again = reports.answer(&url, 1, Some(&nothing));
        assert_eq!(again, Answer::Unchanged(nothing.clone()));
        reports.set(&url, 1, found("rule 3"));
        let Answer::Full(id, items) = reports.answer(&url, 1, Some(&nothing)) else {
            panic!("it has something else");
        };
        assert_eq!(items, found("rule 3"));
        assert_eq!(reports.answer(&url, 1, Some(&id)), Answer::Unchanged(id));
    }

    #[test]
    fn the_client_is_told_of_what_it_does_not_ask_for_by_itself() {
        let (reports, url) = (Reports::default(), Url::parse("file:///story.md").unwrap());
        reports.set(&url, 1, found("a"));
        assert!(!reports.take_outdated(), "it has not asked yet, and will");
        reports.answer(&url, 1, None);
        reports.set(&url, 1, found("a"));
        assert!(!reports.take_outdated(), "it is the same");
        reports.set(&url, 1, found("b"));
        assert!(reports.take_outdated());
        assert!(!reports.take_outdated(), "it was told");
        reports.set(&url, 2, found("c"));
        assert!(!reports.take_outdated(), "the author typed, so it asks");
        reports.answer(&url, 2, None);
        reports.set(&url, 2, found("d"));
        reports.set(&url, 2, found("c"));
        assert!(!reports.take_outdated(), "it is as it was");
        reports.set(&url, 2, found("d"));
        reports.forget(&url);
        assert!(!reports.take_outdated(), "it is closed");
    }
}
