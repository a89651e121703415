//! What must not be said: prose, prompts and keys stay out of every log.

use serde_json::json;

use crate::lsp_client::{Persona, Said, Setup, Workspace, read, uri};
use crate::support::model_server::{ModelServer, Reply, author};

const KEY: &str = "sk-secret-4711-do-not-tell";
const NOTE: &str = "the butler is her brother and nobody may know";
const RULE: &str = "Nobody ever opens the oak door before the eighth night.";

fn brief() -> String {
    format!(
        "---\ntitle: The Lamp Keeper\ntarget_words: 200\nchunk_words: 100\n---\n# Premise\n\nA lamp at sea.\n\n\
         # Rules\n\n1. {RULE}\n\n# Outline\n\n## The Crank {{#crank}}\n\nMara winds the clock at midnight.\n\n\
         ## The Bell {{#bell}}\n\nThe bell rings twice.\n\n# Notes\n\n{NOTE}\n"
    )
}

/// Runs of six words of a text: none of them may stand in a log.
fn phrases(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(6).map(|words| words.join(" ")).collect()
}

/// All that was said to the editor, and all records of the runs, as one text each.
fn told(editor: &crate::lsp_client::Editor, story: &Workspace) -> Vec<(String, String)> {
    let said = editor.said().iter().map(|said| match said {
        Said::Log(text) | Said::Show(_, text) => text.clone(),
        Said::Progress(_, value) | Said::Diagnostics(_, value) => value.to_string(),
    });
    let mut told = vec![("the editor".to_owned(), said.collect::<Vec<_>>().join("\n"))];
    told.push(("standard error".to_owned(), editor.process.errors()));
    for (path, text) in story.files() {
        if path.ends_with("log.jsonl") || path.ends_with("summary.md") {
            told.push((path.display().to_string(), text));
        }
    }
    assert!(told.len() > 2, "there are records of the run");
    told
}

#[test]
fn neither_prose_nor_prompt_nor_key_is_logged() {
    let mut first = true;
    // Each call breaks once, so that errors are logged as well.
    let server = ModelServer::start(move |request| {
        let reply = author(request);
        if std::mem::take(&mut first) {
            return reply.reset_after(60);
        }
        reply
    });
    let story = Workspace::with_text(&brief());
    story.model_server(&server.base_url);
    let mut editor = Setup::new(Persona::VsCode)
        .key(KEY)
        .variable("STORYWRIGHT_LOG", "trace")
        .start(&story);
    editor.open(&story.brief());
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("the story is complete"), "{end}");

    let mut secrets: Vec<String> = vec![KEY.to_owned(), NOTE.to_owned(), RULE.to_owned()];
    secrets.push("Mara winds the clock at midnight".to_owned());
    for number in 1..=2 {
        secrets.extend(phrases(&story.prose(number)));
    }
    for (place, text) in told(&editor, &story) {
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret:?} in {place}:\n{text}");
        }
    }
    // The key is in no file of the workspace, and private notes are sent to nobody.
    for (path, text) in story.files() {
        assert!(!text.contains(KEY), "the key in {}", path.display());
    }
    for request in server.completions() {
        assert!(!request.prompt().contains("butler"), "the notes were sent");
        assert!(request.prompt().contains(RULE));
    }
}

#[test]
fn a_server_that_echoes_the_key_does_not_bring_it_into_a_log() {
    let server = ModelServer::start(|_| {
        let message =
            format!("Incorrect API key provided: {KEY}. You can find your key elsewhere.");
        Reply::error(401, json!({"error": {"message": message}}))
    });
    let story = Workspace::with_text(&brief());
    story.model_server(&server.base_url);
    let mut editor = Setup::new(Persona::Helix).key(KEY).start(&story);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    let (kind, _) = editor.wait_for_end(&job);
    assert_eq!(kind, 1);
    for (place, text) in told(&editor, &story) {
        assert!(!text.contains(KEY), "{place}:\n{text}");
    }
    for (path, text) in story.files() {
        assert!(!text.contains(KEY), "the key in {}", path.display());
    }
}

#[test]
fn no_file_of_a_workspace_chooses_where_keys_go() {
    let server = ModelServer::author();
    let story = Workspace::with_text(&brief());
    let toml = format!("base_url = \"{}\"\n", server.base_url);
    std::fs::write(story.root().join("storywright.toml"), toml).unwrap();
    story.configure("provider = \"openai\"\nmodel = \"scripted\"\nattempts = 1\nbase_url = \"http://127.0.0.1:9\"\n");
    let mut editor = Setup::new(Persona::VsCode).key(KEY).start(&story);
    let job = editor.command("write", json!([uri(&story.brief())]));
    if let Ok(job) = job {
        editor.wait_for_end(job.as_str().unwrap());
    }
    assert!(server.requests().is_empty());
    assert!(!read(&story.brief()).contains(KEY));
}
