//! A rewrite that waits for a yes or no or takes a chunk's place, and what audits found: nothing of
//! it is in the way of a text, and no text is gone over twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::fixture::{A, Editor, n, result, written};
use storywright::session::{
    Audits, ChunkAudit, Disk, Proposed, Revision, StoreError, waiting_revision,
};
use storywright::story::Digest;
use storywright::story::contradiction::{Contradiction, Source};

fn revision(session: &storywright::session::Session, number: u32, prose: &str) -> Revision {
    Revision {
        number: n(number),
        of: session.chunk(n(number)).unwrap().digest,
        prose: prose.to_owned(),
    }
}

#[test]
fn a_proposed_revision_waits_and_an_earlier_one_is_kept() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    for prose in ["Better a.", "Best a."] {
        let proposed = session.propose_revision(&revision(&session, 1, prose));
        let path = story.path("revisions/chunk_01.md");
        assert_eq!(proposed.unwrap(), Proposed::Waits(path));
        assert!(story.read("revisions/chunk_01.md").contains(prose));
    }
    assert_eq!(story.read("chunks/chunk_01.md"), A);
    let record = |session: &storywright::session::Session| {
        let record = session.chunk(n(1)).unwrap().record;
        record.unwrap().revision.clone()
    };
    assert_eq!(record(&session).as_deref(), Some("revisions/chunk_01.md"));
    let versions = session.versions(n(1)).unwrap();
    assert_eq!(versions[0].file.prose, "Better a.\n");
    session.accept_revision(n(1)).unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().text, "Best a.");
    assert_eq!(record(&session), None);
    session
        .propose_revision(&revision(&session, 1, "Worse a."))
        .unwrap();
    session.reject_revision(n(1)).unwrap();
    assert_eq!(record(&session), None);
    let log = story.read("CHANGELOG.md");
    assert!(
        log.contains("proposed a revision of chunk 1 (a)") && log.contains("rejected"),
        "{log}"
    );
}

/// What the author decided of a text that was edited since is not known of a rewrite of the text before
/// that: it came back as if it had been written from what was kept.
#[test]
fn a_replaced_or_rejected_revision_is_of_the_text_that_it_was_made_of() {
    for replaces in [true, false] {
        let story = written();
        let session = story.open(&["a", "b", "c"]).session;
        let propose = |session: &storywright::session::Session, prose: &str| {
            let proposed = session.propose_revision(&revision(session, 1, prose));
            assert!(matches!(proposed.unwrap(), Proposed::Waits(_)));
        };
        propose(&session, "Better a.");
        drop(session);
        story.write("chunks/chunk_01.md", &A.replace("Text", "My own text"));
        let kept = BTreeMap::from([("rule 3".to_owned(), Digest::of("another rule"))]);
        let session = story.open(&["a", "b", "c"]).session;
        session.keep_chunk(n(1), kept).unwrap();
        match replaces {
            true => propose(&session, "Best a."),
            false => session.reject_revision(n(1)).unwrap(),
        }
        let versions = session.versions(n(1)).unwrap();
        let mut texts = versions.iter().map(|it| it.file.prose.trim());
        let place = texts.position(|prose| prose == "Better a.");
        let version = place.expect("the revision is kept") + 1;
        session.restore_version(n(1), Some(version)).unwrap();
        let record = session.chunk(n(1)).unwrap().record.unwrap();
        assert_eq!(record.inputs, result().inputs, "{replaces}");
    }
}

/// The text that a revision was made of was the author's, and nothing but what was known of it was kept:
/// when he typed on, the revision came back as written from nothing, and never was stale.
#[test]
fn a_revision_of_a_text_that_was_typed_over_is_of_that_text() {
    // what becomes of the revision, and the text that stands by then: the author's, or as it was generated
    for (decides, stands) in [
        ("reject", "My own text, and more."),
        ("reject", "Text of a."),
        ("replace", "My own text, and more."),
        ("replace", "Text of a."),
        ("accept", "My own text, and more."),
    ] {
        let story = written();
        let outline = ["a", "b", "c"];
        let types = |text: &str| {
            story.write("chunks/chunk_01.md", &A.replace("Text of a.", text));
            story.open(&outline).session
        };
        let session = types("My own text.");
        let then = BTreeMap::from([("rule 3".to_owned(), Digest::of("the rule then"))]);
        session.keep_chunk(n(1), then.clone()).unwrap();
        let proposed = session.propose_revision(&revision(&session, 1, "Better a."));
        assert!(matches!(proposed.unwrap(), Proposed::Waits(_)));
        drop(session);
        let session = types(stands);
        let now = BTreeMap::from([("rule 3".to_owned(), Digest::of("the rule now"))]);
        session.keep_chunk(n(1), now).unwrap();
        match decides {
            "reject" => session.reject_revision(n(1)).unwrap(),
            "replace" => {
                let best = revision(&session, 1, "Best a.");
                session.propose_revision(&best).unwrap();
            }
            _ => drop(session.accept_revision(n(1)).unwrap()),
        }
        if decides != "accept" {
            let versions = session.versions(n(1)).unwrap();
            let mut texts = versions.iter().map(|it| it.file.prose.trim());
            let place = texts.position(|prose| prose == "Better a.");
            let version = place.expect("the revision is kept") + 1;
            session.restore_version(n(1), Some(version)).unwrap();
            let record = session.chunk(n(1)).unwrap().record.unwrap();
            assert_eq!(record.inputs, then, "{decides}: {stands}");
        }
        let mine = Digest::of("My own text.");
        let about_mine = format!("history/generated/{}.json", &mine.0[..16]);
        assert!(!story.exists(&about_mine), "{decides}");
    }
}

#[test]
fn a_revision_that_the_author_opened_or_changed_is_not_replaced() {
    // open, changed on disk, put there by hand
    for case in ["open", "changed", "by hand"] {
        let story = written();
        let editor = Arc::new(Editor::default());
        let session = story
            .open_as(&["a", "b", "c"], editor.clone(), Disk::real())
            .unwrap()
            .session;
        let path = story.path("revisions/chunk_01.md");
        session
            .propose_revision(&revision(&session, 1, "Better a."))
            .unwrap();
        let there = story.read("revisions/chunk_01.md");
        let mine = match case {
            "open" => there.clone(),
            "changed" => there.replace("Better", "Much better"),
            _ => "My own a.\n".to_owned(),
        };
        story.write("revisions/chunk_01.md", &mine);
        if case == "open" {
            editor.open(&path);
        }
        let proposed = session
            .propose_revision(&revision(&session, 1, "Best a."))
            .unwrap();
        assert!(matches!(proposed, Proposed::Aside(Some(_))), "{case}");
        assert_eq!(story.read("revisions/chunk_01.md"), mine, "{case}");
        assert!(story.has_anywhere("Best a."), "{case}");
    }
}

#[test]
fn a_revised_chunk_keeps_its_old_text_and_what_it_was_written_from() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    let better = revision(&session, 1, "Better a.");
    let digests = (Digest::of("then"), Digest::of("now"));
    let next = ("preceding text", &digests);
    assert!(
        session
            .revise_chunk(&better, "refined", next)
            .unwrap()
            .is_some()
    );
    let chunk = session.chunk(n(1)).unwrap();
    assert_eq!((chunk.text.as_str(), chunk.edited), ("Better a.", false));
    assert_eq!(chunk.record.unwrap().inputs, result().inputs);
    assert!(story.read("full_story.md").contains("Better a."));
    assert!(
        story
            .read("CHANGELOG.md")
            .contains("refined in chunk 1 (a)")
    );
    let versions = session.versions(n(1)).unwrap();
    assert_eq!(versions[0].file.prose, "Text of a.\n");
    assert_eq!(versions[0].why.as_deref(), Some("refined"));
    // It was made of a text that is not there any more.
    let late = Revision {
        prose: "Late a.".to_owned(),
        ..better
    };
    assert_eq!(session.revise_chunk(&late, "refined", next).unwrap(), None);
    story.write("chunks/chunk_02.md", "Mine.");
    let mine = revision(&session, 2, "Better b.");
    story.write("chunks/chunk_02.md", "Mine, and on.");
    assert_eq!(session.revise_chunk(&mine, "refined", next).unwrap(), None);
    assert_eq!(story.read("chunks/chunk_02.md"), "Mine, and on.");
}

#[test]
fn a_text_is_refined_once_unless_it_changes() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    let refined = |number: u32| {
        let chunk = session.chunk(n(number)).unwrap();
        let mark = chunk.record.unwrap().refined_sha256.clone();
        mark == Some(chunk.digest)
    };
    let digests = (Digest::of("then"), Digest::of("now"));
    let next = ("preceding text", &digests);
    assert!(!refined(1));
    session
        .note_refined(n(1), &session.chunk(n(1)).unwrap().digest)
        .unwrap();
    assert!(refined(1) && !refined(2));
    let better = revision(&session, 1, "Better a.");
    session.revise_chunk(&better, "refined", next).unwrap();
    assert!(refined(1), "applied");
    session.restore_version(n(1), None).unwrap();
    assert!(refined(1), "brought back");
    session
        .propose_revision(&revision(&session, 2, "Better b."))
        .unwrap();
    assert!(refined(2), "proposed");
    session.accept_revision(n(2)).unwrap();
    assert!(refined(2), "accepted");
    story.write("chunks/chunk_02.md", "Mine.");
    assert!(!refined(2), "another text");
    // Known without the manifest, too.
    drop(session);
    std::fs::remove_file(story.path("manifest.json")).unwrap();
    let session = story.open(&["a", "b", "c"]).session;
    let chunk = session.chunk(n(1)).unwrap();
    assert_eq!(chunk.record.unwrap().refined_sha256, Some(chunk.digest));
}

#[test]
fn what_comes_after_a_refined_text_is_not_stale() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    let inputs = |number: u32| {
        session
            .chunk(n(number))
            .unwrap()
            .record
            .unwrap()
            .inputs
            .clone()
    };
    let before = inputs(2);
    let (slice, then) = before.iter().next().unwrap();
    let digests = (then.clone(), Digest::of("now"));
    let better = revision(&session, 1, "Better a.");
    let next = (slice, &digests);
    session.revise_chunk(&better, "refined", next).unwrap();
    assert_eq!(inputs(2).get(slice), Some(&Digest::of("now")));
    // The one after that was written from another text.
    assert_eq!(inputs(3).get(slice), Some(then));
}

#[test]
fn audit_files_keep_to_their_schema() {
    let schema = schemars::schema_for!(Audits);
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("server/session/audit.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept, current,
        "run this test with UPDATE_SCHEMA=1 to write the schema anew"
    );
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session.save_audit(n(1), audit("Text of a.")).unwrap();
    let text = story.read("audit.json");
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let problems: Vec<String> = validator
        .iter_errors(&file)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(problems, [""; 0]);
    assert!(!validator.is_valid(&serde_json::json!({"version": 1})));
}

fn audit(quote: &str) -> ChunkAudit {
    ChunkAudit {
        text_sha256: Digest::of("text"),
        asked_sha256: Digest::of("question"),
        audited: "2024-05-01T12:00:00Z".parse().unwrap(),
        provider: "openai".to_owned(),
        model: "auditor".to_owned(),
        findings: vec![Contradiction {
            source: Source::Brief,
            said: "The lamp burns.".to_owned(),
            quote: quote.to_owned(),
            why: "It can't do both.".to_owned(),
        }],
    }
}

#[test]
fn an_audit_file_that_is_no_audit_is_never_lost() {
    // what is there, what is kept of it, whether the audit was saved
    for (there, kept_aside, saved) in [
        ("{\"version\": 1, \"chunks\": {", true, true),
        ("[]", true, true),
        ("{\"version\": 7, \"chunks\": {}, \"new\": 1}", false, false),
    ] {
        let story = written();
        let session = story.open(&["a", "b", "c"]).session;
        story.write("audit.json", there);
        assert_eq!(session.audits(), Audits::default(), "{there}");
        let told = session.save_audit(n(1), audit("Text of a.")).unwrap();
        assert_eq!(told.notices.is_empty(), saved, "{there}");
        assert_eq!(session.audits().chunks.len(), usize::from(saved));
        assert!(story.has_anywhere(there), "{there}");
        assert_eq!(story.read("audit.json") != there, kept_aside);
    }
}

#[test]
fn a_revision_is_of_its_chunk_while_files_wait_for_their_numbers() {
    let story = written();
    let editor = Arc::new(Editor::default());
    let session = story.open(&["a", "b", "c"]).session;
    session
        .propose_revision(&revision(&session, 2, "Better b."))
        .unwrap();
    drop(session);
    editor.open(&story.path("chunks/chunk_01.md"));
    let outline = ["n", "a", "b", "c"];
    let opened = story
        .open_as(&outline, editor.clone(), Disk::real())
        .unwrap();
    assert_eq!(opened.notices[0].code, "renumber-waits");
    let session = opened.session;
    // The second chunk is a now, and revisions/chunk_02.md is of b.
    let view = story.view_as(&outline, editor.as_ref());
    let waiting = view.chunks.iter().map(|chunk| {
        let found = waiting_revision(&view, chunk, &Disk::real());
        found.is_some()
    });
    assert_eq!(waiting.collect::<Vec<_>>(), [false, false, true, false]);
    assert!(matches!(
        session.accept_revision(n(2)),
        Err(StoreError::NoRevision { .. })
    ));
    assert!(matches!(
        session.reject_revision(n(1)),
        Err(StoreError::NoRevision { .. })
    ));
    let proposed = session.propose_revision(&revision(&session, 4, "Better c."));
    let path = story.path("revisions/chunk_03.md");
    assert_eq!(proposed.unwrap(), Proposed::Waits(path));
    session.accept_revision(n(3)).unwrap();
    session.accept_revision(n(4)).unwrap();
    let texts = session
        .view()
        .unwrap()
        .chunks
        .into_iter()
        .map(|chunk| chunk.text);
    let texts: Vec<String> = texts.map(|text| text.trim_end().to_owned()).collect();
    assert_eq!(texts, ["", "Text of a.", "Better b.", "Better c."]);
}

#[test]
fn a_revision_goes_and_comes_back_with_its_chunk() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session
        .propose_revision(&revision(&session, 2, "Better b."))
        .unwrap();
    drop(session);
    drop(story.open(&["a", "c"]));
    assert_eq!(story.names("revisions"), [""; 0], "c has none");
    let session = story.open(&["b", "a", "c"]).session;
    assert_eq!(story.names("revisions"), ["chunk_01.md"]);
    let record = session.chunk(n(1)).unwrap().record.unwrap();
    assert_eq!(record.revision.as_deref(), Some("revisions/chunk_01.md"));
    session.accept_revision(n(1)).unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().text, "Better b.");
}

#[test]
fn no_chunk_gets_the_revision_of_one_that_is_gone() {
    let story = written();
    let session = story.open(&["a", "b", "c"]).session;
    session
        .propose_revision(&revision(&session, 2, "Better b."))
        .unwrap();
    drop(session);
    story.remove("chunks/chunk_02.md");
    // The chunk without a file leaves the outline, and the next one gets its number.
    let session = story.open(&["a", "c"]).session;
    assert!(matches!(
        session.accept_revision(n(2)),
        Err(StoreError::NoRevision { .. })
    ));
    assert!(story.has_anywhere("Better b."));
    assert_eq!(session.chunk(n(2)).unwrap().text.trim_end(), "Text of c.");
}

#[test]
fn a_revision_whose_file_no_record_names_stands_in_no_way() {
    let story = written();
    let outline = ["a", "b", "c"];
    let session = story.open(&outline).session;
    for (number, text) in [(1, "Better a."), (2, "Better b.")] {
        let proposed = session.propose_revision(&revision(&session, number, text));
        assert!(matches!(proposed.unwrap(), Proposed::Waits(_)));
    }
    drop(session);
    // Records out of history know of a revision, and not which file its chunk has.
    story.remove("manifest.json");
    let session = story.open(&outline).session;
    session.accept_revision(n(2)).unwrap();
    assert_eq!(session.chunk(n(2)).unwrap().text, "Better b.");
}
