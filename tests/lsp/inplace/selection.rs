//! What is selected is written anew, or stays as it was.

use super::*;
use crate::lsp_client::{DEADLINE, Outcome};

#[test]
fn a_selection_stays_until_one_edit_replaces_it() {
    for persona in Persona::EDITORS.into_iter().chain([Persona::VimLsp]) {
        let new = "No light burned any more. On the stair sat Mara.";
        let mut desk = Desk::held(persona, &format!("Here is the passage:\n\n{new}"));
        let job = desk.start_on("rewriteSelection", PASSAGE);
        desk.gate.wait_for_arrivals(1, DEADLINE);
        let path = desk.path.clone();
        desk.editor.type_before(&path, "Ilse came", "Then ");
        assert!(desk.text().contains(PASSAGE));
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(
            end.contains("the passage was rewritten: 10 words in place of 9"),
            "{end}"
        );
        let expected = replaced(PASSAGE, new).replace("Ilse came", "Then Ilse came");
        assert_eq!(desk.text(), expected, "{persona:?}");
        let taken: Vec<_> = desk.editor.edits(&path).into_iter().cloned().collect();
        let applied = taken.iter().filter(|edit| edit.outcome == Outcome::Applied);
        assert_eq!(applied.count(), 1, "{persona:?}: {taken:?}");
        let told = desk.told(0);
        assert!(
            told.contains(&format!("# The passage as it stands\n{PASSAGE}\n")),
            "{told}"
        );
    }
}

#[test]
fn a_selection_is_expanded_and_tightened() {
    for persona in Persona::EDITORS {
        let long = "The lamp was out, and had been for an hour. Mara sat on the cold stair with her hands in her lap.";
        let short = "Mara sat beside the dead lamp.";
        for (command, new, asked, done) in [
            (
                "expandSelection",
                long,
                "about 16 words instead of 9",
                "expanded",
            ),
            (
                "tightenSelection",
                short,
                "about 6 words instead of 9",
                "tightened",
            ),
        ] {
            let mut desk = Desk::with(persona, vec![Reply::text(new)]);
            let job = desk.start_on(command, PASSAGE);
            let (kind, end) = desk.end(&job);
            assert_eq!(kind, 3, "{persona:?}: {end}");
            assert!(end.contains(done), "{end}");
            assert_eq!(desk.text(), replaced(PASSAGE, new), "{persona:?}");
            assert!(desk.told(0).contains(asked), "{}", desk.told(0));
        }
    }
}

#[test]
fn an_answer_that_is_no_passage_is_asked_for_once_more_and_then_left() {
    let refusal = || Reply::text("I’m sorry, but I can’t help with that.");
    let far_too_long = || Reply::text(prose(90, 5));
    for replies in [
        vec![refusal(), refusal()],
        vec![far_too_long(), far_too_long()],
    ] {
        let mut desk = Desk::with(Persona::VsCode, replies);
        let job = desk.start_on("tightenSelection", PASSAGE);
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 1, "{end}");
        assert!(end.contains("The passage is as it was"), "{end}");
        assert_eq!(desk.text(), NOTES);
        assert_eq!(desk.server.completions().len(), 2);
    }
    // What was shown of a continuation that turns out to be none goes again.
    let german = "Die Lampe war aus und es regnete die ganze Nacht auf das Dach. Sie saß auf der Treppe und hörte dem \
                  Meer zu, das unter ihr gegen die Steine schlug, und sie wusste nicht, ob das Boot noch käme. Am Morgen \
                  stand sie auf und ging hinunter, aber die Tür war zu, und der Schlüssel lag nicht mehr dort, wo sie ihn \
                  am Abend gelassen hatte.";
    let replies = vec![Reply::text(german), Reply::text(german)];
    let mut desk = Desk::with(Persona::VsCode, replies);
    let job = desk.go_on_behind("on the stair.");
    let (kind, end) = desk.end(&job);
    assert_eq!(kind, 1, "{end}");
    assert_eq!(desk.text(), NOTES);
}

#[test]
fn the_author_who_changes_or_cancels_keeps_the_selection() {
    let new = "No light burned any more. On the stair sat Mara.";
    for persona in Persona::EDITORS {
        let mut desk = Desk::held(persona, new);
        let job = desk.start_on("rewriteSelection", PASSAGE);
        desk.gate.wait_for_arrivals(1, DEADLINE);
        let path = desk.path.clone();
        desk.editor.type_before(&path, "sat on", "quietly ");
        let (kind, end) = desk.editor.wait_for_end(&job);
        assert_eq!(kind, 1, "{persona:?}: {end}");
        assert!(end.contains("Yours stays"), "{end}");
        assert_eq!(
            desk.text(),
            replaced("sat on", "quietly sat on"),
            "{persona:?}"
        );

        let mut desk = Desk::held(persona, new);
        let job = desk.start_on("rewriteSelection", PASSAGE);
        desk.gate.wait_for_arrivals(1, DEADLINE);
        desk.editor.command("cancel", json!([job])).unwrap();
        let (kind, end) = desk.editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(end.contains("cancelled"), "{end}");
        assert_eq!(desk.text(), NOTES, "{persona:?}");
    }
}

#[test]
fn a_selection_command_without_a_selection_says_so() {
    let mut desk = Desk::with(Persona::Helix, vec![]);
    let one_character = desk.selected("T");
    let closed = json!([{ "uri": uri(&desk.story.root().join("other.md")) }]);
    for (arguments, part) in [
        (json!([]), "nothing is selected"),
        (desk.behind("on the stair."), "nothing is selected"),
        (one_character, "nothing is selected"),
        (closed, "other.md is not open"),
    ] {
        let refused = desk
            .editor
            .command("tightenSelection", arguments)
            .unwrap_err();
        assert!(refused.contains(part), "{refused}");
    }
    let wrong = json!([{ "uri": uri(&desk.path), "range": 5 }]);
    assert!(desk.editor.command("rewriteSelection", wrong).is_err());
    assert!(desk.server.requests().is_empty());
}

#[test]
fn notes_in_the_margin_and_an_instruction_go_with_the_passage() {
    let noted = "The lamp was out. <!-- sw: colder --> Mara <!-- mine --> sat on the stair.\n\n<!-- sw: at night -->\n";
    let server = ModelServer::queue([Reply::text(
        "No light burned any more. On the stair sat Mara.",
    )]);
    let mut desk = Desk::of(Persona::VsCode, "notes.md", noted, Gate::new(), server);
    let mut arguments =
        desk.selected("The lamp was out. <!-- sw: colder --> Mara <!-- mine --> sat on the stair.");
    arguments[0]["instruction"] = json!("no stair");
    let job = desk.editor.start_job("rewriteSelection", arguments);
    let (kind, end) = desk.end(&job);
    assert_eq!(kind, 3, "{end}");
    assert_eq!(
        desk.text(),
        "No light burned any more. On the stair sat Mara. <!-- mine -->\n"
    );
    let told = desk.told(0);
    for part in [
        "The author asks: colder",
        "The author asks: at night",
        "The author asks: no stair",
    ] {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    assert!(!told.contains("mine") && !told.contains("<!--"), "{told}");
}

#[test]
fn a_selection_offers_what_can_be_done_with_it_and_a_cursor_does_not() {
    let answer = "No light burned any more. On the stair sat Mara.";
    for persona in Persona::EDITORS {
        let mut desk = Desk::with(persona, vec![Reply::text(answer)]);
        let path = desk.path.clone();
        let start = desk.text().find(PASSAGE).unwrap();
        let mut offered = |end: usize| -> Vec<(String, Value)> {
            let actions = desk
                .editor
                .code_actions(&path, start..end, json!({"diagnostics": []}));
            let told = actions.into_iter().map(|mut action| {
                let title = action["title"].as_str().unwrap_or_default().to_owned();
                (title, action["command"].take())
            });
            told.collect()
        };
        let titles = |offered: &[(String, Value)]| -> Vec<String> {
            offered.iter().map(|(title, _)| title.clone()).collect()
        };
        assert_eq!(titles(&offered(start)), ["Storywright: continue here"]);
        assert_eq!(titles(&offered(start + 1)), ["Storywright: continue here"]);
        let on_selection = offered(start + PASSAGE.len());
        assert_eq!(
            titles(&on_selection),
            [
                "Storywright: rewrite the selection",
                "Storywright: expand the selection",
                "Storywright: tighten the selection"
            ]
        );
        assert!(desk.server.requests().is_empty(), "listing asks no model");
        let command = &on_selection[0].1;
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        let job = desk
            .editor
            .request("workspace/executeCommand", params)
            .unwrap();
        let (kind, end) = desk.end(job.as_str().unwrap());
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert_eq!(desk.text(), replaced(PASSAGE, answer));
    }
}

#[test]
fn a_budget_that_is_used_up_ends_the_job() {
    let refusal = || Reply::text("I’m sorry, but I can’t help with that.").usage(10, 0, 900);
    let mut desk = Desk::with(Persona::VsCode, vec![refusal(), refusal()]);
    let base_url = desk.server.base_url.clone();
    desk.story.configure(&format!(
        "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{base_url}\"\nmax_output_tokens = 100\n"
    ));
    let job = desk.start_on("rewriteSelection", PASSAGE);
    let (kind, end) = desk.end(&job);
    assert_eq!(kind, 1, "{end}");
    assert!(end.contains("max_output_tokens"), "{end}");
    assert_eq!(desk.server.completions().len(), 1);
    assert_eq!(desk.text(), NOTES);
}
