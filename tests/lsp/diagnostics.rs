//! The problems of a brief, at their places.

use std::path::Path;

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Setup, Workspace, covered, position, uri};

/// Wide characters stand before every problem, on its line and above it.
const BRIEF: &str = "---
title: The Lamp Keeper 🦊
target_words: 600
chunk_words: 300
🦊 colour: grey
---
# Premise 漁師

The keeper — 🦊 — and the sea.

# Outline

## 🦊🦊 The Logbook {#logbook}

Mara reads — 漁.

## 漁師の舟 The Crank 🦊 {#logbook words=lots}

She winds it.
";

fn opened(persona: Persona, text: &str) -> (Editor, Workspace, std::path::PathBuf) {
    let story = Workspace::with_text(text);
    let mut editor = Editor::start(persona, &story);
    let brief = story.brief();
    editor.open(&brief);
    (editor, story, brief)
}

/// Waits until a document's diagnostics are as wanted.
fn wait_for(
    editor: &mut Editor,
    path: &Path,
    what: &str,
    wanted: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    editor.wait(what, |editor| {
        editor.diagnostics(path).filter(|found| wanted(found))
    })
}

fn has(found: &[Value], code: &str) -> bool {
    found.iter().any(|problem| problem["code"] == code)
}

#[test]
fn problems_stand_at_their_place_after_wide_characters() {
    for persona in Persona::EDITORS {
        let (mut editor, _story, brief) = opened(persona, BRIEF);
        let found = wait_for(&mut editor, &brief, "problems", |found| !found.is_empty());
        let encoding = persona.encoding();
        let at = |needle: &str| -> Vec<&Value> {
            let covers = |problem: &&Value| covered(BRIEF, &problem["range"], encoding) == needle;
            found.iter().filter(covers).collect()
        };
        for needle in ["logbook", "lots"] {
            let problems = at(needle);
            assert_eq!(problems.len(), 1, "{persona:?} {needle}: {found:#?}");
            let start = BRIEF.rfind(needle).unwrap();
            assert_eq!(
                problems[0]["range"]["start"],
                position(BRIEF, start, encoding)
            );
            assert_eq!(problems[0]["source"], "storywright");
            assert!(problems[0]["message"].as_str().unwrap().len() > 20);
        }
        // Every range lies on characters and covers something of the brief.
        for problem in &found {
            let text = covered(BRIEF, &problem["range"], encoding);
            assert!(!text.trim().is_empty(), "{problem}");
            assert!(
                [1, 2, 4].contains(&problem["severity"].as_i64().unwrap()),
                "{problem}"
            );
        }
    }
}

#[test]
fn problems_go_when_they_are_mended_and_when_the_brief_is_closed() {
    for persona in Persona::EDITORS {
        let (mut editor, _story, brief) = opened(persona, BRIEF);
        let found = wait_for(&mut editor, &brief, "problems", |found| !found.is_empty());
        let code = |needle: &str| {
            let covers =
                |problem: &&Value| covered(BRIEF, &problem["range"], persona.encoding()) == needle;
            found.iter().find(covers).unwrap()["code"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (duplicate, words) = (code("logbook"), code("lots"));
        let second = BRIEF.rfind("logbook").unwrap();
        editor.replace(&brief, second, second + "logbook".len(), "crank");
        wait_for(&mut editor, &brief, "the duplicate to go", |found| {
            !has(found, &duplicate) && has(found, &words)
        });
        let lots = editor.text(&brief).find("lots").unwrap();
        editor.replace(&brief, lots, lots + "lots".len(), "300");
        wait_for(&mut editor, &brief, "both to go", |found| {
            !has(found, &words)
        });

        editor.type_before(&brief, "# Outline", "# Styel\n\nPlain.\n\n");
        wait_for(&mut editor, &brief, "a new one", |found| !found.is_empty());
        editor.close(&brief);
        wait_for(&mut editor, &brief, "none", <[Value]>::is_empty);
        // Nothing comes after it.
        editor.command("showStatus", json!([uri(&brief)])).unwrap();
        assert_eq!(editor.diagnostics(&brief), Some(Vec::new()));
    }
}

#[test]
fn a_brief_that_is_opened_and_closed_at_once_keeps_no_problems() {
    let (mut editor, _story, brief) = opened(Persona::VsCode, BRIEF);
    for _ in 0..20 {
        editor.close(&brief);
        editor.open(&brief);
    }
    wait_for(&mut editor, &brief, "problems", |found| !found.is_empty());
    editor.close(&brief);
    wait_for(&mut editor, &brief, "none", <[Value]>::is_empty);
}

#[test]
fn other_documents_have_no_problems() {
    let (mut editor, story, brief) = opened(Persona::Helix, BRIEF);
    let notes = story.root().join("notes.md");
    editor.open_with(&notes, BRIEF);
    wait_for(&mut editor, &brief, "problems", |found| !found.is_empty());
    // Asked for or not: nothing is found in it.
    assert!(
        editor
            .diagnostics(&notes)
            .is_none_or(|found| found.is_empty())
    );
}

#[test]
fn the_version_of_the_diagnostics_is_that_of_the_text() {
    let (mut editor, _story, brief) = opened(Persona::VsCode, BRIEF);
    for letter in ["a", "b", "c"] {
        editor.type_before(&brief, "The keeper", letter);
    }
    let version = editor.buffer(&brief).version;
    editor.wait("the last version", |editor| {
        let said = editor.said().iter().rev();
        said.into_iter().find_map(|said| match said {
            crate::lsp_client::Said::Diagnostics(_, params) => {
                (params["version"] == version).then_some(())
            }
            _ => None,
        })
    });
}

/// Nothing in a brief's own text is wrong, but a file beside it makes it so.
#[test]
fn settings_are_part_of_what_is_judged() {
    let text = "---\ntitle: The Door\n---\n# Outline\n## One\nShe waits.\n## Two\nShe goes.\n## Three\nShe is gone.\n";
    for persona in Persona::EDITORS {
        let story = Workspace::with_text(text);
        let toml = story.brief().with_file_name("storywright.toml");
        std::fs::write(&toml, "target_words = 100\nmood = 3\n").unwrap();
        let mut editor = Editor::start(persona, &story);
        let brief = story.brief();
        editor.open(&brief);
        let found = wait_for(&mut editor, &brief, "an impossible length", |found| {
            has(found, "impossible-target")
        });
        let told = found[0]["message"].as_str().unwrap();
        assert!(told.contains("storywright.toml:1"), "{persona:?}: {told}");
        let found = wait_for(&mut editor, &toml, "a problem of the settings", |found| {
            has(found, "unknown-setting")
        });
        assert_eq!(
            found[0]["range"]["start"],
            json!({"line": 1, "character": 0})
        );
        // Mended there, both are gone with the next look.
        std::fs::write(&toml, "target_words = 600\n").unwrap();
        editor.type_before(&brief, "She waits.", "Now ");
        wait_for(&mut editor, &brief, "a length that works out", |found| {
            !has(found, "impossible-target")
        });
        wait_for(&mut editor, &toml, "settings in order", <[Value]>::is_empty);
    }
}

/// A setting of the editor's own has no file: it is told at the top of the brief.
#[test]
fn a_setting_of_the_editor_is_told_on_the_brief() {
    let story = Workspace::with_text(&BRIEF.replace("🦊 colour: grey\n", ""));
    let settings = json!({"provider": "demo", "chunk_words": "many"});
    let mut editor = Setup::new(Persona::VsCode).settings(settings).start(&story);
    let brief = story.brief();
    editor.open(&brief);
    let found = wait_for(&mut editor, &brief, "the editor's setting", |found| {
        has(found, "invalid-setting")
    });
    let wrong = found.iter().find(|it| it["code"] == "invalid-setting");
    let wrong = wrong.unwrap();
    assert_eq!(wrong["range"]["start"]["line"], 0);
    assert!(
        wrong["message"]
            .as_str()
            .unwrap()
            .contains("storywright.chunk_words")
    );
}

/// What a code is shown as comes from the editor's settings, too, and holds at once.
#[test]
fn a_kind_of_finding_is_shown_as_the_editor_has_it_set() {
    let brief = BRIEF.replace("🦊 colour: grey\n", "");
    let story = Workspace::with_text(&brief);
    let settings = json!({"diagnostics": {"bad-words": "hint", "duplicate-beat-id": "off"}});
    let mut editor = Setup::new(Persona::VsCode).settings(settings).start(&story);
    let brief = story.brief();
    editor.open(&brief);
    let found = wait_for(&mut editor, &brief, "a hint", |found| {
        let is_hint = |it: &Value| it["code"] == "bad-words" && it["severity"] == 4;
        found.iter().any(is_hint)
    });
    assert!(!has(&found, "duplicate-beat-id"), "{found:?}");
    editor.configure(json!({"diagnostics": {"bad-words": "off"}}));
    wait_for(&mut editor, &brief, "the other one", |found| {
        has(found, "duplicate-beat-id") && !has(found, "bad-words")
    });
}

/// Templates are judged where they stand, too.
#[test]
fn a_template_has_its_problems_shown() {
    let story = Workspace::with_text(&BRIEF.replace("🦊 colour: grey\n", ""));
    let template = story.brief().with_file_name("templates").join("closing.md");
    std::fs::create_dir(template.parent().unwrap()).unwrap();
    std::fs::write(&template, "In a {{mood}} mood.\n").unwrap();
    let mut editor = Editor::start(Persona::Neovim, &story);
    editor.open(&story.brief());
    wait_for(
        &mut editor,
        &template,
        "a problem of the template",
        |found| has(found, "template-placeholder"),
    );
    editor.close(&story.brief());
    wait_for(&mut editor, &template, "nothing", <[Value]>::is_empty);
}

#[test]
fn settings_that_change_outside_the_editor_are_judged_by_at_once() {
    let method = "workspace/didChangeWatchedFiles";
    for (persona, can_watch) in [
        (Persona::VsCode, true),
        (Persona::Helix, true),
        (Persona::Eglot, true),
        (Persona::LspMode, true),
        // It has no such registration on Linux.
        (Persona::Neovim, false),
    ] {
        let (mut editor, story, brief) = opened(persona, BRIEF);
        wait_for(&mut editor, &brief, "problems", |found| !found.is_empty());
        let toml = story.root().join("storywright.toml");
        if can_watch {
            let watches = editor.wait("a registration", |editor| {
                let asked = editor.asked("client/registerCapability");
                let registrations = asked.first()?["registrations"].clone();
                Some(registrations[0].clone())
            });
            assert_eq!(watches["method"], method, "{persona:?}");
            let glob = &watches["registerOptions"]["watchers"][0]["globPattern"];
            assert_eq!(glob, "**/storywright.toml", "{persona:?}");
        } else {
            assert_eq!(editor.asked("client/registerCapability").len(), 0);
        }
        for (settings, is_bad) in [("no_such_setting = 1\n", true), ("", false)] {
            std::fs::write(&toml, settings).expect("a file");
            let changes = json!({"changes": [{"uri": uri(&toml), "type": 2}]});
            editor.notify(method, changes);
            editor.wait("the settings' problems", |editor| {
                let found = editor.diagnostics(&toml).unwrap_or_default();
                (found.is_empty() != is_bad).then_some(())
            });
        }
    }
}
