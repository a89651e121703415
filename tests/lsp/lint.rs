//! What the lint finds in chunk files that are open, and how they stand, as diagnostics with
//! quick fixes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::lsp_client::{DEADLINE, Editor, Persona, Said, Setup, Workspace, covered, read, uri};
use crate::support::model_server::{ModelServer, Reply};

/// A manuscript of the repository, written out as the first draft.
pub fn manuscript(language: &str) -> Workspace {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/manuscripts")
        .join(language);
    let story = Workspace::with_text(&read(&folder.join("story.md")));
    std::fs::create_dir_all(story.session("chunks")).unwrap();
    for entry in std::fs::read_dir(folder.join("chunks")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        std::fs::copy(&path, story.session(&format!("chunks/{name}"))).unwrap();
    }
    story
}

/// A chunk's text with a slip in it.
pub fn with_slip(story: &Workspace, chunk: usize, old: &str, new: &str) -> (PathBuf, String) {
    let path = story.chunk(chunk);
    let text = read(&path);
    assert!(text.contains(old), "{old} is not in {text}");
    (path, text.replacen(old, new, 1))
}

fn of_code<'a>(diagnostics: &'a [Value], code: &str) -> Vec<&'a Value> {
    let found = diagnostics.iter().filter(|it| it["code"] == code);
    found.collect()
}

/// Asks for quick fixes and nothing else.
pub fn only_fixes() -> Value {
    json!({"diagnostics": [], "only": ["quickfix"]})
}

/// Waits until a document's diagnostics have, or have no more, one of a code.
pub fn wait_for(editor: &mut Editor, path: &Path, code: &str, there: bool) -> Vec<Value> {
    editor.wait(&format!("{code}: {there}"), |editor| {
        let found = editor.diagnostics(path)?;
        (of_code(&found, code).is_empty() != there).then_some(found)
    })
}

#[test]
fn a_slip_is_shown_and_put_right() {
    for persona in Persona::EDITORS {
        let story = manuscript("en");
        let (chunk, text) = with_slip(
            &story,
            3,
            "Petra closed the book.",
            "Petta closed it. Petta stood.",
        );
        let mut editor = Editor::start(persona, &story);
        editor.open_with(&chunk, &text);
        let found = editor.looked_at(&chunk);
        let drifts = of_code(&found, "name-drift");
        let encoding = persona.encoding();
        assert_eq!(drifts.len(), 2, "{persona:?}: {found:?}");
        for drift in &drifts {
            let shown = editor.text(&chunk);
            assert_eq!(
                covered(shown, &drift["range"], encoding),
                "Petta",
                "{persona:?}"
            );
            assert_eq!(
                (&drift["severity"], &drift["source"]),
                (&json!(2), &json!("storywright"))
            );
        }
        // The brief's own spelling, where the client shows such places.
        let related = &drifts[0]["relatedInformation"];
        if persona == Persona::Helix {
            assert!(related.is_null(), "{related}");
        } else {
            let location = &related[0]["location"];
            assert_eq!(location["uri"], uri(&story.brief()));
            let brief = read(&story.brief());
            assert_eq!(covered(&brief, &location["range"], encoding), "Petra Vane");
        }
        let at = text.find("Petta stood").unwrap();
        let actions = editor.code_actions(&chunk, at..at + 5, json!({"diagnostics": []}));
        let titles: Vec<&str> = actions
            .iter()
            .filter_map(|it| it["title"].as_str())
            .collect();
        assert_eq!(
            &titles[..2],
            [
                "Storywright: replace “Petta” with “Petra”",
                "Storywright: replace “Petta” with “Petra”, 2 times in this chunk",
            ],
            "{persona:?}"
        );
        assert_eq!(actions[0]["kind"], "quickfix");
        assert_eq!(actions[0]["isPreferred"], true);
        assert_eq!(actions[0]["diagnostics"][0]["code"], "name-drift");
        assert!(editor.apply_action(&actions[1]), "{persona:?}");
        assert!(
            editor
                .text(&chunk)
                .contains("Petra closed it. Petra stood."),
            "{persona:?}"
        );
        let found = editor.looked_at(&chunk);
        assert!(of_code(&found, "name-drift").is_empty(), "{persona:?}");
        assert_eq!(editor.quit(), 0);
    }
}

#[test]
fn places_fit_every_text_in_every_encoding() {
    let slips = [
        (
            "en",
            3,
            "Petra closed the book.",
            "🙂 “灯台” Petta closed the book.",
            "Petta",
        ),
        (
            "ja",
            2,
            "町の教会からマリヤが来た",
            "町の教会から👩‍🚀マリアが来た",
            "マリア",
        ),
        (
            "ar",
            1,
            "كان العمّ ياسين جالساً",
            "كان العمّ ياسمين جالساً",
            "ياسمين",
        ),
    ];
    // Helix counts as Neovim does.
    for persona in [Persona::VsCode, Persona::Neovim] {
        for (language, chunk, old, new, wrong) in slips {
            let story = manuscript(language);
            let (chunk, text) = with_slip(&story, chunk, old, new);
            let mut editor = Editor::start(persona, &story);
            for (mark, line_end) in [
                ("", "\n"),
                ("", "\r\n"),
                ("\u{feff}", "\n"),
                ("\u{feff}", "\r\n"),
            ] {
                let text = format!("{mark}{}", text.replace('\n', line_end));
                editor.open_with(&chunk, &text);
                let found = wait_for(&mut editor, &chunk, "name-drift", true);
                let case = format!("{persona:?} {mark:?} {line_end:?} {language}: {found:?}");
                let drifts = of_code(&found, "name-drift");
                assert_eq!(drifts.len(), 1, "{case}");
                let shown = editor.text(&chunk);
                let place = covered(shown, &drifts[0]["range"], persona.encoding());
                assert_eq!(place, wrong, "{case}");
                let at = shown.find(wrong).unwrap();
                let actions = editor.code_actions(&chunk, at..at, only_fixes());
                assert!(editor.apply_action(&actions[0]), "{case}");
                assert!(!editor.text(&chunk).contains(wrong), "{case}");
                editor.close(&chunk);
                wait_for(&mut editor, &chunk, "name-drift", false);
            }
        }
    }
}

/// What is left over is cut without a hole, also between lines that end as on Windows.
#[test]
fn what_is_left_over_is_deleted_with_its_line() {
    for line_end in ["\n", "\r\n"] {
        let story = manuscript("en");
        let (chunk, text) = with_slip(
            &story,
            4,
            "Alderman Fitch came",
            "## The Alderman\n\nAlderman Fitch came",
        );
        let clean = read(&chunk).replace('\n', line_end);
        let mut editor = Editor::start(Persona::VsCode, &story);
        editor.open_with(&chunk, &text.replace('\n', line_end));
        wait_for(&mut editor, &chunk, "leftover", true);
        let at = editor.text(&chunk).find("## The").unwrap();
        let actions = editor.code_actions(&chunk, at..at, only_fixes());
        // Put right, else called no problem, here or in the draft.
        assert_eq!(actions.len(), 3, "{actions:?}");
        assert_eq!(actions[0]["title"], "Storywright: delete “## The Alderman”");
        assert!(editor.apply_action(&actions[0]));
        assert_eq!(editor.text(&chunk), clean);
    }
}

/// A fix is for the text that was looked at, and is not offered for another.
#[test]
fn a_fix_never_hits_another_text() {
    let story = manuscript("en");
    let (chunk, text) = with_slip(
        &story,
        3,
        "Petra closed the book.",
        "Petta closed the book.",
    );
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open_with(&chunk, &text);
    editor.looked_at(&chunk);
    let at = text.find("Petta").unwrap();
    let before = editor.code_actions(&chunk, at..at, only_fixes());
    // The correction, and no problem here or in the draft.
    assert_eq!(before.len(), 3);
    editor.type_before(&chunk, "The schoolhouse", "Long before. ");
    // Whether or not it was looked at again by now: what is offered fits.
    let at = editor.text(&chunk).find("Petta").unwrap();
    let offered = editor.code_actions(&chunk, at..at, only_fixes());
    for action in offered.iter().filter(|it| it["edit"].is_object()) {
        let edit = &action["edit"]["documentChanges"][0]["edits"][0];
        assert_eq!(
            covered(
                editor.text(&chunk),
                &edit["range"],
                Persona::VsCode.encoding()
            ),
            "Petta"
        );
    }
    assert!(
        !editor.apply_action(&before[0]),
        "an edit of an old version is refused"
    );
    editor.looked_at(&chunk);
    let now = editor.code_actions(&chunk, at..at, only_fixes());
    assert!(editor.apply_action(&now[0]));
    assert!(editor.text(&chunk).contains("Petra closed"));
}

/// What is known of the story counts as it stands in the editor, saved or not.
#[test]
fn a_change_of_the_brief_or_of_a_neighbour_is_seen() {
    let story = manuscript("en");
    let (chunk, text) = with_slip(
        &story,
        3,
        "Petra closed the book.",
        "Petta closed the book.",
    );
    let mut editor = Editor::start(Persona::Neovim, &story);
    editor.open_with(&chunk, &text);
    wait_for(&mut editor, &chunk, "name-drift", true);
    editor.open(&story.brief());
    editor.type_before(&story.brief(), "Petra, Miss Vane", "Petta, ");
    wait_for(&mut editor, &chunk, "name-drift", false);

    let echo = "Nobody had hurried here. The doors were shut. The shutters of the inn were closed and hooked.";
    editor.open(&story.chunk(2));
    assert!(
        editor
            .text(&story.chunk(2))
            .contains("Nobody had hurried here.")
    );
    editor.type_before(&chunk, "Petta closed", &format!("{echo}\n\n"));
    let found = wait_for(&mut editor, &chunk, "repeated-passage", true);
    let repeated = of_code(&found, "repeated-passage")[0];
    let location = &repeated["relatedInformation"][0]["location"];
    assert_eq!(location["uri"], uri(&story.chunk(2)));
    let original = covered(
        editor.text(&story.chunk(2)),
        &location["range"],
        Persona::Neovim.encoding(),
    );
    assert!(original.starts_with("Nobody had hurried"), "{original}");
    // Cut where it stood first, it is no repetition any more.
    let place = editor
        .text(&story.chunk(2))
        .find("Nobody had hurried")
        .unwrap();
    editor.replace(
        &story.chunk(2),
        place,
        place + "Nobody had hurried here. The doors were shut.".len(),
        "",
    );
    wait_for(&mut editor, &chunk, "repeated-passage", false);
    // Closed without a save, its file counts again.
    editor.close(&story.chunk(2));
    wait_for(&mut editor, &chunk, "repeated-passage", true);
}

#[test]
fn nothing_is_left_when_a_chunk_is_closed() {
    for persona in Persona::EDITORS {
        let story = manuscript("en");
        let (chunk, text) = with_slip(
            &story,
            3,
            "Petra closed the book.",
            "Petta closed the book.",
        );
        let mut editor = Editor::start(persona, &story);
        editor.open_with(&chunk, &text);
        wait_for(&mut editor, &chunk, "name-drift", true);
        editor.close(&chunk);
        wait_for(&mut editor, &chunk, "name-drift", false);
        assert_eq!(editor.diagnostics(&chunk), Some(Vec::new()));
        // Nor when it is closed before, or while, it is looked at.
        editor.open(&story.chunk(1));
        for pause in [0, 100, 250, 260, 300] {
            editor.open_with(&chunk, &text);
            let patience = std::time::Duration::from_millis(pause);
            editor.wait_within(patience, |_| None::<()>);
            editor.close(&chunk);
        }
        editor.type_at_end(&story.chunk(1), " It was late.");
        editor.looked_at(&story.chunk(1));
        assert_eq!(editor.diagnostics(&chunk), Some(Vec::new()), "{persona:?}");
    }
}

#[test]
fn documents_of_no_draft_are_left_alone() {
    let story = manuscript("en");
    let (_, text) = with_slip(
        &story,
        3,
        "Petra closed the book.",
        "Petta closed the book.",
    );
    let mut editor = Editor::start(Persona::VsCode, &story);
    let others = [
        story.root().join("notes.md"),
        story.session("full_story.md"),
        story.session("history/chunk_03/0001.md"),
        story.session("chunks/notes.md"),
        story
            .root()
            .join("elsewhere/generated/x/chunks/chunk_01.md"),
    ];
    for path in &others {
        editor.open_with(path, &text);
    }
    editor.open(&story.chunk(3));
    editor.looked_at(&story.chunk(3));
    for path in &others {
        let found = editor.diagnostics(path).unwrap_or_default();
        assert_eq!(found, Vec::<Value>::new(), "{}", path.display());
    }
}

#[test]
fn how_a_chunk_stands_is_told_with_what_to_do() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let job = editor.start_job("write", json!([]));
    editor.wait_for_end(&job);

    // Stale, for a reason that has a place in the brief.
    let first = story.chunk(1);
    editor.open(&first);
    assert!(of_code(&editor.looked_at(&first), "stale-chunk").is_empty());
    let brief = editor.text(&story.brief()).to_owned();
    let rule = brief
        .lines()
        .find(|line| line.starts_with("1. "))
        .unwrap()
        .to_owned();
    editor.type_before(&story.brief(), &rule[3..], "Never again. ");
    let found = wait_for(&mut editor, &first, "stale-chunk", true);
    let stale = of_code(&found, "stale-chunk")[0];
    let message = stale["message"].as_str().unwrap();
    assert_eq!(
        message,
        "This chunk is stale: rule 1 changed. Rewrite it, or keep it as it is."
    );
    let encoding = Persona::VsCode.encoding();
    assert_eq!(
        covered(editor.text(&first), &stale["range"], encoding),
        "status: complete"
    );
    let location = &stale["relatedInformation"][0]["location"];
    assert_eq!(location["uri"], uri(&story.brief()));
    let place = covered(editor.text(&story.brief()), &location["range"], encoding);
    assert!(place.contains("Never again."), "{place}");

    // Its quick fixes are the commands that there are anyway, once each.
    let at = editor.text(&first).find("status").unwrap();
    let fixes = editor.code_actions(&first, at..at, only_fixes());
    let commands: Vec<&str> = fixes
        .iter()
        .filter_map(|it| it["command"]["command"].as_str())
        .collect();
    assert_eq!(commands, ["storywright.rewriteChunk", "storywright.keep"]);
    for fix in &fixes {
        assert_eq!(fix["diagnostics"][0]["code"], "stale-chunk");
    }
    let all = editor.code_actions(&first, at..at, json!({"diagnostics": []}));
    let keeps = all.iter().filter(|it| {
        let title = it["title"].as_str();
        title.is_some_and(|title| title.contains("keep chunk 1 "))
    });
    assert_eq!(keeps.count(), 1);
    let refactorings = json!({"diagnostics": [], "only": ["refactor"]});
    for action in editor.code_actions(&first, at..at, refactorings) {
        assert_eq!(action["kind"], "refactor.rewrite");
    }
    editor.run_action(&first, "status", "keep chunk 1");
    wait_for(&mut editor, &first, "stale-chunk", false);
}

#[test]
fn a_chunk_that_breaks_off_says_so_and_is_gone_on_with() {
    let story = Workspace::with_brief("short");
    story.demo(60);
    let mut editor = Editor::start(Persona::Helix, &story);
    let chunk = story.chunk(2);
    editor.open(&chunk);
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 2]));
    editor.wait("text in the editor", |editor| {
        (editor.edits(&chunk).len() > 2).then_some(())
    });
    editor.command("cancel", json!([])).unwrap();
    editor.wait_for_end(&job);
    let found = wait_for(&mut editor, &chunk, "partial-chunk", true);
    let partial = of_code(&found, "partial-chunk")[0];
    assert_eq!(partial["severity"], 3);
    let message = partial["message"].as_str().unwrap();
    assert!(
        message.starts_with("This chunk breaks off after ") && message.contains(" of 150 words"),
        "{message}"
    );
    let encoding = Persona::Helix.encoding();
    assert_eq!(
        covered(editor.text(&chunk), &partial["range"], encoding),
        "status: partial"
    );
    let at = editor.text(&chunk).find("status").unwrap();
    let fixes = editor.code_actions(&chunk, at..at, only_fixes());
    assert_eq!(fixes[0]["command"]["command"], "storywright.writeChunk");

    // While it is written it is not judged, and what was said is taken back.
    let from = editor.said().len();
    story.demo(100);
    let job = editor.run_action(&chunk, "status", "go on with chunk 2");
    editor.wait_for_end(job.as_str().unwrap());
    wait_for(&mut editor, &chunk, "partial-chunk", false);
    let told: Vec<&Value> = editor.said()[from..]
        .iter()
        .filter_map(|said| match said {
            Said::Diagnostics(path, params) if *path == chunk => Some(&params["diagnostics"]),
            _ => None,
        })
        .collect();
    let partial = told
        .iter()
        .filter(|it| it.to_string().contains("partial-chunk"));
    assert!(partial.count() <= 1, "{told:?}");
}

#[test]
fn a_stale_chunk_is_not_called_so_while_it_is_rewritten() {
    let (story, mut editor) = crate::written(Persona::Helix);
    let (brief, chunk) = (story.brief(), story.chunk(2));
    editor.open(&chunk);
    let rule = editor.text(&brief).find("1. ").unwrap() + "1. ".len();
    editor.replace(&brief, rule, rule, "Nobody whistles. ");
    editor.save(&brief);
    wait_for(&mut editor, &chunk, "stale-chunk", true);
    story.demo(5);
    let job = editor.start_job("rewriteChunk", json!([uri(&chunk)]));
    wait_for(&mut editor, &chunk, "stale-chunk", false);
    editor.command("cancel", json!([])).unwrap();
    let (_, end) = editor.wait_for_end(&job);
    assert!(!end.contains("1 chunk was written"), "{end}");
}

#[test]
fn a_failed_chunk_says_why() {
    let server = ModelServer::start(|_| Reply::error(400, json!({"error": {"message": "No"}})));
    let story = Workspace::with_brief("short");
    story.model_server(&server.base_url);
    let mut editor = Setup::new(Persona::VsCode).key("sk-any").start(&story);
    let chunk = story.chunk(1);
    std::fs::create_dir_all(story.session("chunks")).unwrap();
    let text = "---\nchunk: 1\nbeat: logbook\nstatus: partial\n---\nThe lamp went out, and the sea went on, and nobody";
    std::fs::write(&chunk, text).unwrap();
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
    editor.wait_for_end(&job);
    editor.open(&chunk);
    let found = editor.looked_at(&chunk);
    let failed = of_code(&found, "failed-chunk");
    assert_eq!(failed.len(), 1, "{found:?}");
    assert_eq!(failed[0]["severity"], 2);
    let message = failed[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Writing this chunk failed: "),
        "{message}"
    );
}

/// Keys that come at once are looked at together: not once a key.
#[test]
fn a_burst_of_keys_is_looked_at_together() {
    let story = manuscript("en");
    let mut editor = Editor::start(Persona::VsCode, &story);
    let chunk = story.chunk(3);
    editor.open(&chunk);
    editor.looked_at(&chunk);
    let from = editor.said().len();
    for letter in "Then Petta closed the book again and again. ".chars() {
        editor.type_before(&chunk, "Petra closed", &letter.to_string());
    }
    let found = editor.looked_at(&chunk);
    assert_eq!(of_code(&found, "name-drift").len(), 1);
    let told = editor.said()[from..]
        .iter()
        .filter(|said| matches!(said, Said::Diagnostics(..)));
    // A slow machine may rest between two keys; forty-four it does not.
    assert!(told.count() < 15);
}

/// Somebody types on and on, in a chunk or in the brief, and is told all the same.
#[test]
fn typing_that_never_rests_is_looked_at() {
    let story = manuscript("en");
    for path in [story.chunk(3), story.brief()] {
        let mut editor = Editor::start(Persona::VsCode, &story);
        editor.open(&path);
        editor.looked_at(&path);
        let first = editor.buffer(&path).version;
        let mut told = 0;
        let told_since = |editor: &Editor| {
            let said = editor.said().iter().filter(|said| match said {
                Said::Diagnostics(of, params) => {
                    *of == path && params["version"].as_i64() > Some(first)
                }
                _ => false,
            });
            said.count()
        };
        let deadline = std::time::Instant::now() + DEADLINE;
        // The next key always comes before anything has rested.
        while told < 4 {
            assert!(
                std::time::Instant::now() < deadline,
                "{}",
                editor.transcript()
            );
            let place = editor.text(&path).len() - 1;
            editor.replace(&path, place, place, "x");
            editor.wait_within(Duration::from_millis(1), |_| None::<()>);
            told = told_since(&editor);
        }
        assert_eq!(editor.quit(), 0);
    }
}
