//! A chunk that is open in a client that is late, sleeps, or can't be edited at all.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Setup, Workspace, prose_of, read, uri};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};
use crate::support::prose::prose;

const KEY: &str = "sk-test-key";

fn whole_file(status: &str, prose: &str) -> String {
    format!("---\nchunk: 1\nbeat: logbook\nstatus: {status}\n---\n{prose}\n")
}

/// A story with a model that writes `text` for every chunk.
fn story_by(text: &str) -> (Workspace, ModelServer) {
    let reply = words_with_spaces(text);
    let server = ModelServer::start(move |_| Reply::fragments(reply.clone()));
    let story = Workspace::with_brief("short");
    story.model_server(&server.base_url);
    (story, server)
}

/// What an author is told that is no mere report.
fn warnings(editor: &Editor) -> Vec<String> {
    let shown = editor.shown().into_iter();
    let warned = shown.filter(|(kind, _)| *kind < 3);
    warned.map(|(_, text)| text.to_owned()).collect()
}

fn write_chunk(editor: &mut Editor, story: &Workspace) -> String {
    editor.start_job(
        "writeChunk",
        json!([{"uri": uri(&story.brief()), "chunk": 1}]),
    )
}

fn wait_for_text(editor: &mut Editor, story: &Workspace, expected: &str) {
    let chunk = story.chunk(1);
    editor.wait("the whole text", |editor| {
        (editor.text(&chunk) == expected).then_some(())
    });
}

#[test]
fn a_models_line_ends_are_no_edit_of_the_authors() {
    let plain = format!("{}\n\n{}\n\n{}", prose(50, 1), prose(50, 2), prose(50, 3));
    let sent = plain
        .replacen("\n\n", "\r\n\r\n", 1)
        .replacen("\n\n", "\r\r", 1);
    // Each end of a line is cut in two.
    let pieces: Vec<String> = sent.split_inclusive('\r').map(str::to_owned).collect();
    for (persona, line_end) in Persona::APPLYING
        .into_iter()
        .map(|persona| (persona, "\n"))
        .chain([(Persona::VsCode, "\r\n"), (Persona::Neovim, "\r\n")])
    {
        let reply = pieces.clone();
        let server = ModelServer::start(move |_| Reply::fragments(reply.clone()));
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let chunk = story.chunk(1);
        let head = "---\nchunk: 1\nbeat: logbook\nstatus: partial\n---\n";
        editor.open_with(&chunk, &head.replace('\n', line_end));
        let job = write_chunk(&mut editor, &story);
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        let whole = whole_file("complete", &plain).replace('\n', line_end);
        wait_for_text(&mut editor, &story, &whole);
        editor.save(&chunk);
        editor.wait("the journal to go", |_| {
            (!story.journal(1).exists()).then_some(())
        });
        assert_eq!(read(&chunk), whole, "{persona:?}");
        let status = editor
            .command("showStatus", json!([uri(&story.brief())]))
            .unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete", "{persona:?}");
        assert_eq!(status["chunks"][0]["edited"], false, "{persona:?}");
        assert_eq!(server.completions().len(), 1, "{persona:?}: paid twice");
        assert_eq!(warnings(&editor), Vec::<String>::new(), "{persona:?}");
    }
}

#[test]
fn an_edit_that_is_told_late_is_not_sent_again() {
    let text = prose(150, 7);
    for persona in Persona::APPLYING.into_iter().chain([Persona::Yegappan]) {
        let (story, server) = story_by(&text);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        editor.hold_changes();
        let job = write_chunk(&mut editor, &story);
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert_eq!(editor.edits(&chunk).len(), 1, "{persona:?}: sent again");
        assert!(read(&story.journal(1)).contains(&text));
        for warning in warnings(&editor) {
            assert!(!warning.contains("was edited"), "{persona:?}: {warning}");
            assert!(warning.contains("safe in its journal"), "{warning}");
        }
        // The job is long over when the author comes back.
        editor.next_event();
        let whole = whole_file("complete", &text);
        if persona == Persona::Yegappan {
            // It tells of each edit at the next event only.
            editor.wait("the whole text", |editor| {
                editor.next_event();
                (editor.text(&chunk) == whole).then_some(())
            });
        }
        wait_for_text(&mut editor, &story, &whole);
        editor.save(&chunk);
        editor.wait("the journal to go", |_| {
            (!story.journal(1).exists()).then_some(())
        });
        assert_eq!(read(&chunk), whole, "{persona:?}");
        assert_eq!(server.completions().len(), 1);
    }
}

#[test]
fn a_pause_of_the_client_neither_ends_the_job_nor_blames_the_author() {
    for persona in Persona::APPLYING {
        let story = Workspace::with_brief("short");
        story.demo(30);
        let mut editor = Editor::start(persona, &story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        let job = write_chunk(&mut editor, &story);
        let words = |text: &str| prose_of(text).split_whitespace().count();
        editor.wait("the first words", |editor| {
            (words(editor.text(&chunk)) > 8).then_some(())
        });
        // ":sleep", a "Press ENTER", a suspended editor: some four seconds of text.
        let journal = story.journal(1);
        editor.sleep_until("most of the text", || {
            (words(&read(&journal)) > 130).then_some(())
        });
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        let whole = whole_file("complete", prose_of(&read(&journal)).trim_end());
        wait_for_text(&mut editor, &story, &whole);
        assert_eq!(warnings(&editor), Vec::<String>::new(), "{persona:?}");
    }
}

#[test]
fn a_client_that_sleeps_when_the_job_ends_catches_up_when_it_wakes() {
    let text = prose(150, 7);
    for persona in Persona::APPLYING {
        let gate = Gate::new();
        let (held, reply) = (gate.clone(), words_with_spaces(&text));
        let server =
            ModelServer::start(move |_| Reply::fragments(reply.clone()).stall_after(60, &held));
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        let job = write_chunk(&mut editor, &story);
        editor.wait("the first words", |editor| {
            (editor.text(&chunk).len() > 200).then_some(())
        });
        gate.open();
        let (journal, summary) = (story.journal(1), story.session("full_story.md"));
        editor.sleep_until("the end of the job", || {
            (read(&journal).contains("status: complete") && summary.exists()).then_some(())
        });
        wait_for_text(&mut editor, &story, &whole_file("complete", &text));
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert_eq!(editor.quit(), 0);
    }
}

#[test]
fn a_client_that_cannot_edit_is_asked_for_no_edit_and_its_author_told_once() {
    let text = prose(150, 7);
    let (story, _server) = story_by(&text);
    let mut editor = Setup::new(Persona::Ale).key(KEY).start(&story);
    let chunk = story.chunk(1);
    editor.open(&chunk);
    let job = write_chunk(&mut editor, &story);
    let (kind, end) = editor.wait_for_end(&job);
    assert_eq!(kind, 3, "{end}");
    assert_eq!(editor.asked("workspace/applyEdit").len(), 0);
    let told = warnings(&editor);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("chunk_01.md is open"), "{told:?}");
    assert!(
        told[0].contains("close the file and open it again"),
        "{told:?}"
    );
    editor.close(&chunk);
    editor.wait("the file", |_| chunk.exists().then_some(()));
    editor.open(&chunk);
    assert_eq!(editor.text(&chunk), whole_file("complete", &text));
}

#[test]
fn empty_settings_replace_nothing() {
    for persona in [
        Persona::Eglot,
        Persona::LspMode,
        Persona::VimLsp,
        Persona::Ale,
        Persona::VsCode,
    ] {
        let story = Workspace::with_brief("short");
        story.configure("");
        let options = json!({"provider": "demo", "demo": {"words_per_second": 0}});
        let mut editor = Setup::new(persona).options(options).start(&story);
        for settings in [json!({}), json!(null), json!({"storywright": {}})] {
            editor.notify(
                "workspace/didChangeConfiguration",
                json!({ "settings": settings }),
            );
        }
        let job = write_chunk(&mut editor, &story);
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        // What is set later is set, and the rest stays.
        editor.configure(json!({"seed": 7, "model": null}));
        let job = editor.start_job(
            "rewriteChunk",
            json!([{"uri": uri(&story.brief()), "chunk": 1}]),
        );
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
    }
}
