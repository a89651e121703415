//! Chunks that are open in an editor: journals, and edits that are owed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::strategy::Strategy as _;

use crate::fixture::{A, Editor, EndChunk, Story, kept_texts, n, result, told, written};
use storywright::session::{
    Call, ChunkStatus, Disk, Faults, Settled, Unsaved, Verdict, journal_opened, journal_saved,
    journal_seen, settle_journal, settle_left_over,
};

#[test]
fn an_open_chunk_is_never_written_behind_the_editors_back() {
    let story = Story::new();
    let editor = Arc::new(Editor::default());
    let session = story
        .open_as(&["a", "b"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    let path = story.path("chunks/chunk_01.md");
    session.save_partial(n(1), "One.").unwrap();
    editor.open(&path);
    let on_disk = story.read("chunks/chunk_01.md");

    session.save_partial(n(1), "One. Two.").unwrap();
    assert_eq!(story.read("chunks/chunk_01.md"), on_disk);
    assert_eq!(
        session.chunk(n(1)).unwrap().text,
        "One. Two.",
        "the journal counts"
    );
    assert_eq!(
        journal_saved(&path, &Disk::real()).unwrap(),
        Settled::StillNeeded
    );

    let saved = session
        .complete_chunk(n(1), "One. Two. Three.", result())
        .unwrap();
    assert_eq!(story.read("chunks/chunk_01.md"), on_disk);
    assert_eq!(saved.client_edits.len(), 1);
    let edit = &saved.client_edits[0];
    assert_eq!(
        (edit.path.clone(), edit.base.clone()),
        (path.clone(), on_disk)
    );
    assert_eq!(session.chunk(n(1)).unwrap().status, ChunkStatus::Complete);
    assert!(story.read("full_story.md").contains("One. Two. Three."));
    editor.edit(&path, &edit.text);
    editor.save(&path);
    assert_eq!(journal_saved(&path, &Disk::real()).unwrap(), Settled::Saved);
    assert_eq!(
        journal_saved(&path, &Disk::real()).unwrap(),
        Settled::NoJournal
    );
    assert_eq!(story.names("chunks"), ["chunk_01.md"]);
    assert!(!session.chunk(n(1)).unwrap().edited);
}

#[test]
fn a_journal_outlives_editor_and_server() {
    // what the author leaves in the file, what it is after a start, whether the generated
    // text went to history
    let partial = "---\nchunk: 1\nbeat: a\nstatus: partial\n---\n";
    let rows = [
        (None, "One. Two. Three.", false),
        (Some("One. "), "One. Two. Three.", false),
        (Some("One. Two. Three."), "One. Two. Three.", false),
        (
            Some("One. Two. Three. Four, mine."),
            "One. Two. Three. Four, mine.",
            false,
        ),
        (Some("Mine from the start."), "Mine from the start.", true),
    ];
    for (left, expected, kept) in rows {
        let story = Story::new();
        let editor = Arc::new(Editor::default());
        let session = story
            .open_as(&["a"], editor.clone(), Disk::real())
            .unwrap()
            .session;
        editor.open(&story.path("chunks/chunk_01.md"));
        session.save_partial(n(1), "One. Two. Three.").unwrap();
        if let Some(left) = left {
            story.write("chunks/chunk_01.md", &format!("{partial}{left}"));
        }
        // Both die; only the disk is left.
        drop(session);
        assert_eq!(story.view(&["a"]).chunks[0].text, expected);
        let opened = story.open(&["a"]);
        assert_eq!(opened.session.chunk(n(1)).unwrap().text, expected);
        assert_eq!(story.names("chunks"), ["chunk_01.md"]);
        assert_eq!(story.exists("history/chunk_01/0001.md"), kept, "{left:?}");
        assert!(story.has_anywhere("One. Two. Three."));
    }
}

#[test]
fn rewriting_an_open_chunk_keeps_what_the_editor_shows() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let session = story
        .open_as(&["a", "b", "c"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    editor.edit(&path, &A.replace("Text of a", "Unsaved, mine"));
    assert_eq!(session.chunk(n(1)).unwrap().text, "Unsaved, mine.");
    session.retire_chunk(n(1), "rewrite").unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().status, ChunkStatus::Missing);
    assert!(story.has_anywhere("Unsaved, mine."));
    session.save_partial(n(1), "New").unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().text, "New");
    assert_eq!(story.read("chunks/chunk_01.md"), A);
    editor.close(&path);
    assert_eq!(
        settle_journal(&path, &Disk::real()).unwrap(),
        Settled::AppliedToFile
    );
    assert_eq!(session.chunk(n(1)).unwrap().text, "New");
    // The stream goes on into the closed file.
    session.save_partial(n(1), "New text").unwrap();
    assert!(story.read("chunks/chunk_01.md").ends_with("---\nNew text"));
}

#[test]
fn an_author_who_saves_over_a_rewrite_has_the_last_word() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let session = story
        .open_as(&["a", "b", "c"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    session.retire_chunk(n(1), "rewrite").unwrap();
    editor.edit(&path, &A.replace("Text of a", "Mine instead"));
    editor.save(&path);
    journal_saved(&path, &Disk::real()).unwrap();
    // What comes after that is another text.
    session.save_partial(n(1), "New").unwrap();
    editor.close(&path);
    let settled = settle_journal(&path, &Disk::real()).unwrap();
    assert!(matches!(settled, Settled::KeptInHistory(_)), "{settled:?}");
    assert!(story.read("chunks/chunk_01.md").contains("Mine instead."));
}

/// The editor did not take the edit, and the author types on in what he sees.
#[test]
fn an_accepted_revision_that_the_editor_never_showed_is_not_lost() {
    let story = Story::new();
    story.write(
        "chunks/chunk_01.md",
        "---\nchunk: 1\nbeat: a\nstatus: partial\n---\nOne.",
    );
    story.write("revisions/chunk_01.md", "The revision.");
    let editor = Arc::new(Editor::default());
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    let open = || {
        let opened = story.open_as(&["a"], editor.clone(), Disk::real());
        opened.unwrap().session
    };
    open().accept_revision(n(1)).unwrap();
    assert!(!story.exists("revisions/chunk_01.md"));
    let typed = editor.text(&path) + " Two, mine.";
    editor.edit(&path, &typed);

    let session = open();
    assert_eq!(session.chunk(n(1)).unwrap().text, "One. Two, mine.");
    session
        .save_partial(n(1), "One. Two, mine. Three.")
        .unwrap();
    assert!(story.has_anywhere("The revision."));
    session
        .save_partial(n(1), "One. Two, mine. Three. Fou")
        .unwrap();
    session
        .save_partial(n(1), "One. Two, mine. Three. Other.")
        .unwrap();
    assert_eq!(kept_texts(&session, n(1)), ["One.", "The revision."]);
}

#[test]
fn a_decision_about_a_revision_is_about_what_the_editor_shows() {
    for accepted in [true, false] {
        let story = written();
        story.write("revisions/chunk_01.md", "---\nnote: mine\n---\nOn disk.");
        let editor = Arc::new(Editor::default());
        let path = story.path("revisions/chunk_01.md");
        editor.open(&path);
        editor.edit(&path, "In the editor.");
        let opened = story.open_as(&["a", "b", "c"], editor.clone(), Disk::real());
        let session = opened.unwrap().session;
        match accepted {
            true => drop(session.accept_revision(n(1)).unwrap()),
            false => session.reject_revision(n(1)).unwrap(),
        }
        let text = session.chunk(n(1)).unwrap().text;
        let expected = if accepted {
            "In the editor."
        } else {
            "Text of a."
        };
        assert_eq!(text, expected);
        for text in ["Text of a.", "In the editor.", "On disk.", "note: mine"] {
            assert!(story.has_anywhere(text), "{accepted}: {text}");
        }
        assert!(!story.exists("revisions/chunk_01.md"));
        if accepted {
            let last = session.versions(n(1)).unwrap().pop().unwrap();
            assert_eq!(last.file.prose.trim_end(), "Text of a.");
        }
    }
}

/// Between the copy for history and the edit for the editor the author may type.
#[test]
fn what_is_typed_while_a_version_comes_back_is_kept() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let path = story.path("chunks/chunk_01.md");
    editor.open(&path);
    let opened = story.open_as(&["a", "b", "c"], editor.clone(), Disk::real());
    let session = opened.unwrap().session;
    story.write("revisions/chunk_01.md", "The revision.");
    // The text changes with every look that is taken at it.
    editor.types_at_every_look(&path);
    let saved = session.accept_revision(n(1)).unwrap();
    let edit = saved.client_edits.iter().find(|edit| edit.path == path);
    let base = &edit.expect("an edit").base;
    let typed = base.lines().last().unwrap();
    assert!(typed.contains("typed"), "{typed}");
    let kept = story.names("history/chunk_01").into_iter();
    let mut kept = kept.map(|name| story.read(&format!("history/chunk_01/{name}")));
    assert!(kept.any(|text| text.contains(typed)), "{typed} is replaced");
}

#[test]
fn open_story_and_changelog_come_back_as_edits() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let session = story
        .open_as(&["a", "b", "c"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    let full_story = story.path("full_story.md");
    let changelog = story.path("CHANGELOG.md");
    editor.open(&full_story);
    editor.open(&changelog);
    let on_disk = (story.read("full_story.md"), story.read("CHANGELOG.md"));
    editor.edit(&full_story, &(on_disk.0.clone() + "Unsaved, mine."));
    session.retire_chunk(n(2), "rewrite").unwrap();
    let saved = session.complete_chunk(n(2), "New b.", result()).unwrap();
    let text = |path: &std::path::Path| {
        let edits = saved.client_edits.iter().filter(|edit| edit.path == path);
        edits.map(|edit| edit.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(text(&full_story).len(), 1);
    assert!(text(&full_story)[0].contains("New b."));
    assert!(story.has_anywhere("Unsaved, mine."));
    let lines = text(&changelog);
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains("put chunk 2") && lines[0].contains("rewrote chunk 2"),
        "{}",
        lines[0]
    );
    assert_eq!(
        (story.read("full_story.md"), story.read("CHANGELOG.md")),
        on_disk
    );
}

#[test]
fn renumbering_waits_for_open_files() {
    let story = written();
    let editor = Arc::new(Editor::default());
    editor.open(&story.path("chunks/chunk_01.md"));
    let outline = ["n", "a", "b", "c"];
    let opened = story
        .open_as(&outline, editor.clone(), Disk::real())
        .unwrap();
    assert_eq!(opened.notices[0].code, "renumber-waits");
    // The new beat is written all the same, beside the others.
    opened
        .session
        .complete_chunk(n(1), "Text of n.", result())
        .unwrap();
    drop(opened);
    assert_eq!(told(&story, &outline), ["n n.", "a a.", "b b.", "c c."]);
    editor.close(&story.path("chunks/chunk_01.md"));
    drop(story.open(&outline));
    assert_eq!(told(&story, &outline), ["n n.", "a a.", "b b.", "c c."]);
    assert_eq!(story.names("chunks").len(), 4);
    assert_eq!(story.names("chunks")[3], "chunk_04.md");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Whatever the author does to the outline, in whatever order, and whatever is written
    /// meanwhile: a text stays with its beat, and none is lost.
    #[test]
    fn any_sequence_of_outlines_keeps_every_text(
        outlines in proptest::collection::vec(
            proptest::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..=5).prop_shuffle(),
            1..5,
        ),
        writes in proptest::collection::vec(0..5usize, 5),
    ) {
        let story = Story::in_memory();
        for (outline, write) in outlines.iter().zip(writes) {
            let session = story.open(outline).session;
            let Some(beat) = outline.get(write) else { continue };
            let number = n(u32::try_from(write).unwrap() + 1);
            if session.chunk(number).unwrap().status == ChunkStatus::Missing {
                session.complete_chunk(number, &format!("Text of {beat}."), result()).unwrap();
            }
            for chunk in session.view().unwrap().chunks {
                let own = format!("Text of {}.", chunk.beat);
                proptest::prop_assert!(chunk.text.is_empty() || chunk.text == own);
                let given = story.has_anywhere(&own);
                proptest::prop_assert_eq!(given, !chunk.text.is_empty(), "{} is in its place", own);
            }
        }
    }
}

/// Fails to bring any text to its place, once switched on.
struct NoRename(AtomicBool);

impl Faults for NoRename {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        let is_chunk = path.to_string_lossy().contains("chunks/chunk_01");
        if self.0.load(Ordering::Relaxed) && is_chunk && call == Call::Rename {
            Verdict::Fail(std::io::Error::from_raw_os_error(5))
        } else {
            Verdict::Go
        }
    }
}

/// The editor shows the old text and would save it over the new one, which is nowhere else.
#[test]
fn a_change_is_not_finished_behind_an_editor_that_opened_the_file_since() {
    let story = Story::new();
    let faults = Arc::new(NoRename(AtomicBool::new(false)));
    let disk = Disk::with_faults(faults.clone());
    let session = story.try_open(&["a"], disk).unwrap().session;
    session.complete_chunk(n(1), "Old.", result()).unwrap();
    session.save_partial(n(1), "Half.").unwrap();
    session.complete_chunk(n(1), "New.", result()).unwrap();
    faults.0.store(true, Ordering::Relaxed);
    session.restore_version(n(1), None).unwrap_err();
    drop(session);
    let path = story.path("chunks/chunk_01.md");
    let shown = story.read("chunks/chunk_01.md");
    assert!(shown.contains("New."), "{shown}");

    let editor = Arc::new(Editor::default());
    editor.open(&path);
    let refused = story
        .open_as(&["a"], editor.clone(), Disk::real())
        .unwrap_err();
    let said = refused.to_string();
    for part in [
        "chunk_01.md is open in the editor",
        "Close the file",
        "safe on disk",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(story.read("chunks/chunk_01.md"), shown);
    // It can be read meanwhile.
    story.view_as(&["a"], editor.as_ref());

    editor.close(&path);
    story.open_as(&["a"], editor, Disk::real()).unwrap();
    assert_ne!(story.read("chunks/chunk_01.md"), shown);
    assert!(story.has_anywhere("New."));
}

/// An editor that opens the file again reads what never came there.
#[test]
fn a_journal_that_was_left_is_shown_where_the_file_is_opened_again() {
    let story = Story::new();
    let editor = Arc::new(Editor::default());
    let path = story.path("chunks/chunk_01.md");
    story.write(
        "chunks/chunk_01.md",
        "---\nchunk: 1\nbeat: a\nstatus: partial\nmood: grim\n---\nOne.\n",
    );
    let stale = story.read("chunks/chunk_01.md");
    editor.open(&path);
    let session = story
        .open_as(&["a"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    session.chunk(n(1)).unwrap();
    session.save_partial(n(1), "One. Two.").unwrap();
    drop(session);
    journal_seen(
        &path,
        "---\nchunk: 1\nbeat: a\nstatus: partial\n---\nOne. Two.\n",
        &Disk::real(),
    )
    .unwrap();

    // A buffer that outlived the server is the author's.
    let shorter = stale.replace("One.\n", "On\n");
    assert_eq!(
        journal_opened(&path, &shorter, &Disk::real()).unwrap(),
        Unsaved::Nothing
    );

    let Unsaved::Text(edit) = journal_opened(&path, &stale, &Disk::real()).unwrap() else {
        panic!("nothing to show");
    };
    assert_eq!(edit.text, stale.replace("One.\n", "One. Two."));
    assert_eq!(edit.base, stale);
    // Meanwhile the text that the journal has is the one that counts.
    assert_eq!(
        story.view_as(&["a"], editor.as_ref()).chunks[0].text,
        "One. Two."
    );
    let notices = settle_left_over(&story.folder, editor.as_ref(), &Disk::real()).unwrap();
    assert_eq!(notices, [], "the file is open");
    editor.close(&path);
    let notices = settle_left_over(&story.folder, editor.as_ref(), &Disk::real()).unwrap();
    assert_eq!(notices.len(), 1);
    assert!(
        story
            .read("chunks/chunk_01.md")
            .ends_with("mood: grim\n---\nOne. Two.")
    );
    assert_eq!(story.names("chunks"), ["chunk_01.md"]);
}
