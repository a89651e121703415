//! A chunk whose beginning is fitted to the text before it: only while it is just as it was,
//! and with the old text in history.

use std::sync::Arc;

use crate::fixture::{Editor, EndChunk, Story, mending, n, result, told, written};
use storywright::session::{ChunkRecord, Disk, Session, journal_saved};
use storywright::story::{BeatId, Digest};

fn record(session: &Session, beat: &str) -> ChunkRecord {
    let manifest = session.view().unwrap().manifest;
    manifest.record(&BeatId(beat.to_owned())).unwrap().clone()
}

#[test]
fn a_seam_is_open_until_it_is_mended() {
    let story = Story::new();
    let session = story.open(&["a", "b"]).session;
    session.complete_chunk(n(1), "One.", result()).unwrap();
    session.mark_seam(n(2), true).unwrap();
    session.complete_chunk(n(2), "Two.", result()).unwrap();
    drop(session);
    // It outlives the process.
    let session = story.open(&["a", "b"]).session;
    assert!(record(&session, "b").seam_open);
    let digest = session.chunk(n(2)).unwrap().digest;
    let saved = session
        .mend_chunk(n(2), &digest, mending("Then two."))
        .unwrap();
    assert!(saved.is_some());

    let record = record(&session, "b");
    assert!(!record.seam_open);
    assert_eq!(record.words, 2);
    assert_eq!(record.inputs.get("before"), Some(&Digest::of("before")));
    assert_eq!(record.inputs.get("beat"), Some(&Digest::of("beat")));
    assert_eq!(record.usage.unwrap().output_tokens, Some(205));
    assert_eq!(record.cost, Some(0.75));
    assert_eq!(told(&story, &["a", "b"]), ["a One.", "b Then two."]);
    assert!(story.read("full_story.md").contains("Then two."));
    let history = story.read("history/chunk_02/0001.md");
    assert!(history.contains("Two.") && history.contains("the beginning was fitted"));
    // The author may have the old text back, and is not asked about it again.
    session.restore_version(n(2), None).unwrap();
    assert_eq!(told(&story, &["a", "b"]), ["a One.", "b Two."]);
    assert!(!self::record(&session, "b").seam_open);
}

#[test]
fn an_answer_that_is_not_taken_closes_the_seam_and_changes_no_text() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session.mark_seam(n(2), true).unwrap();
    let before = story.read("chunks/chunk_02.md");
    let digest = session.chunk(n(2)).unwrap().digest;
    let nothing = storywright::session::Mending {
        prose: None,
        ..mending("")
    };
    assert!(
        session
            .mend_chunk(n(2), &digest, nothing)
            .unwrap()
            .is_some()
    );
    assert_eq!(story.read("chunks/chunk_02.md"), before);
    assert!(!story.exists("history/chunk_02"));
    let record = record(&session, "b");
    assert!(!record.seam_open);
    assert_eq!(record.usage.unwrap().output_tokens, Some(205));
}

/// What was written from the end of a text is still written from it when its beginning changes.
#[test]
fn the_next_chunk_stays_fresh() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    let digest = session.chunk(n(2)).unwrap().digest;
    let mut first = mending("Text, then, of b.");
    first.next = (Digest::of("other"), Digest::of("now"));
    session.mend_chunk(n(2), &digest, first).unwrap();
    assert_eq!(record(&session, "c").inputs.get("before"), None);

    // Now the third was written from "then".
    let digest = session.chunk(n(3)).unwrap().digest;
    let mut third = mending("Text of c at last.");
    third.input.1 = Digest::of("then");
    session.mend_chunk(n(3), &digest, third).unwrap();
    let digest = session.chunk(n(2)).unwrap().digest;
    session
        .mend_chunk(n(2), &digest, mending("Text of b again."))
        .unwrap();
    assert_eq!(
        record(&session, "c").inputs.get("before"),
        Some(&Digest::of("now"))
    );
}

#[test]
fn what_is_not_as_it_was_is_left_alone() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session.mark_seam(n(2), true).unwrap();
    let digest = session.chunk(n(2)).unwrap().digest;
    let path = "chunks/chunk_02.md";
    let mine = story.read(path).replace("Text of b.", "Mine.");
    story.write(path, &mine);
    for of in [digest, session.chunk(n(2)).unwrap().digest] {
        let saved = session.mend_chunk(n(2), &of, mending("Not this.")).unwrap();
        assert_eq!(saved, None);
        assert_eq!(story.read(path), mine);
    }
    assert!(!story.has_anywhere("Not this."));
}

#[test]
fn an_open_chunk_is_mended_in_its_editor() {
    for author_types in [false, true] {
        let story = written();
        let editor = Arc::new(Editor::default());
        let outline = ["a", "b", "c"];
        let session = story
            .open_as(&outline, editor.clone(), Disk::real())
            .unwrap()
            .session;
        let path = story.path("chunks/chunk_02.md");
        editor.open(&path);
        let on_disk = story.read("chunks/chunk_02.md");
        let digest = session.chunk(n(2)).unwrap().digest;
        if author_types {
            editor.edit(&path, &on_disk.replace("Text", "My text"));
        }
        let saved = session
            .mend_chunk(n(2), &digest, mending("Then b."))
            .unwrap();
        assert_eq!(story.read("chunks/chunk_02.md"), on_disk);
        if author_types {
            assert_eq!(saved, None);
            assert!(!story.exists(".work/chunk_02.journal"));
            continue;
        }
        let edits = saved.unwrap().client_edits;
        let edit = edits.iter().find(|edit| edit.path == path).unwrap();
        assert_eq!(edit.base, on_disk);
        assert!(edit.text.ends_with("---\nThen b.\n"), "{}", edit.text);
        // Safe until the editor has saved it.
        assert!(story.read(".work/chunk_02.journal").contains("Then b."));
        assert_eq!(session.chunk(n(2)).unwrap().text, "Then b.");
        editor.edit(&path, &edit.text);
        editor.save(&path);
        journal_saved(&path, &Disk::real()).unwrap();
        assert!(!story.exists(".work/chunk_02.journal"));
        assert!(!session.chunk(n(2)).unwrap().edited);
        assert!(story.has_anywhere("Text of b."));
    }
}
