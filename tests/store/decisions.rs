//! What an author decides about a text: to bring an earlier version back, to take or turn down a
//! revision. What was known of a text comes back with it, and what was generated is never gone
//! under an edit.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use crate::fixture::{A, Editor, EndChunk, Story, n, result, written};
use storywright::session::{
    ChunkResult, ChunkStatus, Disk, Lock, Mending, Origin, Revision, SessionView, StoreError,
    TokenUsage, generated_text,
};
use storywright::story::Digest;

/// What came of another call, with another model.
fn other_result() -> ChunkResult {
    ChunkResult {
        model: "other-2".to_owned(),
        asked_model: None,
        attempts: 3,
        cost: Some(0.5),
        usage: TokenUsage {
            output_tokens: Some(999),
            ..TokenUsage::default()
        },
        inputs: BTreeMap::from([("rule 3".to_owned(), Digest::of("another rule"))]),
        ..result()
    }
}

fn generated(story: &Story, view: &SessionView, chunk: usize) -> Option<String> {
    generated_text(&story.folder, &story.id, &view.chunks[chunk], &Disk::real()).unwrap()
}

#[test]
fn a_restored_text_has_what_was_known_of_it() {
    for manifest_lost in [false, true] {
        let story = Story::new();
        let session = story.open(&["a"]).session;
        session.complete_chunk(n(1), "First.", result()).unwrap();
        session.retire_chunk(n(1), "rewrite").unwrap();
        session
            .complete_chunk(n(1), "Second.", other_result())
            .unwrap();
        drop(session);
        assert_eq!(story.names("history/chunk_01"), ["0001.json", "0001.md"]);
        if manifest_lost {
            story.remove("manifest.json");
        }
        let session = story.open(&["a"]).session;
        session.restore_version(n(1), None).unwrap();
        let first = session.chunk(n(1)).unwrap();
        let record = first.record.unwrap();
        let expected = result();
        assert_eq!(first.text, "First.");
        assert_eq!(
            (first.origin, first.edited),
            (Some(Origin::Generated), false)
        );
        assert_eq!(record.model, Some(expected.model), "lost: {manifest_lost}");
        assert_eq!(record.inputs, expected.inputs);
        assert_eq!(record.usage, Some(expected.usage));
        assert_eq!(record.cost, expected.cost);
        // And forth again.
        session.restore_version(n(1), Some(2)).unwrap();
        let second = session.chunk(n(1)).unwrap();
        let record = second.record.unwrap();
        assert_eq!(second.text, "Second.");
        assert_eq!(record.model, Some(other_result().model));
        assert_eq!(record.inputs, other_result().inputs);
        assert_eq!(record.attempts, 3);
    }
}

/// The decision to keep a text was gone when a version with the same words was restored.
#[test]
fn a_restored_text_that_was_kept_stays_kept() {
    for has_another in [false, true] {
        let story = Story::new();
        let session = story.open(&["a"]).session;
        session.complete_chunk(n(1), "First.", result()).unwrap();
        session.retire_chunk(n(1), "rewrite").unwrap();
        session.complete_chunk(n(1), "First.", result()).unwrap();
        let kept = other_result().inputs;
        session.keep_chunk(n(1), kept.clone()).unwrap();
        if has_another {
            session.retire_chunk(n(1), "rewrite").unwrap();
            session.complete_chunk(n(1), "Second.", result()).unwrap();
        }
        session.restore_version(n(1), Some(1)).unwrap();
        let chunk = session.chunk(n(1)).unwrap();
        assert_eq!(chunk.text, "First.");
        assert_eq!(chunk.record.unwrap().inputs, kept, "{has_another}");
    }
}

/// It was gone, too, when the author had put another version into its place by hand meanwhile.
#[test]
fn a_kept_text_stays_kept_under_a_version_that_was_put_there_by_hand() {
    let story = Story::new();
    let session = story.open(&["a"]).session;
    session.complete_chunk(n(1), "First.", result()).unwrap();
    session.retire_chunk(n(1), "rewrite").unwrap();
    session.complete_chunk(n(1), "Second.", result()).unwrap();
    session.restore_version(n(1), Some(1)).unwrap();
    let kept = other_result().inputs;
    session.keep_chunk(n(1), kept.clone()).unwrap();
    drop(session);
    story.write("chunks/chunk_01.md", &A.replace("Text of a.", "Second."));
    let session = story.open(&["a"]).session;
    session.restore_version(n(1), Some(1)).unwrap();
    let chunk = session.chunk(n(1)).unwrap();
    assert_eq!(chunk.text, "First.");
    assert_eq!(chunk.record.unwrap().inputs, kept);
}

#[test]
fn a_version_of_which_nothing_is_known_brings_no_metadata_of_another() {
    let story = written();
    fs::create_dir_all(story.path("history/chunk_01")).unwrap();
    story.write(
        "history/chunk_01/0001.md",
        &A.replace("Text of a", "From an old copy"),
    );
    // The record of a text that somebody changed since is about another text.
    story.write(
        "history/chunk_01/0002.md",
        &A.replace("Text of a", "Changed since"),
    );
    let record = serde_json::json!({
        "number": 1, "beat": "a", "model": "m", "content_sha256": Digest::of("x"),
    });
    story.write("history/chunk_01/0002.json", &record.to_string());
    let session = story.open(&["a", "b", "c"]).session;
    for (version, text) in [(1, "From an old copy."), (2, "Changed since.")] {
        session.restore_version(n(1), Some(version)).unwrap();
        let chunk = session.chunk(n(1)).unwrap();
        let record = chunk.record.unwrap();
        assert_eq!(chunk.text, text);
        assert_eq!(
            (record.model.clone(), record.usage.clone(), record.cost),
            (None, None, None)
        );
        assert_eq!(record.inputs.len(), 0);
    }
}

#[test]
fn what_was_generated_can_be_shown_and_brought_back_under_an_edit() {
    let story = written();
    let outline = ["a", "b", "c"];
    let mine = A.replace("Text of a.", "Mine.");
    story.write("chunks/chunk_01.md", &mine);
    // No job has seen the edit.
    let view = story.view(&outline);
    assert!(view.chunks[0].edited);
    assert_eq!(generated(&story, &view, 0).as_deref(), Some("Text of a.\n"));
    assert!(!story.exists("history/chunk_01"));
    // The first start that sees it keeps what was generated as a version.
    let session = story.open(&outline).session;
    let versions = session.versions(n(1)).unwrap();
    assert_eq!(versions.len(), 1);
    assert_eq!(versions[0].file.prose, "Text of a.\n");
    drop(session);
    drop(story.open(&outline));
    assert_eq!(
        story.names("history/chunk_01"),
        ["0001.json", "0001.md"],
        "once"
    );
    let session = story.open(&outline).session;
    session.restore_version(n(1), None).unwrap();
    let chunk = session.chunk(n(1)).unwrap();
    assert_eq!((chunk.text.as_str(), chunk.edited), ("Text of a.", false));
    assert_eq!(chunk.record.unwrap().inputs, result().inputs);
    // The edit is a version too, and comes back as an edit.
    session.restore_version(n(1), Some(2)).unwrap();
    let view = session.view().unwrap();
    assert_eq!(view.chunks[0].text, "Mine.");
    assert!(view.chunks[0].edited);
    assert_eq!(generated(&story, &view, 0).as_deref(), Some("Text of a.\n"));
}

#[test]
fn an_edit_that_no_job_saw_is_replaced_without_losing_either_text() {
    // where the file is edited: on disk, in an editor
    for in_editor in [false, true] {
        let story = written();
        let editor = Arc::new(Editor::default());
        let outline = ["a", "b", "c"];
        let session = story
            .open_as(&outline, editor.clone(), Disk::real())
            .unwrap()
            .session;
        let path = story.path("chunks/chunk_01.md");
        let mine = A.replace("Text of a", "Mine");
        match in_editor {
            true => editor.edit(&path, &mine),
            false => story.write("chunks/chunk_01.md", &mine),
        }
        session.retire_chunk(n(1), "rewrite").unwrap();
        session
            .complete_chunk(n(1), "New.", other_result())
            .unwrap();
        let versions = session.versions(n(1)).unwrap();
        let texts: Vec<&str> = versions.iter().map(|kept| kept.file.prose.trim()).collect();
        assert_eq!(texts, ["Text of a.", "Mine."], "in the editor: {in_editor}");
    }
}

#[test]
fn a_chunk_that_was_deleted_leaves_what_was_generated() {
    let story = written();
    story.remove("chunks/chunk_01.md");
    let session = story.open(&["a", "b", "c"]).session;
    assert_eq!(session.chunk(n(1)).unwrap().status, ChunkStatus::Missing);
    session
        .complete_chunk(n(1), "New.", other_result())
        .unwrap();
    session.restore_version(n(1), None).unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().text, "Text of a.");
}

#[test]
fn there_is_one_copy_of_what_was_generated_a_chunk() {
    let story = Story::new();
    let session = story.open(&["a", "b"]).session;
    let copies = || {
        let names = story.names("history/generated");
        names.iter().filter(|name| name.ends_with(".md")).count()
    };
    // The same text twice is one copy, and stays while either chunk has it.
    for number in [1, 2] {
        session
            .complete_chunk(n(number), "Same.", result())
            .unwrap();
    }
    assert_eq!(copies(), 1);
    for text in ["Second.", "Third."] {
        session.chunk(n(1)).unwrap();
        session.complete_chunk(n(1), text, result()).unwrap();
        assert_eq!(copies(), 2, "{text}");
    }
    session.chunk(n(2)).unwrap();
    session
        .fail_chunk(n(2), "Sa", result(), "too short")
        .unwrap();
    assert_eq!(copies(), 1);
    assert!(story.has_anywhere("Same.") && story.has_anywhere("Second."));
}

#[test]
fn edits_and_inputs_are_known_without_the_manifest() {
    let outline = ["a", "b", "c"];
    for seen_before in [false, true] {
        let story = written();
        story.write("chunks/chunk_01.md", &A.replace("Text of a", "Mine"));
        if seen_before {
            drop(story.open(&outline));
        }
        story.write("manifest.json", "<<<<<<< HEAD\n{}\n=======\n");
        for what in ["read", "opened"] {
            let view = story.view(&outline);
            assert!(view.chunks[0].edited && !view.chunks[1].edited, "{what}");
            let record = view.chunks[1].record.as_ref().unwrap();
            assert_eq!(record.inputs, result().inputs, "{what}");
            assert_eq!(record.cost, result().cost, "{what}");
            drop(story.open(&outline));
        }
    }
}

#[test]
fn a_copy_that_a_power_cut_took_is_made_again() {
    type Damage = fn(&Story, &str);
    let rows: &[(&str, Damage)] = &[
        ("gone", |story, file| story.remove(file)),
        ("empty", |story, file| story.write(file, "")),
        ("half", |story, file| {
            story.write(file, &story.read(file)[..4096]);
        }),
    ];
    let text = "A word. ".repeat(1000);
    for (what, damage) in rows {
        let story = Story::new();
        let session = story.open(&["a"]).session;
        session.complete_chunk(n(1), &text, result()).unwrap();
        drop(session);
        let names = story.names("history/generated");
        let copy = names.iter().find(|name| name.ends_with(".md")).unwrap();
        damage(&story, &format!("history/generated/{copy}"));
        drop(story.open(&["a"]));
        story.write("chunks/chunk_01.md", &A.replace("Text of a", "Mine"));
        let view = story.view(&["a"]);
        let known = generated(&story, &view, 0).unwrap();
        assert_eq!(known.trim(), text.trim(), "{what}");
    }
}

#[test]
fn a_hostile_record_is_data() {
    let story = written();
    story.remove("manifest.json");
    for name in story.names("history/generated") {
        let text = match name.ends_with(".json") {
            true => {
                "{\"number\": 1, \"beat\": \"../../x\", \"generated_sha256\": \"../../../story.md\"}"
            }
            false => "Another text.",
        };
        story.write(&format!("history/generated/{name}"), text);
    }
    drop(story.open(&["a", "b", "c"]));
    assert_eq!(
        crate::fixture::told(&story, &["a", "b", "c"]),
        ["a a.", "b b.", "c c."]
    );
}

#[test]
fn versions_stay_with_a_beat_that_moves_and_gets_another_name() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session.retire_chunk(n(2), "rewrite").unwrap();
    session
        .complete_chunk(n(2), "Second b.", other_result())
        .unwrap();
    drop(session);
    // inserted before, renamed, renamed again
    for outline in [
        ["n", "a", "b", "c"],
        ["n", "a", "x=b", "c"],
        ["n", "a", "y=b", "c"],
    ] {
        let session = story.open(&outline).session;
        let versions = session.versions(n(3)).unwrap();
        let texts: Vec<&str> = versions.iter().map(|kept| kept.file.prose.trim()).collect();
        assert_eq!(texts, ["Text of b."], "{outline:?}");
    }
    let outline = ["n", "a", "y=b", "c"];
    let session = story.open(&outline).session;
    session.restore_version(n(3), None).unwrap();
    let chunk = session.chunk(n(3)).unwrap();
    assert_eq!(
        (chunk.text.as_str(), chunk.beat.as_str()),
        ("Text of b.", "y")
    );
    assert_eq!(chunk.record.unwrap().inputs, result().inputs);
}

#[test]
fn a_beat_that_comes_back_brings_its_record() {
    for manifest_lost in [false, true] {
        let story = written();
        drop(story.open(&["a", "c"]));
        if manifest_lost {
            story.remove("manifest.json");
            fs::remove_dir_all(story.path("history/generated")).unwrap();
        }
        let session = story.open(&["a", "b", "c"]).session;
        let chunk = session.chunk(n(2)).unwrap();
        assert_eq!(chunk.text, "Text of b.");
        assert_eq!(chunk.record.unwrap().inputs, result().inputs);
        assert!(!story.exists("history/beat_b/0001.json"));
    }
}

#[test]
fn a_revision_is_taken_or_turned_down() {
    let story = written();
    let extra = A.replace("status:", "mood: grim\nstatus:");
    story.write("chunks/chunk_01.md", &extra);
    story.write("revisions/chunk_01.md", "Revised a.");
    story.write("revisions/chunk_02.md", "Revised b.");
    let session = story.open(&["a", "b", "c"]).session;
    session.accept_revision(n(1)).unwrap();
    session.reject_revision(n(2)).unwrap();
    assert_eq!(story.names("revisions"), [""; 0]);
    let view = session.view().unwrap();
    assert_eq!(view.chunks[0].text, "Revised a.");
    assert_eq!(view.chunks[0].origin, Some(Origin::Generated));
    // It was made of a text that was written from these.
    let record = view.chunks[0].record.as_ref().unwrap();
    assert_eq!(record.inputs, result().inputs);
    assert!(story.read("chunks/chunk_01.md").contains("mood: grim"));
    assert_eq!(view.chunks[1].text, "Text of b.");
    let rejected = session.versions(n(2)).unwrap();
    assert_eq!(rejected[0].file.prose, "Revised b.\n");
    assert!(
        !story.exists("history/chunk_02/0001.json"),
        "nothing is known of it"
    );
    let log = story.read("CHANGELOG.md");
    assert!(log.contains("a revision was accepted in chunk 1"), "{log}");
    assert!(log.contains("rejected the revision of chunk 2"), "{log}");
    for refused in [
        session.accept_revision(n(1)).unwrap_err(),
        session.reject_revision(n(2)).unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::NoRevision { .. }));
        assert!(refused.to_string().contains("Nothing was changed"));
    }
}

#[test]
fn a_revision_that_is_open_is_taken_as_the_editor_shows_it() {
    let story = written();
    let editor = Arc::new(Editor::default());
    story.write("revisions/chunk_01.md", "Revised a.");
    let revision = story.path("revisions/chunk_01.md");
    let chunk = story.path("chunks/chunk_01.md");
    editor.edit(&revision, "Revised a, and touched up.");
    editor.open(&chunk);
    let session = story
        .open_as(&["a", "b", "c"], editor.clone(), Disk::real())
        .unwrap()
        .session;
    let saved = session.accept_revision(n(1)).unwrap();
    // Not behind the editor's back.
    assert_eq!(story.read("chunks/chunk_01.md"), A);
    assert_eq!(
        session.chunk(n(1)).unwrap().text,
        "Revised a, and touched up."
    );
    assert!(!session.chunk(n(1)).unwrap().edited);
    let edit = &saved.client_edits[0];
    assert_eq!(
        (edit.path.as_path(), edit.base.as_str()),
        (chunk.as_path(), A)
    );
    assert!(edit.text.contains("touched up."));
    assert!(!revision.exists());
}

#[test]
fn the_text_of_a_locked_chunk_stays_in_the_store_too() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session.retire_chunk(n(2), "rewrite").unwrap();
    session.complete_chunk(n(2), "Two.", result()).unwrap();
    session.mark_seam(n(2), true).unwrap();
    session.set_lock(n(2), Lock::Locked).unwrap();
    let chunk = session.chunk(n(2)).unwrap();
    assert!(chunk.locked);
    let locked = |done: Result<(), StoreError>| match done {
        Err(StoreError::ChunkLocked { number }) => assert_eq!(number, n(2)),
        other => panic!("{other:?}"),
    };
    locked(session.retire_chunk(n(2), "rewrite"));
    locked(session.restore_version(n(2), None).map(|_| ()));
    let revision = Revision {
        number: n(2),
        of: chunk.digest.clone(),
        prose: "Better two.".to_owned(),
    };
    let digests = (Digest::of("then"), Digest::of("now"));
    let revised = session.revise_chunk(&revision, "refined", ("preceding text", &digests));
    assert_eq!(revised.unwrap(), None);
    session.propose_revision(&revision).unwrap();
    locked(session.accept_revision(n(2)).map(|_| ()));
    let mending = Mending {
        why: "fitted".to_owned(),
        prose: Some("Then two.".to_owned()),
        input: ("preceding text".to_owned(), Digest::of("now")),
        next: digests,
        usage: TokenUsage::default(),
        cost: None,
    };
    let mended = session.mend_chunk(n(2), &chunk.digest, mending);
    assert_eq!(mended.unwrap(), None);
    assert_eq!(session.chunk(n(2)).unwrap().text, "Two.");
    // Deleted by hand, the chunk is missing like any other, and what comes in its place is free.
    story.remove("chunks/chunk_02.md");
    assert_eq!(session.chunk(n(2)).unwrap().status, ChunkStatus::Missing);
    session.complete_chunk(n(2), "Anew.", result()).unwrap();
    assert!(!session.chunk(n(2)).unwrap().locked);
    let refused = session.set_lock(n(4), Lock::Locked);
    assert!(matches!(refused, Err(StoreError::NoSuchChunk { .. })));
}
