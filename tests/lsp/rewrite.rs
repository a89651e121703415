//! Rewriting: the old text is in history/ before the new one takes its place.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Setup, Workspace, prose_of, read, uri};
use crate::pages::shown_page;
use crate::support::model_server::{ModelServer, Reply};
use crate::support::prose::prose;

/// A story whose first chunk the author has written.
fn written() -> (Workspace, String) {
    let story = Workspace::with_brief("short");
    let old = prose(150, 99);
    let folder = story.session("chunks");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!("---\nchunk: 1\nbeat: logbook\nstatus: complete\n---\n{old}\n");
    std::fs::write(story.chunk(1), text).unwrap();
    (story, old)
}

#[test]
fn a_closed_chunk_is_rewritten() {
    let (story, old) = written();
    let mut editor = Editor::start(Persona::VsCode, &story);
    let job = editor.start_job(
        "rewriteChunk",
        json!([{"uri": uri(&story.brief()), "beat": "logbook"}]),
    );
    let (kind, end) = editor.wait_for_end(&job);
    assert_eq!(kind, 3, "{end}");
    let now = read(&story.chunk(1));
    assert!(now.contains("status: complete") && !now.contains(&old));
    assert!(story.history().iter().any(|text| text.contains(&old)));
}

#[test]
fn an_open_chunk_is_rewritten_in_the_editor() {
    for persona in Persona::EDITORS {
        let (story, old) = written();
        let before = read(&story.chunk(1));
        story.demo(200);
        let mut editor = Editor::start(persona, &story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        let job = editor.run_action(&chunk, "beat:", "rewrite chunk 1");
        let (kind, end) = editor.wait_for_end(job.as_str().unwrap());
        assert_eq!(kind, 3, "{persona:?}: {end}");
        let shown = editor.text(&chunk).to_owned();
        assert!(
            shown.contains("status: complete") && !shown.contains(&old),
            "{persona:?}"
        );
        assert_eq!(
            read(&chunk),
            before,
            "{persona:?}: written behind the editor's back"
        );
        assert!(
            story.history().iter().any(|text| text.contains(&old)),
            "{persona:?}"
        );
        editor.save(&chunk);
        editor.wait("the journal to go", |_| {
            (!story.journal(1).exists()).then_some(())
        });
        let status = editor.command("showStatus", json!([])).unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete");
        assert_eq!(status["chunks"][0]["edited"], false);
    }
}

#[test]
fn a_rewrite_that_is_cancelled_is_partial_wherever_it_is_seen() {
    for persona in Persona::EDITORS {
        for saved in [false, true] {
            let (story, old) = written();
            story.demo(60);
            let mut editor = Editor::start(persona, &story);
            let chunk = story.chunk(1);
            editor.open(&chunk);
            let job = editor.start_job("rewriteChunk", json!([uri(&chunk)]));
            editor.wait("the new text", |editor| {
                (!editor.text(&chunk).contains(&old)).then_some(())
            });
            editor.command("cancel", json!([])).unwrap();
            editor.wait_for_end(&job);
            let case = format!("{persona:?} saved: {saved}");
            let title = &editor.progress(&job)[0]["title"];
            assert_eq!(
                title, "Writing The Lamp Keeper, chunk 1 “The Logbook”",
                "{case}"
            );
            assert!(
                editor.text(&chunk).contains("status: partial"),
                "{case}: {}",
                editor.text(&chunk)
            );
            assert!(
                story.history().iter().any(|text| text.contains(&old)),
                "{case}"
            );
            if saved {
                editor.save(&chunk);
                editor.wait("the journal to go", |_| {
                    (!story.journal(1).exists()).then_some(())
                });
            }
            let status = editor.command("showStatus", json!([])).unwrap();
            assert_eq!(status["chunks"][0]["status"], "partial", "{case}");

            // The same command as ever goes on with it.
            let kept = prose_of(editor.text(&chunk)).trim_end().to_owned();
            story.demo(600);
            let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
            editor.wait_for_end(&job);
            let shown = editor.text(&chunk);
            assert!(shown.contains("status: complete"), "{case}: {shown}");
            assert!(prose_of(shown).starts_with(&kept), "{case}");
        }
    }
}

#[test]
fn a_rewrite_that_brings_nothing_changes_nothing() {
    for open in [false, true] {
        let server = ModelServer::start(|_| {
            let body = json!({"error": {"message": "Incorrect API key provided"}});
            Reply::error(401, body)
        });
        let (story, old) = written();
        story.model_server(&server.base_url);
        let before = read(&story.chunk(1));
        let mut editor = Setup::new(Persona::VsCode).key("sk-wrong").start(&story);
        if open {
            editor.open(&story.chunk(1));
        }
        let job = editor.start_job("rewriteChunk", json!([uri(&story.brief()), 1]));
        let (kind, message) = editor.wait_for_end(&job);
        assert_eq!(kind, 1, "{message}");
        assert_eq!(read(&story.chunk(1)), before);
        if open {
            assert!(editor.text(&story.chunk(1)).contains(&old));
            assert!(!story.journal(1).exists());
        }
        let status = editor
            .command("showStatus", json!([uri(&story.brief())]))
            .unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete", "open: {open}");
    }
}

#[test]
fn rewriting_asks_which_chunk() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Helix, &story);
    let error = editor
        .command("rewriteChunk", json!([uri(&story.brief())]))
        .unwrap_err();
    assert!(error.contains("which chunk"), "{error}");
}

#[test]
fn the_prompt_of_a_chunk_is_shown_as_a_document() {
    for persona in Persona::EDITORS {
        let (story, _) = written();
        let mut editor = Editor::start(persona, &story);
        editor.open(&story.brief());
        let shown = editor.run_action(&story.brief(), "{#early", "show the prompt of chunk 2");
        assert_eq!(shown["chunk"], 2, "{persona:?}: {shown}");
        let (_, text) = shown_page(&mut editor, "story-chunk_02.md");
        assert!(text.contains("| contract | system |"), "{text}");
    }
}

/// The action under a note carries out that note, and says what became of the others.
#[test]
fn a_rewrite_carries_out_the_note_under_the_cursor() {
    let (story, old) = written();
    let chunk = story.chunk(1);
    let noted = format!("{old} <!-- sw: colder -->\n\n<!-- sw: no rain -->\n");
    let text = read(&chunk).replace(&format!("{old}\n"), &noted);
    std::fs::write(&chunk, text).unwrap();
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&chunk);
    let job = editor.run_action(&chunk, "sw: colder", "with the note “colder”");
    let (kind, end) = editor.wait_for_end(job.as_str().unwrap());
    assert_eq!(kind, 3, "{end}");
    let (_, message) = editor.wait_for_message("written with your note");
    assert!(
        message.contains("“colder”") && !message.contains("no rain"),
        "{message}"
    );
    assert!(message.contains("1 other comment"), "{message}");
    assert!(!editor.text(&chunk).contains("<!--"));
    assert!(
        story
            .history()
            .iter()
            .any(|text| text.contains("sw: no rain"))
    );
}
