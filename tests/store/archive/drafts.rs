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

#[test]
fn a_renamed_brief_keeps_its_draft() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| storywright(folder.path(), arguments);
    fs::write(folder.path().join("story.md"), BRIEF).unwrap();
    let demo = ["--provider", "demo", "--demo-words-per-second", "100000"];
    let write = [&["write"][..], &demo[..]].concat();
    assert_eq!(run(&write).0, 0);
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]);
        let done = git.args(arguments).current_dir(folder.path()).output();
        assert!(done.unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "The first draft"]);
    git(&["mv", "story.md", "pier.story.md"]);
    let sessions = || {
        let entries = fs::read_dir(folder.path().join("generated")).unwrap();
        let names = entries.flatten().map(|entry| entry.file_name());
        let drafts = names.filter(|name| name.to_string_lossy().starts_with("the-pier-"));
        drafts.count()
    };
    let before = sessions();
    // Offered wherever one looks; nothing is spent or made.
    for arguments in [&write[..], &["status"], &["session", "list"]] {
        let (code, text) = run(arguments);
        assert!(
            text.contains("storywright session adopt the-pier-01"),
            "{text}"
        );
        assert_eq!(code, i32::from(arguments[0] == "write"), "{text}");
    }
    assert_eq!(sessions(), before);
    let (code, text) = run(&["session", "adopt", "the-pier-07"]);
    assert!(code != 0 && text.contains("the-pier-07"), "{text}");
    let (code, text) = run(&["session", "adopt"]);
    assert!(code == 0 && text.contains("the-pier-01"), "{text}");
    let (_, status) = run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["session"], "the-pier-01");
    assert!(status.get("adoptable").is_none(), "{status}");
    let chunks = status["chunks"].as_array().unwrap();
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["status"] == "complete" && chunk["edited"] == false)
    );
    let (code, text) = run(&write);
    assert_eq!(code, 0, "{text}");
    assert_eq!(sessions(), before);
    let (code, text) = run(&["session", "adopt"]);
    assert!(code != 0 && text.contains("nothing was changed"), "{text}");
    // Another story in the same folder is no heir; and one that wants to begins anew.
    git(&["mv", "pier.story.md", "quay.story.md"]);
    fs::write(
        folder.path().join("other.story.md"),
        BRIEF.replace("Dawn", "Noon").replace("Dusk", "Night"),
    )
    .unwrap();
    let (code, text) = run(&[&["write", "other.story.md"][..], &demo[..]].concat());
    assert_eq!(code, 0, "{text}");
    assert_eq!(run(&["session", "new", "quay.story.md"]).0, 0);
    let (code, text) = run(&[&["write", "quay.story.md"][..], &demo[..]].concat());
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_chunk_with_nothing_but_copies_is_not_paid_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| storywright(folder.path(), arguments);
    fs::write(folder.path().join("story.md"), BRIEF).unwrap();
    let write = [
        "write",
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
    ];
    assert_eq!(run(&write).0, 0);
    let chunks = folder.path().join("generated/the-pier-01/chunks");
    let chunk = chunks.join("chunk_02.md");
    fs::copy(&chunk, chunks.join("chunk_02.md.conflict1")).unwrap();
    fs::rename(&chunk, chunks.join("chunk_02.md.conflict2")).unwrap();
    let (code, text) = run(&write);
    assert_eq!(code, 1, "{text}");
    for said in [
        "chunk 2 is in conflict",
        "chunk_02.md.conflict1",
        "nothing was sent",
        "Rename",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!chunk.exists());
    let (_, status) = run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let copies = status["chunks"][1]["in_conflict"].as_array().unwrap();
    assert_eq!(copies.len(), 2, "{status}");
    let (code, text) = run(&["check"]);
    assert!(
        code == 0 && text.contains("conflict-copy"),
        "{code}: {text}"
    );
    fs::rename(chunks.join("chunk_02.md.conflict2"), &chunk).unwrap();
    let (code, text) = run(&write);
    assert_eq!(code, 0, "{text}");
}
