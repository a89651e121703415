//! What an author answers to a finding: that it is no problem, or that the chunk is to be rewritten for it.

use serde_json::{Value, json};

use crate::lint::{manuscript, only_fixes, wait_for, with_slip};
use crate::lsp_client::{Editor, Persona, Setup, read, uri};
use crate::support::model_server::{ModelServer, Reply};
use crate::support::prose::{Length, asked_length, prose};

/// From the finding: in this chunk, in the whole draft, or by the command at the cursor.
#[test]
fn a_finding_is_called_no_problem() {
    for everywhere in [false, true] {
        let story = manuscript("en");
        let slip = ("Petra closed the book.", "Petta closed the book.");
        let (chunk, text) = with_slip(&story, 3, slip.0, slip.1);
        let mut editor = Editor::start(Persona::VsCode, &story);
        editor.open_with(&chunk, &text);
        wait_for(&mut editor, &chunk, "name-drift", true);
        let at = text.find("Petta").unwrap();
        let actions = editor.code_actions(&chunk, at..at, only_fixes());
        let place = if everywhere { "in this draft" } else { "here" };
        let wanted = format!("not a problem {place}: “Petta” (name-drift)");
        let mut found = actions.iter();
        let action = found.find(|it| it["title"].as_str().unwrap().ends_with(&wanted));
        let action = action.unwrap_or_else(|| panic!("{wanted}: {actions:?}"));
        let command = action["command"].clone();
        let name = command["command"].as_str().unwrap();
        assert_eq!(name, "storywright.dismiss");
        let name = name.trim_start_matches("storywright.");
        let said = editor.command(name, command["arguments"].clone()).unwrap();
        assert!(
            said.as_str().unwrap().contains("“Petta” (name-drift)"),
            "{said}"
        );
        wait_for(&mut editor, &chunk, "name-drift", false);
        let kept: Value = serde_json::from_str(&read(&story.session("dismissed.json"))).unwrap();
        assert_eq!(kept["findings"][0]["beat"].is_null(), everywhere, "{kept}");
        assert_eq!(editor.quit(), 0);
    }
    let story = manuscript("en");
    let slip = ("Petra closed the book.", "Petta closed the book.");
    let (chunk, text) = with_slip(&story, 3, slip.0, slip.1);
    let mut editor = Editor::start(Persona::Neovim, &story);
    editor.open_with(&chunk, &text);
    wait_for(&mut editor, &chunk, "name-drift", true);
    let line = text[..text.find("Petta").unwrap()].matches('\n').count();
    let start = text[..text.find("Petta").unwrap()].rfind('\n').unwrap() + 1;
    let character = text[start..text.find("Petta").unwrap()]
        .encode_utf16()
        .count();
    let place = json!([{"uri": uri(&chunk), "position": {"line": line, "character": character}}]);
    editor.command("dismiss", place.clone()).unwrap();
    wait_for(&mut editor, &chunk, "name-drift", false);
    let refused = editor.command("dismiss", place).unwrap_err();
    assert!(refused.contains("which finding?"), "{refused}");
    assert_eq!(editor.quit(), 0);
}

/// The finding is the one note of the rewrite, and is looked for again when that is done.
#[test]
fn a_chunk_is_rewritten_to_put_a_finding_right() {
    let stranger = "And Jonas came. So Jonas sat. Then Jonas ate, and Jonas slept.";
    for is_gone in [true, false] {
        let server = ModelServer::start(move |request| {
            let words = match asked_length(&request.prompt()) {
                Some(Length::Words(words)) => words,
                _ => 50,
            };
            let text = prose(words, 3);
            Reply::text(match is_gone {
                true => text,
                false => format!("{stranger}\n\n{text}"),
            })
        });
        let story = manuscript("en");
        story.configure(&format!(
            "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{}\"\nstate = \"off\"\n",
            server.base_url
        ));
        let slip = ("Petra closed the book.", stranger);
        let (chunk, text) = with_slip(&story, 3, slip.0, slip.1);
        std::fs::write(&chunk, &text).unwrap();
        let mut editor = Setup::new(Persona::VsCode).key("sk-test").start(&story);
        editor.open(&chunk);
        wait_for(&mut editor, &chunk, "unknown-name", true);
        let at = text.find("Jonas").unwrap();
        let actions = editor.code_actions(&chunk, at..at, only_fixes());
        let mut found = actions.iter();
        let wanted = "Storywright: rewrite this chunk to put it right: ";
        let action = found.find(|it| it["title"].as_str().unwrap().starts_with(wanted));
        let command = action.unwrap_or_else(|| panic!("{actions:?}"))["command"].clone();
        let name = command["command"].as_str().unwrap();
        let name = name.trim_start_matches("storywright.").to_owned();
        let job = editor.start_job(&name, command["arguments"].clone());
        let (_, end) = editor.wait_for_end(&job);
        let sent = server.completions()[0].user();
        assert!(sent.contains("Put this right: `Jonas` is named"), "{sent}");
        let said = match is_gone {
            true => "Looked at again: no unknown-name is found in it",
            false => "It still has to be put right: `Jonas` is named",
        };
        assert!(end.contains(said), "{end}");
        assert_eq!(editor.quit(), 0);
    }
}
