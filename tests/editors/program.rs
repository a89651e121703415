//! Runs an editor to its end, or until it has taken too long.

use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::tools;

#[derive(Debug)]
enum End {
    Exited(ExitStatus),
    KilledAtDeadline,
}

/// Runs a command and panics with all its output if it fails or takes longer than `deadline`.
pub fn succeeds(command: Command, deadline: Duration, what: &str) {
    let (output, end) = run_until(command, deadline);
    assert!(
        matches!(&end, End::Exited(status) if status.success()),
        "{what}: {end:?}\n{output}"
    );
}

/// Runs the session of an author in an editor, a Python script of `tests/`, at an empty desk; panics where it fails.
pub fn session(script: &str, deadline: Duration) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let desk = tempfile::tempdir().unwrap();
    let mut command = Command::new(tools::python());
    command
        .arg(root.join("tests").join(script))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("STORYWRIGHT_BIN", env!("CARGO_BIN_EXE_storywright"))
        .env("STORYWRIGHT_ROOT", root)
        .env(
            "STORYWRIGHT_BRIEF",
            root.join("fixtures/briefs/short/story.md"),
        )
        .env("STORYWRIGHT_CONFIG", desk.path().join("config.toml"))
        .env("DESK", desk.path());
    succeeds(command, deadline, script);
}

/// Runs a command to its end or until `deadline`; returns what it printed, and how it ended.
fn run_until(mut command: Command, deadline: Duration) -> (String, End) {
    let (mut output, printer) = std::io::pipe().unwrap();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(printer.try_clone().unwrap())
        .stderr(printer)
        .spawn()
        .unwrap();
    drop(command); // it holds the pipe's other end open

    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    match receiver.recv_timeout(deadline) {
        Ok(text) => (text, End::Exited(child.wait().unwrap())),
        Err(_) => {
            child.kill().unwrap();
            child.wait().unwrap();
            let text = receiver.recv_timeout(Duration::from_secs(5));
            (text.unwrap_or_default(), End::KilledAtDeadline)
        }
    }
}
