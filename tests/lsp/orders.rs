//! Several chunks that are written at the same time into open documents.

use serde_json::json;

use crate::lsp_client::{Persona, Setup, Workspace, prose_of, read, uri};
use crate::support::model_server::{Finish, Gate, ModelServer, Recorded, Reply, words_with_spaces};
use crate::support::prose::prose;

const KEY: &str = "sk-test-key";
const PARTS: usize = 4;

fn story(server: &ModelServer) -> Workspace {
    let mut brief = String::from(
        "---\ntitle: The Lamp Keeper\ntarget_words: 600\nchunk_words: 150\n---\n# Premise\n\nA lamp.\n\n# Outline\n",
    );
    for number in 1..=PARTS {
        brief.push_str(&format!(
            "\n## Night {number} {{#night{number}}}\n\nMara lights the lamp.\n\nEnter: The lamp is out.\nExit: The lamp is out again.\n"
        ));
    }
    let story = Workspace::with_text(&brief);
    story.configure(&format!(
        "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{}\"\norder = \"all\"\nparallel = 4\n",
        server.base_url
    ));
    story
}

fn part(number: usize) -> String {
    prose(150, number as u64)
}

fn opening(number: usize) -> String {
    part(number).split("\n\n").next().unwrap().to_owned()
}

/// Another first paragraph of the same length.
fn fitted(number: usize) -> String {
    format!("Fitted {number} and {}", opening(number).to_lowercase())
}

fn joined(number: usize) -> String {
    match number {
        1 => part(1),
        _ => part(number).replacen(&opening(number), &fitted(number), 1),
    }
}

/// Writes the parts, and fits openings, each word of which waits for nobody.
fn answer(request: &Recorded) -> Reply {
    let user = request.user();
    if let Some((_, begins)) = user.split_once("# This part begins with\n") {
        let number = (1..=PARTS).find(|number| begins.starts_with(&opening(*number)));
        return Reply::text(fitted(number.expect("a part")));
    }
    let (_, number) = user.split_once("# This part: ").expect("a part");
    let number: usize = number[..1].parse().expect("a number");
    Reply::fragments(words_with_spaces(&part(number)))
}

#[test]
fn four_open_chunks_grow_at_the_same_time() {
    for persona in Persona::EDITORS {
        let gate = Gate::new();
        let server = ModelServer::start({
            let gate = gate.clone();
            move |request| answer(request).stall_after(80, &gate)
        });
        let story = story(&server);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        for number in 1..=PARTS {
            editor.open(&story.chunk(number));
        }
        let job = editor.start_job("write", json!([uri(&story.brief())]));
        editor.wait("half of every text", |editor| {
            let half = |number: usize| {
                let words = words_with_spaces(&part(number));
                let half = words[..79].concat();
                editor.text(&story.chunk(number)).contains(half.trim_end())
            };
            (1..=PARTS).all(half).then_some(())
        });
        gate.open();
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        for number in 1..=PARTS {
            let chunk = story.chunk(number);
            // Their beginnings were fitted to each other in the editor too.
            let shown = editor.text(&chunk).to_owned();
            assert_eq!(prose_of(&shown).trim_end(), joined(number), "{persona:?}");
            assert!(shown.contains("status: complete"), "{persona:?}: {shown}");
            assert!(!chunk.exists(), "{persona:?}: written behind the editor");
            let journal = read(&story.journal(number));
            assert_eq!(prose_of(&journal).trim_end(), joined(number), "{persona:?}");
            editor.save(&chunk);
        }
        editor.wait("the journals to go", |_| {
            let there = |number: usize| story.journal(number).exists();
            (!(1..=PARTS).any(there)).then_some(())
        });
        let shown = editor.shown();
        assert!(shown.iter().all(|(kind, _)| *kind == 3), "{shown:?}");
        let status = editor.command("showStatus", json!([])).unwrap();
        for chunk in status["chunks"].as_array().unwrap() {
            assert_eq!(chunk["status"], "complete", "{chunk}");
            assert_eq!(chunk["edited"], false, "{chunk}");
            assert_eq!(chunk["stale"], false, "{chunk}");
        }
        let full = read(&story.session("full_story.md"));
        assert!((1..=PARTS).all(|number| full.contains(&joined(number))));
    }
}

/// Typing into one of them stops that one; the others are written to their end.
#[test]
fn an_author_who_types_into_one_stops_only_that() {
    let gate = Gate::new();
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| answer(request).stall_after(80, &gate)
    });
    let story = story(&server);
    let mut editor = Setup::new(Persona::VsCode).key(KEY).start(&story);
    let second = story.chunk(2);
    editor.open(&second);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait("some of the text", |editor| {
        editor
            .text(&second)
            .contains(part(2)[..200].trim())
            .then_some(())
    });
    let shown = editor.text(&second).to_owned();
    editor.type_at_end(&second, " And this is mine.");
    gate.open();
    let (kind, end) = editor.wait_for_end(&job);
    assert_eq!(kind, 3, "{end}");
    assert!(
        end.contains("chunk 2 was edited while it was being written"),
        "{end}"
    );
    let now = editor.text(&second).to_owned();
    assert!(now.starts_with(shown.trim_end()) && now.contains("And this is mine."));
    for number in [1, 3, 4] {
        let text = read(&story.chunk(number));
        assert!(text.contains("status: complete"), "{number}: {text}");
    }
    // Chunk 4 could be fitted to chunk 3; chunk 3 waits for chunk 2.
    assert_eq!(story.prose(3).trim_end(), part(3));
    assert_eq!(story.prose(4).trim_end(), joined(4));
}

/// The old text is shown again where nothing came of a rewrite but what was refused.
#[test]
fn a_refused_rewrite_of_an_open_chunk_shows_the_old_text_again() {
    for persona in Persona::EDITORS {
        let server = ModelServer::start(|_| {
            let refusal = words_with_spaces(&format!("I can't help with that. {}", prose(60, 3)));
            Reply::fragments(refusal)
                .per_second(120.0)
                .finish(Finish::Refusal)
        });
        let story = story(&server);
        let old = prose(150, 99);
        std::fs::create_dir_all(story.session("chunks")).unwrap();
        let file = format!("---\nchunk: 1\nbeat: night1\nstatus: complete\n---\n{old}\n");
        std::fs::write(story.chunk(1), &file).unwrap();
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        let job = editor.start_job("rewriteChunk", json!([uri(&story.brief()), 1]));
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 1, "{persona:?}: {end}");
        let shown = editor.text(&chunk).to_owned();
        assert_eq!(prose_of(&shown).trim_end(), old, "{persona:?}");
        assert!(shown.contains("status: complete"), "{persona:?}: {shown}");
        let status = editor.command("showStatus", json!([])).unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete", "{persona:?}");
    }
}
