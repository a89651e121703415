//! The author's decisions in an editor: what is stale, kept, locked, and what was before.

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, prose_of, read, uri};
use crate::written;

fn titles(editor: &mut Editor, path: &std::path::Path, place: &str) -> Vec<String> {
    let actions = editor.actions_at(path, place);
    actions.into_iter().map(|(title, _)| title).collect()
}

#[test]
fn a_chunk_is_locked_and_unlocked_where_it_is_open() {
    for persona in Persona::EDITORS {
        let (story, mut editor) = written(persona);
        let chunk = story.chunk(2);
        editor.open(&chunk);
        let before = prose_of(editor.text(&chunk)).to_owned();
        editor.run_action(&chunk, "status", "lock chunk 2");
        editor.wait("the lock", |editor| {
            editor
                .text(&chunk)
                .contains("\nlocked: true\n---\n")
                .then_some(())
        });
        let offered = titles(&mut editor, &chunk, "status");
        assert!(
            offered.iter().any(|it| it.contains("unlock chunk 2")),
            "{offered:?}"
        );
        assert!(
            !offered.iter().any(|it| it.contains("rewrite")),
            "{offered:?}"
        );
        let refused = editor.command("rewriteChunk", json!([uri(&story.brief()), 2]));
        let job = refused.expect("a job");
        let (_, end) = editor.wait_for_end(job.as_str().unwrap());
        assert!(end.contains("Chunk 2 is locked"), "{persona:?} {end}");
        assert_eq!(prose_of(editor.text(&chunk)), before);
        editor.run_action(&chunk, "status", "unlock chunk 2");
        editor.wait("no lock", |editor| {
            (!editor.text(&chunk).contains("locked")).then_some(())
        });
    }
}

#[test]
fn an_open_brief_says_what_is_stale_and_all_of_it_is_kept_at_once() {
    let (story, editor) = written(Persona::Helix);
    let brief = story.brief();
    let changed = read(&brief).replace("The lamp is never dark", "The lamp is never out");
    std::fs::write(&brief, &changed).unwrap();
    editor.quit();
    let mut editor = Editor::start(Persona::Helix, &story);
    editor.open(&brief);
    let stale = |found: &[Value]| {
        let stale = found.iter().filter(|it| it["code"] == "stale-chunk");
        stale
            .map(|it| it["message"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let found = editor.wait("what is stale", |editor| {
        let found = stale(&editor.diagnostics(&brief)?);
        (!found.is_empty()).then_some(found)
    });
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("Chunk 1 is stale: "), "{found:?}");
    let status = editor.command("showStatus", json!([])).unwrap();
    assert_eq!(status["chunks"][0]["stale"], true);
    editor.wait_for_message("; stale: chunks 1 to 4");
    editor.run_action(&brief, "# Outline", "keep all that is stale");
    editor.wait("nothing stale", |editor| {
        stale(&editor.diagnostics(&brief)?).is_empty().then_some(())
    });
}

#[test]
fn rewriting_several_complete_chunks_asks_first() {
    let (story, mut editor) = written(Persona::VsCode);
    let before = read(&story.chunk(3));
    editor.choices = vec!["Leave it".to_owned()];
    let job = editor.start_job("rewriteFrom", json!([uri(&story.brief()), 2]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("nothing was sent"), "{end}");
    let asked = editor.asked("window/showMessageRequest");
    let question = asked[0]["message"].as_str().unwrap();
    assert!(
        question.contains("3 complete chunks are written anew"),
        "{question}"
    );
    assert!(question.contains("about"), "{question}");
    assert_eq!(asked[0]["actions"][0]["title"], "Rewrite 3 chunks");
    assert_eq!(read(&story.chunk(3)), before);
    editor.choices = vec!["Rewrite 3".to_owned()];
    let job = editor.start_job("rewriteFrom", json!([uri(&story.brief()), 2]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("3 chunks were written"), "{end}");
    // An editor that shows no questions is told.
    editor.quit();
    let mut editor = Editor::start(Persona::Ale, &story);
    editor.open(&story.brief());
    let job = editor.start_job("rewriteFrom", json!([uri(&story.brief()), 2]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("3 chunks were written"), "{end}");
    let shown = editor.shown();
    assert!(
        shown
            .iter()
            .any(|(_, text)| text.contains("3 complete chunks")),
        "{shown:?}"
    );
}

#[test]
fn an_earlier_version_is_chosen_seen_and_restored() {
    let (story, mut editor) = written(Persona::VsCode);
    let chunk = story.chunk(1);
    editor.open(&chunk);
    let mine = format!(
        "{}\n\nA line of mine.\n",
        prose_of(editor.text(&chunk)).trim()
    );
    editor.close(&chunk);
    let text = read(&chunk);
    let head = &text[..text.len() - prose_of(&text).len()];
    std::fs::write(&chunk, format!("{head}{mine}")).unwrap();
    let job = editor.start_job("rewriteChunk", json!([uri(&story.brief()), 1]));
    editor.wait_for_end(&job);
    assert!(!read(&chunk).contains("A line of mine."));
    let found = editor
        .command("showDiff", json!([uri(&story.brief()), 1]))
        .unwrap();
    assert_eq!(found["version"]["version"], 2);
    let page = editor.asked("window/showDocument").len();
    editor.choices = vec!["2: ".to_owned(), "Restore version 2".to_owned()];
    let versions = editor
        .command("showVersions", json!([uri(&story.brief()), 1]))
        .unwrap();
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2);
    editor.wait("the version", |_| {
        read(&chunk).contains("A line of mine.").then_some(())
    });
    let shown = editor.asked("window/showDocument");
    assert!(shown.len() > page);
    let page = shown.last().unwrap()["uri"].as_str().unwrap();
    assert!(page.contains("chunk_01-version_2.md"), "{page}");
}
