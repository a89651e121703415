//! What a checkpoint costs beside the least that any safe saving costs, and how long it takes
//! to tell where a very long story stands.
//!
//! Prints medians and ratios; the two sides of a ratio take turns in one run, so that whatever
//! else the machine does falls on both.

#[path = "../tests/support/prose.rs"]
#[allow(dead_code)] // the tests use the rest
mod prose;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use storywright::engine::environment::Environment;
use storywright::engine::status::StoryStatus;
use storywright::engine::story_file::StoryFile;
use storywright::engine::workshop::Workshop;
use storywright::session::{
    self, ChunkResult, Disk, NoEditor, PlannedChunk, Session, SessionId, StoryFolder, Timestamp,
    TokenUsage,
};
use storywright::story::{BeatId, ChunkNumber, Digest, Language};

const CHUNKS: u32 = 670;
const CHUNK_WORDS: u32 = 1_493;

fn main() {
    for bytes in [1_000, 10_000] {
        checkpoint(bytes);
    }
    long_story();
}

/// A partial and a complete chunk, each beside the bare saving of the same bytes.
fn checkpoint(bytes: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let brief = folder.path().join("story.md");
    fs::write(&brief, "# Outline\n").expect("a brief");
    let story = StoryFolder::of_brief(&brief).expect("a folder");
    let plan: Vec<PlannedChunk> = (1..=50).map(planned).collect();
    let session = open(&story, &plan);
    let mut text = prose::prose(bytes / 4, 7);
    text.truncate(bytes);
    let number = ChunkNumber(1);

    let partial = beside(100, folder.path(), text.as_bytes(), |round| {
        // Streamed text grows; the same bytes again would be another thing.
        let text = format!("{text}{}", ".".repeat(round));
        session.save_partial(number, &text).expect("saved");
    });
    report(&format!("{bytes} bytes of a chunk so far"), partial);
    let complete = beside(plan.len() - 1, folder.path(), text.as_bytes(), |round| {
        let number = ChunkNumber(round as u32 + 2);
        session
            .complete_chunk(number, &text, result())
            .expect("saved");
    });
    report(
        &format!("{bytes} bytes of a complete chunk (with record, full story, changelog)"),
        complete,
    );
}

/// Medians of a bare saving and of `save`, taking turns.
fn beside(
    rounds: usize,
    folder: &Path,
    bytes: &[u8],
    mut save: impl FnMut(usize),
) -> (Duration, Duration) {
    let mut bare = Vec::new();
    let mut ours = Vec::new();
    for round in 0..rounds {
        bare.push(timed(|| save_bare(folder, bytes).expect("saved")));
        ours.push(timed(|| save(round)));
    }
    (median(bare), median(ours))
}

fn save_bare(folder: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = folder.join("bare.tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join("bare.md"))?;
    File::open(folder)?.sync_all()
}

fn report(what: &str, (bare, ours): (Duration, Duration)) {
    println!(
        "checkpoint, {what}: {:.2} ms, bare write + fsync + rename + fsync: {:.2} ms, ratio {:.2}",
        ours.as_secs_f64() * 1e3,
        bare.as_secs_f64() * 1e3,
        ours.as_secs_f64() / bare.as_secs_f64()
    );
}

/// Status and resume of a million words.
fn long_story() {
    let folder = tempfile::tempdir().expect("a folder");
    let brief = folder.path().join("story.md");
    fs::write(&brief, long_brief()).expect("a brief");
    let read = || StoryFile::read(&brief, &NoEditor).expect("a brief");
    let story = read();
    let workshop = Workshop::new(Environment::of(&[], None), Disk::real(), "bench");
    let (settings, _) = workshop.settings(&story, None, None, &Map::new());
    let plan = story.plan(&settings);
    let language = &story.brief.language;
    let words = write_long_session(&story.folder, &plan);
    let id = session_id();

    let view = median_of(9, || {
        let disk = Disk::real();
        session::read_session(&story.folder, &id, &plan, language, &NoEditor, &disk)
            .expect("a view");
    });
    println!("{CHUNKS} chunks, {words} words: read_session {view:.1?}");
    let parse = median_of(9, || {
        read().plan(&settings);
    });
    println!("  reading the brief and planning {parse:.1?}");
    let status = median_of(9, || {
        StoryStatus::read(&story, &settings, None, &NoEditor, &Disk::real()).expect("a status");
    });
    println!("  read_session and what is stale {status:.1?}");
    let opened = median_of(9, || drop(open(&story.folder, &plan)));
    println!("  opening it for writing (resume) {opened:.1?}");
    let process = median_of(9, || {
        let status = Command::new(env!("CARGO_BIN_EXE_storywright"))
            .args(["status", "--json"])
            .current_dir(folder.path())
            .env("STORYWRIGHT_CONFIG", folder.path().join("none.toml"))
            .stdout(Stdio::null())
            .status()
            .expect("the program runs");
        assert!(status.success());
    });
    println!("  `storywright status --json`, the whole process {process:.1?}");
}

fn long_brief() -> String {
    let mut brief = format!(
        "---\ntitle: The Long Watch\nlanguage: en\ntarget_words: {}\nchunk_words: 1500\nprotagonist: Mara Voss\n---\n\
         # Premise\n{}\n\n# Setting\n{}\n\n# Cast\n",
        CHUNKS * CHUNK_WORDS,
        prose::prose(120, 1),
        prose::prose(300, 2),
    );
    for keeper in 1..=20 {
        brief.push_str(&format!(
            "## Keeper {keeper}\n{}\n\n",
            prose::prose(60, keeper)
        ));
    }
    brief.push_str("# Rules\n1. The lamp is never dark.\n2. Nothing is struck out.\n\n# Outline\n");
    for beat in 1..=CHUNKS {
        brief.push_str(&format!(
            "## Watch {beat} {{#watch-{beat}}}\n{}\n\n",
            prose::prose(60, u64::from(beat))
        ));
    }
    brief
}

/// Puts the chunk files there, lets the store make a manifest from them, and adds to it what
/// a job records. Returns the length in words.
fn write_long_session(folder: &StoryFolder, plan: &[PlannedChunk]) -> u32 {
    let root = folder.session_root(&session_id());
    fs::create_dir_all(root.join("chunks")).expect("a folder");
    for chunk in plan {
        let text = prose::prose(CHUNK_WORDS as usize, u64::from(chunk.number.0));
        let file = session::chunk_file::render(
            chunk.number,
            &chunk.beat,
            session::chunk_file::FileStatus::Complete,
            &text,
        );
        let name = format!("chunks/chunk_{:03}.md", chunk.number.0);
        fs::write(root.join(name), file).expect("written");
    }
    open(folder, plan).assemble().expect("assembled");
    let path = root.join("manifest.json");
    let text = fs::read_to_string(&path).expect("a manifest");
    let mut manifest: Value = serde_json::from_str(&text).expect("JSON");
    let slices = ["facts", "style", "beat", "template", "outline", "next beat"];
    let more = [
        "rule 1",
        "rule 2",
        "preceding text",
        "cast Keeper 1",
        "cast Keeper 2",
    ];
    let inputs: BTreeMap<&str, Digest> = slices
        .into_iter()
        .chain(more)
        .map(|name| (name, Digest::of(name)))
        .collect();
    for chunk in manifest["chunks"].as_array_mut().expect("chunks") {
        chunk["inputs"] = serde_json::to_value(&inputs).expect("JSON");
        chunk["provider"] = "demo".into();
        chunk["model"] = "demo".into();
    }
    fs::write(&path, manifest.to_string()).expect("written");
    let words = manifest["totals"]["words"].as_u64().expect("a number");
    u32::try_from(words).expect("a length")
}

fn open(folder: &StoryFolder, plan: &[PlannedChunk]) -> Session {
    let language = Language::default();
    let owners = Arc::new(NoEditor);
    let id = session_id();
    Session::open(folder, &id, plan, &language, "bench", owners, Disk::real())
        .expect("a session")
        .session
}

fn session_id() -> SessionId {
    SessionId::parse("the-long-watch-01").expect("a name")
}

fn planned(number: u32) -> PlannedChunk {
    PlannedChunk {
        number: ChunkNumber(number),
        beat: BeatId(format!("watch-{number}")),
        title: format!("Watch {number}"),
        target_words: 200,
        chapter: None,
        body: None,
    }
}

fn result() -> ChunkResult {
    ChunkResult {
        provider: "demo".to_owned(),
        model: "demo".to_owned(),
        finish_reason: Some("stop".to_owned()),
        attempts: 1,
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::UNIX_EPOCH,
        elapsed_ms: 1_500,
        first_token_ms: Some(20),
        usage: TokenUsage::default(),
        cost: None,
        inputs: BTreeMap::new(),
        demo: true,
    }
}

fn median_of(rounds: usize, mut work: impl FnMut()) -> Duration {
    // The first one warms the caches.
    work();
    median((0..rounds).map(|_| timed(&mut work)).collect())
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
