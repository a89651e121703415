//! Two processes that write one story at once: one of them writes, the other says who does,
//! and whoever reads is not in the way of either.

use std::process::{Child, Output, Stdio};

use crate::support::shell::{Files, Shell, told};

const ROUNDS: usize = 50;
const DEMO: [&str; 8] = [
    "--provider",
    "demo",
    "--target-words",
    "400",
    "--chunk-words",
    "100",
    "--demo-words-per-second",
    "8000",
];

#[test]
fn two_processes_on_one_session() {
    let alone = Shell::new(&DEMO);
    alone.write();
    let expected = alone.files();
    let mut refused = 0;
    let mut in_turns = 0;
    let mut readings = 0;
    for round in 0..ROUNDS {
        let shell = Shell::new(&DEMO);
        if round % 2 == 1 {
            // Half of the rounds find a story that somebody has begun.
            begin(&shell);
        }
        let writers = [start(&shell), start(&shell)];
        let ids = writers.each_ref().map(Child::id);
        let words = shell.status()["words"].as_u64().expect("a number");
        assert!(words <= 500, "{words}");
        readings += 1;
        let [one, other] = writers.map(|writer| writer.wait_with_output().expect("it ends"));
        match (one.status.code(), other.status.code()) {
            (Some(0), Some(0)) => in_turns += 1,
            (Some(0), Some(1)) => refused += names(&other, ids[0]),
            (Some(1), Some(0)) => refused += names(&one, ids[1]),
            _ => panic!("round {round}: {}\n{}", told(&one), told(&other)),
        }
        check(&shell.files(), &expected);
    }
    println!(
        "{ROUNDS} rounds: {refused} times the second was told who writes, {in_turns} times they took turns; \
         {readings} readings meanwhile"
    );
    assert_eq!(refused + in_turns, ROUNDS);
    assert!(refused >= ROUNDS / 5, "they hardly ever met: {refused}");
}

/// Writes the first chunk.
fn begin(shell: &Shell) {
    let output = shell.command("write").args(["--chunk", "1"]).output();
    let output = output.expect("the program runs");
    assert_eq!(shell.files().complete(), [1], "{}", told(&output));
}

fn start(shell: &Shell) -> Child {
    shell
        .command("write")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

/// The one that may not write names the one that does.
fn names(refused: &Output, holder: u32) -> usize {
    let message = String::from_utf8_lossy(&refused.stderr);
    let name = format!("is being written by storywright in a shell (process {holder}, since ");
    assert!(message.contains(&name), "{}", told(refused));
    1
}

fn check(files: &Files, expected: &Files) {
    assert_eq!(files.sessions, expected.sessions);
    assert_eq!(files.chunks, expected.chunks);
    assert_eq!(files.full_story, expected.full_story);
    assert_eq!(files.names, expected.names);
    assert_eq!((&files.declared, files.temporaries), (&None, 0));
    for number in 1..=4 {
        assert_eq!(files.times_told(number), 1, "{}", files.changelog);
    }
}
