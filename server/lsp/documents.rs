//! Holds the open documents, as the client reports them.
//!
//! Changed by the ingress only, in the order of the wire. Everything else works on snapshots
//! and waits for the store to show what it is waiting for.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ropey::Rope;
use tokio::sync::watch;
use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, Url};

use super::position::{self, Encoding};
use crate::session::{Owner, Owners};

/// Holds a document at one version. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub url: Url,
    /// The version that the client gave it.
    pub version: i32,
    /// Which opening of a document this was; differs when it was closed in between.
    pub opening: u64,
    /// Counts the changes of all documents: no two texts have the same.
    pub revision: u64,
    pub rope: Rope,
}

impl Snapshot {
    pub fn text(&self) -> String {
        self.rope.to_string()
    }
}

/// Holds all open documents.
pub struct Documents {
    state: Mutex<State>,
    /// Counts changes; watched by whoever waits for one.
    revision: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    open: HashMap<Url, OpenDocument>,
    openings: u64,
    revisions: u64,
    encoding: Option<Encoding>,
}

/// Holds an open document and its file, where it has one.
#[derive(Debug, Clone)]
pub struct OpenDocument {
    pub path: Option<PathBuf>,
    pub snapshot: Snapshot,
}

impl Default for Documents {
    fn default() -> Self {
        Documents {
            state: Mutex::default(),
            revision: watch::channel(0).0,
        }
    }
}

impl Documents {
    /// Sets what columns are counted in, once the client has said what it can.
    pub fn set_encoding(&self, encoding: Encoding) {
        self.state().encoding = Some(encoding);
    }

    pub fn encoding(&self) -> Encoding {
        self.state().encoding.unwrap_or(Encoding::Utf16)
    }

    pub fn open(&self, url: Url, version: i32, text: &str) {
        let path = path_of(&url);
        let mut state = self.state();
        state.openings += 1;
        state.revisions += 1;
        let snapshot = Snapshot {
            url: url.clone(),
            version,
            opening: state.openings,
            revision: state.revisions,
            rope: Rope::from_str(text),
        };
        state.open.insert(url, OpenDocument { path, snapshot });
        drop(state);
        self.tell();
    }

    /// Applies the changes of one notification, in order; the text after each of them. Changes to
    /// a document that is not open are the client's mistake and are passed over.
    pub fn change(
        &self,
        url: &Url,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
    ) -> Vec<Rope> {
        let mut state = self.state();
        let encoding = state.encoding.unwrap_or(Encoding::Utf16);
        let mut texts = Vec::new();
        state.revisions += 1;
        let revision = state.revisions;
        if let Some(open) = state.open.get_mut(url) {
            for change in changes {
                apply(&mut open.snapshot.rope, change, encoding);
                texts.push(open.snapshot.rope.clone());
            }
            open.snapshot.version = version;
            open.snapshot.revision = revision;
        }
        drop(state);
        self.tell();
        texts
    }

    /// Closes a document. Returns its path, if it was open and has one.
    pub fn close(&self, url: &Url) -> Option<(PathBuf, Rope)> {
        let closed = self.state().open.remove(url);
        self.tell();
        closed.and_then(|open| Some((open.path?, open.snapshot.rope)))
    }

    pub fn get(&self, url: &Url) -> Option<Snapshot> {
        self.state().open.get(url).map(|open| open.snapshot.clone())
    }

    /// Returns the file of an open document, and its text.
    pub fn file_of(&self, url: &Url) -> Option<(PathBuf, Rope)> {
        let state = self.state();
        let open = state.open.get(url)?;
        Some((open.path.clone()?, open.snapshot.rope.clone()))
    }

    /// Returns all that are open, at one moment.
    pub fn all(&self) -> Vec<OpenDocument> {
        self.state().open.values().cloned().collect()
    }

    /// Finds the open document of a file.
    pub fn of_path(&self, path: &Path) -> Option<Snapshot> {
        let state = self.state();
        let found = state
            .open
            .values()
            .find(|open| open.path.as_deref() == Some(path));
        found.map(|open| open.snapshot.clone())
    }

    /// Returns a number that no other texts of open files have.
    pub fn version(&self) -> u64 {
        let state = self.state();
        let with_file = state.open.values().filter(|open| open.path.is_some());
        version(with_file.map(|open| &open.snapshot))
    }

    /// Notices every change after this call.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    fn tell(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// Locks the documents. Those of a poisoned lock are still whole: the protocol's next full change mends
    /// what a panic in between may have left.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open documents with a file as they were at one moment, so that all places fit one text.
pub struct OpenFiles {
    pub open: HashMap<PathBuf, Snapshot>,
}

impl OpenFiles {
    /// Takes the open documents that have a file.
    pub fn of(open: &[OpenDocument]) -> OpenFiles {
        let open = open.iter();
        let by_path = open.filter_map(|open| Some((open.path.clone()?, open.snapshot.clone())));
        OpenFiles {
            open: by_path.collect(),
        }
    }
}

impl Owners for OpenFiles {
    fn owner(&self, path: &Path) -> Owner {
        match self.open.contains_key(path) {
            true => Owner::Client,
            false => Owner::Server,
        }
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        self.open.get(path).map(Snapshot::text)
    }

    fn revision(&self, path: &Path) -> Option<u64> {
        self.open.get(path).map(|snapshot| snapshot.revision)
    }

    fn version(&self) -> Option<u64> {
        Some(version(self.open.values()))
    }
}

/// Mixes the revisions of documents in any order: no two texts have the same.
fn version<'a>(open: impl Iterator<Item = &'a Snapshot>) -> u64 {
    open.fold(0, |version, snapshot| {
        let mut hasher = DefaultHasher::new();
        snapshot.revision.hash(&mut hasher);
        version ^ hasher.finish()
    })
}

fn apply(rope: &mut Rope, change: &TextDocumentContentChangeEvent, encoding: Encoding) {
    let Some(range) = change.range else {
        *rope = Rope::from_str(&change.text);
        return;
    };
    let start = position::to_char(rope, range.start, encoding);
    let end = position::to_char(rope, range.end, encoding).max(start);
    rope.remove(start..end);
    rope.insert(start, &change.text);
}

/// Returns the file of a URL, with its folder's links resolved, so that one file has one name.
pub fn path_of(url: &Url) -> Option<PathBuf> {
    let path = url.to_file_path().ok()?;
    let folder = path
        .parent()
        .and_then(|folder| dunce::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => Some(folder.join(name)),
        _ => Some(path),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tower_lsp::lsp_types::{Position, Range};

    use super::*;

    fn url() -> Url {
        Url::parse("file:///nowhere/story.md").unwrap()
    }

    fn change(start: (u32, u32), end: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let position = |(line, character)| Position { line, character };
        TextDocumentContentChangeEvent {
            range: Some(Range {
                start: position(start),
                end: position(end),
            }),
            range_length: None,
            text: text.to_owned(),
        }
    }

    #[test]
    fn applies_changes_in_order() {
        let documents = Documents::default();
        documents.open(url(), 1, "The lamp\nwent out.\n");
        documents.change(
            &url(),
            2,
            &[
                change((0, 4), (0, 8), "light"),
                change((1, 0), (1, 4), "died"),
            ],
        );
        let snapshot = documents.get(&url()).unwrap();
        assert_eq!(snapshot.text(), "The light\ndied out.\n");
        assert_eq!(snapshot.version, 2);
    }

    #[test]
    fn nonsense_from_a_client_is_survived() {
        let documents = Documents::default();
        documents.change(&url(), 1, &[change((0, 0), (0, 0), "x")]);
        documents.open(url(), 1, "é");
        documents.change(
            &url(),
            2,
            &[change((5, 0), (0, 0), "x"), change((0, 9), (7, 7), "y")],
        );
        assert!(documents.get(&url()).is_some());
        assert!(documents.close(&url()).is_some());
        assert!(documents.close(&url()).is_none());
    }

    /// Lines as the protocol ends them, each with its end; found without the rope.
    fn lines(text: &str) -> Vec<&str> {
        let mut lines = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['\n', '\r']) {
            let end = at + if rest[at..].starts_with("\r\n") { 2 } else { 1 };
            lines.push(&rest[..end]);
            rest = &rest[end..];
        }
        lines.push(rest);
        lines
    }

    fn width(c: char, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// Where a position is in a text, in bytes; found without the rope.
    fn place(text: &str, (line, column): (u32, u32), encoding: Encoding) -> usize {
        let lines = lines(text);
        let Some(found) = lines.get(line as usize) else {
            return text.len();
        };
        let before: usize = lines[..line as usize].iter().map(|line| line.len()).sum();
        let mut units = 0;
        for (at, c) in found.trim_end_matches(['\n', '\r']).char_indices() {
            units += width(c, encoding);
            if units > column as usize {
                return before + at;
            }
        }
        before + found.trim_end_matches(['\n', '\r']).len()
    }

    /// Applies changes one after the other to a plain string.
    fn changed(mut text: String, changes: &[Edit], encoding: Encoding) -> String {
        for (start, end, new) in changes {
            let start = place(&text, *start, encoding);
            let end = place(&text, *end, encoding).max(start);
            text.replace_range(start..end, new);
        }
        text
    }

    /// What a change puts in place of what stands between two positions.
    type Edit = ((u32, u32), (u32, u32), String);

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];
    /// Letters, emoji (one of several characters), combining marks, ends of lines and what is none.
    const PIECES: &str = "[a-c“ é漢😀\u{301}\u{200d}\u{fe0f}\u{2028}\u{85}\n]{0,8}(\r\n|\r|👩\u{200d}🚀)?[a-c😀\u{301}\n]{0,4}";

    #[track_caller]
    fn check(text: &str, changes: &[Vec<Edit>], encoding: Encoding) {
        let documents = Documents::default();
        documents.set_encoding(encoding);
        documents.open(url(), 1, text);
        let mut expected = text.to_owned();
        for (edits, version) in changes.iter().zip(2..) {
            expected = changed(expected, edits, encoding);
            let events: Vec<_> = (edits.iter())
                .map(|(start, end, text)| change(*start, *end, text))
                .collect();
            documents.change(&url(), version, &events);
            let now = documents.get(&url()).unwrap().text();
            assert!(now == expected, "{encoding:?}: {edits:?}");
        }
    }

    /// Lines of a megabyte, and many cursors in one of them.
    #[test]
    fn long_lines_and_many_cursors_are_as_in_a_plain_string() {
        let line = "a😀e\u{301}\u{2028}漢".repeat(80_000);
        let text = format!("{line}\r\n{line}\n{line}");
        assert!(line.len() > 1_000_000);
        // Editors send the last cursor first, so that the others stay where they are.
        let cursors = |line: u32| -> Vec<Edit> {
            let columns = [399_999, 240_001, 120_000, 7, 2, 1, 0];
            let cursor = |column: &u32| ((line, *column), (line, column + 3), "🕯x".to_owned());
            columns.iter().map(cursor).collect()
        };
        let over = vec![((0, 399_990), (1, 5), "\r".to_owned())];
        for encoding in ENCODINGS {
            check(
                &text,
                &[cursors(1), cursors(0), over.clone(), cursors(2)],
                encoding,
            );
        }
    }

    fn edits() -> impl Strategy<Value = Vec<Vec<Edit>>> {
        let place = || (0..7_u32, 0..14_u32);
        let edit = (place(), place(), PIECES);
        prop::collection::vec(prop::collection::vec(edit, 1..5), 0..6)
    }

    proptest! {
        #[test]
        fn edits_are_as_in_a_plain_string(text in PIECES, changes in edits()) {
            for encoding in ENCODINGS {
                check(&text, &changes, encoding);
            }
        }

        #[test]
        fn no_change_panics(text in any::<String>(), edits in prop::collection::vec((any::<(u32, u32)>(), any::<(u32, u32)>(), any::<String>()), 0..6)) {
            let documents = Documents::default();
            documents.open(url(), 1, &text);
            for (start, end, text) in edits {
                let small = |(line, character): (u32, u32)| (line % 5, character % 20);
                documents.change(&url(), 2, &[change(small(start), small(end), &text)]);
            }
        }
    }
}
