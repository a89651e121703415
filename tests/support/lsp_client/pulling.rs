//! How a client that asks for diagnostics does it: when a document is opened, after each change of it, and for all that
//! are open when the server says that something else changed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Editor, Said, uri};

/// What was asked for and what came of it.
#[derive(Default)]
pub(super) struct Pulls {
    /// Whether the server offers it.
    is_offered: bool,
    /// The questions by their ids: the document and its version, or nothing where it was closed since.
    asked: HashMap<i64, Option<(PathBuf, i64)>>,
    /// The name and the findings of the last answer for each open document.
    known: HashMap<PathBuf, (Value, Value)>,
    /// The documents that changed while an answer was awaited: they are asked about again after it.
    again: HashSet<PathBuf>,
    /// The files of which the server has told something that stands.
    told: HashSet<PathBuf>,
}

impl Pulls {
    /// Begins anew with a server.
    pub(super) fn note_offer(&mut self, initialized: &Value) {
        *self = Pulls {
            is_offered: initialized["capabilities"]["diagnosticProvider"].is_object(),
            ..Pulls::default()
        };
    }
}

impl Editor {
    /// Whether the server is asked for diagnostics.
    pub fn pulls(&self) -> bool {
        self.pulls.is_offered
    }

    /// Asks for no diagnostics from now on, as a client whose user has turned that off.
    pub fn ask_for_nothing(&mut self) {
        self.pulls.is_offered = false;
    }

    /// Asks for the diagnostics of a document as it is now.
    pub(super) fn pull(&mut self, path: &Path) {
        if !self.pulls.is_offered {
            return;
        }
        let mut awaited = self.pulls.asked.values().flatten();
        if awaited.any(|(of, _)| of == path) {
            self.pulls.again.insert(path.to_owned());
            return;
        }
        let version = self.buffer(path).version;
        let before = self.pulls.known.get(path).map(|(id, _)| id.clone());
        let mut params = json!({"textDocument": {"uri": uri(path)}});
        if let Some(before) = before {
            params["previousResultId"] = before;
        }
        self.next_id += 1;
        let id = self.next_id;
        let asked = (path.to_owned(), version);
        self.pulls.asked.insert(id, Some(asked));
        self.process.send(
            &json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/diagnostic", "params": params}),
        );
    }

    /// Asks for those of all open documents.
    pub(super) fn pull_all(&mut self) {
        let open: Vec<PathBuf> = self.buffers.keys().cloned().collect();
        for path in open {
            self.pull(&path);
        }
    }

    /// Takes an answer, if it is one to such a question.
    pub(super) fn takes_pulled(&mut self, id: i64, message: &Value) -> bool {
        let Some(asked) = self.pulls.asked.remove(&id) else {
            return false;
        };
        let Some((path, version)) = asked else {
            return true;
        };
        let report = &message["result"];
        let items = match report["kind"].as_str() {
            Some("full") => report["items"].clone(),
            Some("unchanged") => {
                let (id, items) = &self.pulls.known[&path];
                assert_eq!(*id, report["resultId"], "unchanged is what the client has");
                items.clone()
            }
            // As at the end of the server.
            _ => return true,
        };
        let asks_again = self.pulls.again.remove(&path);
        let known = (report["resultId"].clone(), items.clone());
        self.pulls.known.insert(path.clone(), known);
        let shown = json!({"uri": uri(&path), "version": version, "diagnostics": items});
        self.said.push(Said::Diagnostics(path.clone(), shown));
        if asks_again {
            self.pull(&path);
        }
        true
    }

    /// Drops what a document had, as clients do when it is closed.
    pub(super) fn forget_pulled(&mut self, path: &Path) {
        if !self.pulls.is_offered {
            return;
        }
        for asked in self.pulls.asked.values_mut() {
            asked.take_if(|(of, _)| of == path);
        }
        self.pulls.again.remove(path);
        if self.pulls.known.remove(path).is_some() {
            let none = json!({"uri": uri(path), "diagnostics": []});
            self.said.push(Said::Diagnostics(path.to_owned(), none));
        }
    }

    /// Notes what the server told of a file. Returns whether it took back what it told before of one that the client asks
    /// about.
    pub(super) fn note_told(&mut self, path: &Path, told: &Value) -> bool {
        let is_empty = told["diagnostics"].as_array().is_some_and(Vec::is_empty);
        match is_empty {
            true => self.pulls.told.remove(path),
            false => self.pulls.told.insert(path.to_owned()),
        };
        is_empty && self.pulls.is_offered && self.buffers.contains_key(path)
    }

    /// A client shows what it was told beside what it asked for: nothing may stand that it has both of. What was told
    /// before the first question is taken back.
    pub(super) fn assert_nothing_shown_twice(&self) {
        let twice = |path: &&PathBuf| self.pulls.known.contains_key(*path);
        let twice: Vec<&PathBuf> = self.pulls.told.iter().filter(twice).collect();
        assert!(twice.is_empty(), "told and asked for: {twice:?}");
    }
}
