//! Threads and promises in the editor: hover, definition, diagnostics, rename and the page.

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, position, uri};
use crate::pages::shown_page;

const BRIEF: &str = include_str!("../../fixtures/briefs/short/story.md");

/// A written story whose brief lists a thread that stays open past its beat.
fn written(persona: Persona) -> (Workspace, Editor) {
    let list = "# Threads\n- the sealed letter (opened: logbook, due: early)\n# Outline\n";
    let story = Workspace::with_text(&BRIEF.replace("# Outline\n", list));
    let mut editor = Editor::start(persona, &story);
    editor.open(&story.brief());
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait_for_end(&job);
    (story, editor)
}

fn ask(editor: &mut Editor, story: &Workspace, method: &str, place: &str, more: Value) -> Value {
    let text = editor.text(&story.brief());
    let at = text.find(place).unwrap() + place.find('|').unwrap_or(0);
    let at = position(text, at, editor.persona.encoding());
    let mut params = json!({"textDocument": {"uri": uri(&story.brief())}, "position": at});
    for (name, value) in more.as_object().into_iter().flatten() {
        params[name] = value.clone();
    }
    editor.request(method, params).unwrap()
}

#[test]
fn a_thread_is_told_of_where_it_is_listed() {
    for persona in Persona::EDITORS {
        let (story, mut editor) = written(persona);
        let found = editor.wait("the overdue thread", |editor| {
            let found = editor.diagnostics(&story.brief())?.into_iter();
            found.into_iter().find(|it| it["code"] == "thread-overdue")
        });
        assert_eq!(found["severity"], 3, "{found}");
        let message = found["message"].as_str().unwrap();
        assert!(
            message.starts_with("“the sealed letter” is due in chunk 2 “Ilse Comes Early”"),
            "{message}"
        );

        let hover = ask(
            &mut editor,
            &story,
            "textDocument/hover",
            "sealed letter",
            json!({}),
        );
        let shown = hover["contents"]["value"].as_str().unwrap();
        assert!(
            shown.contains("Still open, though the chunk where it is due is written."),
            "{shown}"
        );
        assert!(shown.contains("due: chunk 2 “Ilse Comes Early”"), "{shown}");

        let to = ask(
            &mut editor,
            &story,
            "textDocument/definition",
            "early)\n",
            json!({}),
        );
        let place = to.get(0).unwrap_or(&to);
        let range = place.get("targetSelectionRange").unwrap_or(&place["range"]);
        let heading = editor
            .text(&story.brief())
            .find("## Ilse Comes Early")
            .unwrap();
        let heading = position(editor.text(&story.brief()), heading, persona.encoding());
        assert_eq!(range["start"]["line"], heading["line"], "{persona:?}: {to}");
    }
}

#[test]
fn a_beat_that_gets_another_id_has_it_in_the_list_too() {
    let (story, mut editor) = written(Persona::VsCode);
    let edit = ask(
        &mut editor,
        &story,
        "textDocument/rename",
        "early)\n",
        json!({"newName": "boat-comes"}),
    );
    // The files of the draft are not open, and no matter here.
    editor.apply_action(&json!({"edit": edit}));
    let text = editor.text(&story.brief());
    assert!(
        text.contains("(opened: logbook, due: boat-comes)"),
        "{text}"
    );
    assert!(text.contains("{#boat-comes cast"), "{text}");
}

#[test]
fn the_page_shows_what_the_command_answers() {
    let (story, mut editor) = written(Persona::VsCode);
    let ledger = editor
        .command("showLedger", json!([uri(&story.brief())]))
        .unwrap();
    assert_eq!(ledger["threads"][0]["thread"], "the sealed letter");
    assert_eq!(ledger["threads"][0]["standing"], "overdue");
    let (_, page) = shown_page(&mut editor, "story-threads.md");
    assert!(page.contains("## Overdue"), "{page}");
    assert!(
        page.contains("| the sealed letter | 1 (logbook) | 2 (early) |  | the brief |"),
        "{page}"
    );
}

/// A client that opens nothing for a server (eglot) is told where the page is.
#[test]
fn a_page_that_is_not_shown_is_named() {
    let (story, mut editor) = written(Persona::Eglot);
    let brief = uri(&story.brief());
    editor.command("showLedger", json!([brief])).unwrap();
    let (_, told) = editor.wait_for_message("the page is ");
    assert!(told.contains("story-threads.md"), "{told}");
}
