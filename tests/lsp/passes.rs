//! Refining and audits in an editor: as actions, as commands without arguments, and beside the
//! writing.

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Setup, Workspace, covered, prose_of, read, uri};
use crate::support::model_server::{Gate, ModelServer, Recorded, Reply, words_with_spaces};
use crate::support::prose::prose;

const KEY: &str = "sk-test-key";
const PARTS: usize = 3;
const RULE: &str = "The lamp is never out at night.";
const OUT: &str = "The lamp had been out all night long.";

fn part(number: usize) -> String {
    let text = prose(150, number as u64);
    match number {
        2 => format!("{text}\n\n{OUT}"),
        _ => text,
    }
}

fn better(text: &str) -> String {
    text.replacen('.', ", as she later said.", 1)
}

/// The text that a request asks to be rewritten.
fn text_of(request: &Recorded) -> String {
    let user = request.user();
    let (_, after) = user
        .split_once("# The text of this part as it stands\n")
        .expect("a text");
    let (text, _) = after.split_once("\n\nRewrite this text").expect("an end");
    text.to_owned()
}

fn answer(request: &Recorded) -> Reply {
    let user = request.user();
    match request.model() {
        "refiner" => Reply::fragments(words_with_spaces(&better(&text_of(request)))),
        "auditor" => {
            let finding =
                json!({"source": "brief", "said": RULE, "quote": OUT, "why": "Both can't be."});
            let findings = match user.contains("# Part 2, which you check") {
                true => vec![finding],
                false => Vec::new(),
            };
            Reply::text(json!({ "findings": findings }).to_string())
        }
        _ => {
            let (_, number) = user.split_once("# This part: ").expect("a part");
            let number: usize = number[..1].parse().expect("a number");
            Reply::fragments(words_with_spaces(&part(number)))
        }
    }
}

/// A story to write, with more settings.
fn story(server: &ModelServer, settings: &str) -> Workspace {
    let mut brief = format!(
        "---\ntitle: The Lamp Keeper\ntarget_words: 450\nchunk_words: 150\n---\n# Premise\n\nA lamp.\n\n# Rules\n\n1. {RULE}\n\n# Outline\n"
    );
    for number in 1..=PARTS {
        brief.push_str(&format!(
            "\n## Night {number} {{#night{number}}}\n\nMara lights the lamp.\n"
        ));
    }
    let story = Workspace::with_text(&brief);
    story.configure(&format!(
        "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{}\"\nstate = \"off\"\n{settings}\
         models.refine = \"refiner\"\nmodels.audit = \"auditor\"\n",
        server.base_url
    ));
    story
}

/// A written story in an editor.
fn written(persona: Persona, server: &ModelServer) -> (Workspace, Editor) {
    let story = story(server, "");
    let mut editor = Setup::new(persona).key(KEY).start(&story);
    editor.open(&story.brief());
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait_for_end(&job);
    (story, editor)
}

fn titles(editor: &mut Editor, path: &std::path::Path, place: &str) -> Vec<String> {
    let actions = editor.actions_at(path, place);
    actions.into_iter().map(|(title, _)| title).collect()
}

fn contradictions(found: &[Value]) -> Vec<Value> {
    let found = found.iter().filter(|it| it["code"] == "contradiction");
    found.cloned().collect()
}

#[test]
fn a_refined_chunk_is_accepted_or_rejected_where_it_is_open() {
    for persona in Persona::EDITORS {
        let server = ModelServer::start(answer);
        let (story, mut editor) = written(persona, &server);
        for (number, verb) in [(1, "accept"), (2, "reject")] {
            let chunk = story.chunk(number);
            editor.open(&chunk);
            let before = editor.text(&chunk).to_owned();
            let job = editor.run_action(&chunk, "status", &format!("refine chunk {number}"));
            let (_, end) = editor.wait_for_end(job.as_str().unwrap());
            assert!(end.contains("waits in"), "{end}");
            assert_eq!(editor.text(&chunk), before, "{persona:?}");
            let waits = story.session(&format!("revisions/chunk_0{number}.md"));
            assert!(read(&waits).contains(&better(&part(number))));
            editor.run_action(&chunk, "status", &format!("{verb} the revision"));
            let expected = match verb {
                "accept" => better(&part(number)),
                _ => part(number),
            };
            editor.wait("the text", |editor| {
                (prose_of(editor.text(&chunk)).trim() == expected).then_some(())
            });
            assert!(!waits.exists(), "{persona:?} {verb}");
            let offered = titles(&mut editor, &chunk, "status");
            assert!(
                !offered.iter().any(|title| title.contains("revision")),
                "{offered:?}"
            );
        }
        let history = story.history();
        assert!(history.iter().any(|text| text.contains(&part(1))));
        assert!(history.iter().any(|text| text.contains(&better(&part(2)))));
    }
}

#[test]
fn commands_without_arguments_act_on_what_was_touched_last() {
    let server = ModelServer::start(answer);
    let (story, mut editor) = written(Persona::Helix, &server);
    editor.open(&story.chunk(3));
    let job = editor.command("refine", json!([])).unwrap();
    editor.wait_for_end(job.as_str().unwrap());
    assert!(story.session("revisions/chunk_03.md").exists());
    let job = editor.command("audit", json!([])).unwrap();
    let (_, end) = editor.wait_for_end(job.as_str().unwrap());
    assert!(
        end.contains("1 chunk was audited: no contradictions"),
        "{end}"
    );
    // The brief is about all of the story; which chunk is to be refined it does not say.
    editor.close(&story.chunk(3));
    editor.close(&story.brief());
    editor.open(&story.brief());
    let job = editor.command("audit", json!([])).unwrap();
    let (_, end) = editor.wait_for_end(job.as_str().unwrap());
    assert!(
        end.contains("3 chunks were audited: 1 contradiction, in chunk 2"),
        "{end}"
    );
    let refused = editor.command("refine", json!([])).unwrap_err();
    assert!(refused.contains("chunk"), "{refused}");
    let models: Vec<String> = server
        .completions()
        .iter()
        .map(|it| it.model().to_owned())
        .collect();
    let asked = |model: &str| models.iter().filter(|it| *it == model).count();
    // The third was audited already, and nothing has changed since.
    assert_eq!((asked("refiner"), asked("auditor")), (1, 3), "{models:?}");
}

#[test]
fn a_contradiction_is_shown_at_its_place_until_it_goes() {
    for persona in Persona::EDITORS {
        let server = ModelServer::start(answer);
        let (story, mut editor) = written(persona, &server);
        let chunk = story.chunk(2);
        editor.open(&chunk);
        let job = editor.run_action(&story.brief(), "# Premise", "audit the story");
        let (_, end) = editor.wait_for_end(job.as_str().unwrap());
        assert!(end.contains("1 contradiction, in chunk 2"), "{end}");
        let found = editor.wait("the contradiction", |editor| {
            let found = contradictions(&editor.diagnostics(&chunk)?);
            (found.len() == 1).then_some(found)
        });
        let text = editor.text(&chunk).to_owned();
        let encoding = persona.encoding();
        assert_eq!(covered(&text, &found[0]["range"], encoding), OUT);
        assert_eq!(found[0]["severity"], 2);
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.contains(RULE.trim_end_matches('.')), "{message}");
        if let Some(related) = found[0].get("relatedInformation") {
            assert_eq!(related[0]["location"]["uri"], uri(&story.brief()));
        }
        let at = text.find(OUT).unwrap();
        let context = json!({"diagnostics": found, "only": ["quickfix"]});
        let fixes = editor.code_actions(&chunk, at..at, context);
        assert!(
            fixes
                .iter()
                .any(|it| it["title"].as_str().unwrap().contains("rewrite chunk 2")),
            "{fixes:?}"
        );
        // Another text is another matter.
        editor.replace(
            &chunk,
            at,
            at + OUT.len(),
            "The lamp burned all night long.",
        );
        editor.wait("no contradiction", |editor| {
            let found = contradictions(&editor.diagnostics(&chunk)?);
            found.is_empty().then_some(())
        });
    }
}

#[test]
fn texts_that_are_applied_go_into_open_chunks_and_the_next_goes_on_from_them() {
    for persona in Persona::EDITORS {
        let server = ModelServer::start(answer);
        let story = story(&server, "refine = \"apply\"\naudit = \"on\"\n");
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        for number in 1..=PARTS {
            editor.open(&story.chunk(number));
        }
        let job = editor.start_job("write", json!([uri(&story.brief())]));
        let (_, end) = editor.wait_for_end(&job);
        assert!(
            end.contains("3 chunks were refined, 3 chunks were audited"),
            "{end}"
        );
        for number in 1..=PARTS {
            let text = editor.text(&story.chunk(number)).to_owned();
            assert_eq!(prose_of(&text).trim(), better(&part(number)), "{persona:?}");
        }
        let requests = server.completions();
        let drafts = requests.iter().filter(|it| it.model() == "scripted");
        let second = drafts.clone().nth(1).unwrap().user();
        assert!(second.contains("as she later said"), "{second}");
        assert_eq!(drafts.count(), PARTS);
        let history = story.history();
        assert!(history.iter().any(|text| text.contains(&part(3))));
    }
}

#[test]
fn what_the_author_types_while_a_chunk_is_refined_stays() {
    let gate = Gate::new();
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| match request.model() {
            "refiner" => answer(request).stall_after(20, &gate),
            _ => answer(request),
        }
    });
    let story = story(&server, "refine = \"apply\"\n");
    let mut editor = Setup::new(Persona::Neovim).key(KEY).start(&story);
    let chunk = story.chunk(1);
    editor.open(&chunk);
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
    editor.wait("the whole text", |editor| {
        let is_there = prose_of(editor.text(&chunk)).trim() == part(1);
        is_there.then_some(())
    });
    editor.wait("the second pass", |_| {
        (server.completions().len() == 2).then_some(())
    });
    editor.type_at_end(&chunk, "\nMine.\n");
    editor.save(&chunk);
    gate.open();
    editor.wait_for_end(&job);
    assert!(
        editor.text(&chunk).contains("Mine."),
        "{}",
        editor.text(&chunk)
    );
    assert!(editor.text(&chunk).contains(&part(1)));
    assert!(read(&story.session("revisions/chunk_01.md")).contains(&better(&part(1))));
}

#[test]
fn a_hanging_refiner_is_cancelled_and_changes_nothing() {
    let gate = Gate::new();
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| match request.model() {
            "scripted" => answer(request),
            _ => answer(request).stall_after(1, &gate),
        }
    });
    let (story, mut editor) = written(Persona::VsCode, &server);
    let chunk = story.chunk(1);
    editor.open(&chunk);
    let before = read(&chunk);
    for command in ["refine", "audit"] {
        let job = editor.command(command, json!([uri(&chunk)])).unwrap();
        let job = job.as_str().unwrap().to_owned();
        editor.wait("the call", |_| {
            let asked = server.completions().len();
            let expected = PARTS + if command == "refine" { 1 } else { 2 };
            (asked >= expected).then_some(())
        });
        editor.run_action(&chunk, "status", "cancel");
        let (_, end) = editor.wait_for_end(&job);
        assert!(end.contains("cancelled"), "{end}");
        assert_eq!(read(&chunk), before);
        assert!(!story.session("revisions/chunk_01.md").exists());
    }
    gate.open();
}
