//! Diagnostics for clients that ask for them (`textDocument/diagnostic`). That nothing is shown twice, the client of the
//! tests holds in every test.

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, uri};
use crate::written;

const BRIEF: &str = "---
title: The Lamp Keeper
target_words: 600
chunk_words: 300
---
# Premise
The keeper and the sea.
# Outline
## The Logbook {#logbook}
Mara reads.
## The Crank {#logbook}
She winds it.
";

/// The clients that ask, and that can be told to ask again.
const ASKING: [Persona; 2] = [Persona::VsCode, Persona::Helix];

fn refreshes(editor: &Editor) -> usize {
    editor.asked("workspace/diagnostic/refresh").len()
}

fn codes(found: &[Value]) -> Vec<&str> {
    found.iter().filter_map(|it| it["code"].as_str()).collect()
}

/// Neovim 0.11 asks, but after keys of its own alone: it is told, as are those that never ask.
#[test]
fn it_is_offered_where_a_client_can_be_told_to_ask_again() {
    for persona in Persona::ANY {
        let story = Workspace::with_text(BRIEF);
        let mut editor = Editor::start(persona, &story);
        assert_eq!(editor.pulls(), ASKING.contains(&persona), "{persona:?}");
        editor.open(&story.brief());
        let found = editor.looked_at(&story.brief());
        assert_eq!(codes(&found), ["duplicate-beat-id"], "{persona:?}");
        assert_eq!(refreshes(&editor), 0, "{persona:?}");
    }
}

#[test]
fn what_a_client_has_already_is_said_in_a_word() {
    for persona in ASKING {
        let story = Workspace::with_text(BRIEF);
        let mut editor = Editor::start(persona, &story);
        let brief = story.brief();
        editor.open(&brief);
        let ask = |editor: &mut Editor, before: Option<&Value>| {
            let mut params = json!({"textDocument": {"uri": uri(&brief)}});
            if let Some(before) = before {
                params["previousResultId"] = before.clone();
            }
            editor.request("textDocument/diagnostic", params).unwrap()
        };
        let first = ask(&mut editor, None);
        assert_eq!(first["kind"], "full", "{first}");
        assert_eq!(first["items"][0]["code"], "duplicate-beat-id");
        let id = &first["resultId"];
        let again = ask(&mut editor, Some(id));
        assert_eq!(again, json!({"kind": "unchanged", "resultId": id}));
        editor.type_before(&brief, "logbook}\nShe", "the-other-");
        let mended = ask(&mut editor, Some(id));
        assert_eq!(mended["kind"], "full", "{mended}");
        assert_eq!(mended["items"], json!([]));
        assert_ne!(&mended["resultId"], id);
        assert_eq!(refreshes(&editor), 0, "what the author types is asked for");
    }
}

/// A document that is not open, or of which nothing is known, has nothing; and the question is no error.
#[test]
fn what_nothing_is_known_of_has_nothing() {
    let story = Workspace::with_text(BRIEF);
    let mut editor = Editor::start(Persona::VsCode, &story);
    let notes = story.root().join("notes.md");
    editor.open_with(&notes, BRIEF);
    for path in [notes, story.brief(), story.root().join("none.md")] {
        let params = json!({"textDocument": {"uri": uri(&path)}, "previousResultId": "unheard of"});
        let answer = editor.request("textDocument/diagnostic", params).unwrap();
        assert_eq!(answer["kind"], "full", "{answer}");
        assert_eq!(answer["items"], json!([]));
    }
}

/// The author types in the brief, and an open chunk is stale for it: of its own document a client asks by itself, of the
/// other it has to be told.
#[test]
fn a_client_is_told_when_something_else_changed_what_it_shows() {
    for persona in ASKING {
        let (story, mut editor) = written(persona);
        let (brief, chunk) = (story.brief(), story.chunk(1));
        editor.open(&chunk);
        let found = editor.looked_at(&chunk);
        assert!(!codes(&found).contains(&"stale-chunk"), "{found:?}");
        editor.looked_at(&brief);
        editor.forget();
        let premise = editor.text(&brief).find("# Premise").unwrap() + "# Premise\n".len();
        editor.replace(&brief, premise, premise, "It is winter. ");
        editor.wait("the chunk to be stale", |editor| {
            let found = editor.diagnostics(&chunk)?;
            codes(&found).contains(&"stale-chunk").then_some(())
        });
        assert!(refreshes(&editor) > 0, "{persona:?}");
    }
}

/// Until it asks, a client that could is told: one that never does would show nothing.
#[test]
fn a_client_that_does_not_ask_is_told() {
    let story = Workspace::with_text(BRIEF);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.ask_for_nothing();
    editor.open(&story.brief());
    let told = |editor: &mut Editor| {
        let found = editor.diagnostics(&story.brief())?;
        (codes(&found) == ["duplicate-beat-id"]).then_some(())
    };
    editor.wait("what the server tells by itself", told);
}

/// A template that is closed is told of; once it is open it is asked for, and what was told is taken back.
#[test]
fn a_file_that_is_opened_is_taken_over() {
    let story = Workspace::with_text(BRIEF);
    let template = story.root().join("templates").join("closing.md");
    std::fs::create_dir(template.parent().unwrap()).unwrap();
    std::fs::write(&template, "In a {{mood}} mood.\n").unwrap();
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let has_it = |editor: &mut Editor| {
        let found = editor.diagnostics(&template)?;
        (codes(&found) == ["template-placeholder"]).then_some(())
    };
    editor.wait("a problem of the template", has_it);
    editor.forget();
    editor.open(&template);
    editor.wait("the same, asked for", has_it);
    editor.close(&template);
    editor.wait("the same, told again", has_it);
}
