//! A job that writes chunks faster than it brings up to date what is made from them: what it costs a chunk, and
//! what others see meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::fixture::{EndChunk, Story, english, n, plan, result};
use storywright::session::{
    self, Call, ChunkStatus, Disk, Faults, NoEditor, Origin, Session, SessionView, Timestamp,
    Verdict,
};

/// Counts the calls of each kind, and lets none through once the process is dead.
#[derive(Default)]
struct Counter {
    cost: Mutex<Cost>,
    is_dead: Mutex<bool>,
}

#[derive(Default)]
struct Cost {
    calls: BTreeMap<Call, usize>,
    /// The bytes of the files that were read.
    read: u64,
    /// The bytes of the files that were synced, and what the log had before.
    synced: u64,
    logged: u64,
}

impl Faults for Counter {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        if *self.is_dead.lock().unwrap() {
            return Verdict::Fail(io::Error::other("the process is dead"));
        }
        let mut cost = self.cost.lock().unwrap();
        *cost.calls.entry(call).or_default() += 1;
        let length = fs::metadata(path).map_or(0, |file| file.len());
        match call {
            Call::Read => cost.read += length,
            Call::Sync if path.ends_with("records.jsonl") => {
                cost.synced += length - cost.logged;
                cost.logged = length;
            }
            Call::Sync => cost.synced += length,
            _ => {}
        }
        Verdict::Go
    }
}

impl Counter {
    fn take(&self) -> Cost {
        let mut cost = self.cost.lock().unwrap();
        let logged = cost.logged;
        let next = Cost {
            logged,
            ..Cost::default()
        };
        std::mem::replace(&mut cost, next)
    }
}

/// A job on a disk whose clock stands still, so that nothing is ever due again.
fn open(story: &Story, outline: &[&str]) -> (Session, Arc<Counter>) {
    let counter = Arc::new(Counter::default());
    let at: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let disk = Disk::with_faults(counter.clone()).with_clock(move || at);
    (story.try_open(outline, disk).unwrap().session, counter)
}

fn prose(number: u32) -> String {
    format!(
        "This is part {number:04} of the story. {}",
        "And on it goes. ".repeat(100)
    )
}

/// Writes a chunk as a job does.
fn write(session: &Session, number: u32) {
    let text = prose(number);
    let (chunk, view) = session.chunk_and_view(n(number)).unwrap();
    assert_eq!(chunk.status, ChunkStatus::Missing);
    if let Some(before) = view.chunk(n(number - 1)) {
        assert_eq!(before.text.trim(), prose(number - 1).trim());
    }
    let (at, inputs) = (result().started, result().inputs);
    session
        .note_begun(n(number), at, inputs, Vec::new())
        .unwrap();
    session.save_partial(n(number), &text[..500]).unwrap();
    session.save_partial(n(number), &text[..1000]).unwrap();
    session.save_complete(n(number), &text, result()).unwrap();
}

fn ids(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("beat-{number}")).collect()
}

#[test]
fn what_a_chunk_costs_does_not_grow_with_the_book() {
    let story = Story::in_memory();
    let ids = ids(301);
    let outline: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (session, counter) = open(&story, &outline);
    let mut costs = BTreeMap::new();
    for number in 1..=300 {
        counter.take();
        write(&session, number);
        costs.insert(number, counter.take());
    }
    let told = |number: u32| {
        let count = |call: &Call| costs[&number].calls.get(call).copied().unwrap_or(0);
        [
            Call::Read,
            Call::List,
            Call::Create,
            Call::Write,
            Call::Rename,
            Call::Sync,
            Call::SyncFolder,
        ]
        .map(|call| (call, count(&call)))
    };
    assert_eq!(told(10), told(300));
    // A new call has to be worth its time. Three of the reads look right before a rename whether the author
    // has saved the file. One read, one file and a line with each of two saves tell what was typed into the
    // text after a kill.
    let expected = [12, 5, 6, 9, 3, 5, 3];
    assert_eq!(
        told(300).map(|(_, count)| count),
        expected,
        "{:?}",
        told(300)
    );
    // Only numbers and names are longer.
    for bytes in [|cost: &Cost| cost.read, |cost: &Cost| cost.synced] {
        let (early, late) = (bytes(&costs[&10]), bytes(&costs[&300]));
        assert!(late.abs_diff(early) < 100, "{early} bytes, then {late}");
    }
    println!(
        "read {}, synced {} bytes",
        costs[&300].read, costs[&300].synced
    );

    // Nothing of it is lost, and the files are right once the job has ended.
    drop(session);
    let whole = story.read("full_story.md");
    let manifest: serde_json::Value = serde_json::from_str(&story.read("manifest.json")).unwrap();
    let changelog = story.read("CHANGELOG.md");
    for number in 1..=300 {
        assert!(whole.contains(prose(number).trim()), "{number}");
        let record = &manifest["chunks"][number as usize - 1];
        assert_eq!(record["status"], "complete", "{number}");
        assert_eq!(record["cost"], 0.25, "{number}");
        let line = format!("wrote chunk {number} (");
        assert_eq!(changelog.matches(&line).count(), 1, "{number}");
    }
    assert_eq!(manifest["totals"]["complete"], 300);
    assert!(!story.exists(".work/records.jsonl"));
    let index = fs::read_to_string(story.folder.generated().join("SESSIONS.md")).unwrap();
    assert!(index.contains("| 300 of 301 |"), "{index}");
}

/// Status, origin and cost of each chunk.
fn known(view: &SessionView) -> Vec<(ChunkStatus, Option<Origin>, Option<f64>)> {
    let chunks = view.chunks.iter();
    chunks
        .map(|chunk| {
            let cost = chunk.record.as_ref().and_then(|record| record.cost);
            (chunk.status, chunk.origin, cost)
        })
        .collect()
}

#[test]
fn another_process_sees_at_once_what_the_manifest_has_not_yet() {
    let story = Story::new();
    let outline = ["a", "b", "c"];
    let (session, _) = open(&story, &outline);
    session.complete_chunk(n(1), "One.", result()).unwrap();
    let before = story.read("manifest.json");
    session.save_complete(n(2), "Two.", result()).unwrap();
    session.retire_chunk(n(1), "rewrite").unwrap();
    session.save_partial(n(1), "One, aga").unwrap();
    session
        .save_failed(n(3), "I can't.", result(), "refused")
        .unwrap();
    assert_eq!(story.read("manifest.json"), before);
    let generated = Some(Origin::Generated);
    let expected = [
        (ChunkStatus::Partial, generated, Some(0.25)),
        (ChunkStatus::Complete, generated, Some(0.25)),
        (ChunkStatus::Failed, generated, Some(0.25)),
    ];
    assert_eq!(known(&story.view(&outline)), expected);
    assert_eq!(known(&session.view().unwrap()), expected);
    session
        .save_complete(n(1), "One, again.", result())
        .unwrap();
    let view = story.view(&outline);
    let chunk = &view.chunks[0];
    assert_eq!(
        (chunk.status, chunk.origin),
        (ChunkStatus::Complete, generated)
    );
    // The index of another draft's job counts them too.
    let index = || fs::read_to_string(story.folder.generated().join("SESSIONS.md")).unwrap();
    assert!(index().contains("| 1 of 3 |"), "{}", index());
    session.update_index().unwrap();
    assert!(index().contains("| 2 of 3 |"), "{}", index());
    session.update_derived().unwrap();
    assert_ne!(story.read("manifest.json"), before);
    assert_eq!(known(&story.view(&outline))[1..], expected[1..]);
}

/// A chunk that is ended, and a process that dies right after one of the files that it writes.
#[test]
fn a_process_that_dies_between_text_record_and_derived_files_loses_nothing() {
    let outline = ["a", "b"];
    let log = ".work/records.jsonl";
    type Death = fn(&Story, &[(PathBuf, Vec<u8>)]);
    let rows: [(&str, Death, ChunkStatus, &str); 4] = [
        ("after all", |_, _| {}, ChunkStatus::Complete, "Two, new."),
        (
            "between record and text",
            |_, before| {
                for (path, text) in before {
                    fs::write(path, text).unwrap();
                }
            },
            ChunkStatus::Partial,
            "Two, n",
        ),
        (
            "with the text there, and not yet marked as complete",
            |story, _| {
                let text = story
                    .read("chunks/chunk_02.md")
                    .replace("complete", "partial");
                story.write("chunks/chunk_02.md", &text);
            },
            ChunkStatus::Complete,
            "Two, new.",
        ),
        (
            "and .work is deleted",
            |story, _| fs::remove_dir_all(story.path(".work")).unwrap(),
            ChunkStatus::Complete,
            "Two, new.",
        ),
    ];
    for (what, death, status, text) in rows {
        let story = Story::new();
        let (session, counter) = open(&story, &outline);
        session.complete_chunk(n(1), "One.", result()).unwrap();
        session.complete_chunk(n(2), "Two, old.", result()).unwrap();
        session.retire_chunk(n(2), "rewrite").unwrap();
        session.save_partial(n(2), "Two, n").unwrap();
        let path = story.path("chunks/chunk_02.md");
        let before = [(path.clone(), fs::read(&path).unwrap())];
        session.save_complete(n(2), "Two, new.", result()).unwrap();
        *counter.is_dead.lock().unwrap() = true;
        drop(session);
        death(&story, &before);

        let seen = &story.view(&outline).chunks[1];
        assert_eq!(seen.text.trim_end(), text, "{what}");
        let opened = story.open(&outline);
        let chunk = opened.session.chunk(n(2)).unwrap();
        assert_eq!((chunk.status, &*chunk.text), (status, text), "{what}");
        assert_eq!(chunk.origin, Some(Origin::Generated), "{what}");
        let record = chunk.record.unwrap();
        assert_eq!(record.cost, Some(0.25), "{what}");
        assert!(!story.exists(log), "{what}");
        if status == ChunkStatus::Complete {
            assert!(
                story.read("full_story.md").contains(text) || what.contains(".work"),
                "{what}"
            );
            opened.session.assemble().unwrap();
            assert!(story.read("full_story.md").contains(text), "{what}");
            assert!(
                !story.exists("history/full_story"),
                "{what}: all of it was ours"
            );
        }
        let versions = opened.session.versions(n(2)).unwrap();
        assert_eq!(versions.len(), 1, "{what}");
    }
}

/// A manifest that came back from elsewhere is not taken for the one that the log goes on from.
#[test]
fn a_log_says_nothing_beside_another_manifest() {
    let story = Story::new();
    let outline = ["a"];
    let (session, counter) = open(&story, &outline);
    session.complete_chunk(n(1), "One.", result()).unwrap();
    session
        .save_complete(n(1), "One, again.", result())
        .unwrap();
    *counter.is_dead.lock().unwrap() = true;
    drop(session);
    let manifest = story.read("manifest.json");
    story.write("manifest.json", &format!("{manifest}\n"));
    story.write("chunks/chunk_01.md", crate::fixture::A);
    let text = story
        .read("chunks/chunk_01.md")
        .replace("Text of a.", "One.");
    story.write("chunks/chunk_01.md", &text);
    let view = story.view(&outline);
    assert_eq!(view.chunks[0].origin, Some(Origin::Generated));
    let opened = session::Session::open(
        &story.folder,
        &story.id,
        &plan(&outline),
        &english(),
        "test",
        Arc::new(NoEditor),
        Disk::real(),
    )
    .unwrap();
    assert_eq!(
        opened.session.chunk(n(1)).unwrap().origin,
        Some(Origin::Generated)
    );
    assert!(!story.exists(".work/records.jsonl"));
}
