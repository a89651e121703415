//! A session's folder as people keep it: what lies where, what earlier versions left elsewhere,
//! and what other machines bring.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::fixture::{A, Editor, EndChunk, Story, n, result, told, written};
use storywright::session::{
    Call, Disk, Faults, StoreError, Verdict, journal_saved, make_work_folder,
};

const OUTLINE: [&str; 3] = ["a", "b", "c"];
/// A journal as it was written beside its chunk.
const JOURNAL: &str = "---\nchunk: 1\nbeat: a\nstatus: complete\n---\nText of a. And more.\n";

/// All files below a folder of the session, but for those of `.work/`.
fn seen(story: &Story) -> Vec<String> {
    fn add(folder: &std::path::Path, below: &str, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            match entry.file_type().unwrap().is_dir() {
                true if name.ends_with(".work") => {}
                true => add(&entry.path(), &format!("{name}/"), names),
                false => names.push(name),
            }
        }
    }
    let mut names = Vec::new();
    add(&story.folder.generated(), "", &mut names);
    names
}

#[test]
fn what_only_the_program_needs_lies_in_one_folder_that_git_leaves_out() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let session = story
        .open_as(&OUTLINE, editor.clone(), Disk::real())
        .unwrap()
        .session;
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    session.retire_chunk(n(1), "rewrite").unwrap();
    session.save_partial(n(1), "New text").unwrap();
    let choosing = story.folder.choosing(&Disk::real()).unwrap();
    assert_eq!(story.read(".work/.gitignore"), "*\n");
    assert!(story.exists(".work/lock") && story.exists(".work/chunk_01.journal"));
    let ignore = story.folder.work().join(".gitignore");
    assert_eq!(fs::read_to_string(ignore).unwrap(), "*\n");
    for name in seen(&story) {
        let hidden = name.split('/').any(|part| part.starts_with('.'));
        assert!(!hidden && !name.ends_with(".journal"), "{name}");
    }
    drop(choosing);
    // An ignore file of the author's stays.
    story.write(".work/.gitignore", "*\n!lock\n");
    make_work_folder(&story.path(".work"), &Disk::real()).unwrap();
    assert_eq!(story.read(".work/.gitignore"), "*\n!lock\n");
}

#[test]
fn the_work_folder_may_be_deleted_at_any_time() {
    let story = written();
    let wipe = || fs::remove_dir_all(story.path(".work")).unwrap();
    wipe();
    let editor = Arc::new(Editor::default());
    let opened = story.open_as(&OUTLINE, editor.clone(), Disk::real());
    let session = opened.unwrap().session;
    wipe();
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    session.retire_chunk(n(1), "rewrite").unwrap();
    wipe();
    session.save_partial(n(1), "New text").unwrap();
    wipe();
    session.save_partial(n(1), "New text, longer").unwrap();
    wipe();
    session
        .complete_chunk(n(1), "New text, longer.", result())
        .unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().text, "New text, longer.");
    assert!(story.has_anywhere("Text of a."));
    // What was in no file but the journal goes with it; what was in one does not.
    wipe();
    drop(session);
    assert_eq!(told(&story, &OUTLINE), ["a a.", "b b.", "c c."]);
}

#[test]
fn a_journal_of_an_earlier_version_is_brought_in() {
    let more = "a a. And more.*";
    // whether the chunk is open in an editor, a journal of today's beside it
    for (open, today) in [(false, false), (true, false), (true, true)] {
        let story = written();
        story.write("chunks/chunk_01.journal", JOURNAL);
        assert_eq!(told(&story, &OUTLINE), [more, "b b.", "c c."]);
        let other = JOURNAL.replace("And more", "And another end");
        if today {
            fs::create_dir_all(story.path(".work")).unwrap();
            story.write(".work/chunk_01.journal", &other);
        }
        let editor = Arc::new(Editor::default());
        let path = story.path("chunks/chunk_01.md");
        if open {
            editor.open(&path);
        }
        drop(
            story
                .open_as(&OUTLINE, editor.clone(), Disk::real())
                .unwrap(),
        );
        assert!(!story.exists("chunks/chunk_01.journal"), "{open} {today}");
        assert!(story.has_anywhere("Text of a. And more."));
        assert_eq!(story.exists(".work/chunk_01.journal"), open);
        match today {
            true => assert!(story.has_anywhere("And another end.")),
            false => assert_eq!(told(&story, &OUTLINE), [more, "b b.", "c c."]),
        }
        if open && !today {
            // The editor saves it.
            story.write("chunks/chunk_01.md", JOURNAL);
            journal_saved(&path, &Disk::real()).unwrap();
            assert!(!story.exists(".work/chunk_01.journal"));
        }
    }
}

#[test]
fn a_running_earlier_version_is_not_disturbed() {
    let story = written();
    let path = story.path(".lock");
    let lock = fs::File::create(&path).unwrap();
    fs::write(
        &path,
        r#"{"name":"an earlier one","pid":1,"since":"2026-01-01T00:00:00Z"}"#,
    )
    .unwrap();
    lock.lock().unwrap();
    let refused = story.try_open(&OUTLINE, Disk::real()).unwrap_err();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused}");
    assert!(refused.to_string().contains("an earlier one"), "{refused}");
    assert!(
        refused.to_string().contains(&story.id.to_string()),
        "{refused}"
    );
    lock.unlock().unwrap();
    // And once it is gone, so is its file.
    let opened = story.open(&OUTLINE);
    assert!(!path.exists());
    // One that had opened it before waits for us.
    assert!(lock.try_lock().is_err());
    drop(opened);
    lock.try_lock().unwrap();
}

#[test]
fn pages_and_records_of_an_earlier_version_come_along() {
    let story = written();
    let generated = story.folder.generated();
    for (name, now) in [
        (
            ".explain/story-chunk_01.md",
            ".work/explain/story-chunk_01.md",
        ),
        (
            ".plan/run-001-plan/summary.md",
            ".work/plan/run-001-plan/summary.md",
        ),
    ] {
        let path = generated.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, name).unwrap();
        drop(story.open(&OUTLINE));
        assert_eq!(fs::read_to_string(generated.join(now)).unwrap(), name);
        assert!(!path.exists());
    }
    for name in [".explain", ".plan", ".lock"] {
        assert!(!generated.join(name).exists(), "{name}");
    }
    // A branch without the session leaves its work folder behind: that is no session.
    fs::create_dir_all(generated.join("gone-01/.work")).unwrap();
    fs::write(generated.join("gone-01/.work/lock"), "").unwrap();
    let sessions = story.folder.sessions(&Disk::real()).unwrap();
    assert_eq!(sessions, std::slice::from_ref(&story.id));
}

#[test]
fn manifest_and_chunks_may_come_from_different_moments() {
    let story = written();
    let (old_manifest, old_chunk) = (
        story.read("manifest.json"),
        story.read("chunks/chunk_01.md"),
    );
    let session = story.open(&OUTLINE).session;
    session.retire_chunk(n(1), "rewrite").unwrap();
    session
        .complete_chunk(n(1), "Text of a, anew.", result())
        .unwrap();
    drop(session);
    let (new_manifest, new_chunk) = (
        story.read("manifest.json"),
        story.read("chunks/chunk_01.md"),
    );
    let new = ["a a, anew.", "b b.", "c c."];
    let old = ["a a.", "b b.", "c c."];
    let mine = ["a a, anew. Mine.*", "b b.", "c c."];
    for (manifest, chunk, expected) in [
        (&old_manifest, new_chunk.clone(), new),
        (&new_manifest, old_chunk.clone(), old),
        // What nobody generated is still the author's.
        (
            &old_manifest,
            format!("{} Mine.\n", new_chunk.trim_end()),
            mine,
        ),
        (
            &new_manifest,
            format!("{} Mine.\n", new_chunk.trim_end()),
            mine,
        ),
    ] {
        let copy = story.copy();
        copy.write("manifest.json", manifest);
        copy.write("chunks/chunk_01.md", &chunk);
        assert_eq!(told(&copy, &OUTLINE), expected);
        drop(copy.open(&OUTLINE));
        assert_eq!(told(&copy, &OUTLINE), expected, "after a start");
        let changelog = copy.read("CHANGELOG.md");
        assert_eq!(changelog.contains("edited by hand"), expected == mine);
    }
}

#[test]
fn versions_and_runs_of_two_machines_come_together_without_a_collision() {
    let base = written();
    let machines = ["Here.", "There."].map(|text| {
        let story = base.copy();
        let time = match text {
            "Here." => "2026-01-02T00:00:00Z",
            _ => "2026-01-03T00:00:00Z",
        };
        let disk = Disk::real().with_clock(move || time.parse().unwrap());
        let session = story.try_open(&OUTLINE, disk).unwrap().session;
        session.start_run("draft", "write").unwrap();
        for prose in [text, "The end."] {
            session.retire_chunk(n(1), "rewrite").unwrap();
            session.complete_chunk(n(1), prose, result()).unwrap();
        }
        story
    });
    let [here, there] = &machines;
    // What a sync tool or a merge does: every file that is only on one side comes to the other.
    for folder in ["history/chunk_01", "runs"] {
        for entry in fs::read_dir(there.path(folder)).unwrap().flatten() {
            let target = here.path(folder).join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => {
                    fs::create_dir(&target).expect("another run");
                    let summary = entry.path().join("summary.md");
                    fs::copy(summary, target.join("summary.md")).unwrap();
                }
                false => {
                    assert!(!target.exists(), "{} is on both", target.display());
                    fs::copy(entry.path(), target).unwrap();
                }
            }
        }
    }
    let session = here.open(&OUTLINE).session;
    let versions = session.versions(n(1)).unwrap();
    let prose: Vec<&str> = versions.iter().map(|kept| kept.file.prose.trim()).collect();
    assert_eq!(prose, ["Text of a.", "Here.", "Text of a.", "There."]);
    // The next one has a number of its own; a version under an old name counts.
    here.write("history/chunk_01/0007.md", &A.replace("Text of a", "Old"));
    session.retire_chunk(n(1), "rewrite").unwrap();
    let names = fs::read_dir(here.path("history/chunk_01"))
        .unwrap()
        .flatten();
    let next = names.filter(|entry| entry.file_name().to_string_lossy().starts_with("0008-"));
    assert_eq!(next.count(), 2, "a text, and what is known of it");
}

#[test]
fn a_chunk_file_keeps_its_line_ends_and_its_mark() {
    type Act = fn(&Story);
    let rows: [(&str, Act); 8] = [
        ("written on", |story| {
            let text = story
                .read("chunks/chunk_01.md")
                .replace("complete", "partial");
            story.write("chunks/chunk_01.md", &text);
            let session = story.open(&["a", "b", "c"]).session;
            drop(session.chunk(n(1)).unwrap());
            session
                .complete_chunk(n(1), "Text of a. And more.\n\nAnd more.", result())
                .unwrap();
        }),
        ("rewritten", |story| {
            let session = story.open(&["a", "b", "c"]).session;
            session.retire_chunk(n(1), "rewritten").unwrap();
            session.save_partial(n(1), "Another").unwrap();
            session
                .complete_chunk(n(1), "Another text.", result())
                .unwrap();
        }),
        ("renumbered", |story| {
            drop(story.open(&["b", "a", "c"]));
        }),
        ("rewritten by two processes", |story| {
            let session = story.open(&["a", "b", "c"]).session;
            session.retire_chunk(n(1), "rewritten").unwrap();
            drop(session);
            let session = story.open(&["a", "b", "c"]).session;
            session
                .complete_chunk(n(1), "Another text.", result())
                .unwrap();
        }),
        ("restored in the place of another text", |story| {
            let session = story.open(&["a", "b", "c"]).session;
            session.retire_chunk(n(1), "rewritten").unwrap();
            session
                .complete_chunk(n(1), "Another text.", result())
                .unwrap();
            drop(session.restore_version(n(1), None).unwrap());
        }),
        ("restored where a rewrite was killed", |story| {
            let session = story.open(&["a", "b", "c"]).session;
            session.retire_chunk(n(1), "rewritten").unwrap();
            drop(session);
            let session = story.open(&["a", "b", "c"]).session;
            drop(session.restore_version(n(1), None).unwrap());
        }),
        ("restored after an edit was deleted", |story| {
            let text = story.read("chunks/chunk_01.md");
            story.write("chunks/chunk_01.md", &text.replace("Text", "My text"));
            drop(story.open(&["a", "b", "c"]));
            story.remove("chunks/chunk_01.md");
            let session = story.open(&["a", "b", "c"]).session;
            drop(session.restore_version(n(1), None).unwrap());
        }),
        ("back with its beat", |story| {
            drop(story.open(&["b", "c"]));
            drop(story.open(&["a", "b", "c"]));
        }),
    ];
    for (what, act) in rows {
        for mark in ["", "\u{feff}"] {
            let story = written();
            let form = |text: &str| format!("{mark}{}", text.replace('\n', "\r\n"));
            story.write("chunks/chunk_01.md", &form(A));
            act(&story);
            let name = match what {
                "renumbered" => "chunks/chunk_02.md",
                _ => "chunks/chunk_01.md",
            };
            let text = story.read(name);
            assert!(text.contains("beat: a"), "{what}: {text:?}");
            let plain = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
            assert_eq!(text, form(&plain), "{what}");
            let view = story.view(&["a", "b", "c"]);
            assert!(view.chunks.iter().all(|chunk| !chunk.edited), "{what}");
        }
    }
}

/// Writes down where files are created, and refuses that in one folder.
#[derive(Default)]
struct Creating {
    created: Mutex<Vec<PathBuf>>,
    closed: Option<PathBuf>,
}

impl Faults for Creating {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        if call != Call::Create {
            return Verdict::Go;
        }
        self.created.lock().unwrap().push(path.to_owned());
        match path.parent() == self.closed.as_deref() {
            true => Verdict::Fail(std::io::ErrorKind::PermissionDenied.into()),
            false => Verdict::Go,
        }
    }
}

#[test]
fn a_text_is_put_together_where_no_explorer_shows_it() {
    let story = written();
    let creating = Arc::new(Creating::default());
    let disk = Disk::with_faults(creating.clone());
    drop(story.folder.choosing(&Disk::real()).unwrap());
    let session = story.try_open(&OUTLINE, disk.clone()).unwrap().session;
    session.retire_chunk(n(1), "rewrite").unwrap();
    session.complete_chunk(n(1), "New a.", result()).unwrap();
    session.assemble().unwrap();
    disk.write(story.folder.brief(), b"# Outline\n## A\n")
        .unwrap();
    let created = creating.created.lock().unwrap();
    let temporary = created
        .iter()
        .filter(|path| path.to_string_lossy().ends_with(".tmp"));
    let mut count = 0;
    for path in temporary {
        assert_eq!(
            path.parent().unwrap().file_name().unwrap(),
            ".work",
            "{path:?}"
        );
        count += 1;
    }
    assert!(count > 4, "{created:?}");
}

#[test]
fn a_closed_or_missing_work_folder_holds_no_text_up() {
    let story = written();
    let closed = Arc::new(Creating {
        closed: Some(story.path(".work")),
        ..Creating::default()
    });
    let session = story
        .try_open(&OUTLINE, Disk::with_faults(closed))
        .unwrap()
        .session;
    session.complete_chunk(n(1), "New a.", result()).unwrap();
    assert!(story.read("chunks/chunk_01.md").contains("New a."));
    drop(session);
    let session = story.open(&OUTLINE).session;
    fs::remove_dir_all(story.path(".work")).unwrap();
    session.complete_chunk(n(2), "New b.", result()).unwrap();
    assert!(story.read("chunks/chunk_02.md").contains("New b."));
    let left = seen(&story)
        .into_iter()
        .filter(|name| name.ends_with(".tmp"));
    assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn what_killed_saves_left_goes_wherever_it_lies() {
    /// No process has so high a number.
    const GONE: u32 = 2_000_000_000;
    let story = written();
    let generated = story.folder.generated();
    let run = story.path("runs/run-001-draft/artifacts");
    for folder in [
        &run,
        &story.path("exports"),
        &story.folder.work().join("plan"),
    ] {
        fs::create_dir_all(folder).unwrap();
    }
    let places = [
        (story.folder.root().to_owned(), "story.md"),
        (generated.clone(), "SESSIONS.md"),
        (story.folder.work().join("plan"), "summary.md"),
        (story.path(""), "manifest.json"),
        (story.path("chunks"), "chunk_01.md"),
        (story.path("history/generated"), "chunk_01.md"),
        (run, "prompt.md"),
        (story.path("exports"), "the-lamp-keeper-01.zip"),
        (story.path(".work"), "chunk_01.md"),
    ];
    let put = |process: u32| {
        places.clone().map(|(folder, name)| {
            let path = folder.join(format!(".{name}.{process}-7.tmp"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, "Half a te").unwrap();
            path
        })
    };
    // The process that started this test lives as long as the test.
    let living = put(std::os::unix::process::parent_id());
    let left = put(GONE);
    let authors = story.folder.root().join(format!(".recipe.md.{GONE}-7.tmp"));
    fs::write(&authors, "Two eggs").unwrap();
    drop(story.open(&OUTLINE));
    for path in left {
        assert!(
            !path.exists(),
            "{path:?} was left by a process that is gone"
        );
    }
    for path in living.iter().chain([&authors]) {
        assert!(path.exists(), "{path:?} is somebody's");
    }
}
