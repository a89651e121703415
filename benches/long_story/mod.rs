//! A story of a million words as it lies on disk when all of it is written: prose, states, and
//! a manifest with what each prompt held.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use storywright::analysis::snapshot::{StorySnapshot, StorySource};
use storywright::analysis::status::StoryStatus;
use storywright::analysis::story_file::StoryFile;
use storywright::jobs::run::workshop::Workshop;
use storywright::session::{
    Disk, NoEditor, PlannedChunk, Session, SessionId, StoryFolder, Timestamp,
};
use storywright::settings::Settings;
use storywright::settings::environment::Environment;
use storywright::story::chunk_file::{self, FileStatus};
use storywright::story::state::{CharacterState, ChunkState, Fact, Threads};
use storywright::story::state_file::{StateFile, VERSION};
use storywright::story::{BeatId, Digest, Language};
use storywright::writing::prompt::slices;
use storywright::writing::prompt::slices::Slice;

mod brief;

use super::prose;

pub const CHUNKS: u32 = 670;
pub const CHUNK_WORDS: u32 = 1_493;
/// How many of the first and of the latest chunks a prompt sums up.
const SEALED: usize = 6;
const LATEST: usize = 5;
/// How many characters are in a prompt.
const CAST: usize = 6;

pub struct LongStory {
    folder: tempfile::TempDir,
    pub settings: Settings,
    pub words: u64,
}

impl LongStory {
    pub fn new() -> LongStory {
        let folder = tempfile::tempdir().expect("a folder");
        let brief = brief::brief(CHUNKS as usize, CHUNK_WORDS as usize);
        fs::write(folder.path().join("story.md"), brief).expect("a brief");
        let mut long = LongStory {
            settings: Settings::default(),
            folder,
            words: 0,
        };
        long.settings = long.read().settings;
        long.write();
        long
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn story(&self) -> StoryFile {
        self.read().story
    }

    fn read(&self) -> StorySnapshot {
        let workshop = Self::workshop();
        let brief = self.folder().join("story.md");
        let source = StorySource::of_files(&brief, None);
        workshop.read_story(&source, &NoEditor).expect("a brief")
    }

    /// The status of the story, as a process finds it that knows nothing of it yet.
    pub fn status(&self) -> StoryStatus {
        let workshop = Self::workshop();
        let brief = self.folder().join("story.md");
        let source = StorySource::of_files(&brief, None);
        let status = workshop.look(&source, &NoEditor).status(None);
        StoryStatus::clone(&status.expect("a status"))
    }

    fn workshop() -> Workshop {
        Workshop::new(Environment::of(&[], None), Disk::real(), "bench")
    }

    pub fn chunk(&self, number: u32) -> PathBuf {
        self.root().join(format!("chunks/chunk_{number:03}.md"))
    }

    /// What is written in a chunk.
    pub fn text(number: u32) -> String {
        prose::prose(CHUNK_WORDS as usize, u64::from(number))
    }

    fn root(&self) -> PathBuf {
        self.story().folder.session_root(&session_id())
    }

    /// Puts chunks and states there, lets the store make a manifest from them, and adds to it
    /// what a job records.
    fn write(&mut self) {
        let story = self.story();
        let plan = story.plan(&self.settings);
        let root = self.root();
        for folder in ["chunks", "state"] {
            fs::create_dir_all(root.join(folder)).expect("a folder");
        }
        for chunk in &plan {
            let number = chunk.number.0;
            let text = LongStory::text(number);
            let state = state_file(chunk, &text);
            let text = chunk_file::render(chunk.number, &chunk.beat, FileStatus::Complete, &text);
            fs::write(self.chunk(number), text).expect("written");
            let path = root.join(format!("state/chunk_{number:03}.json"));
            let state = serde_json::to_string_pretty(&state).expect("JSON");
            fs::write(path, state).expect("written");
        }
        let session = open(&story.folder, &plan, Disk::real());
        session.assemble().expect("assembled");
        drop(session);
        let path = root.join("manifest.json");
        let text = fs::read_to_string(&path).expect("a manifest");
        let mut manifest: Value = serde_json::from_str(&text).expect("JSON");
        let chunks = manifest["chunks"].as_array_mut().expect("chunks");
        for (index, chunk) in chunks.iter_mut().enumerate() {
            chunk["inputs"] = json!(inputs(&story, &plan, index));
            chunk["provider"] = "demo".into();
            chunk["model"] = "demo".into();
            let finished = Timestamp::from_second(index as i64).expect("a time");
            chunk["finished"] = json!(finished);
        }
        let text = serde_json::to_string_pretty(&manifest).expect("JSON");
        fs::write(&path, text).expect("written");
        self.words = manifest["totals"]["words"].as_u64().expect("a number");
    }
}

/// What a model finds in a chunk. Most questions that are raised are settled later on.
fn state_file(chunk: &PlannedChunk, text: &str) -> StateFile {
    let number = chunk.number.0;
    let sentences: Vec<&str> = text.split_inclusive(". ").map(str::trim).collect();
    let thread = |number: u32| format!("Who lit the lamp of watch {number} by the northern stair?");
    let state = ChunkState {
        summary: prose::prose(45, u64::from(number) + 1_000),
        time: Some(format!("night {number}")),
        characters: (0..3)
            .map(|other| CharacterState {
                name: format!("Keeper {}", (number + other) % 20 + 1),
                place: Some("the gallery".to_owned()),
                condition: Some("tired".to_owned()),
                knows: vec![format!("that watch {number} was long")],
                holds: vec!["a lamp".to_owned()],
            })
            .collect(),
        facts: (sentences.iter().take(3))
            .map(|quote| Fact {
                subject: "the lamp".to_owned(),
                fact: (*quote).to_owned(),
                quote: (*quote).to_owned(),
            })
            .collect(),
        threads: Threads {
            opened: vec![thread(number)],
            closed: Vec::from_iter((number > 12).then(|| thread(number - 12))),
        },
    };
    StateFile {
        version: VERSION,
        chunk: chunk.number,
        beat: chunk.beat.clone(),
        text_sha256: chunk_file::digest(text),
        provider: "demo".to_owned(),
        model: "demo".to_owned(),
        state_sha256: Digest::of(&serde_json::to_string(&state).expect("JSON")),
        state,
    }
}

/// What the prompt of a chunk held: its own slices, and some of chunks before.
fn inputs(story: &StoryFile, plan: &[PlannedChunk], index: usize) -> BTreeMap<String, Digest> {
    let mut held = slices::of_beat(&story.brief, index, &story.templates);
    let cast = (0..CAST).map(|other| format!("Keeper {}", (index + other) % 20 + 1));
    let cast: Vec<String> = cast.collect();
    held.retain(|slice, _| match slice {
        Slice::Cast(name) => cast.contains(name),
        _ => true,
    });
    let beat = |at: usize| -> BeatId { plan[at].beat.clone() };
    held.insert(Slice::Model, Digest::of("demo/demo"));
    if let Some(before) = index.checked_sub(1) {
        let text = LongStory::text(plan[before].number.0);
        held.insert(Slice::Preceding, slices::preceding(&text));
        held.insert(Slice::State(beat(before)), Digest::of("as it stood"));
    }
    let latest = index.saturating_sub(LATEST).max(SEALED)..index;
    for at in (0..SEALED.min(index)).chain(latest) {
        let summary = prose::prose(45, at as u64 + 1_001);
        held.insert(Slice::Summary(beat(at)), Digest::of(&summary));
    }
    for at in (0..index).step_by(97).take(3) {
        held.extend([slices::quote(&beat(at), "The lamp was lit.")]);
    }
    slices::recorded(&held)
}

pub fn open(folder: &StoryFolder, plan: &[PlannedChunk], disk: Disk) -> Session {
    let language = Language::default();
    let owners = Arc::new(NoEditor);
    let id = session_id();
    Session::open(folder, &id, plan, &language, "bench", owners, disk)
        .expect("a session")
        .session
}

pub fn session_id() -> SessionId {
    SessionId::parse("the-long-watch-01").expect("a name")
}
