//! The next sentence, offered behind the cursor (`textDocument/inlineCompletion`).

use std::time::Duration;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);
const NEXT: &str = "Below her the sea went on turning over in its sleep.";

/// An editor of this kind that offers text behind the cursor, whatever its real counterpart can do.
fn desk(persona: Persona, text: &str, gate: Gate, server: ModelServer) -> Desk {
    let story = Workspace::with_brief("short");
    story.model_server(&server.base_url);
    let setup = Setup::new(persona).key(KEY);
    let mut params = setup.parameters(&story);
    params["capabilities"]["textDocument"]["inlineCompletion"] = json!({});
    let mut editor = setup.connect(&story);
    let answer = editor.initialize(params);
    assert_eq!(answer["capabilities"]["inlineCompletionProvider"], true);
    let path = story.root().join("notes.md");
    editor.open_with(&path, text);
    Desk {
        editor,
        story,
        path,
        gate,
        server,
    }
}

impl Desk {
    /// The parameters of the request behind these words: `kind` 1 where the author asks, 2 where the editor does.
    fn ask_behind(&self, words: &str, kind: u64) -> (Value, Value) {
        let at = self.text().find(words).expect("the words") + words.len();
        let at = position(self.text(), at, self.editor.persona.encoding());
        let params = json!({
            "textDocument": {"uri": uri(&self.path)},
            "position": at,
            "context": {"triggerKind": kind},
        });
        (params, at)
    }

    fn offered(&mut self, words: &str, kind: u64) -> Value {
        let (params, _) = self.ask_behind(words, kind);
        let method = "textDocument/inlineCompletion";
        self.editor.request(method, params).expect("an answer")
    }
}

fn nothing() -> Value {
    json!({ "items": [] })
}

#[test]
fn it_is_announced_to_clients_that_know_it_alone() {
    for persona in Persona::ANY {
        let story = Workspace::with_brief("short");
        let setup = Setup::new(persona);
        for is_known in [true, false] {
            let mut params = setup.parameters(&story);
            params["capabilities"]["textDocument"]["inlineCompletion"] = match is_known {
                true => json!({ "dynamicRegistration": true }),
                false => Value::Null,
            };
            let answer = setup.connect(&story).initialize(params);
            let offered = &answer["capabilities"]["inlineCompletionProvider"];
            assert_eq!(*offered == true, is_known, "{persona:?}: {offered}");
        }
    }
}

#[test]
fn the_next_sentence_is_offered_and_nothing_changes() {
    for persona in Persona::EDITORS {
        let server = ModelServer::queue([Reply::text(format!("{NEXT} Then another came. And"))]);
        let mut desk = desk(persona, NOTES, Gate::new(), server);
        let before = desk.story.files();
        let (_, at) = desk.ask_behind("on the stair.", 1);
        let offered = desk.offered("on the stair.", 1);
        let item = json!({ "insertText": format!(" {NEXT}"), "range": {"start": at, "end": at} });
        assert_eq!(offered, json!({ "items": [item] }), "{persona:?}");
        assert_eq!(desk.text(), NOTES, "{persona:?}");
        assert!(desk.editor.edits(&desk.path).is_empty(), "{persona:?}");
        assert!(desk.editor.shown().is_empty(), "{persona:?}");
        assert_eq!(desk.story.files(), before, "{persona:?}");
        // The story's facts and people, and no more than a sentence.
        let told = desk.told(0);
        for part in [
            "dated tomorrow",
            "Mara Voss: The keeper",
            "the next sentence and no more",
            "Go on exactly where the text before breaks off",
        ] {
            assert!(told.contains(part), "{part}:\n{told}");
        }
        let limit = desk.server.completions()[0].max_tokens().expect("a limit");
        assert!((40..=100).contains(&limit), "{limit}");
        assert_eq!(desk.server.completions().len(), 1);
    }
}

/// An answer that goes on and on is not waited for.
#[test]
fn a_call_ends_with_its_sentence() {
    let gate = Gate::new();
    let words = words_with_spaces(&format!("{NEXT} Then another came and did not end."));
    let reply = Reply::fragments(words).stall_after(14, &gate);
    let server = ModelServer::queue([reply]);
    let mut desk = desk(Persona::VsCode, NOTES, gate, server);
    let offered = desk.offered("on the stair.", 1);
    assert_eq!(offered["items"][0]["insertText"], format!(" {NEXT}"));
    desk.server.wait_for_abandoned(1, PATIENCE);
}

#[test]
fn what_the_editor_asks_by_itself_costs_nothing() {
    for persona in Persona::EDITORS {
        let mut desk = desk(persona, NOTES, Gate::new(), ModelServer::queue([]));
        assert_eq!(desk.offered("on the stair.", 2), nothing(), "{persona:?}");
        assert!(desk.server.requests().is_empty(), "{persona:?}");
    }
}

#[test]
fn a_cancelled_request_ends_its_call() {
    for persona in Persona::EDITORS {
        let gate = Gate::new();
        let reply = Reply::fragments(words_with_spaces(NEXT)).stall_after(3, &gate);
        let server = ModelServer::queue([reply]);
        let mut desk = desk(persona, NOTES, gate, server);
        let (params, _) = desk.ask_behind("on the stair.", 1);
        let method = "textDocument/inlineCompletion";
        let id = desk.editor.send_request(method, params);
        desk.gate.wait_for_arrivals(1, PATIENCE);
        desk.editor.notify("$/cancelRequest", json!({ "id": id }));
        let error = desk.editor.answer(id).unwrap_err();
        assert_eq!(error["code"], -32800, "{persona:?}: {error}");
        desk.server.wait_for_abandoned(1, PATIENCE);
        assert_eq!(desk.text(), NOTES, "{persona:?}");
    }
}

#[test]
fn what_goes_wrong_is_a_line_of_the_log() {
    let refused = Reply::error(400, json!({"error": {"message": "no such model"}}));
    for (reply, why) in [
        (refused, "no such model"),
        (Reply::text("Below her the sea"), "no finished sentence"),
        (
            Reply::text("I’m sorry, but I can’t help with that."),
            "refused",
        ),
    ] {
        let mut desk = desk(
            Persona::VsCode,
            NOTES,
            Gate::new(),
            ModelServer::queue([reply]),
        );
        assert_eq!(desk.offered("on the stair.", 1), nothing(), "{why}");
        let line = desk.editor.wait("the line", |editor| {
            let mut logs = editor.logs();
            let line = logs.find(|it| it.contains("no sentence at the cursor"))?;
            Some(line.to_owned())
        });
        assert!(line.contains(why), "{why}: {line}");
        assert!(desk.editor.shown().is_empty(), "{why}");
    }
}

#[test]
fn nothing_is_offered_where_no_prose_is() {
    let text = "---\nchunk: 1\n---\nIt rained. <!-- sw: col -->\n";
    let mut desk = desk(Persona::VsCode, text, Gate::new(), ModelServer::queue([]));
    for words in ["chunk", "sw: col"] {
        assert_eq!(desk.offered(words, 1), nothing(), "{words}");
    }
    desk.path = desk.story.root().join("never opened.md");
    let params = json!({
        "textDocument": {"uri": uri(&desk.path)},
        "position": {"line": 0, "character": 0},
        "context": {"triggerKind": 1},
    });
    let method = "textDocument/inlineCompletion";
    assert_eq!(desk.editor.request(method, params), Ok(nothing()));
    assert!(desk.server.requests().is_empty());
}

#[test]
fn the_demo_writer_offers_a_sentence() {
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        story.demo(0);
        let setup = Setup::new(persona);
        let mut params = setup.parameters(&story);
        params["capabilities"]["textDocument"]["inlineCompletion"] = json!({});
        let mut editor = setup.connect(&story);
        editor.initialize(params);
        let path = story.root().join("notes.md");
        editor.open_with(&path, NOTES);
        let at = NOTES.find("\n\nIlse came").unwrap();
        let params = json!({
            "textDocument": {"uri": uri(&path)},
            "position": position(NOTES, at, persona.encoding()),
            "context": {"triggerKind": 1},
        });
        let method = "textDocument/inlineCompletion";
        let offered = editor.request(method, params).unwrap();
        let text = offered["items"][0]["insertText"]
            .as_str()
            .unwrap_or_default();
        assert!(text.starts_with(' ') && text.len() > 10, "{offered}");
        assert!(text.ends_with(['.', '!', '?', '”']), "{offered}");
    }
}
