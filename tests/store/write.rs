//! Writing a story into the store: partial saves, completed and failed chunks, runs.

use crate::fixture::{EndChunk, Story, n, result};
use storywright::session::{ChunkStatus, Disk, NextStep, Origin, StoreError, StoryFolder};
use storywright::story::ChunkNumber;

#[test]
fn a_story_is_written_chunk_by_chunk() {
    let story = Story::new();
    let outline = ["lamp@One", "logbook@One", "storm@Two"];
    let opened = story.open(&outline);
    assert_eq!(opened.notices, []);
    let session = opened.session;
    assert_eq!(session.view().unwrap().next_step(), NextStep::Write(n(1)));

    session.save_partial(n(1), "The lamp was lit ").unwrap();
    assert_eq!(
        story.read("chunks/chunk_01.md"),
        "---\nchunk: 1\nbeat: lamp\nstatus: partial\n---\nThe lamp was lit "
    );
    assert_eq!(story.view(&outline).next_step(), NextStep::Continue(n(1)));

    let saved = session
        .complete_chunk(n(1), "The lamp was lit at dusk.\n\n", result())
        .unwrap();
    assert_eq!(saved.client_edits, []);
    assert_eq!(
        story.read("chunks/chunk_01.md"),
        "---\nchunk: 1\nbeat: lamp\nstatus: complete\n---\nThe lamp was lit at dusk.\n"
    );
    session
        .complete_chunk(n(2), "She wrote it down.", result())
        .unwrap();
    session
        .fail_chunk(n(3), "I can't", result(), "refused")
        .unwrap();
    assert_eq!(
        story.read("full_story.md"),
        "---\ntitle: \"The Lamp Keeper\"\nlang: \"en\"\n---\n\n# The Lamp Keeper\n\n## One\n\nThe lamp was lit at dusk.\n\nShe wrote it down.\n"
    );

    let view = story.view(&outline);
    let told: Vec<_> = view
        .chunks
        .iter()
        .map(|c| (c.status, c.words, c.origin))
        .collect();
    assert_eq!(
        told,
        [
            (ChunkStatus::Complete, 6, Some(Origin::Generated)),
            (ChunkStatus::Complete, 4, Some(Origin::Generated)),
            (ChunkStatus::Failed, 2, Some(Origin::Generated)),
        ]
    );
    assert_eq!(view.next_step(), NextStep::Continue(n(3)));
    assert_eq!(view.manifest.totals.complete, 2);
    assert_eq!(view.manifest.totals.words, 12);
    assert_eq!(view.manifest.totals.cost, Some(0.75));
    session
        .complete_chunk(n(3), "The storm came.", result())
        .unwrap();
    assert!(
        story
            .read("full_story.md")
            .ends_with("\n\n## Two\n\nThe storm came.\n")
    );
    let lines: Vec<String> = story
        .read("CHANGELOG.md")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("- ")?.split_once(' ')?.1.to_owned()))
        .collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("wrote chunk 1 (lamp), \"LAMP\": 6 words, "),
        "{}",
        lines[0]
    );
    assert!(lines[2].ends_with("; refused"), "{}", lines[2]);
    assert_eq!(
        story.names("chunks"),
        ["chunk_01.md", "chunk_02.md", "chunk_03.md"]
    );
}

#[test]
fn rewriting_keeps_the_old_text() {
    let story = Story::new();
    let session = story.open(&["lamp"]).session;
    session.complete_chunk(n(1), "First.", result()).unwrap();
    session.retire_chunk(n(1), "rewrite").unwrap();
    assert_eq!(session.chunk(n(1)).unwrap().status, ChunkStatus::Missing);
    assert!(session.chunk(n(1)).unwrap().record.is_some());
    session.save_partial(n(1), "Sec").unwrap();
    session.complete_chunk(n(1), "Second.", result()).unwrap();
    // Without being retired first.
    session.save_partial(n(1), "Thi").unwrap();
    session.complete_chunk(n(1), "Third.", result()).unwrap();
    let versions = session.versions(n(1)).unwrap();
    let texts: Vec<&str> = versions.iter().map(|kept| kept.file.prose.trim()).collect();
    assert_eq!(texts, ["First.", "Second."]);
    let kept = ["0001.json", "0001.md", "0002.json", "0002.md"];
    assert_eq!(story.names("history/chunk_01"), kept);
}

#[test]
fn the_author_who_edits_a_partial_text_is_not_overwritten() {
    let story = Story::new();
    let session = story.open(&["lamp"]).session;
    session.save_partial(n(1), "The lamp was").unwrap();
    let text = story
        .read("chunks/chunk_01.md")
        .replace("The lamp", "The old lamp");
    story.write("chunks/chunk_01.md", &text);
    let refused = session.save_partial(n(1), "The lamp was lit.").unwrap_err();
    let StoreError::AuthorEdited {
        kept: Some(kept), ..
    } = &refused
    else {
        panic!("{refused}");
    };
    assert!(
        std::fs::read_to_string(kept)
            .unwrap()
            .contains("The lamp was lit.")
    );
    assert_eq!(story.read("chunks/chunk_01.md"), text);
    // The edited text is what goes on.
    let seen = session.chunk(n(1)).unwrap();
    assert_eq!(seen.text, "The old lamp was");
    session
        .complete_chunk(n(1), "The old lamp was lit.", result())
        .unwrap();
    assert!(
        story
            .read("chunks/chunk_01.md")
            .ends_with("The old lamp was lit.\n")
    );
}

/// Whatever a chunk was begun with, an author who goes back to that has decided.
#[test]
fn an_author_who_goes_back_behind_the_growing_text_is_not_overwritten() {
    for begun in [None, Some("One.")] {
        let story = Story::new();
        let head = "---\nchunk: 1\nbeat: lamp\nstatus: partial\n---\n";
        let file = "chunks/chunk_01.md";
        if let Some(begun) = begun {
            story.write(file, &format!("{head}{begun}"));
        }
        let session = story.open(&["lamp"]).session;
        session.chunk(n(1)).unwrap();
        session.save_partial(n(1), "One. Two.").unwrap();
        match begun {
            Some(begun) => story.write(file, &format!("{head}{begun}")),
            None => story.remove(file),
        }
        let refused = session.save_partial(n(1), "One. Two. Three.").unwrap_err();
        assert!(
            matches!(refused, StoreError::AuthorEdited { .. }),
            "{refused}"
        );
        let ended = session.complete_chunk(n(1), "One. Two. Three.", result());
        assert!(ended.is_err());
        match begun {
            Some(begun) => assert_eq!(story.read(file), format!("{head}{begun}")),
            None => assert!(!story.exists(file)),
        }
        assert!(story.has_anywhere("One. Two. Three."));
    }
}

#[test]
fn a_second_writer_is_told_who_has_the_session() {
    let story = Story::new();
    let first = story.open(&["lamp"]).session;
    let refused = story
        .try_open(&["lamp"], Disk::real())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("being written by test (process "),
        "{refused}"
    );
    story.view(&["lamp"]);
    drop(first);
    story.open(&["lamp"]);
}

#[test]
fn a_run_explains_itself() {
    let story = Story::new();
    let session = story.open(&["lamp"]).session;
    let run = session.start_run("draft", "write the story").unwrap();
    assert!(run.name().starts_with("run-001-draft-"), "{}", run.name());
    assert!(
        story
            .read("runs/run-001-draft/summary.md")
            .contains("Asked: write the story")
    );
    run.log(&serde_json::json!({"event": "job_started"}));
    run.error("chunk 1/../x.md", "cause").unwrap();
    run.error("chunk 1/../x.md", "cause").unwrap();
    run.artifact("prompt.json", "{}").unwrap();
    run.finish("# Done\n").unwrap();
    let log = story.read("runs/run-001-draft/log.jsonl");
    let entry: serde_json::Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!(entry["event"], "job_started");
    assert_eq!(
        story.names("runs/run-001-draft/errors"),
        ["chunk-1-x-2.md", "chunk-1-x.md"]
    );
    let second = session.start_run("re write", "").unwrap();
    assert!(second.name().starts_with("run-002-re-write-"));
}

#[test]
fn sessions_are_found_by_their_brief() {
    let story = Story::new();
    let disk = Disk::real();
    assert_eq!(story.folder.current_session(&disk).unwrap(), None);
    assert_eq!(
        story
            .folder
            .new_session_id("The Lamp Keeper", &disk)
            .unwrap(),
        story.id
    );
    drop(story.open(&["lamp"]));
    let second = story
        .folder
        .new_session_id("The Lamp Keeper", &disk)
        .unwrap();
    assert_eq!(second.as_str(), "the-lamp-keeper-02");
    let chunks = story.folder.session_root(&second).join("chunks");
    std::fs::create_dir_all(&chunks).unwrap();
    std::fs::write(chunks.join("chunk_01.md"), "Mine.\n").unwrap();
    let all = story.folder.sessions(&disk).unwrap();
    assert_eq!(all, [story.id.clone(), second.clone()]);
    assert_eq!(story.folder.current_session(&disk).unwrap(), Some(second));
    story.folder.switch_session(&story.id, &disk).unwrap();
    assert_eq!(
        story.folder.current_session(&disk).unwrap(),
        Some(story.id.clone())
    );
    let located = StoryFolder::locate(&story.path("chunks/chunk_07.md"), &disk).unwrap();
    assert_eq!(located.session, story.id);
    assert_eq!(located.chunk, Some(ChunkNumber(7)));
    assert_eq!(located.folder, story.folder);
    assert_eq!(StoryFolder::locate(story.folder.brief(), &disk), None);
}

/// What git leaves of a draft where a branch does not have it: folders, and what it does not keep.
#[test]
fn a_folder_without_a_text_is_no_draft() {
    let story = Story::new();
    let disk = Disk::real();
    drop(story.open(&["lamp"]));
    let title = "The Lamp Keeper";
    let empty = story.folder.new_session_id(title, &disk).unwrap();
    let root = story.folder.session_root(&empty);
    std::fs::create_dir_all(root.join("chunks")).unwrap();
    std::fs::create_dir_all(root.join(".work")).unwrap();
    std::fs::write(root.join(".work/lock"), "").unwrap();
    assert_eq!(
        story.folder.sessions(&disk).unwrap(),
        std::slice::from_ref(&story.id)
    );
    let current = story.folder.current_session(&disk).unwrap();
    assert_eq!(current, Some(story.id.clone()));
    // The next draft takes it over; whoever needs a folder of his own gets another one.
    assert_eq!(story.folder.new_session_id(title, &disk).unwrap(), empty);
    let untaken = story.folder.untaken_session_id(title, &disk).unwrap();
    assert_eq!(untaken.as_str(), "the-lamp-keeper-03");
    for (file, is_draft) in [
        ("history/chunk_01/0001.md", false),
        ("chunks/chunk_01.md", true),
    ] {
        std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        std::fs::write(root.join(file), "Mine.\n").unwrap();
        let all = story.folder.sessions(&disk).unwrap();
        assert_eq!(all.contains(&empty), is_draft, "{file}");
        let next = story.folder.new_session_id(title, &disk).unwrap();
        assert_ne!(next, empty, "{file}: something is in it");
    }
}
