//! In which documents, and with which clients and models, text is written at one place.

use super::*;
use crate::lsp_client::{DEADLINE, prose_of};

/// A story whose first chunk is written and open.
fn with_chunk(persona: Persona, replies: Vec<Reply>) -> Desk {
    let server = ModelServer::queue(replies);
    let story = Workspace::with_brief("short");
    let mut editor = Setup::new(persona).key(KEY).start(&story);
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
    editor.wait_for_end(&job);
    story.model_server(&server.base_url);
    let path = story.chunk(1);
    editor.open(&path);
    Desk {
        editor,
        story,
        path,
        gate: Gate::new(),
        server,
    }
}

#[test]
fn a_document_without_a_brief_is_told_from_itself() {
    for persona in Persona::EDITORS {
        for name in ["elsewhere/notes.md", "untitled:Untitled-1"] {
            let server = ModelServer::queue([
                Reply::text(more()),
                Reply::text("No light burned any more. On the stair sat Mara."),
            ]);
            let gate = Gate::new();
            let mut desk = Desk::of(persona, name, NOTES, gate, server);
            let job = desk.go_on_behind("with her.");
            let (kind, end) = desk.end(&job);
            assert_eq!(kind, 3, "{persona:?} {name}: {end}");
            assert_eq!(
                desk.text().trim_end(),
                format!("{}\n\n{}", NOTES.trim_end(), more())
            );
            let job = desk.start_on("rewriteSelection", PASSAGE);
            let (kind, end) = desk.end(&job);
            assert_eq!(kind, 3, "{persona:?} {name}: {end}");
            assert!(!desk.text().contains(PASSAGE), "{persona:?} {name}");
            let told = desk.told(0);
            assert!(told.contains("The text is called “Night”."), "{told}");
            assert!(!told.contains("dated tomorrow"), "{told}");
            // Nothing lies beside it for it.
            let generated = desk.story.files().into_iter();
            let generated =
                generated.filter(|(path, _)| path.to_string_lossy().contains("generated"));
            assert_eq!(generated.count(), 0);
            assert_eq!(desk.editor.quit(), 0);
        }
    }
}

#[test]
fn a_client_that_lets_no_document_be_changed_is_told_so_and_nothing_is_sent() {
    let mut desk = Desk::with(Persona::Ale, vec![]);
    let (here, selected) = (desk.behind("on the stair."), desk.selected(PASSAGE));
    for (command, arguments) in [("continueHere", here), ("rewriteSelection", selected)] {
        let refused = desk.editor.command(command, arguments).unwrap_err();
        assert!(refused.contains("nothing was sent"), "{refused}");
    }
    assert!(desk.server.requests().is_empty());
}

#[test]
fn the_line_ends_of_a_document_stay() {
    let dos = NOTES.replace('\n', "\r\n");
    for persona in Persona::EDITORS {
        let new = "No light burned any more.\n\nOn the stair sat Mara.";
        let server = ModelServer::queue([Reply::text(new), Reply::text(more())]);
        let mut desk = Desk::of(persona, "notes.md", &dos, Gate::new(), server);
        let job = desk.start_on("rewriteSelection", PASSAGE);
        desk.end(&job);
        let job = desk.go_on_behind("with her.");
        desk.end(&job);
        let expected = format!("{}\n\n{}", replaced(PASSAGE, new).trim_end(), more());
        assert_eq!(
            desk.text().trim_end(),
            expected.replace('\n', "\r\n"),
            "{persona:?}"
        );
    }
}

#[test]
fn in_a_chunk_the_new_text_is_an_edit_of_the_author() {
    for persona in Persona::EDITORS {
        let usage = Reply::text(more()).usage(500, 0, 150);
        let mut desk = with_chunk(persona, vec![usage]);
        let before = desk.text().to_owned();
        let last = prose_of(&before).trim_end().to_owned();
        let job = desk.go_on_behind(&last);
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert_eq!(
            desk.text().trim_end(),
            format!("{}\n\n{}", before.trim_end(), more())
        );
        let told = desk.told(0);
        assert!(
            told.contains("# What this part is about: The Logbook"),
            "{told}"
        );
        let path = desk.path.clone();
        desk.editor.save(&path);
        let status = desk.editor.command("showStatus", json!([])).unwrap();
        assert_eq!(status["chunks"][0]["edited"], true, "{persona:?}");
        assert_eq!(status["chunks"][0]["status"], "complete");
        // The draft knows what was spent.
        let logs = desk.story.files().into_iter();
        let mut logs = logs.filter(|(path, _)| path.to_string_lossy().contains("inplace"));
        assert!(
            logs.any(|(path, text)| path.ends_with("log.jsonl")
                && text.contains("\"output_tokens\":150"))
        );
        assert_eq!(desk.editor.quit(), 0);
    }
}

#[test]
fn a_chunk_that_is_being_written_and_the_assembled_story_are_refused() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = ModelServer::start(move |_| Reply::text(prose(150, 7)).stall_after(60, &held));
    let story = Workspace::with_brief("short");
    story.model_server(&server.base_url);
    let mut editor = Setup::new(Persona::VsCode).key(KEY).start(&story);
    let path = story.chunk(1);
    editor.open(&path);
    let job = editor.start_job(
        "writeChunk",
        json!([{"uri": uri(&story.brief()), "chunk": 1}]),
    );
    gate.wait_for_arrivals(1, DEADLINE);
    let here = json!([{ "uri": uri(&path) }]);
    let refused = editor.command("continueHere", here.clone()).unwrap_err();
    assert!(
        refused.contains(&format!("chunk 1 is being written by {job}")),
        "{refused}"
    );
    gate.open();
    editor.wait_for_end(&job);
    let whole = story.session("full_story.md");
    editor.open(&whole);
    let refused = editor
        .command("continueHere", json!([uri(&whole)]))
        .unwrap_err();
    assert!(
        refused.contains("put together from the chunks"),
        "{refused}"
    );
    assert_eq!(server.completions().len(), 1);
}

#[test]
fn the_demo_writer_composes_prose_of_its_own() {
    let passage = "The lamp was out. The stair was cold. Mara sat on it all night and listened to the sea below her.";
    let text = format!("# Night\n\n{passage}\n\nIlse came at noon.\n");
    for (name, is_governed) in [("notes.md", true), ("elsewhere/notes.md", false)] {
        for command in [
            "continueHere",
            "rewriteSelection",
            "expandSelection",
            "tightenSelection",
        ] {
            let story = Workspace::with_brief("short");
            let mut editor = Editor::start(Persona::Neovim, &story);
            let path: PathBuf = story.root().join(name);
            editor.open_with(&path, &text);
            let encoding = editor.persona.encoding();
            let start = text.find(passage).unwrap();
            let (from, to) = (
                position(&text, start, encoding),
                position(&text, start + passage.len(), encoding),
            );
            let mut arguments = json!({ "uri": uri(&path), "range": { "start": from, "end": to } });
            if command == "continueHere" {
                arguments = json!({ "uri": uri(&path), "position": to });
            }
            let job = editor.start_job(command, json!([arguments]));
            let (kind, end) = editor.wait_for_end(&job);
            assert_eq!(kind, 3, "{command} {is_governed}: {end}");
            assert!(end.contains("without a model"), "{command}: {end}");
            assert_ne!(editor.text(&path), text, "{command}");
            assert!(
                editor.text(&path).ends_with("\n\nIlse came at noon.\n"),
                "{}",
                editor.text(&path)
            );
            assert_eq!(editor.quit(), 0);
        }
    }
}
