//! What a checkpoint costs beside the least that any safe saving costs, and how long it takes
//! to tell where a very long story stands. What an author waits for in all, `book` tells.
//!
//! Prints medians and ratios; the sides of a ratio take turns in one run, so that whatever
//! else the machine does falls on all of them. `bare` is a write, a sync and a rename of the
//! same bytes; `+ folder` also syncs the folder, without which a power cut may undo the rename.

#[path = "../tests/support/prose.rs"]
#[allow(dead_code)] // the tests use the rest
mod prose;

mod long_story;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use storywright::analysis::stale;
use storywright::analysis::written::Written;
use storywright::session::{
    self, Call, ChunkResult, Disk, Faults, NoEditor, PlannedChunk, Session, StoryFolder, Timestamp,
    TokenUsage, Verdict,
};
use storywright::story::{BeatId, ChunkNumber};

use long_story::{CHUNKS, LongStory, open, session_id};

/// What a checkpoint may cost, in bare savings of the same bytes.
const AIM_RATIO: f64 = 2.0;
/// What status and resume of a long story may take.
const AIM_TIME: Duration = Duration::from_millis(100);

fn main() {
    println!(
        "{:<62} {:>9} {:>7} {:>9} {:>6}",
        "a checkpoint beside a bare write + fsync + rename", "median", "bare", "+ folder", "syncs"
    );
    for bytes in [1_000, 10_000] {
        short_story(bytes);
    }
    let long = LongStory::new();
    end_of_a_long_story(&long);
    println!("\n{:<62} {:>9}", "a long story", "median");
    status_and_resume(&long);
}

/// The medians of a bare saving, of one that syncs the folder too, and of ours.
struct Medians {
    bare: Duration,
    bare_with_folder: Duration,
    ours: Duration,
    /// Files and folders that one of ours syncs.
    syncs: usize,
}

impl Medians {
    fn report(&self, what: &str, has_aim: bool) {
        let ratio = |beside: Duration| self.ours.as_secs_f64() / beside.as_secs_f64();
        let verdict = match ratio(self.bare) <= AIM_RATIO {
            _ if !has_aim => "",
            true => "  within the aim of 2",
            false => "  OVER the aim of 2",
        };
        println!(
            "{what:<62} {:>6.2} ms {:>6.2}× {:>8.2}× {:>6}{verdict}",
            milliseconds(self.ours),
            ratio(self.bare),
            ratio(self.bare_with_folder),
            self.syncs,
        );
    }
}

/// Counts what is synced.
#[derive(Default)]
struct Syncs(AtomicUsize);

impl Faults for Syncs {
    fn before(&self, call: Call, _path: &Path) -> Verdict {
        if matches!(call, Call::Sync | Call::SyncFolder) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Verdict::Go
    }
}

/// A session that is written to.
struct Desk {
    /// On the disk of the session.
    folder: PathBuf,
    session: Session,
    syncs: Arc<Syncs>,
}

impl Desk {
    fn new(story: &StoryFolder, plan: &[PlannedChunk]) -> Desk {
        let syncs = Arc::new(Syncs::default());
        let disk = Disk::with_faults(syncs.clone());
        Desk {
            folder: story.root().to_owned(),
            session: open(story, plan, disk),
            syncs,
        }
    }

    /// Bare savings and `save` take turns. What one of them left to be synced is synced before
    /// the next begins, so that none pays for another.
    fn beside(&self, rounds: usize, bytes: &[u8], mut save: impl FnMut(usize)) -> Medians {
        let [mut bare, mut bare_with_folder, mut ours] = [const { Vec::new() }; 3];
        let before = self.syncs.0.load(Ordering::Relaxed);
        for round in 0..rounds {
            sync_folder(&self.folder).expect("synced");
            bare.push(timed(|| save_bare(&self.folder, bytes).expect("saved")));
            sync_folder(&self.folder).expect("synced");
            bare_with_folder.push(timed(|| {
                save_bare(&self.folder, bytes).expect("saved");
                sync_folder(&self.folder).expect("synced");
            }));
            sync_folder(&self.folder).expect("synced");
            ours.push(timed(|| save(round)));
        }
        Medians {
            bare: median(bare),
            bare_with_folder: median(bare_with_folder),
            ours: median(ours),
            syncs: (self.syncs.0.load(Ordering::Relaxed) - before) / rounds,
        }
    }

    /// Streamed text grows; the same bytes again would be another thing.
    fn partial(&self, number: u32, text: &str, round: usize) {
        let text = format!("{text}{}", ".".repeat(round));
        let saved = self.session.save_partial(ChunkNumber(number), &text);
        saved.expect("saved");
    }

    fn complete(&self, number: u32, text: &str) {
        let saved = self
            .session
            .save_complete(ChunkNumber(number), text, result());
        saved.expect("saved");
    }
}

/// A partial and a complete chunk of a story of 50.
fn short_story(bytes: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let brief = folder.path().join("story.md");
    fs::write(&brief, "# Outline\n").expect("a brief");
    let story = StoryFolder::of_brief(&brief).expect("a folder");
    let plan: Vec<PlannedChunk> = (1..=50).map(planned).collect();
    let desk = Desk::new(&story, &plan);
    let mut text = prose::prose(bytes / 4, 7);
    text.truncate(bytes);

    desk.beside(200, text.as_bytes(), |round| desk.partial(1, &text, round))
        .report(&format!("{bytes} bytes of a chunk so far"), true);
    desk.beside(25, text.as_bytes(), |round| {
        desk.complete(round as u32 + 2, &text);
    })
    .report(
        &format!("{bytes} bytes of a complete chunk, with all that is about it"),
        false,
    );
}

fn save_bare(folder: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = folder.join("bare.tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join("bare.md"))
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The last chunks of a long story, written again.
fn end_of_a_long_story(long: &LongStory) {
    let story = long.story();
    let plan = story.plan(&long.settings);
    let left = CHUNKS - 49;
    for number in left..=CHUNKS {
        fs::remove_file(long.chunk(number)).expect("removed");
    }
    let desk = Desk::new(&story.folder, &plan);
    desk.session.assemble().expect("assembled");
    let texts: Vec<String> = (left..=CHUNKS).map(LongStory::text).collect();
    let text = &texts[0];
    let complete = |at: usize| desk.complete(left + at as u32, &texts[at]);
    let of = format!("of a chunk of {CHUNKS}");
    desk.beside(50, text.as_bytes(), |round| {
        desk.partial(left, text, round);
    })
    .report(&format!("{} bytes {of} so far", text.len()), true);
    desk.beside(15, text.as_bytes(), complete)
        .report(&format!("a complete one {of}"), false);
    desk.beside(15, text.as_bytes(), |round| {
        complete(15 + round);
        desk.partial(left + 16 + round as u32, text, 0);
    })
    .report(&format!("a complete one {of} and the next begun"), false);
    (30..texts.len()).for_each(complete);
}

fn status_and_resume(long: &LongStory) {
    let story = long.story();
    let plan = story.plan(&long.settings);
    let disk = Disk::real();
    let id = session_id();
    time("  reading the brief and planning", || {
        long.story().plan(&long.settings);
    });
    time("  telling what is on disk", || {
        let language = &story.brief.language;
        session::read_session(&story.folder, &id, &plan, language, &NoEditor, &disk)
            .expect("a view");
    });
    let written =
        || Written::read(&story, &id, &plan, &long.settings, &NoEditor, &disk).expect("a session");
    time("  telling what is on disk, and what is known of it", || {
        written();
    });
    let known = written();
    time("  telling what is stale", || {
        stale::reasons(&story, &known, &long.settings);
    });
    drop(known);
    let status = || long.status();
    assert_eq!(status().to_write().count(), 0, "all of it is written");
    let words = long.words;
    within_aim(&format!("status: {CHUNKS} chunks, {words} words"), || {
        drop(status());
    });
    within_aim("resume: opening it for writing", || {
        drop(open(&story.folder, &plan, disk.clone()));
    });
}

fn time(what: &str, work: impl FnMut()) {
    let median = median_of(15, work);
    println!("{what:<62} {:>6.1} ms", milliseconds(median));
}

fn within_aim(what: &str, work: impl FnMut()) {
    let median = median_of(15, work);
    let verdict = match median <= AIM_TIME {
        true => "within the aim of 100 ms",
        false => "OVER the aim of 100 ms",
    };
    println!("{what:<62} {:>6.1} ms  {verdict}", milliseconds(median));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
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
        asked_model: None,
        finish_reason: Some("stop".to_owned()),
        attempts: 1,
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::now(),
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
