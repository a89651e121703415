//! What a power cut can do that a killed process cannot: take back whatever was not synced.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::fixture::{EndChunk, Story, n, result};
use storywright::session::{Call, ChunkStatus, Disk, Faults, Verdict};

/// The files that say what is still to be done.
const TO_DO: [&str; 2] = [".intent.json", "records.jsonl"];

/// Writes down every call, and keeps what is still to be done before it goes.
#[derive(Default)]
struct Recorder {
    calls: Mutex<Vec<(Call, PathBuf)>>,
    to_do: Mutex<Option<(PathBuf, Vec<u8>)>>,
}

impl Faults for Recorder {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        if call == Call::Remove
            && TO_DO.iter().any(|name| path.ends_with(name))
            && let Ok(text) = fs::read(path)
        {
            *self.to_do.lock().unwrap() = Some((path.to_owned(), text));
        }
        self.calls.lock().unwrap().push((call, path.to_owned()));
        Verdict::Go
    }
}

impl Recorder {
    fn take(&self) -> Vec<(Call, PathBuf)> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

/// The file that a temporary one is going to be.
fn target(temporary: &Path) -> Option<String> {
    let name = temporary.file_name()?.to_str()?;
    let inner = name.strip_prefix('.')?.strip_suffix(".tmp")?;
    Some(inner.rsplit_once('.')?.0.to_owned())
}

/// No name may point to bytes that are not on disk, and the log of records must outlive every name that was
/// given to what is made from them.
#[test]
fn everything_is_synced_before_the_log_goes() {
    let story = Story::new();
    let recorder = Arc::new(Recorder::default());
    let session = story
        .try_open(&["a", "b"], Disk::with_faults(recorder.clone()))
        .unwrap()
        .session;
    session.complete_chunk(n(1), "One.", result()).unwrap();
    recorder.take();
    session.complete_chunk(n(2), "Two.", result()).unwrap();
    let calls = recorder.take();
    let at = |wanted: &dyn Fn(&(Call, PathBuf)) -> bool| calls.iter().position(wanted);
    let gone =
        at(&|(call, path)| *call == Call::Remove && path.ends_with("records.jsonl")).unwrap();

    let mut renamed = Vec::new();
    for (index, (call, path)) in calls.iter().enumerate() {
        if *call != Call::Rename {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        renamed.push(name);
        let synced =
            at(&|(call, from)| *call == Call::Sync && target(from).as_deref() == Some(name));
        assert!(
            synced.is_some_and(|synced| synced < index),
            "{name}: bytes before name"
        );
        let folder = path.parent().unwrap();
        let kept = calls[index..]
            .iter()
            .position(|(call, path)| *call == Call::SyncFolder && path == folder);
        let kept = kept.map(|kept| index + kept);
        if name != "SESSIONS.md" {
            assert!(
                kept.is_some_and(|kept| kept < gone),
                "{name}: name before the log goes"
            );
        }
    }
    assert_eq!(
        renamed,
        [
            "records.jsonl",
            "chunk_02.md",
            "CHANGELOG.md",
            "manifest.json",
            "SESSIONS.md"
        ]
    );
    let syncs = calls
        .iter()
        .filter(|(call, _)| matches!(call, Call::Sync | Call::SyncFolder));
    assert_eq!(syncs.count(), 8, "a new sync has to be worth its time");
}

/// The removal of what is done is not synced: it may come back after much else was saved.
#[test]
fn what_was_done_and_comes_back_changes_nothing() {
    let outline = ["a", "b"];
    /// What happens after the change that comes back.
    type After = fn(&Story);
    let rows: &[(&str, After, &str)] = &[
        ("nothing", |_| {}, "Mine is yours."),
        (
            "the next chunk begins",
            |story| {
                let session = story.open(&["a", "b"]).session;
                session.save_partial(n(2), "And on").unwrap();
            },
            "Mine is yours.",
        ),
        (
            "the author edits it",
            |story| {
                let text = story.read("chunks/chunk_01.md").replace("yours", "mine");
                story.write("chunks/chunk_01.md", &text);
            },
            "Mine is mine.",
        ),
        (
            "the author edits the changelog and the whole story",
            |story| {
                for file in ["CHANGELOG.md", "full_story.md"] {
                    let text = story.read(file) + "\nThe author's own line.\n";
                    story.write(file, &text);
                }
            },
            "Mine is yours.",
        ),
    ];
    let both = TO_DO
        .iter()
        .flat_map(|file| rows.iter().map(move |row| (file, row)));
    for (file, (what, after, expected)) in both {
        let what = &format!("{file}, {what}");
        let story = Story::new();
        let recorder = Arc::new(Recorder::default());
        let session = story
            .try_open(&outline, Disk::with_faults(recorder.clone()))
            .unwrap()
            .session;
        session
            .complete_chunk(n(1), "Mine is yours.", result())
            .unwrap();
        if *file == ".intent.json" {
            session.complete_chunk(n(1), "Ours.", result()).unwrap();
            session.restore_version(n(1), Some(1)).unwrap();
        }
        drop(session);
        let lines = story.read("CHANGELOG.md").lines().count();
        after(&story);
        let (path, to_do) = recorder.to_do.lock().unwrap().take().unwrap();
        assert!(path.ends_with(file), "{what}");
        fs::write(path, to_do).unwrap();

        let opened = story.open(&outline);
        let view = opened.session.view().unwrap();
        assert_eq!(view.chunks[0].text, *expected, "{what}");
        assert_eq!(view.chunks[0].status, ChunkStatus::Complete, "{what}");
        assert!(!story.exists(".intent.json"), "{what}");
        assert!(!story.exists(".work/records.jsonl"), "{what}");
        let wrote = story.read("CHANGELOG.md");
        let mut told: Vec<&str> = wrote
            .lines()
            .filter(|line| line.starts_with("- "))
            .collect();
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), count, "{what}: {wrote}");
        assert!(wrote.lines().count() >= lines, "{what}");
        if what.contains("changelog") {
            assert!(wrote.contains("The author's own line."), "{what}");
        }
        opened.session.assemble().unwrap();
        if what.contains("changelog") {
            let kept = story.read("history/full_story/0001.md");
            assert!(kept.contains("The author's own line."), "{what}");
        }
        let whole = story.read("full_story.md");
        assert!(
            whole.contains(expected) && !whole.contains("own line"),
            "{what}: {whole}"
        );
    }
}

/// full_story.md is not synced when it grows: its end may be gone, or be zeros.
#[test]
fn a_full_story_that_lost_its_end_is_made_whole() {
    type Row = (&'static str, fn(&str) -> Vec<u8>, bool);
    let rows: [Row; 4] = [
        (
            "cut short",
            |text| text.as_bytes()[..text.len() / 2].to_vec(),
            false,
        ),
        // In the middle of a letter: as bytes it is still a beginning of the story.
        (
            "cut inside a letter",
            |text| text.as_bytes()[..=text.find('…').unwrap()].to_vec(),
            false,
        ),
        ("empty", |_| Vec::new(), false),
        (
            "zeros",
            |text| [&text.as_bytes()[..12], &[0; 9]].concat(),
            true,
        ),
    ];
    for (what, damage, kept) in rows {
        let story = Story::new();
        let session = story.open(&["a", "b"]).session;
        session
            .complete_chunk(n(1), "One… and one.", result())
            .unwrap();
        let text = story.read("full_story.md");
        fs::write(story.path("full_story.md"), damage(&text)).unwrap();
        session.complete_chunk(n(2), "Two.", result()).unwrap();
        let expected = format!("{text}\nTwo.\n");
        assert_eq!(story.read("full_story.md"), expected, "{what}");
        assert_eq!(story.exists("history/full_story/0001.md"), kept, "{what}");
    }
}

/// What is new is added to the story; what changed before its end is written whole.
#[cfg(unix)]
#[test]
fn the_full_story_grows_in_place_and_is_replaced_where_it_changes() {
    use std::os::unix::fs::MetadataExt as _;
    let story = Story::new();
    let session = story.open(&["a", "b", "c"]).session;
    let file = || fs::metadata(story.path("full_story.md")).unwrap().ino();
    session.complete_chunk(n(1), "One.", result()).unwrap();
    let first = file();
    session.complete_chunk(n(3), "Three.", result()).unwrap();
    assert_eq!(file(), first);
    // A reader has the old file open; it must not change under them in the middle.
    session.complete_chunk(n(2), "Two.", result()).unwrap();
    assert_ne!(file(), first);
    let whole = story.read("full_story.md");
    assert!(whole.ends_with("\nOne.\n\nTwo.\n\nThree.\n"), "{whole}");
    assert!(!story.exists("history/full_story"), "all of it was ours");
}
