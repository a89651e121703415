//! What the author reads in the editor when something is wrong.

use std::time::Duration;

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Setup, Workspace, read, uri};
use crate::support::model_server::{ModelServer, Reply};

/// Starts to write; what the author sees of it: the command's error, or the last message.
fn outcome(editor: &mut Editor, story: &Workspace) -> String {
    editor.open(&story.brief());
    match editor.command("write", json!([])) {
        Err(sentence) => sentence,
        Ok(job) => {
            let (kind, message) = editor.wait_for_end(job.as_str().unwrap());
            assert_eq!(kind, 1, "{message}");
            message
        }
    }
}

fn say(case: &str, message: &str) {
    eprintln!("{case}:\n    {}", message.replace('\n', "\n    "));
}

#[test]
fn a_wrong_key_an_unknown_model_and_an_odd_server_are_told_apart() {
    for (case, status, message, parts) in [
        (
            "401",
            401,
            "Incorrect API key provided: sk-test.",
            ["401", "key"],
        ),
        (
            "404",
            404,
            "The model `scripted` does not exist",
            ["404", "scripted"],
        ),
        (
            "403",
            403,
            "Country not supported",
            ["403", "Country not supported"],
        ),
        ("400", 400, "Bad things happen", ["400", "Bad things"]),
    ] {
        let server = ModelServer::start(move |_| {
            Reply::error(status, json!({"error": {"message": message}}))
        });
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(Persona::VsCode).key("sk-test").start(&story);
        let told = outcome(&mut editor, &story);
        say(case, &told);
        for part in parts {
            assert!(told.contains(part), "{case}: {told}");
        }
        assert_eq!(server.completions().len(), 1, "{case} is not tried again");
        let shown = editor.shown();
        assert_eq!(shown.len(), 1, "said once: {shown:?}");
        // The run's records have the whole of it.
        let records: Vec<_> = story
            .files()
            .into_iter()
            .filter(|(path, _)| {
                path.parent()
                    .is_some_and(|folder| folder.ends_with("errors"))
            })
            .collect();
        assert!(
            records
                .iter()
                .any(|(_, text)| text.contains(&status.to_string())),
            "{case}: {records:?}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let story = Workspace::with_brief("short");
    // Nothing listens on the port of a server that has gone.
    let address = ModelServer::author().base_url.clone();
    story.configure(&format!(
        "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{address}\"\nattempts = 2\n"
    ));
    let mut editor = Setup::new(Persona::Neovim).key("sk-test").start(&story);
    let told = outcome(&mut editor, &story);
    say("refused connection", &told);
    assert!(
        told.contains(address.trim_start_matches("http://")),
        "{told}"
    );
    assert!(
        editor
            .logs()
            .any(|line| line.contains("attempt 1 of 2 failed")),
        "{}",
        editor.transcript()
    );
}

#[test]
fn without_a_provider_the_author_is_offered_one() {
    let story = Workspace::with_brief("short");
    story.configure("");
    let mut editor = Editor::start(Persona::Helix, &story);
    let told = outcome(&mut editor, &story);
    say("no provider", &told);
    for part in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "Ollama", "demo"] {
        assert!(told.contains(part), "{told}");
    }
    assert!(
        !story.root().join("generated").exists(),
        "nothing was written"
    );

    story.configure("provider = \"anthropic\"\nmodel = \"scripted\"\n");
    let mut editor = Editor::start(Persona::Helix, &story);
    let told = outcome(&mut editor, &story);
    say("no key", &told);
    assert!(told.contains("ANTHROPIC_API_KEY"), "{told}");
}

#[test]
fn a_bad_brief_is_shown_with_its_lines() {
    let story = Workspace::with_brief("bad");
    let mut editor = Editor::start(Persona::VsCode, &story);
    let told = outcome(&mut editor, &story);
    say("bad brief", &told);
    assert!(
        told.contains("the brief has") && told.contains("nothing was written"),
        "{told}"
    );
    assert!(told.contains("story.md:"), "{told}");
    assert!(!story.root().join("generated").exists());
    // The same problems stand in the brief.
    let brief = story.brief();
    let found = editor.wait("diagnostics", |editor| editor.diagnostics(&brief));
    assert!(found.iter().any(|problem| problem["severity"] == 1));
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let story = Workspace::with_brief("short");
    for (toml, part) in [
        ("provider = \"horse\"\n", "horse"),
        (
            "provider = \"demo\"\nchunk_words = \"many\"\n",
            "chunk_words",
        ),
        ("provider = [", "config.toml"),
    ] {
        story.configure(toml);
        let mut editor = Editor::start(Persona::VsCode, &story);
        let told = outcome(&mut editor, &story);
        say("settings", &told);
        assert!(told.contains(part), "{told}");
    }
    // From the editor as well.
    story.configure("provider = \"demo\"\n");
    let settings = json!({"demo": {"words_per_second": "fast"}});
    let mut editor = Setup::new(Persona::Neovim).settings(settings).start(&story);
    let told = outcome(&mut editor, &story);
    say("the editor's settings", &told);
    assert!(told.contains("words_per_second"), "{told}");
}

#[test]
fn the_editors_settings_count_and_may_change() {
    let settings = json!({"provider": "demo"});
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        story.configure("");
        let mut editor = Setup::new(persona).settings(settings.clone()).start(&story);
        editor.open(&story.brief());
        let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
    }
    let story = Workspace::with_brief("short");
    story.configure("");
    let mut editor = Editor::start(Persona::VsCode, &story);
    let told = outcome(&mut editor, &story);
    assert!(told.contains("no model provider"), "{told}");
    editor.configure(json!({"provider": "demo"}));
    editor.wait("the settings to be asked for", |editor| {
        (editor.asked("workspace/configuration").len() >= 2).then_some(())
    });
    let job = editor.start_job("write", json!([]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("the story is complete"), "{end}");
}

#[test]
fn a_folder_that_takes_no_files_is_named() {
    let story = Workspace::with_brief("short");
    std::fs::write(story.root().join("generated"), "a file in the way").unwrap();
    let mut editor = Editor::start(Persona::VsCode, &story);
    let told = outcome(&mut editor, &story);
    say("a file where the folder goes", &told);
    assert!(told.contains("generated"), "{told}");
    assert_eq!(read(&story.root().join("generated")), "a file in the way");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let story = Workspace::with_brief("short");
    let allow = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(story.root(), permissions).unwrap();
    };
    allow(0o555);
    // The superuser may write everywhere.
    if std::fs::write(story.root().join("probe"), "").is_err() {
        let mut editor = Editor::start(Persona::VsCode, &story);
        let told = outcome(&mut editor, &story);
        say("unwritable folder", &told);
        assert!(
            told.contains("generated") || told.contains("my novel"),
            "{told}"
        );
    }
    allow(0o755);
}

#[test]
fn a_model_that_says_nothing_is_left_after_its_deadline() {
    let server = ModelServer::start(|_| Reply::never());
    let story = Workspace::with_brief("short");
    story.configure(&format!(
        "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{}\"\nattempts = 1\n[timeouts]\nfirst_token = 1\n",
        server.base_url
    ));
    let mut editor = Setup::new(Persona::VsCode).key("sk-test").start(&story);
    let told = outcome(&mut editor, &story);
    say("a silent model", &told);
    server.wait_for_abandoned(1, Duration::from_secs(30));
}
