//! The author's hand: edits to chunk files, in the editor and behind its back, and changes of
//! the outline.

mod store;

use std::fs;
use std::sync::Arc;

use proptest::strategy::Strategy as _;

use store::{Editor, Story, n, result};
use storywright::session::{
    ChunkStatus, Disk, Origin, OrphanKind, Settled, StoreError, journal_saved, settle_journal,
};

const A: &str = "---\nchunk: 1\nbeat: a\nstatus: complete\n---\nText of a.\n";

/// A story of three complete chunks.
fn written() -> Story {
    let story = Story::new();
    let session = story.open(&["a", "b", "c"]).session;
    for (number, prose) in [(1, "Text of a."), (2, "Text of b."), (3, "Text of c.")] {
        session.complete_chunk(n(number), prose, result()).unwrap();
    }
    story
}

/// Each chunk as `beat text`, `beat text*` when edited, `beat -` when missing.
fn told(story: &Story, outline: &[&str]) -> Vec<String> {
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

#[test]
fn edits_are_seen_by_content() {
    type Act = fn(&Story);
    let rows: &[(&str, Act, &[&str])] = &[
        (
            "touched",
            |s| s.write("chunks/chunk_01.md", A),
            &["a a.", "b b.", "c c."],
        ),
        (
            "edited",
            |s| s.write("chunks/chunk_01.md", &A.replace("Text of a", "Mine")),
            &["a Mine.*", "b b.", "c c."],
        ),
        (
            "CRLF and BOM",
            |s| {
                s.write(
                    "chunks/chunk_01.md",
                    &format!("\u{feff}{}", A.replace('\n', "\r\n")),
                )
            },
            &["a a.", "b b.", "c c."],
        ),
        (
            "front matter gone",
            |s| s.write("chunks/chunk_01.md", "Text of a."),
            &["a a.", "b b.", "c c."],
        ),
        (
            "front matter gone, edited",
            |s| s.write("chunks/chunk_01.md", "Mine."),
            &["a Mine.*", "b b.", "c c."],
        ),
        (
            "beat mistyped",
            |s| s.write("chunks/chunk_01.md", &A.replace("beat: a", "beat: aa")),
            &["a a.", "b b.", "c c."],
        ),
        (
            "emptied",
            |s| s.write("chunks/chunk_01.md", ""),
            &["a -", "b b.", "c c."],
        ),
        (
            "only front matter",
            |s| s.write("chunks/chunk_01.md", &A.replace("Text of a.", "")),
            &["a -", "b b.", "c c."],
        ),
        (
            "deleted",
            |s| s.remove("chunks/chunk_01.md"),
            &["a -", "b b.", "c c."],
        ),
        (
            "renamed",
            |s| fs::rename(s.path("chunks/chunk_01.md"), s.path("chunks/opening.md")).unwrap(),
            &["a a.", "b b.", "c c."],
        ),
        (
            "copied",
            |s| {
                s.write(
                    "chunks/chunk_01 (conflicted copy).md",
                    &A.replace("Text of a", "Other"),
                )
            },
            &["a a.", "b b.", "c c."],
        ),
        (
            "names swapped",
            |s| {
                fs::rename(s.path("chunks/chunk_01.md"), s.path("chunks/x.md")).unwrap();
                fs::rename(s.path("chunks/chunk_02.md"), s.path("chunks/chunk_01.md")).unwrap();
                fs::rename(s.path("chunks/x.md"), s.path("chunks/chunk_02.md")).unwrap();
            },
            &["a a.", "b b.", "c c."],
        ),
        (
            "notes beside",
            |s| s.write("chunks/notes.md", "My notes."),
            &["a a.", "b b.", "c c."],
        ),
        (
            "Latin-1",
            |s| {
                fs::write(
                    s.path("chunks/chunk_01.md"),
                    b"---\nbeat: a\nstatus: complete\n---\nT\xfcr.",
                )
                .unwrap()
            },
            &["a Tür.*", "b b.", "c c."],
        ),
        (
            "manifest gone",
            |s| s.remove("manifest.json"),
            &["a a.", "b b.", "c c."],
        ),
        (
            "all but chunks gone",
            |s| {
                for name in s.names("").iter().filter(|name| *name != "chunks") {
                    fs::remove_file(s.path(name)).unwrap();
                }
            },
            &["a a.", "b b.", "c c."],
        ),
    ];
    for (what, act, expected) in rows {
        let story = written();
        act(&story);
        assert_eq!(
            told(&story, &["a", "b", "c"]),
            *expected,
            "{what}, read only"
        );
        drop(story.open(&["a", "b", "c"]));
        assert_eq!(
            told(&story, &["a", "b", "c"]),
            *expected,
            "{what}, after a start"
        );
        let view = story.view(&["a", "b", "c"]);
        for chunk in view
            .chunks
            .iter()
            .filter(|chunk| chunk.status != ChunkStatus::Missing)
        {
            let name = format!("chunks/chunk_0{}.md", chunk.number);
            assert_eq!(chunk.path, story.path(&name), "{what}: files are in order");
        }
    }
}

#[test]
fn an_undone_edit_is_none() {
    let story = written();
    story.write("chunks/chunk_01.md", &A.replace("Text of a", "Mine"));
    drop(story.open(&["a", "b", "c"]));
    assert!(
        story
            .read("CHANGELOG.md")
            .contains("chunk 1 (a) was edited by hand: 3 before, 1 now")
    );
    story.write("chunks/chunk_01.md", A);
    drop(story.open(&["a", "b", "c"]));
    assert_eq!(
        story.view(&["a", "b", "c"]).chunks[0].origin,
        Some(Origin::Generated)
    );
}

#[test]
fn a_chunk_by_hand_is_the_authors() {
    let story = Story::new();
    story.write("chunks/chunk_01.md", "I wrote this myself.");
    drop(story.open(&["a", "b"]));
    let view = story.view(&["a", "b"]);
    assert_eq!(view.chunks[0].status, ChunkStatus::Complete);
    assert_eq!(view.chunks[0].origin, Some(Origin::Written));
    assert!(!view.chunks[0].edited);
}

#[test]
fn the_outline_moves_and_no_text_is_lost() {
    // the outlines one after the other, what is told at the end
    let rows: &[(&[&[&str]], &[&str])] = &[
        (&[&["a", "n", "b", "c"]], &["a a.", "n -", "b b.", "c c."]),
        (&[&["c", "a", "b"]], &["c c.", "a a.", "b b."]),
        (&[&["a", "c"]], &["a a.", "c c."]),
        // removed, and back again
        (&[&["a", "c"], &["a", "b", "c"]], &["a a.", "b b.", "c c."]),
        (
            &[&["a", "c"], &["n", "a", "c", "b"]],
            &["n -", "a a.", "c c.", "b b."],
        ),
        (&[&["a", "c"], &["a", "c"], &["b"]], &["b b."]),
        // renamed
        (&[&["a", "new=b", "c"]], &["a a.", "new b.", "c c."]),
        // nothing in common any more, and back
        (&[&["x", "y"], &["a", "b", "c"]], &["a a.", "b b.", "c c."]),
        // a brief that can't be read for a moment
        (&[&[], &["a", "b", "c"]], &["a a.", "b b.", "c c."]),
    ];
    for (outlines, expected) in rows {
        let story = written();
        for outline in *outlines {
            drop(story.open(outline));
        }
        let last = outlines.last().unwrap();
        assert_eq!(told(&story, last), *expected, "{outlines:?}");
        for text in ["Text of a.", "Text of b.", "Text of c."] {
            assert!(story.has_anywhere(text), "{outlines:?}: {text}");
        }
        for (chunk, number) in story.view(last).chunks.iter().zip(1..) {
            assert_eq!(
                chunk.path,
                story.path(&format!("chunks/chunk_{number:02}.md"))
            );
            if chunk.status == ChunkStatus::Complete {
                let record = chunk.record.as_ref().unwrap();
                assert_eq!(
                    record.provider.as_deref(),
                    Some("demo"),
                    "{outlines:?}: the record moves along"
                );
                assert!(
                    fs::read_to_string(&chunk.path)
                        .unwrap()
                        .starts_with(&format!("---\nchunk: {number}\n"))
                );
            }
        }
    }
}

#[test]
fn a_removed_beat_is_reported_as_orphan() {
    let story = written();
    let before = story.view(&["a", "c"]).orphans;
    assert_eq!(before[0].path, story.path("chunks/chunk_02.md"));
    let notices = story.open(&["a", "c"]).notices;
    assert_eq!(notices[0].code, "beat-removed");
    let orphans = story.view(&["a", "c"]).orphans;
    assert_eq!(orphans.len(), 1);
    assert_eq!(orphans[0].kind, OrphanKind::BeatRemoved);
    assert_eq!(orphans[0].path, story.path("history/beat_b/0001.md"));
    assert_eq!(orphans[0].words, 3);
}

#[test]
fn state_and_revisions_move_with_their_chunk() {
    let story = written();
    story.write("state/chunk_01.json", "{\"a\": 1}");
    story.write("state/chunk_02.json", "{\"b\": 2}");
    story.write("revisions/chunk_02.md", "A revision of b.");
    drop(story.open(&["m", "n", "b"]));
    assert_eq!(story.names("state"), ["chunk_03.json"]);
    assert_eq!(story.read("state/chunk_03.json"), "{\"b\": 2}");
    drop(story.open(&["b", "m", "n"]));
    assert_eq!(story.read("state/chunk_01.json"), "{\"b\": 2}");
    assert_eq!(story.read("revisions/chunk_01.md"), "A revision of b.");
    assert!(story.has_anywhere("{\"a\": 1}"));
}

#[test]
fn past_99_chunks_there_are_three_digits() {
    let story = Story::new();
    let ids: Vec<String> = (1..=100).map(|number| format!("beat-{number}")).collect();
    let outline: Vec<&str> = ids.iter().map(String::as_str).collect();
    let session = story.open(&outline[..99]).session;
    session.complete_chunk(n(7), "Seven.", result()).unwrap();
    assert_eq!(story.names("chunks"), ["chunk_07.md"]);
    drop(session);
    let session = story.open(&outline).session;
    assert_eq!(story.names("chunks"), ["chunk_007.md"]);
    assert_eq!(session.chunk(n(7)).unwrap().text, "Seven.");
    drop(session);
    drop(story.open(&outline[..9]));
    assert_eq!(story.names("chunks"), ["chunk_07.md"]);
}

#[test]
fn a_copy_in_the_way_is_not_overwritten() {
    let story = written();
    // The author duplicates chunk 3 and numbers the copy on.
    story.write(
        "chunks/chunk_04.md",
        &A.replace("beat: a", "beat: c").replace("of a", "copy"),
    );
    let outline = ["a", "b", "c", "d"];
    let session = story.open(&outline).session;
    session
        .complete_chunk(n(4), "Text of d.", result())
        .unwrap();
    drop(session);
    assert_eq!(told(&story, &outline), ["a a.", "b b.", "c c.", "d d."]);
    assert!(story.read("chunks/chunk_04.md").contains("Text copy."));
    assert_eq!(story.view(&outline).orphans[0].kind, OrphanKind::Copy);
    story.remove("chunks/chunk_04.md");
    drop(story.open(&outline));
    assert_eq!(story.names("chunks").last().unwrap(), "chunk_04.md");
}

#[test]
fn read_only_files_are_left_alone() {
    let story = written();
    for name in ["chunks/chunk_01.md", "full_story.md"] {
        let mut permissions = fs::metadata(story.path(name)).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(story.path(name), permissions).unwrap();
    }
    let before = story.read("full_story.md");
    let session = story.open(&["a", "b", "c"]).session;
    for refused in [
        session.save_partial(n(1), "New.").unwrap_err(),
        session
            .complete_chunk(n(1), "New text.", result())
            .unwrap_err(),
        session.retire_chunk(n(1), "rewrite").unwrap_err(),
    ] {
        assert!(
            matches!(refused, StoreError::ReadOnlyFile { .. }),
            "{refused}"
        );
    }
    assert_eq!(story.read("chunks/chunk_01.md"), A);
    assert!(story.has_anywhere("New text."));
    session.chunk(n(2)).unwrap();
    let saved = session
        .complete_chunk(n(2), "New text of b.", result())
        .unwrap();
    assert_eq!(saved.notices[0].code, "file-left-alone");
    assert_eq!(story.read("full_story.md"), before);
    drop(session);
    // A renumbering waits for it.
    let notices = story.open(&["n", "a", "b", "c"]).notices;
    assert_eq!(notices[0].code, "renumber-waits");
    assert_eq!(
        told(&story, &["n", "a", "b", "c"]),
        ["n -", "a a.", "b New text of b.", "c c."]
    );
}

#[test]
fn an_edited_full_story_goes_to_history() {
    let story = written();
    let mine = story.read("full_story.md") + "\nThe end, says the author.\n";
    story.write("full_story.md", &mine);
    let session = story.open(&["a", "b", "c"]).session;
    session.assemble().unwrap();
    session.assemble().unwrap();
    assert!(!story.read("full_story.md").contains("says the author"));
    assert_eq!(story.names("history/full_story"), ["0001.md"]);
    assert!(
        story
            .read("history/full_story/0001.md")
            .contains("says the author")
    );
}

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
    editor.close(&path);
    assert_eq!(
        settle_journal(&path, &Disk::real()).unwrap(),
        Settled::NoJournal
    );
    assert!(story.read("chunks/chunk_01.md").contains("Mine instead."));
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
