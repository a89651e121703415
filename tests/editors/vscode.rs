//! A session of an author in a real VS Code: code-server in Chromium, with the packaged extension.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::program;
use super::tools;

/// Measured on 2 cores: 80 to 90 s beside a load, 2 to 4 minutes beside a heavy one.
const DEADLINE: Duration = Duration::from_secs(900);
/// The session ends by itself before it is ended, so that it takes editor and browser along.
const TO_END: Duration = Duration::from_secs(60);

#[test]
#[ignore = "tests/setup/tools vscode, then cargo test --test editors vscode -- --ignored --nocapture"]
fn an_author_writes_a_story_in_vs_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let desk = tempfile::tempdir().unwrap();
    let mut command = Command::new(tools::vscode_node());
    command
        .arg(scripts(root, desk.path()).join("session.mjs"))
        .env("STORYWRIGHT_BIN", env!("CARGO_BIN_EXE_storywright"))
        .env("STORYWRIGHT_TOOLS", tools::vscode())
        .env("STORYWRIGHT_VSIX", package(root))
        .env(
            "STORYWRIGHT_BRIEF",
            root.join("fixtures/briefs/short/story.md"),
        )
        .env("STORYWRIGHT_CONFIG", desk.path().join("config.toml"))
        .env("CHROMIUM", tools::chromium())
        .env("DESK", desk.path().join("desk"))
        .env("LIMIT_SECONDS", (DEADLINE - TO_END).as_secs().to_string())
        .env(
            "FAILED",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("vscode-failed.png"),
        );
    program::succeeds(command, DEADLINE, "session.mjs");
}

/// Puts the scripts beside the packages that they import, which Node looks for above a script.
fn scripts(root: &Path, desk: &Path) -> PathBuf {
    let scripts = desk.join("scripts");
    fs::create_dir(&scripts).unwrap();
    for name in ["editor.mjs", "session.mjs"] {
        fs::copy(root.join("tests/vscode").join(name), scripts.join(name)).unwrap();
    }
    std::os::unix::fs::symlink(
        tools::vscode().join("node_modules"),
        desk.join("node_modules"),
    )
    .unwrap();
    scripts
}

/// The packaged extension; tests/run makes it.
fn package(root: &Path) -> PathBuf {
    let package = root.join("editors/vscode/dist/storywright.vsix");
    assert!(
        package.exists(),
        "{} is missing: run tests/run, or `npm run package` beside it",
        package.display()
    );
    package
}
