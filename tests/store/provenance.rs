//! Whose a text is and what it was written from, where manifest and chunk files come from different
//! moments or the manifest is lost: a text is known by itself.

use std::collections::BTreeMap;
use std::fs;

use crate::fixture::{EndChunk, Story, n, result, written};
use storywright::session::{ChunkResult, ChunkStatus, Origin, Revision, Session};
use storywright::story::Digest;

const ALL: [&str; 3] = ["a", "b", "c"];

fn inputs(of: &str) -> BTreeMap<String, Digest> {
    BTreeMap::from([("beat".to_owned(), Digest::of(of))])
}

fn by_hand(story: &Story, prose: &str) {
    let text = format!("---\nchunk: 2\nbeat: b\nstatus: complete\n---\n{prose}\n");
    story.write("chunks/chunk_02.md", &text);
}

/// An earlier manifest takes the place of the one of now, or none does.
fn lose(story: &Story, earlier: Option<&str>) {
    match earlier {
        Some(text) => story.write("manifest.json", text),
        None => story.remove("manifest.json"),
    }
}

#[test]
fn an_authors_text_stays_the_authors_without_its_manifest() {
    let fresh = Story::new();
    drop(fresh.open(&ALL));
    let empty = fresh.read("manifest.json");
    for earlier in [None, Some(empty.as_str())] {
        let story = Story::new();
        story.write("chunks/chunk_02.md", "Mine from the first word.\n");
        drop(story.open(&ALL));
        // Only a file without front matter tells by itself that nothing of it was generated.
        by_hand(&story, "Mine from the first word.");
        drop(story.open(&ALL));
        lose(&story, earlier);
        assert_eq!(story.view(&ALL).chunks[1].origin, Some(Origin::Written));
        drop(story.open(&ALL));
        assert_eq!(story.view(&ALL).chunks[1].origin, Some(Origin::Written));
    }
}

#[test]
fn what_an_author_kept_is_known_without_the_manifest() {
    let story = written();
    let before = story.read("manifest.json");
    by_hand(&story, "Edited b.");
    let session = story.open(&ALL).session;
    session.keep_chunk(n(2), inputs("another beat")).unwrap();
    drop(session);
    for earlier in [None, Some(before.as_str())] {
        lose(&story, earlier);
        for _ in 0..2 {
            let chunk = story.view(&ALL).chunks[1].clone();
            assert_eq!(chunk.origin, Some(Origin::Edited), "{}", earlier.is_some());
            assert_eq!(chunk.record.unwrap().inputs, inputs("another beat"));
            drop(story.open(&ALL));
        }
    }
}

/// The id that a beat had once is another beat's by now.
#[test]
fn what_is_known_of_two_chunks_is_not_exchanged() {
    let story = written();
    // The second beat goes by another id, and a beat of its old one comes.
    let outline = ["a", "other=b", "c", "b=something else"];
    let session = story.open(&["a", "other=b", "c"]).session;
    session.keep_chunk(n(2), inputs("the other")).unwrap();
    drop(session);
    let session = story.open(&outline).session;
    session
        .complete_chunk(n(4), "Text of another b.", result())
        .unwrap();
    session.keep_chunk(n(4), inputs("another b")).unwrap();
    drop(session);
    // The manifest of the moment before.
    let text = story.read("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    for chunk in manifest["chunks"].as_array_mut().unwrap() {
        chunk.as_object_mut().unwrap().remove("noted");
    }
    story.write("manifest.json", &manifest.to_string());
    for _ in 0..2 {
        let view = story.view(&outline);
        let known = |at: usize| view.chunks[at].record.clone().unwrap().inputs.clone();
        assert_eq!(known(1), inputs("the other"));
        assert_eq!(known(3), inputs("another b"));
        drop(story.open(&outline));
    }
}

#[test]
fn a_text_that_comes_back_with_its_beat_is_what_it_was_without_the_manifest() {
    let story = written();
    let session = story.open(&ALL).session;
    session.retire_chunk(n(2), "rewritten").unwrap();
    let again = ChunkResult {
        inputs: inputs("another beat"),
        ..result()
    };
    session.complete_chunk(n(2), "Another b.", again).unwrap();
    drop(session);
    by_hand(&story, "Text of b.");
    drop(story.open(&["a", "c"]));
    story.remove("manifest.json");
    drop(story.open(&ALL));
    let chunk = story.view(&ALL).chunks[1].clone();
    assert_eq!(chunk.text, "Text of b.");
    assert_eq!(chunk.origin, Some(Origin::Generated));
    assert_eq!(chunk.record.unwrap().inputs, result().inputs);
    assert_eq!(
        story
            .read("manifest.json")
            .matches("\"beat\": \"b\"")
            .count(),
        1
    );
}

/// What an author kept is the edited text; what is undone was never kept.
#[test]
fn a_text_whose_edit_is_undone_is_what_it_was() {
    let story = written();
    by_hand(&story, "Edited b.");
    let session = story.open(&ALL).session;
    session.keep_chunk(n(2), inputs("another beat")).unwrap();
    drop(session);
    by_hand(&story, "Text of b.");
    for _ in 0..2 {
        let chunk = story.view(&ALL).chunks[1].clone();
        assert_eq!(chunk.origin, Some(Origin::Generated));
        assert_eq!(chunk.record.unwrap().inputs, result().inputs);
        drop(story.open(&ALL));
    }
}

/// Only what is needed stays: one record a text of the author's.
#[test]
fn a_text_that_was_edited_again_leaves_no_record() {
    let story = written();
    for edit in ["Once.", "Twice.", "Text of b."] {
        by_hand(&story, edit);
        drop(story.open(&ALL));
    }
    // A copy and a record for each of three texts.
    assert_eq!(story.names("history/generated").len(), 6);
    by_hand(&story, "Thrice.");
    let session = story.open(&ALL).session;
    session.chunk(n(2)).unwrap();
    session.retire_chunk(n(2), "rewritten").unwrap();
    session
        .complete_chunk(n(2), "Another b.", result())
        .unwrap();
    assert_eq!(story.names("history/generated").len(), 6);
}

/// An edit is noted, and what the author decides of it a moment later, within the same second.
#[test]
fn of_two_records_of_one_text_the_later_one_counts() {
    for text in ["Text of b.", "Edited b."] {
        let story = written();
        by_hand(&story, text);
        drop(story.open(&ALL));
        let earlier = story.read("manifest.json");
        let session = story.open(&ALL).session;
        session.keep_chunk(n(2), inputs("another beat")).unwrap();
        drop(session);
        story.write("manifest.json", &earlier);
        let record = story.view(&ALL).chunks[1].record.clone().unwrap();
        assert_eq!(record.inputs, inputs("another beat"), "{text}");
        drop(story.open(&ALL));
        let manifest = story.read("manifest.json");
        assert!(
            manifest.contains(&*Digest::of("another beat").0),
            "{text}: {manifest}"
        );
    }
}

/// The manifest is older than what the author has edited.
#[test]
fn an_edit_is_one_of_the_text_that_was_there() {
    let story = written();
    let earlier = story.read("manifest.json");
    let session = story.open(&ALL).session;
    session.retire_chunk(n(2), "rewritten").unwrap();
    let again = ChunkResult {
        inputs: inputs("another beat"),
        finished: "2026-01-02T04:00:00Z".parse().unwrap(),
        ..result()
    };
    session.complete_chunk(n(2), "Another b.", again).unwrap();
    drop(session);
    by_hand(&story, "Another b, and mine.");
    story.write("manifest.json", &earlier);
    let chunk = story.view(&ALL).chunks[1].clone();
    assert_eq!(chunk.origin, Some(Origin::Edited));
    assert_eq!(chunk.record.unwrap().inputs, inputs("another beat"));
}

/// A version control system, or an undo in an editor, brought a chunk of an earlier time, with its manifest or
/// without, and the author cut the text.
#[test]
fn an_edit_of_an_earlier_text_that_came_back_is_one_of_that() {
    let story = Story::new();
    let session = story.open(&ALL).session;
    let earlier = "The lamp was lit. The sea was calm. Nobody came.";
    session.complete_chunk(n(2), earlier, result()).unwrap();
    drop(session);
    let manifest = story.read("manifest.json");
    let session = story.open(&ALL).session;
    session.retire_chunk(n(2), "rewritten").unwrap();
    let again = ChunkResult {
        inputs: inputs("another beat"),
        finished: "2026-01-02T04:00:00Z".parse().unwrap(),
        ..result()
    };
    let text = "The lamp was lit. A boat came in.";
    session.complete_chunk(n(2), text, again).unwrap();
    drop(session);
    let latest = story.read("manifest.json");
    for (edit, expected) in [
        ("The lamp was lit. The sea was calm.", result().inputs),
        (
            "The lamp was lit. A boat came in late.",
            inputs("another beat"),
        ),
        ("The lamp was out. A boat came in.", inputs("another beat")),
    ] {
        by_hand(&story, edit);
        for manifest in [&manifest, &latest] {
            story.write("manifest.json", manifest);
            let chunk = story.view(&ALL).chunks[1].clone();
            assert_eq!(chunk.origin, Some(Origin::Edited), "{edit}");
            assert_eq!(chunk.record.unwrap().inputs, expected, "{edit}");
        }
    }
}

#[test]
fn a_beat_that_an_earlier_manifest_does_not_know_has_its_record() {
    let story = Story::new();
    drop(story.open(&["a", "c"]));
    let earlier = story.read("manifest.json");
    let session = story.open(&ALL).session;
    session
        .complete_chunk(n(2), "Text of b.", result())
        .unwrap();
    drop(session);
    story.write("manifest.json", &earlier);
    let record = story.view(&ALL).chunks[1].record.clone().unwrap();
    assert_eq!(record.inputs, result().inputs);
    drop(story.open(&ALL));
    let record = story.view(&ALL).chunks[1].record.clone().unwrap();
    assert_eq!(record.inputs, result().inputs);
}

/// The records in history/ tell the file that a chunk had once.
#[test]
fn a_text_without_front_matter_goes_by_its_number_where_the_manifest_is_lost() {
    let story = written();
    drop(story.open(&["a", "new", "b", "c"]));
    story.write("chunks/chunk_02.md", "Mine, for the new beat.\n");
    story.remove("manifest.json");
    let view = story.view(&["a", "new", "b", "c"]);
    assert_eq!(view.chunks[1].text, "Mine, for the new beat.");
    assert_eq!(view.chunks[1].status, ChunkStatus::Complete);
    assert_eq!(view.chunks[2].text, "Text of b.");
}

#[test]
fn a_rejected_revision_comes_back_with_what_it_was_made_from() {
    let story = written();
    let session = story.open(&ALL).session;
    for prose in ["Better b.", "Best b."] {
        let revision = Revision {
            number: n(2),
            of: session.chunk(n(2)).unwrap().digest,
            prose: prose.to_owned(),
        };
        session.propose_revision(&revision).unwrap();
    }
    session.reject_revision(n(2)).unwrap();
    // One that another one replaced, and one that was rejected.
    for version in [1, 2] {
        session.restore_version(n(2), Some(version)).unwrap();
        let chunk = session.chunk(n(2)).unwrap();
        assert_eq!(chunk.origin, Some(Origin::Generated));
        assert_eq!(chunk.record.unwrap().inputs, result().inputs, "{version}");
    }
}

#[test]
fn a_revision_of_a_text_that_was_rewritten_meanwhile_comes_back_with_what_that_was_made_from() {
    let story = written();
    let session = story.open(&ALL).session;
    let revision = Revision {
        number: n(2),
        of: session.chunk(n(2)).unwrap().digest,
        prose: "Better b.".to_owned(),
    };
    session.propose_revision(&revision).unwrap();
    session.retire_chunk(n(2), "rewritten").unwrap();
    let again = ChunkResult {
        inputs: inputs("another beat"),
        ..result()
    };
    session.complete_chunk(n(2), "Another b.", again).unwrap();
    session.reject_revision(n(2)).unwrap();
    session.restore_version(n(2), None).unwrap();
    let chunk = session.chunk(n(2)).unwrap();
    assert_eq!(chunk.text, "Better b.");
    assert_eq!(chunk.origin, Some(Origin::Generated));
    assert_eq!(chunk.record.unwrap().inputs, result().inputs);
}

#[test]
fn a_revision_that_the_author_changed_is_the_authors() {
    let story = written();
    let session = story.open(&ALL).session;
    let revision = Revision {
        number: n(2),
        of: session.chunk(n(2)).unwrap().digest,
        prose: "Better b.".to_owned(),
    };
    session.propose_revision(&revision).unwrap();
    let path = story.path("revisions/chunk_02.md");
    let proposed = fs::read_to_string(&path).unwrap();
    fs::write(&path, proposed.replace("Better b.", "Better b, and mine.")).unwrap();
    session.accept_revision(n(2)).unwrap();
    let chunk = session.chunk(n(2)).unwrap();
    assert_eq!(chunk.text, "Better b, and mine.");
    assert_eq!((chunk.origin, chunk.edited), (Some(Origin::Edited), true));
}

#[test]
fn comments_that_only_a_copy_has_stay_when_the_same_text_is_written_again() {
    let story = Story::new();
    let complete = |prose| {
        let session = story.open(&["a"]).session;
        session.complete_chunk(n(1), prose, result()).unwrap();
    };
    // The author commented what there was of it before the rest came.
    complete("Of a. <!-- colder --> And so on.");
    story.remove("chunks/chunk_01.md");
    complete("Of a. And so on.");
    assert!(story.has_anywhere("colder"));
}

#[test]
fn a_chunk_by_hand_is_the_authors_whatever_its_front_matter() {
    let outline = ["a", "b", "c", "d"];
    for (has_session, number, beat) in [(true, 4, "d"), (false, 1, "a")] {
        let story = if has_session { written() } else { Story::new() };
        let text = format!("---\nchunk: {number}\nbeat: {beat}\nstatus: complete\n---\nMine.\n");
        story.write(&format!("chunks/chunk_0{number}.md"), &text);
        for _ in 0..2 {
            let chunk = story.view(&outline).chunks[number - 1].clone();
            assert_eq!(chunk.origin, Some(Origin::Written), "{has_session}");
            drop(story.open(&outline));
        }
        lose(&story, None);
        for at in 0..3 {
            let origin = story.view(&outline).chunks[at].origin;
            let expected = has_session.then_some(Origin::Generated);
            let expected = expected.or((at == 0).then_some(Origin::Written));
            assert_eq!(origin, expected, "{has_session}");
        }
    }
}

#[test]
fn a_text_that_the_author_has_ended_is_the_authors() {
    let story = Story::new();
    let session = story.open(&ALL).session;
    begin(&session);
    session.save_partial(n(2), "The lamp went").unwrap();
    drop(session);
    drop(story.open(&ALL));
    by_hand(&story, "The lamp went out, I say.");
    assert_eq!(story.view(&ALL).chunks[1].origin, Some(Origin::Edited));
}

fn begin(session: &Session) {
    session
        .note_begun(n(2), result().started, inputs("beat"), Vec::new())
        .unwrap();
}

/// A job on the second chunk that is killed.
fn killed(story: &Story, text: &str) {
    let session = story.open(&ALL).session;
    let chunk = session.chunk(n(2)).unwrap();
    if chunk.text.is_empty() {
        begin(&session);
    }
    let goes_on = chunk.going_on(text).into_owned();
    session.save_partial(n(2), &goes_on).unwrap();
    let goes_on = chunk.going_on(&format!("{text} And on")).into_owned();
    session.save_partial(n(2), &goes_on).unwrap();
}

#[test]
fn words_that_are_typed_into_a_part_of_a_text_are_the_authors() {
    let generated = "The lamp went out. And on";
    // What the author makes of it, and whose it is when it is complete.
    for (typed, origin) in [
        (generated, Origin::Generated),
        (
            "The lamp <!-- colder --> went out. And on",
            Origin::Generated,
        ),
        ("The lamp went out. And on, I say", Origin::Edited),
        ("Mine alone", Origin::Edited),
    ] {
        for (kills, keeps_manifest) in [(0, true), (1, true), (0, false)] {
            let what = format!("{typed:?}, killed {kills} times more");
            let story = Story::new();
            killed(&story, "The lamp went out.");
            let text = story.read("chunks/chunk_02.md");
            assert!(text.contains(generated));
            story.write("chunks/chunk_02.md", &text.replace(generated, typed));
            for _ in 0..kills {
                let text = story.view(&ALL).chunks[1].text.trim_end().to_owned();
                killed(&story, &text);
            }
            let session = story.open(&ALL).session;
            let chunk = session.chunk(n(2)).unwrap();
            let whole = format!("{} to the end.", chunk.text.trim_end());
            let whole = chunk.going_on(&whole).into_owned();
            session.save_partial(n(2), &whole).unwrap();
            session.complete_chunk(n(2), &whole, result()).unwrap();
            assert_eq!(session.chunk(n(2)).unwrap().origin, Some(origin), "{what}");
            drop(session);
            if !keeps_manifest {
                lose(&story, None);
            }
            for _ in 0..2 {
                let chunk = story.view(&ALL).chunks[1].clone();
                assert_eq!(chunk.origin, Some(origin), "{what}");
                drop(story.open(&ALL));
            }
            // It is written anew where it is named.
            let session = story.open(&ALL).session;
            session.retire_chunk(n(2), "rewritten").unwrap();
            begin(&session);
            session.save_partial(n(2), "Another").unwrap();
            session.complete_chunk(n(2), "Another.", result()).unwrap();
            let chunk = session.chunk(n(2)).unwrap();
            assert_eq!(chunk.origin, Some(Origin::Generated), "{what}");
        }
    }
}
