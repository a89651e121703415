//! Drafts, export and import as the shell has them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The program in a folder, with nothing of this machine's settings; its exit code and output.
fn storywright(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storywright"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("STORYWRIGHT_CONFIG", folder.join("config.toml"));
    for variable in [
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "ANTHROPIC_BASE_URL",
        "OPENAI_BASE_URL",
        "OLLAMA_HOST",
    ] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

const BRIEF: &str = "---\ntitle: The Pier\nlanguage: en\ntarget_words: 120\nchunk_words: 60\nprotagonist: Ada\n---\n\
                     # Premise\nA pier.\n# Cast\n## Ada\nA keeper.\n# Outline\n## Dawn\nShe rises.\n## Dusk\nShe rests.\n";

#[test]
fn drafts_from_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| storywright(folder.path(), arguments);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (code, text) = run(arguments);
        assert_eq!(code, 0, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    fs::write(folder.path().join("story.md"), BRIEF).unwrap();
    let (code, text) = run(&["export"]);
    assert!(
        code != 0 && text.contains("nothing of this story is written"),
        "{code}: {text}"
    );
    let demo = [
        "write",
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
    ];
    let (code, text) = run(&demo);
    assert_eq!(code, 0, "{text}");
    assert_eq!(
        json(&["session", "new", "--json"])["session"],
        "the-pier-02"
    );

    let all = json(&["status", "--all", "--json"]);
    assert_eq!(all["current"], "the-pier-02");
    let states: Vec<(&str, u64, bool)> = all["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| {
            (
                state["session"].as_str().unwrap(),
                state["complete"].as_u64().unwrap(),
                state["current"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [("the-pier-01", 2, false), ("the-pier-02", 0, true)]
    );

    // The chosen draft is the one that is written, and no mistyped one is begun.
    let (code, text) = run(&["write", "--provider", "demo", "--session", "the-peer-01"]);
    assert!(code == 2 && text.contains("the-peer-01"), "{code}: {text}");
    assert!(!folder.path().join("generated/the-peer-01").exists());
    let (code, text) = run(&demo);
    assert_eq!(code, 0, "{text}");
    assert_eq!(json(&["status", "--json"])["session"], "the-pier-02");
    assert_eq!(
        json(&["session", "list", "--json"])["sessions"][1]["complete"],
        2
    );
    assert_eq!(run(&["session", "use", "the-pier-01"]).0, 0);
    assert_eq!(json(&["status", "--json"])["session"], "the-pier-01");
    assert_eq!(run(&["session", "use", "the-pier-09"]).0, 2);

    let exported = json(&["export", "--session", "the-pier-02", "--json"]);
    let file = exported["file"].as_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, text) = storywright(elsewhere.path(), &["import", file]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = storywright(elsewhere.path(), &["status", "--json"]);
    assert_eq!(code, 0, "{text}");
    let status: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["session"], "the-pier-02");
    let chunks = status["chunks"].as_array().unwrap();
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["status"] == "complete" && chunk["stale"] == false)
    );
    let (code, text) = run(&["export", "--format", "md", "--output", "story.md"]);
    assert_eq!(code, 2, "{text}");
    assert_eq!(
        fs::read_to_string(folder.path().join("story.md")).unwrap(),
        BRIEF
    );
}
