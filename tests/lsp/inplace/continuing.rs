//! Going on at the cursor.

use super::*;

#[test]
fn a_text_is_continued_at_the_cursor_while_the_author_types_elsewhere() {
    for persona in Persona::EDITORS {
        let mut desk = Desk::held(persona, &more());
        let job = desk.go_on_behind("on the stair.");
        desk.wait_for_half();
        let path = desk.path.clone();
        desk.editor.type_before(&path, "Ilse came", "Then ");
        desk.editor.type_before(&path, "# Night", "<!-- mine -->\n");
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(end.contains("notes.md was continued by 110 words"), "{end}");
        let expected = format!("{PASSAGE}\n\n{}\n\nThen Ilse came", more());
        assert!(
            desk.text().contains(&expected),
            "{persona:?}: {}",
            desk.text()
        );
        assert!(
            desk.text().starts_with("<!-- mine -->\n# Night"),
            "{persona:?}"
        );
        assert!(desk.editor.edits(&path).len() > 1, "{persona:?}");
        assert!(!path.exists(), "written behind the editor's back");
        // The story's facts and rules, who is near, and the text around.
        let told = desk.told(0);
        for part in [
            "dated tomorrow",
            "nothing in it is ever struck out",
            "Mara Voss: The keeper",
            "She rows the supply boat",
            "begins with\nIlse came at noon",
            "Begin a new paragraph.",
            "about 120 words",
        ] {
            assert!(told.contains(part), "{part}:\n{told}");
        }
        assert_eq!(desk.editor.quit(), 0);
    }
}

#[test]
fn typing_where_the_text_grows_ends_it_with_both_texts_kept() {
    for persona in Persona::EDITORS {
        let mut desk = Desk::held(persona, &more());
        let job = desk.go_on_behind("on the stair.");
        desk.wait_for_half();
        let path = desk.path.clone();
        let shown = desk.text().to_owned();
        let at = shown.find("\n\nIlse came").unwrap();
        desk.editor.replace(&path, at, at, " Mine.");
        let typed = desk.text().to_owned();
        let (kind, end) = desk.editor.wait_for_end(&job);
        assert_eq!(kind, 1, "{persona:?}: {end}");
        assert!(end.contains("Both texts are in the document"), "{end}");
        assert_eq!(desk.text(), typed, "{persona:?}");
        assert!(typed.contains(&half()) && typed.contains(" Mine.\n\nIlse"));
    }
}

#[test]
fn a_cancelled_continuation_leaves_what_had_come() {
    for (persona, by_command) in [
        (Persona::VsCode, false),
        (Persona::Neovim, false),
        (Persona::Helix, true),
    ] {
        let mut desk = Desk::held(persona, &more());
        let job = desk.go_on_behind("on the stair.");
        desk.wait_for_half();
        match by_command {
            true => {
                let cancelled = desk.editor.command("cancel", json!([uri(&desk.path)]));
                assert_eq!(cancelled, Ok(json!([job])));
            }
            false => {
                let token = json!({ "token": format!("storywright/{job}") });
                desk.editor.notify("window/workDoneProgress/cancel", token);
            }
        }
        let (kind, end) = desk.editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(end.contains("that had come stay in notes.md"), "{end}");
        assert!(
            desk.text().contains(&half()),
            "{persona:?}: {}",
            desk.text()
        );
        assert!(desk.text().contains("\n\nIlse came"), "{persona:?}");
        let progress = desk.editor.progress(&job);
        let kinds: Vec<&Value> = progress.iter().map(|value| &value["kind"]).collect();
        assert_eq!(kinds.first(), Some(&&json!("begin")));
        assert_eq!(kinds.last(), Some(&&json!("end")));
    }
}

#[test]
fn a_call_that_breaks_off_is_gone_on_with_from_what_came() {
    let words = words_with_spaces(&more()).len();
    for persona in Persona::EDITORS {
        let rest = prose(50, 9);
        let broken = Reply::text(more()).close_after(words / 2);
        let mut desk = Desk::with(persona, vec![broken, Reply::text(&rest)]);
        let job = desk.go_on_behind("on the stair.");
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(
            desk.text().contains(&half()),
            "{persona:?}: {}",
            desk.text()
        );
        assert!(
            desk.text().contains(rest.trim()),
            "{persona:?}: {}",
            desk.text()
        );
        assert!(
            desk.told(1)
                .contains("exactly where the text before breaks off")
        );
    }
}

#[test]
fn a_model_that_fails_for_good_takes_nothing_away() {
    let words = words_with_spaces(&more()).len();
    for persona in Persona::EDITORS {
        let refuses = || Reply::error(401, json!({"error": {"message": "no such key"}}));
        let broken = Reply::text(more()).close_after(words / 2);
        let mut desk = Desk::with(persona, vec![broken, refuses(), refuses()]);
        let job = desk.go_on_behind("on the stair.");
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 1, "{persona:?}: {end}");
        assert!(end.contains("that had come stay in notes.md"), "{end}");
        assert!(
            desk.text().contains(&half()),
            "{persona:?}: {}",
            desk.text()
        );
        let before = desk.text().to_owned();
        let job = desk.start_on("rewriteSelection", PASSAGE);
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 1, "{persona:?}: {end}");
        assert!(end.contains("The passage is as it was"), "{end}");
        assert_eq!(desk.text(), before);
    }
}

#[test]
fn without_arguments_the_text_goes_on_where_the_author_typed_last() {
    for persona in Persona::EDITORS {
        let mut desk = Desk::with(persona, vec![Reply::text(more())]);
        let path = desk.path.clone();
        desk.editor
            .type_before(&path, "\n\nIlse came", " It rained.");
        let job = desk.editor.start_job("continueHere", json!([]));
        let (kind, end) = desk.end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        let expected = format!(" It rained.\n\n{}\n\nIlse came", more());
        assert!(
            desk.text().contains(&expected),
            "{persona:?}: {}",
            desk.text()
        );
    }
}
