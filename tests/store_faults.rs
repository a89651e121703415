//! What the disk, a crash or a hostile workspace can do: nothing is lost, and the error says
//! what is safe.

mod store;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use store::{Editor, Story, n, result};
use storywright::session::{
    Call, ChunkStatus, Disk, Faults, Manifest, NextStep, Owners, SessionId, StoreError,
    StoryFolder, Verdict, settle_journal,
};

/// What goes wrong at one call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    /// This call fails, the next ones work.
    Once(i32),
    /// A write gets half through, then this call fails.
    Half(i32),
    /// This call and all after it fail: the process is dead.
    Crash,
    /// It gets half through before the process dies.
    HalfCrash,
}

/// Counts calls and lets one go wrong.
struct Fault {
    calls: Mutex<Vec<Call>>,
    at: usize,
    wrong: Wrong,
}

impl Fault {
    fn at(at: usize, wrong: Wrong) -> Arc<Fault> {
        Arc::new(Fault {
            calls: Mutex::new(Vec::new()),
            at,
            wrong,
        })
    }

    fn crashed(&self) -> bool {
        let dies = matches!(self.wrong, Wrong::Crash | Wrong::HalfCrash);
        dies && self.calls.lock().unwrap().len() > self.at
    }
}

impl Faults for Fault {
    fn before(&self, call: Call, _path: &Path) -> Verdict {
        let mut calls = self.calls.lock().unwrap();
        let now = calls.len();
        calls.push(call);
        let dead = || io::Error::other("the process is dead");
        match self.wrong {
            Wrong::Crash | Wrong::HalfCrash if now > self.at => Verdict::Fail(dead()),
            _ if now != self.at => Verdict::Go,
            Wrong::Once(code) => Verdict::Fail(io::Error::from_raw_os_error(code)),
            Wrong::Half(code) if call == Call::Write => {
                Verdict::Short(7, io::Error::from_raw_os_error(code))
            }
            Wrong::Half(code) => Verdict::Fail(io::Error::from_raw_os_error(code)),
            Wrong::HalfCrash if call == Call::Write => Verdict::Short(7, dead()),
            Wrong::Crash | Wrong::HalfCrash => Verdict::Fail(dead()),
        }
    }
}

/// What must still be somewhere at the end.
#[derive(Default)]
struct Ledger {
    /// Texts whose saving was confirmed, and texts that the author typed.
    safe: Vec<String>,
    errors: Vec<String>,
}

impl Ledger {
    fn saved<T>(&mut self, text: &str, outcome: Result<T, StoreError>) {
        match outcome {
            Ok(_) => self.safe.push(text.to_owned()),
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &StoreError) {
        self.errors.push(error.to_string());
    }
}

/// Writes, edits, rewrites, renumbers; goes on after each error as a job would. The author's
/// acts are on the real disk.
fn scenario(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let disk = || Disk::with_faults(fault.clone());
    let open = |outline: &[&str], ledger: &mut Ledger| loop {
        match story.try_open(outline, disk()) {
            Ok(opened) => return Some(opened.session),
            Err(error) => ledger.failed(&error),
        }
        if fault.crashed() {
            return None;
        }
    };
    let Some(session) = open(&["a", "b"], ledger) else {
        return;
    };
    ledger.saved(
        "First a, begun",
        session.save_partial(n(1), "First a, begun"),
    );
    ledger.saved(
        "First a, begun and done.",
        session.complete_chunk(n(1), "First a, begun and done.", result()),
    );
    ledger.saved("First b", session.save_partial(n(2), "First b"));
    ledger.saved(
        "First b, failed.",
        session.fail_chunk(n(2), "First b, failed.", result(), "too short"),
    );
    ledger.saved(
        "First b, failed. And done.",
        session.complete_chunk(n(2), "First b, failed. And done.", result()),
    );
    drop(session);
    if fault.crashed() {
        return;
    }
    // The author edits whatever is in the first chunk, behind the store's back.
    let path = story.path("chunks/chunk_01.md");
    if let Ok(text) = fs::read_to_string(&path) {
        fs::write(&path, format!("{text}The author's own line.\n")).unwrap();
        ledger.safe.push("The author's own line.".to_owned());
    }
    // A beat is inserted; the edited chunk is named for a rewrite.
    let Some(session) = open(&["n", "a", "b"], ledger) else {
        return;
    };
    if let Err(error) = session.retire_chunk(n(2), "rewrite") {
        ledger.failed(&error);
    }
    ledger.saved(
        "Second a.",
        session.complete_chunk(n(2), "Second a.", result()),
    );
    let _ = session.chunk(n(3)).map_err(|error| ledger.failed(&error));
    ledger.saved("Second", session.save_partial(n(3), "Second"));
    ledger.saved(
        "Second b.",
        session.complete_chunk(n(3), "Second b.", result()),
    );
    if let Err(error) = session.assemble() {
        ledger.failed(&error);
    }
    drop(session);
    if fault.crashed() {
        return;
    }
    // A beat is removed.
    let Some(session) = open(&["n", "b"], ledger) else {
        return;
    };
    ledger.saved(
        "First n.",
        session.complete_chunk(n(1), "First n.", result()),
    );
}

/// After whatever went wrong: a start on a good disk, nothing lost, and the story can be
/// finished.
fn recover(story: &Story, ledger: &Ledger, what: &str) {
    let outline = ["n", "a", "b"];
    let opened = story
        .try_open(&outline, Disk::real())
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    for text in &ledger.safe {
        assert!(
            story.has_anywhere(text),
            "{what}: lost {text:?}\n{}",
            ledger.errors.join("\n")
        );
    }
    assert!(
        !story.exists(".intent.json"),
        "{what}: the change is finished"
    );
    for folder in ["", "chunks", "history/chunk_01", "history/chunk_02"] {
        let left: Vec<String> = story
            .names(folder)
            .into_iter()
            .filter(|name| name.ends_with(".tmp"))
            .collect();
        assert_eq!(left, [""; 0], "{what}: temporary files in {folder:?}");
    }
    let session = opened.session;
    loop {
        let view = session.view().unwrap();
        for chunk in &view.chunks {
            // A chunk file is whole: it ends as one of the texts that were given to the store.
            let text = chunk.text.trim_end();
            let whole = text.is_empty()
                || [".", "begun", "First b", "Second"]
                    .iter()
                    .any(|end| text.ends_with(end));
            assert!(whole, "{what}: {text:?}");
        }
        let number = match view.next_step() {
            NextStep::Done => break,
            NextStep::Write(number) | NextStep::Continue(number) => number,
        };
        let text = format!("{} And the end.", session.chunk(number).unwrap().text);
        session
            .complete_chunk(number, &text, result())
            .unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    let view = session.view().unwrap();
    assert!(
        view.chunks
            .iter()
            .all(|chunk| chunk.status == ChunkStatus::Complete),
        "{what}"
    );
    let story_text = story.read("full_story.md");
    for chunk in &view.chunks {
        assert!(
            story_text.contains(chunk.text.trim()),
            "{what}: {:?} is in the full story",
            chunk.text
        );
    }
    for text in &ledger.safe {
        assert!(
            story.has_anywhere(text),
            "{what}: lost {text:?} while finishing"
        );
    }
}

/// The calls of the scenario when nothing goes wrong.
fn calls() -> Vec<Call> {
    let story = Story::in_memory();
    let none = Fault::at(usize::MAX, Wrong::Crash);
    let mut ledger = Ledger::default();
    scenario(&story, &none, &mut ledger);
    assert_eq!(ledger.errors, [""; 0]);
    recover(&story, &ledger, "no fault");
    none.calls.lock().unwrap().clone()
}

/// Runs the scenario once a point: at each call what goes wrong there, if anything.
fn sweep(what: &str, wrong_at: impl Fn(usize, Call) -> Option<Wrong>) {
    let mut points = 0;
    let calls = calls();
    for (at, call) in calls.iter().enumerate() {
        let Some(wrong) = wrong_at(at, *call) else {
            continue;
        };
        points += 1;
        let story = Story::in_memory();
        let fault = Fault::at(at, wrong);
        let mut ledger = Ledger::default();
        scenario(&story, &fault, &mut ledger);
        let what = format!("{wrong:?} at call {at} of {}, {call:?}", calls.len());
        for error in &ledger.errors {
            assert!(
                error.contains("safe") || error.contains("untouched"),
                "{what}: {error}"
            );
        }
        recover(&story, &ledger, &what);
    }
    println!(
        "{what}: {points} points of failure in {} calls",
        calls.len()
    );
    assert!(points > 50);
}

/// The reasons differ in their words only, so they take turns over the calls.
#[test]
fn every_call_fails_once() {
    let reasons = [libc::ENOSPC, libc::EIO, libc::EACCES, libc::EROFS];
    sweep("failing calls", |at, _| Some(Wrong::Once(reasons[at % 4])));
}

#[test]
fn every_write_gets_only_half_through() {
    sweep("half writes", |_, call| {
        (call == Call::Write).then_some(Wrong::Half(libc::ENOSPC))
    });
}

/// Dying before a call that changes nothing is the same as dying before the next one.
#[test]
fn the_process_dies_before_every_change() {
    sweep("crashes", |_, call| call.writes().then_some(Wrong::Crash));
}

#[test]
fn the_process_dies_in_the_middle_of_every_write() {
    sweep("crashes within a write", |_, call| {
        (call == Call::Write).then_some(Wrong::HalfCrash)
    });
}

#[test]
fn errors_name_what_happened_and_what_to_do() {
    let rows = [
        (libc::ENOSPC, "The disk is full"),
        (libc::EROFS, "The disk is read-only"),
        (libc::EACCES, "Permission denied"),
        (libc::EIO, "could not be written"),
    ];
    for (code, words) in rows {
        struct Full(i32);
        impl Faults for Full {
            fn before(&self, call: Call, path: &Path) -> Verdict {
                let chunk = path.to_string_lossy().contains("chunk_01");
                if chunk && call == Call::Sync {
                    Verdict::Fail(io::Error::from_raw_os_error(self.0))
                } else {
                    Verdict::Go
                }
            }
        }
        let story = Story::new();
        let session = story
            .try_open(&["a"], Disk::with_faults(Arc::new(Full(code))))
            .unwrap()
            .session;
        let error = session.save_partial(n(1), "Text.").unwrap_err();
        let said = error.to_string();
        for part in [
            words,
            "chunk_01.md",
            "safe on disk",
            "run the same command again",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(error.ends_job(), code != libc::EIO);
        assert_eq!(story.names("chunks"), [""; 0], "nothing is left");
    }
}

#[test]
fn a_manifest_that_cant_be_used_is_kept_aside() {
    type Damage = fn(&str) -> String;
    let damages: &[(&str, Damage)] = &[
        ("truncated", |text| text[..text.len() / 2].to_owned()),
        ("empty", |_| String::new()),
        ("foreign", |_| "{\"name\": \"package\"}".to_owned()),
        ("newer", |text| {
            text.replace("\"version\": 1", "\"version\": 7")
        }),
        ("of another session", |text| {
            text.replace("the-lamp-keeper-01", "other-01")
        }),
        ("not text", |_| "\u{0}\u{1}".to_owned()),
    ];
    for (what, damage) in damages {
        let story = Story::new();
        let session = story.open(&["a", "b"]).session;
        session
            .complete_chunk(n(1), "Text of a.", result())
            .unwrap();
        drop(session);
        let damaged = damage(&story.read("manifest.json"));
        story.write("manifest.json", &damaged);
        let view = story.view(&["a", "b"]);
        assert_eq!(view.notices[0].code, "manifest-unusable", "{what}");
        assert_eq!(view.chunks[0].status, ChunkStatus::Complete, "{what}");
        assert_eq!(
            story.read("manifest.json"),
            damaged,
            "{what}: reading changes nothing"
        );
        let notices = story.open(&["a", "b"]).notices;
        assert_eq!(notices[0].code, "manifest-rebuilt", "{what}");
        assert_eq!(story.read("manifest.kept-01.json"), damaged, "{what}");
        let view = story.view(&["a", "b"]);
        assert_eq!(view.notices, [], "{what}");
        assert_eq!(view.manifest.totals.words, 3, "{what}");
        assert_eq!(story.open(&["a", "b"]).notices, [], "{what}: told once");
    }
}

#[test]
fn unknown_fields_of_the_manifest_survive_a_job() {
    let story = Story::new();
    drop(story.open(&["a"]));
    let text = story.read("manifest.json");
    story.write(
        "manifest.json",
        &text
            .replacen('{', "{\n  \"mood\": \"grim\",", 1)
            .replace("\"beat\": \"a\",", "\"beat\": \"a\", \"stars\": 5,"),
    );
    let session = story.open(&["a"]).session;
    session.complete_chunk(n(1), "Text.", result()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&story.read("manifest.json")).unwrap();
    assert_eq!(value["mood"], "grim");
    assert_eq!(value["chunks"][0]["stars"], 5);
}

#[test]
fn the_manifest_keeps_to_its_schema() {
    let schema = schemars::schema_for!(Manifest);
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("server/session/manifest.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept, current,
        "run this test with UPDATE_SCHEMA=1 to write the schema anew"
    );

    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let story = Story::new();
    let session = story.open(&["a", "b", "c"]).session;
    session
        .set_settings(serde_json::json!({"provider": "demo"}))
        .unwrap();
    session.complete_chunk(n(1), "Text.", result()).unwrap();
    session
        .fail_chunk(n(2), "Te", result(), "too short")
        .unwrap();
    drop(session);
    drop(story.open(&["a", "c"]));
    let written: serde_json::Value = serde_json::from_str(&story.read("manifest.json")).unwrap();
    let problems: Vec<String> = validator
        .iter_errors(&written)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(problems, [""; 0]);
    assert_eq!(written["removed"][0]["beat"], "b");
    assert!(!validator.is_valid(&serde_json::json!({"version": "one"})));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_or_read_behind_a_link_that_leads_out() {
    use std::os::unix::fs::symlink;
    // A folder of the store that is a link, and how deep.
    for inside in [
        "generated",
        "generated/the-lamp-keeper-01",
        "generated/the-lamp-keeper-01/chunks",
        "generated/the-lamp-keeper-01/history",
        "generated/the-lamp-keeper-01/runs",
    ] {
        let story = Story::new();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = story.folder.root().join(inside);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(elsewhere.path(), &link).unwrap();
        let refused = story.try_open(&["a"], Disk::real()).unwrap_err();
        assert!(
            matches!(refused, StoreError::Outside { .. }),
            "{inside}: {refused}"
        );
        assert_eq!(
            fs::read_dir(elsewhere.path()).unwrap().count(),
            0,
            "{inside}"
        );
    }
    // A folder deeper down, and files.
    let story = Story::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret.md");
    fs::write(&secret, "A secret.").unwrap();
    let session = story.open(&["a", "b"]).session;
    session
        .complete_chunk(n(1), "Text of a.", result())
        .unwrap();
    fs::create_dir(story.path("history")).unwrap();
    symlink(elsewhere.path(), story.path("history/chunk_01")).unwrap();
    symlink(&secret, story.path("chunks/chunk_02.md")).unwrap();
    fs::remove_file(story.path("full_story.md")).unwrap();
    symlink(&secret, story.path("full_story.md")).unwrap();
    let refused = session.retire_chunk(n(1), "rewrite").unwrap_err();
    assert!(matches!(refused, StoreError::Outside { .. }), "{refused}");
    let refused = session.save_partial(n(2), "Text of b.").unwrap_err();
    assert!(matches!(refused, StoreError::Outside { .. }), "{refused}");
    let refused = session.assemble().unwrap_err();
    assert!(matches!(refused, StoreError::Outside { .. }), "{refused}");
    let view = session.view().unwrap();
    assert_eq!(view.chunks[1].status, ChunkStatus::Missing);
    assert_eq!(view.notices[0].code, "link-ignored");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "A secret.");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    assert!(!story.has_anywhere("A secret.") || story.path("full_story.md").is_symlink());
}

#[test]
fn a_hostile_declaration_reaches_nothing() {
    for file in [
        "../../story.md",
        "/etc/passwd",
        "chunks/../../x.md",
        "manifest.json",
        "chunks/.x.md",
        "history/../x.md",
        "chunks/x.sh",
        "runs/x.md",
    ] {
        let story = Story::new();
        drop(story.open(&["a"]));
        let brief = fs::read_to_string(story.folder.brief()).unwrap();
        let intent = serde_json::json!({
            "version": 1, "what": "x", "at": "2026-01-01T00:00:00Z",
            "steps": [{"do": "put", "file": file, "text": "Evil.", "over": [storywright::story::Digest::of(&brief)]}],
        });
        story.write(".intent.json", &intent.to_string());
        let notices = story.open(&["a"]).notices;
        assert_eq!(notices[0].code, "intent-unusable", "{file}");
        assert_eq!(fs::read_to_string(story.folder.brief()).unwrap(), brief);
        assert!(story.exists("intent.kept-01.json"));
    }
}

#[test]
fn bad_session_names_are_refused() {
    for id in [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "/abs",
        "a\nb",
        "a:b",
        " a",
        &"x".repeat(200),
    ] {
        assert!(SessionId::parse(id).is_err(), "{id:?}");
    }
    for id in ["the-lamp-keeper-01", "Zweiter Entwurf", "灯台-01"] {
        assert!(SessionId::parse(id).is_ok(), "{id:?}");
    }
}

#[test]
fn sessions_without_manifest_go_to_the_brief_whose_beats_they_have() {
    let story = Story::new();
    let other = story.folder.root().join("sea.story.md");
    fs::write(story.folder.brief(), "# Outline\n## Lamp\n## Logbook\n").unwrap();
    fs::write(&other, "# Outline\n## Wave\n## Tide\n").unwrap();
    for (id, beat) in [("x-01", "lamp"), ("y-01", "tide")] {
        let chunks = story.folder.generated().join(id).join("chunks");
        fs::create_dir_all(&chunks).unwrap();
        fs::write(
            chunks.join("chunk_01.md"),
            format!("---\nbeat: {beat}\n---\nText."),
        )
        .unwrap();
    }
    let disk = Disk::real();
    let sessions = |brief: &Path| {
        StoryFolder::of_brief(brief)
            .unwrap()
            .sessions(&disk)
            .unwrap()
    };
    assert_eq!(
        sessions(story.folder.brief()),
        [SessionId::parse("x-01").unwrap()]
    );
    assert_eq!(sessions(&other), [SessionId::parse("y-01").unwrap()]);
}

#[test]
fn a_journal_is_settled_under_faults_without_loss() {
    let text = "Generated while the file was open.";
    for at in 0..40 {
        let story = Story::new();
        let editor = Arc::new(Editor::default());
        let session = story
            .open_as(&["a"], editor.clone() as Arc<dyn Owners>, Disk::real())
            .unwrap()
            .session;
        let path = story.path("chunks/chunk_01.md");
        editor.open(&path);
        session.save_partial(n(1), text).unwrap();
        drop(session);
        story.write("chunks/chunk_01.md", "Typed by the author.");
        let _ = settle_journal(&path, &Disk::with_faults(Fault::at(at, Wrong::HalfCrash)));
        drop(story.open(&["a"]));
        assert!(
            story.has_anywhere(text) && story.has_anywhere("Typed by the author."),
            "call {at}"
        );
        assert_eq!(story.names("chunks"), ["chunk_01.md"], "call {at}");
    }
}
