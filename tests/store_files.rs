//! A session's folder as people keep it: what lies where, what earlier versions left elsewhere,
//! and what other machines bring.

mod store;

use std::fs;
use std::sync::Arc;

use store::{Editor, Story, n, result, told, written};
use storywright::session::{Disk, StoreError, journal_saved, make_work_folder};

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
    let left = told(&story, &OUTLINE).join(" ").replace('*', "");
    assert_eq!(left, "a a. b b. c c.");
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
    assert_eq!(sessions, [story.id.clone()]);
}
