//! A story folder for the tests of the store: a brief, an outline, and what an author does.
#![allow(dead_code)] // each test file uses its own part

#[path = "../support/numbered.rs"]
mod numbered;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use storywright::session::{
    self, ChunkResult, ChunkStatus, Disk, Mending, NoEditor, Opened, Owner, Owners, PlannedChunk,
    Saved, Session, SessionId, SessionView, StoreError, StoryFolder, Timestamp, TokenUsage,
};
use storywright::story::{BeatId, ChunkNumber, Digest, Language};

/// A folder with `story.md`; gone with the value.
pub struct Story {
    _folder: tempfile::TempDir,
    pub folder: StoryFolder,
    pub id: SessionId,
}

impl Story {
    pub fn new() -> Story {
        Story::inside(tempfile::tempdir().unwrap())
    }

    /// On a file system in memory where there is one: for tests that write thousands of
    /// stories, and for which the syncing of a real disk proves nothing.
    pub fn in_memory() -> Story {
        Story::inside(
            tempfile::tempdir_in("/dev/shm")
                .or_else(|_| tempfile::tempdir())
                .unwrap(),
        )
    }

    /// The same story in another folder in memory, as it is on disk now.
    pub fn copy(&self) -> Story {
        fn copy_folder(from: &Path, to: &Path) {
            for entry in fs::read_dir(from).unwrap().flatten() {
                let to = to.join(entry.file_name());
                if entry.file_type().unwrap().is_dir() {
                    fs::create_dir(&to).unwrap();
                    copy_folder(&entry.path(), &to);
                } else {
                    fs::copy(entry.path(), to).unwrap();
                }
            }
        }
        let copy = Story::in_memory();
        copy_folder(self.folder.root(), copy.folder.root());
        copy
    }

    fn inside(temporary: tempfile::TempDir) -> Story {
        let brief = temporary.path().join("story.md");
        fs::write(
            &brief,
            "---\ntitle: The Lamp Keeper\nlanguage: en\n---\n# Outline\n",
        )
        .unwrap();
        Story {
            folder: StoryFolder::of_brief(&brief).unwrap(),
            _folder: temporary,
            id: SessionId::parse("the-lamp-keeper-01").unwrap(),
        }
    }

    pub fn try_open(&self, outline: &[&str], disk: Disk) -> Result<Opened, StoreError> {
        self.open_as(outline, Arc::new(NoEditor), disk)
    }

    pub fn open_as(
        &self,
        outline: &[&str],
        owners: Arc<dyn Owners>,
        disk: Disk,
    ) -> Result<Opened, StoreError> {
        let plan = plan(outline);
        session::Session::open(
            &self.folder,
            &self.id,
            &plan,
            &english(),
            "test",
            owners,
            disk,
        )
    }

    pub fn open(&self, outline: &[&str]) -> Opened {
        self.try_open(outline, Disk::real()).unwrap()
    }

    pub fn view(&self, outline: &[&str]) -> SessionView {
        self.view_as(outline, &NoEditor)
    }

    pub fn view_as(&self, outline: &[&str], owners: &dyn Owners) -> SessionView {
        session::read_session(
            &self.folder,
            &self.id,
            &plan(outline),
            &english(),
            owners,
            &Disk::real(),
        )
        .unwrap()
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        numbered::found(&self.folder.session_root(&self.id).join(inside))
    }

    pub fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
    }

    pub fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn remove(&self, inside: &str) {
        fs::remove_file(self.path(inside)).unwrap();
    }

    pub fn exists(&self, inside: &str) -> bool {
        self.path(inside).exists()
    }

    /// Whether a text stands in any file of the session, as prose or inside JSON.
    pub fn has_anywhere(&self, text: &str) -> bool {
        is_in(&self.everything(), text)
    }

    /// The text of all files of all sessions, one after the other.
    pub fn everything(&self) -> String {
        fn add(folder: &Path, all: &mut String) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    add(&entry.path(), all);
                } else {
                    let content = fs::read(entry.path()).unwrap_or_default();
                    all.push_str(&String::from_utf8_lossy(&content));
                    all.push('\n');
                }
            }
        }
        let mut all = String::new();
        add(&self.folder.generated(), &mut all);
        all
    }

    /// Names in a folder of the session, sorted, without digests.
    pub fn names(&self, inside: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(inside))
            .map(|entries| {
                entries
                    .flatten()
                    .map(|entry| numbered::plain(&entry.file_name().into_string().unwrap()))
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }
}

/// Whether files hold a text, as prose or inside JSON.
pub fn is_in(files: &str, text: &str) -> bool {
    let json = serde_json::Value::from(text).to_string();
    files.contains(text) || files.contains(json.trim_matches('"'))
}

/// An outline: `id`, `id@chapter`, or `id=old` for a beat that says what `old` said; each with
/// its id in capitals for a title.
pub fn plan(outline: &[&str]) -> Vec<PlannedChunk> {
    (1..)
        .zip(outline)
        .map(|(number, beat)| {
            let (id, chapter) = match beat.split_once('@') {
                Some((id, chapter)) => (id, Some(chapter.to_owned())),
                None => (*beat, None),
            };
            let (id, body) = id.split_once('=').unwrap_or((id, id));
            PlannedChunk {
                number: ChunkNumber(number),
                beat: BeatId(id.to_owned()),
                title: id.to_uppercase(),
                target_words: 100,
                chapter,
                body: Some(Digest::of(body)),
            }
        })
        .collect()
}

pub fn english() -> Language {
    Language::default()
}

pub fn n(number: u32) -> ChunkNumber {
    ChunkNumber(number)
}

pub fn result() -> ChunkResult {
    let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    ChunkResult {
        provider: "demo".to_owned(),
        model: "demo-1".to_owned(),
        asked_model: None,
        finish_reason: Some("stop".to_owned()),
        attempts: 1,
        started: start,
        finished: start,
        elapsed_ms: 1500,
        first_token_ms: Some(20),
        usage: TokenUsage {
            input_tokens: Some(1000),
            output_tokens: Some(200),
            ..TokenUsage::default()
        },
        cost: Some(0.25),
        inputs: BTreeMap::from([("beat".to_owned(), Digest::of("beat"))]),
        demo: true,
    }
}

/// Another beginning for a chunk.
pub fn mending(prose: &str) -> Mending {
    Mending {
        prose: Some(prose.to_owned()),
        why: "the beginning was fitted".to_owned(),
        input: ("before".to_owned(), Digest::of("before")),
        next: (Digest::of("then"), Digest::of("now")),
        usage: TokenUsage {
            input_tokens: Some(10),
            output_tokens: Some(5),
            ..TokenUsage::default()
        },
        cost: Some(0.5),
    }
}

/// An editor with some files open.
#[derive(Default)]
pub struct Editor {
    buffers: Mutex<BTreeMap<PathBuf, String>>,
    /// In which the author is typing, and how many words he has typed.
    typing: Mutex<(PathBuf, u32)>,
}

impl Editor {
    pub fn open(&self, path: &Path) {
        let text = fs::read_to_string(path).unwrap_or_default();
        self.edit(path, &text);
    }

    pub fn edit(&self, path: &Path, text: &str) {
        self.buffers
            .lock()
            .unwrap()
            .insert(path.to_owned(), text.to_owned());
    }

    pub fn text(&self, path: &Path) -> String {
        self.buffers.lock().unwrap()[path].clone()
    }

    pub fn save(&self, path: &Path) {
        fs::write(path, self.text(path)).unwrap();
    }

    /// From here on the author types a word between any two looks at this file.
    pub fn types_at_every_look(&self, path: &Path) {
        *self.typing.lock().unwrap() = (path.to_owned(), 0);
    }

    pub fn close(&self, path: &Path) {
        self.buffers.lock().unwrap().remove(path);
    }
}

impl Owners for Editor {
    fn owner(&self, path: &Path) -> Owner {
        if self.buffers.lock().unwrap().contains_key(path) {
            Owner::Client
        } else {
            Owner::Server
        }
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        let mut buffers = self.buffers.lock().unwrap();
        let text = buffers.get_mut(path)?;
        let mut typing = self.typing.lock().unwrap();
        if typing.0 == path {
            typing.1 += 1;
            text.push_str(&format!("typed{}.\n", typing.1));
        }
        Some(text.clone())
    }
}

/// Ends a chunk as a job does that has nothing else to do: at once with all that is made from it.
pub trait EndChunk {
    fn complete_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
    ) -> Result<Saved, StoreError>;

    fn fail_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
        reason: &str,
    ) -> Result<Saved, StoreError>;
}

impl EndChunk for Session {
    fn complete_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
    ) -> Result<Saved, StoreError> {
        let mut saved = self.save_complete(number, prose, result)?;
        saved.add(self.update_derived()?);
        Ok(saved)
    }

    fn fail_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
        reason: &str,
    ) -> Result<Saved, StoreError> {
        let mut saved = self.save_failed(number, prose, result, reason)?;
        saved.add(self.update_derived()?);
        Ok(saved)
    }
}

/// The texts in history of a chunk, oldest first.
pub fn kept_texts(session: &Session, number: ChunkNumber) -> Vec<String> {
    let versions = session.versions(number).unwrap().into_iter();
    versions
        .map(|kept| kept.file.prose.trim().to_owned())
        .collect()
}

/// A chunk file as the store writes it.
pub const A: &str = "---\nchunk: 1\nbeat: a\nstatus: complete\n---\nText of a.\n";

/// A story of three complete chunks.
pub fn written() -> Story {
    let story = Story::new();
    let session = story.open(&["a", "b", "c"]).session;
    for (number, prose) in [(1, "Text of a."), (2, "Text of b."), (3, "Text of c.")] {
        session.complete_chunk(n(number), prose, result()).unwrap();
    }
    story
}

/// Each chunk as `beat text`, `beat text*` when edited, `beat -` when missing.
pub fn told(story: &Story, outline: &[&str]) -> Vec<String> {
    let view = story.view(outline);
    let chunks = view.chunks.iter().map(|chunk| {
        let text = match chunk.status {
            ChunkStatus::Missing => "-",
            _ => chunk.text.strip_prefix("Text of ").unwrap_or(&chunk.text),
        };
        let star = if chunk.edited { "*" } else { "" };
        format!("{} {text}{star}", chunk.beat)
    });
    chunks.collect()
}
