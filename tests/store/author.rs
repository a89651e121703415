//! The author's hand: edits to chunk files behind the editor's back, and changes of the
//! outline.

use std::collections::BTreeMap;
use std::fs;

use crate::fixture::{A, EndChunk, Story, n, result, told, written};
use storywright::session::{ChunkStatus, ChunkView, Origin, OrphanKind, StoreError};
use storywright::story::Digest;

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
                    let path = s.path(name);
                    fs::remove_dir_all(&path)
                        .or_else(|_| fs::remove_file(&path))
                        .unwrap();
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

/// A line of the author's in the front matter is text of his like any other.
#[test]
fn the_authors_front_matter_outlives_every_change() {
    type Act = fn(&Story);
    let rows: &[(&str, Act)] = &[
        ("rewritten", |story| {
            let session = story.open(&["a", "b", "c"]).session;
            session.retire_chunk(n(1), "rewritten").unwrap();
            session.save_partial(n(1), "New").unwrap();
            session.complete_chunk(n(1), "New text.", result()).unwrap();
        }),
        ("restored", |story| {
            let session = story.open(&["a", "b", "c"]).session;
            session.retire_chunk(n(1), "rewritten").unwrap();
            let _ = session.restore_version(n(1), None);
        }),
        ("revised", |story| {
            story.write("revisions/chunk_01.md", "A revision.");
            let session = story.open(&["a", "b", "c"]).session;
            session.accept_revision(n(1)).unwrap();
        }),
        ("beat gone and back", |story| {
            drop(story.open(&["b", "c"]));
            drop(story.open(&["a", "b", "c"]));
        }),
        ("renumbered", |story| drop(story.open(&["b", "a", "c"]))),
    ];
    for (what, act) in rows {
        for text in [A.to_owned(), A.replace("Text of a.", "")] {
            let story = written();
            let noted = text.replacen("---\n", "---\n# mine\nnote: \"hers\"\n", 1);
            story.write("chunks/chunk_01.md", &noted);
            act(&story);
            let chunks = story.names("chunks").into_iter();
            let mut heads = chunks.map(|name| story.read(&format!("chunks/{name}")));
            assert!(
                heads.any(|head| head.contains("\n# mine\nnote: \"hers\"\n")),
                "{what}: {text:?}"
            );
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
        // renamed; with a touch of what it says too; and another beat in its place
        (&[&["a", "new=b", "c"]], &["a a.", "new b.", "c c."]),
        (&[&["logbook", "b", "c"]], &["logbook -", "b b.", "c c."]),
        // moved and renamed at once
        (&[&["c", "a", "new=b"]], &["c c.", "a a.", "new b."]),
        // split: the first half keeps id and chunk; both halves under new ids; and joined again
        (&[&["a", "a2", "b", "c"]], &["a a.", "a2 -", "b b.", "c c."]),
        (&[&["x", "y", "b", "c"]], &["x -", "y -", "b b.", "c c."]),
        (
            &[&["x", "y", "b", "c"], &["a", "b", "c"]],
            &["a a.", "b b.", "c c."],
        ),
        // merged into one that stays, into a new one, and taken apart again
        (&[&["a", "c"]], &["a a.", "c c."]),
        (&[&["ab", "c"]], &["ab -", "c c."]),
        (&[&["ab", "c"], &["a", "b", "c"]], &["a a.", "b b.", "c c."]),
        // inserted, removed and moved at once
        (&[&["n", "c", "a"]], &["n -", "c c.", "a a."]),
        // everything renamed at once, and nothing said differently
        (&[&["x=a", "y=b", "z=c"]], &["x a.", "y b.", "z c."]),
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

/// Also twice, and with an edit in between.
#[test]
fn what_is_known_of_a_text_comes_back_with_its_beat() {
    let story = written();
    let all = ["a", "b", "c"];
    let path = story.path("chunks/chunk_02.md");
    for edit in ["Mine.", "Mine, again."] {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{}\n\n{edit}\n", text.trim_end())).unwrap();
        let inputs = BTreeMap::from([("tense".to_owned(), Digest::of(edit))]);
        let opened = story.open(&all);
        opened.session.keep_chunk(n(2), inputs).unwrap();
        drop(opened);
        let before = story.view(&all).chunks[1].clone();
        assert!(before.edited);
        drop(story.open(&["a", "c"]));
        drop(story.open(&all));
        let after = story.view(&all).chunks[1].clone();
        assert_eq!(after.text, before.text);
        assert_eq!(after.origin, before.origin);
        let inputs = |chunk: &ChunkView| chunk.record.as_ref().unwrap().inputs.clone();
        assert_eq!(inputs(&after), inputs(&before));
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

/// Who touches up a heading touches up what stands below it too.
#[test]
fn a_beat_whose_heading_is_touched_up_keeps_its_chunk() {
    let rows = [
        // old id, new id, whether the chunk stays
        ("the-logbok", "the-logbook", true),
        ("storm", "the-storm", true),
        ("the-logbook", "a-quiet-morning", false),
    ];
    for (old, new, stays) in rows {
        let story = Story::new();
        let session = story.open(&["a", old, "c"]).session;
        for number in [1, 2, 3] {
            session
                .complete_chunk(n(number), &format!("Text {number}."), result())
                .unwrap();
        }
        drop(session);
        let opened = story.open(&["a", &format!("{new}=something else"), "c"]);
        let text = opened.session.chunk(n(2)).unwrap().text;
        assert_eq!(text == "Text 2.", stays, "{old} → {new}");
        let code = if stays {
            "beat-renamed"
        } else {
            "beat-removed"
        };
        assert_eq!(opened.notices[0].code, code);
        assert!(story.has_anywhere("Text 2."));
    }
}

/// A comment of the author's while the chunk's text grows.
const COMMENT: &str = "<!-- sw: colder -->";

#[test]
fn a_comment_that_is_typed_while_the_text_grows_stays_and_stops_nothing() {
    // What the author makes of the text so far, what comes next, and what stands there then.
    let rows = [
        (
            format!("The lamp {COMMENT} went o"),
            "The lamp went out.",
            format!("The lamp {COMMENT} went out."),
        ),
        (
            format!("The lamp went o {COMMENT}\n"),
            "The lamp went out. It rained.",
            format!("The lamp went out. {COMMENT} It rained."),
        ),
        (
            format!("{COMMENT}\n\nThe lamp went o"),
            "The lamp went",
            format!("{COMMENT}\n\nThe lamp went"),
        ),
    ];
    for (typed, next, expected) in rows {
        for crlf in [false, true] {
            let story = Story::new();
            let session = story.open(&["a"]).session;
            session.save_partial(n(1), "The lamp went o").unwrap();
            let text = story.read("chunks/chunk_01.md");
            let mut text = text.replace("The lamp went o", &typed);
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            story.write("chunks/chunk_01.md", &text);
            session.save_partial(n(1), next).unwrap();
            let saved = story.read("chunks/chunk_01.md");
            assert_eq!(saved.contains("\r\n"), crlf, "{saved:?}");
            let saved = saved.replace("\r\n", "\n");
            assert!(saved.ends_with(&format!("---\n{expected}")), "{saved:?}");
            // It goes along to the end.
            let whole = format!("{next} More of it.");
            session.save_partial(n(1), &whole).unwrap();
            session.complete_chunk(n(1), &whole, result()).unwrap();
            let view = story.view(&["a"]);
            assert_eq!(view.chunks[0].text.trim_end(), whole, "{typed:?}");
            assert!(!view.chunks[0].edited, "{typed:?}");
            let saved = story.read("chunks/chunk_01.md");
            assert_eq!(saved.matches(COMMENT).count(), 1, "{saved:?}");
            assert!(!story.read("full_story.md").contains("colder"));
        }
    }
}

#[test]
fn a_comment_that_is_taken_out_while_the_text_grows_stays_out() {
    let story = Story::new();
    story.write(
        "chunks/chunk_01.md",
        &format!("---\nchunk: 1\nbeat: a\nstatus: partial\n---\nThe lamp {COMMENT} went"),
    );
    let session = story.open(&["a"]).session;
    let chunk = session.chunk(n(1)).unwrap();
    session
        .save_partial(n(1), &chunk.going_on("The lamp went out."))
        .unwrap();
    let text = story.read("chunks/chunk_01.md");
    assert!(text.contains(COMMENT));
    story.write(
        "chunks/chunk_01.md",
        &text.replace(&format!("{COMMENT} "), ""),
    );
    let last = "The lamp went out. It rained.";
    session.save_partial(n(1), &chunk.going_on(last)).unwrap();
    assert!(
        story
            .read("chunks/chunk_01.md")
            .ends_with(&format!("---\n{last}"))
    );
}

#[test]
fn words_that_are_typed_beside_a_comment_are_the_authors() {
    let story = Story::new();
    let session = story.open(&["a"]).session;
    session.save_partial(n(1), "The lamp went o").unwrap();
    let text = story.read("chunks/chunk_01.md");
    let typed = text.replace("The lamp", &format!("My lamp {COMMENT}"));
    story.write("chunks/chunk_01.md", &typed);
    let saved = session.save_partial(n(1), "The lamp went out.");
    assert!(matches!(saved, Err(StoreError::AuthorEdited { .. })));
    assert_eq!(story.read("chunks/chunk_01.md"), typed);
    assert!(story.has_anywhere("The lamp went out."));
}
