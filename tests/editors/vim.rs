//! A session of an author in a real Vim, with ALE as its LSP client.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::program;
use super::tools;

/// Measured: 10 s.
const DEADLINE: Duration = Duration::from_secs(300);

#[test]
fn an_author_writes_chunks_in_vim_with_ale() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let desk = tempfile::tempdir().unwrap();
    let mut command = Command::new(tools::python());
    command
        .arg(root.join("tests/vim/session.py"))
        .env("STORYWRIGHT_BIN", env!("CARGO_BIN_EXE_storywright"))
        .env("STORYWRIGHT_ROOT", root)
        .env(
            "STORYWRIGHT_BRIEF",
            root.join("fixtures/briefs/short/story.md"),
        )
        .env("STORYWRIGHT_CONFIG", desk.path().join("config.toml"))
        .env("DESK", desk.path());
    program::succeeds(command, DEADLINE, "session.py");
}
