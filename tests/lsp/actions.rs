//! What can be done where: code actions and commands.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Workspace, read, uri};

fn titles(editor: &mut Editor, path: &std::path::Path, place: &str) -> Vec<String> {
    let actions = editor.actions_at(path, place);
    for (title, command) in &actions {
        assert!(title.starts_with("Storywright: "), "{title}");
        assert!(
            command["command"]
                .as_str()
                .unwrap()
                .starts_with("storywright.")
        );
    }
    actions.into_iter().map(|(title, _)| title).collect()
}

#[test]
fn a_brief_offers_its_beats_and_its_story() {
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        let mut editor = Editor::start(persona, &story);
        let brief = story.brief();
        editor.open(&brief);
        let whole = "Storywright: write the story (4 chunks, 600 words)".to_owned();
        let here = "Storywright: continue here".to_owned();
        let beat =
            |number: u32, title: &str| format!("Storywright: write chunk {number} “{title}”");
        let prompt = |number: u32, title: &str| {
            format!("Storywright: show the prompt of chunk {number} “{title}”")
        };
        for (place, expected) in [
            ("title:", vec![whole.clone()]),
            ("# Outline", vec![whole.clone(), here.clone()]),
            ("# Cast", vec![whole.clone(), here.clone()]),
            (
                "## The Logbook",
                vec![
                    beat(1, "The Logbook"),
                    prompt(1, "The Logbook"),
                    whole.clone(),
                    here.clone(),
                ],
            ),
            (
                "At dusk Mara",
                vec![
                    beat(1, "The Logbook"),
                    prompt(1, "The Logbook"),
                    whole.clone(),
                    here.clone(),
                ],
            ),
            (
                "cold and alive",
                vec![
                    beat(4, "What the Ink Said"),
                    prompt(4, "What the Ink Said"),
                    whole.clone(),
                    here.clone(),
                ],
            ),
            ("# Notes", vec![whole.clone(), here.clone()]),
        ] {
            assert_eq!(
                titles(&mut editor, &brief, place),
                expected,
                "{persona:?} {place}"
            );
        }
        // The action writes what it names.
        let job = editor.run_action(&brief, "In the morning the boat", "write chunk 3");
        let (_, end) = editor.wait_for_end(job.as_str().unwrap());
        assert!(end.contains("1 chunk was written"), "{end}");
        assert!(read(&story.chunk(3)).contains("beat: boat"));
        assert!(!story.chunk(1).exists());
        let after = titles(&mut editor, &brief, "In the morning the boat");
        assert!(
            after.contains(&"Storywright: rewrite chunk 3 “The Empty Boat”".to_owned()),
            "{after:?}"
        );
        assert!(
            after.contains(&"Storywright: go on writing (3 of 4 chunks to go)".to_owned()),
            "{after:?}"
        );
    }
}

#[test]
fn chunk_files_offer_what_their_state_allows() {
    let story = Workspace::with_brief("short");
    story.demo(60);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 2]));
    editor.wait("text on disk", |_| story.chunk(2).exists().then_some(()));
    let chunk = story.chunk(2);
    editor.open(&chunk);
    let running = titles(&mut editor, &chunk, "status");
    assert_eq!(running[0], "Storywright: cancel writing", "{running:?}");
    editor.run_action(&chunk, "status", "cancel");
    editor.wait_for_end(&job);

    let partial = titles(&mut editor, &chunk, "status");
    assert!(
        partial[0].starts_with("Storywright: go on with chunk 2 “Ilse Comes Early” ("),
        "{partial:?}"
    );
    assert!(partial[0].ends_with("/150 words)"), "{partial:?}");
    assert!(partial.contains(&"Storywright: rewrite chunk 2 “Ilse Comes Early”".to_owned()));
    story.demo(0);
    let job = editor.run_action(&chunk, "status", "go on with chunk 2");
    editor.wait_for_end(job.as_str().unwrap());
    let complete = titles(&mut editor, &chunk, "status");
    assert_eq!(
        complete[0],
        "Storywright: rewrite chunk 2 “Ilse Comes Early”"
    );
    assert!(
        !complete.iter().any(|title| title.contains("go on with")),
        "{complete:?}"
    );
}

#[test]
fn documents_that_are_no_brief_and_no_chunk_offer_nothing_of_a_story() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Helix, &story);
    for name in [
        "notes.md",
        "drafts/generated/notes.md",
        "mystory.md",
        "story.txt",
    ] {
        let path = story.root().join(name);
        editor.open_with(&path, "# Outline\n\n## A beat\n\nText.\n");
        assert_eq!(
            titles(&mut editor, &path, "Text"),
            ["Storywright: continue here"],
            "{name}"
        );
    }
    let other = json!({"only": ["quickfix"], "diagnostics": []});
    editor.open(&story.brief());
    let at = json!({"line": 0, "character": 0});
    let params = json!({"textDocument": {"uri": uri(&story.brief())}, "range": {"start": at, "end": at}, "context": other});
    assert_eq!(
        editor.request("textDocument/codeAction", params),
        Ok(json!([]))
    );
}

#[test]
fn a_brief_with_errors_offers_nothing_that_would_fail() {
    let story =
        Workspace::with_text("---\ntitle: The Lamp Keeper\n---\n# Premise\n\nNo outline.\n");
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    assert_eq!(
        titles(&mut editor, &story.brief(), "Premise"),
        ["Storywright: continue here"]
    );
}

#[test]
fn commands_act_on_what_was_touched_last() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Neovim, &story);
    // Nothing touched: the one brief of the workspace.
    let status = editor.command("showStatus", json!([])).unwrap();
    assert_eq!(status["brief"], "story.md");
    // The beat in which the cursor was last.
    editor.open(&story.brief());
    editor.actions_at(&story.brief(), "In the morning the boat");
    let job = editor.start_job("writeChunk", json!([]));
    editor.wait_for_end(&job);
    assert!(story.chunk(3).exists() && !story.chunk(1).exists());
    // A chunk file is its own chunk.
    editor.open(&story.chunk(3));
    let job = editor.start_job("rewriteChunk", json!([]));
    editor.wait_for_end(&job);
    assert!(story.history().len() == 1);
    // Elsewhere in the brief: the first chunk that is missing.
    editor.actions_at(&story.brief(), "# Cast");
    let job = editor.start_job("writeChunk", json!([]));
    editor.wait_for_end(&job);
    assert!(story.chunk(1).exists() && !story.chunk(2).exists());
}

#[test]
fn text_that_streams_into_a_chunk_is_not_the_authors_touch() {
    let story = Workspace::with_brief("short");
    let other = story.root().join("other.story.md");
    std::fs::write(
        &other,
        read(&story.brief()).replace("The Lamp Keeper", "Another"),
    )
    .unwrap();
    story.demo(60);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.chunk(1));
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
    editor.open(&other);
    editor.wait("text in the editor", |editor| {
        (editor.edits(&story.chunk(1)).len() > 1).then_some(())
    });
    let status = editor.command("showStatus", json!([])).unwrap();
    assert_eq!(status["story"], "Another");
    editor.command("cancel", json!([job])).unwrap();
    editor.wait_for_end(&job);
}

#[test]
fn nonsense_arguments_are_refused_with_a_sentence() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let brief = uri(&story.brief());
    let elsewhere = uri(&story.root().join("elsewhere/notes.md"));
    let outside = uri(&story.root().parent().unwrap().join("outside/story.md"));
    for (command, arguments, part) in [
        ("write", json!(["banana"]), "banana"),
        ("write", json!([{"uri": 5}]), "expects text"),
        ("write", json!([{"chunkk": 5}]), "no argument `chunkk`"),
        ("write", json!([brief, 3]), "takes no chunk"),
        ("write", json!([elsewhere]), "belongs to no story"),
        ("write", json!(["untitled:Untitled-1"]), "save it first"),
        (
            "write",
            json!([{"uri": brief, "session": "../../etc"}]),
            "session",
        ),
        (
            "write",
            json!([{"uri": brief, "session": "nope"}]),
            "no session \"nope\"",
        ),
        (
            "showStatus",
            json!([{"uri": brief, "session": "nope"}]),
            "no session \"nope\"",
        ),
        (
            "newStory",
            json!([{"uri": outside, "title": "A"}]),
            "none of the folders that are open",
        ),
        ("writeChunk", json!([brief, 0]), "from 1"),
        ("writeChunk", json!([brief, -1]), "from 1"),
        ("writeChunk", json!([brief, 1.5]), "from 1"),
        ("writeChunk", json!([brief, 99]), "99"),
        ("writeChunk", json!([brief, "no-such-beat"]), "no-such-beat"),
        ("writeChunk", json!([[brief]]), "neither text nor an object"),
        ("rewriteChunk", json!([true]), "neither text nor an object"),
        ("cancel", json!(["banana"]), "banana"),
        ("newStory", json!([{"title": 7}]), "expects text"),
        (
            "showStatus",
            json!([{"uri": "file:///no/such/place/story.md"}]),
            "no such",
        ),
        ("noSuchCommand", json!([]), "no command"),
    ] {
        let error = editor.command(command, arguments.clone()).unwrap_err();
        eprintln!("{command} {arguments}: {error}");
        if part != "no such" {
            assert!(error.contains(part), "{command} {arguments}: {error}");
        }
        assert!(
            error.split_whitespace().count() >= 3,
            "{command} {arguments}: {error}"
        );
    }
    assert!(!story.root().join("generated").exists());
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_new_story_is_made_beside_the_document() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let made = editor
        .command("newStory", json!(["The Second Boat"]))
        .unwrap();
    editor.wait_for_message("a new brief is in");
    let shown = editor.wait("it to be shown", |editor| {
        editor
            .asked("window/showDocument")
            .first()
            .map(|params| params["uri"].clone())
    });
    assert_eq!(shown, made["uri"]);
    let files = story.files();
    let (path, text) = files
        .iter()
        .find(|(_, text)| text.contains("The Second Boat"))
        .unwrap();
    assert_eq!(json!(uri(path)), made["uri"]);
    assert!(text.starts_with("---\n"), "{text}");
    // It is a brief that can be written from at once, or says what is missing.
    editor.open(path);
    let status = editor.command("showStatus", json!([])).unwrap();
    assert_eq!(status["story"], "The Second Boat");
    // Nothing is overwritten by a second one of the same name.
    let again = editor
        .command("newStory", json!(["The Second Boat"]))
        .unwrap();
    assert_ne!(again["uri"], made["uri"]);
    assert_eq!(&read(path), text);
}

#[test]
fn a_new_story_finds_its_place_without_a_document() {
    let story = Workspace::with_brief("short");
    std::fs::remove_file(story.brief()).unwrap();
    for persona in Persona::EDITORS {
        let mut editor = Editor::start(persona, &story);
        let made = editor.command("newStory", json!([])).unwrap();
        let root = uri(story.root());
        assert!(
            made["uri"].as_str().unwrap().starts_with(&root),
            "{persona:?}: {made}"
        );
    }
}

#[test]
fn a_book_is_brought_in_beside_the_document() {
    let story = Workspace::with_brief("short");
    std::fs::remove_file(story.brief()).unwrap();
    let book = story.root().join("The Tide.md");
    std::fs::write(
        &book,
        "# One\n\nMara came by boat.\n\n# Two\n\nIt rained.\n",
    )
    .unwrap();
    let mut editor = Editor::start(Persona::VsCode, &story);
    let told = editor.command("import", json!([])).unwrap_err();
    assert!(told.contains("name the file or folder"), "{told}");
    // By its path from the folder on; Helix, which sends no arguments, by the document that it shows.
    let report = editor
        .command(
            "import",
            json!([{"uri": uri(story.root()), "source": "The Tide.md"}]),
        )
        .unwrap();
    assert_eq!(
        (&report["title"], &report["beats"]),
        (&json!("The Tide"), &json!(2)),
        "{report}"
    );
    editor.wait_for_message("is in");
    let chunk = read(
        &story
            .root()
            .join("generated/the-tide-01/chunks/chunk_01.md"),
    );
    assert!(chunk.ends_with("Mara came by boat.\n"), "{chunk}");
    editor.open(&book);
    let again = editor.command("import", json!([])).unwrap();
    assert_eq!(again["merged"]["unchanged"], 2, "{again}");
    assert_eq!(editor.quit(), 0);
}

#[test]
fn the_status_is_shown_and_returned() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Helix, &story);
    let status = editor
        .command("showStatus", json!([uri(&story.brief())]))
        .unwrap();
    let (kind, message) = editor.wait_for_message("0 of 4 chunks complete");
    assert_eq!(kind, 3);
    assert!(message.contains("0 of 600 words"), "{message}");
    assert_eq!(status["chunks"].as_array().unwrap().len(), 4);
    for key in [
        "number",
        "beat",
        "title",
        "file",
        "status",
        "origin",
        "words",
        "target_words",
        "stale",
        "edited",
    ] {
        assert!(status["chunks"][0].get(key).is_some(), "{key}");
    }
    assert!(
        !story.root().join("generated").exists(),
        "reading writes nothing"
    );
}
