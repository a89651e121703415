//! What comes from outside commands no terminal: titles, beats, names, errors of servers, names of files. And
//! results that can't be printed.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::desk::{Desk, Running};
use crate::novel::BRIEF;
use crate::support::model_server::{ModelServer, Reply};

/// Sets a window's title, clears the screen, does so in one character, turns the line around.
const HOSTILE: [&str; 4] = [
    "\u{1b}]0;owned\u{7}",
    "\u{1b}[2J",
    "\u{9b}31m",
    "\u{202e}evil",
];

fn is_obeyed(c: char) -> bool {
    let is_text = matches!(c, '\n' | '\t');
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !is_text) || turns
}

#[track_caller]
fn commands_nothing(what: &str, said: &str) {
    let found: Vec<char> = said.chars().filter(|c| is_obeyed(*c)).collect();
    assert!(found.is_empty(), "{what}: {found:?} in {said:?}");
}

/// A brief whose title, beat and cast hold it.
fn brief(hostile: &str) -> String {
    let title = serde_json::to_string(&format!("The {hostile}Lamp")).expect("a string");
    let title = title
        .replace('\u{9b}', "\\x9b")
        .replace('\u{202e}', "\\u202e");
    let brief = BRIEF.replacen("title: The Lamp", &format!("title: {title}"), 1);
    assert_ne!(brief, BRIEF);
    let heading = brief.find("\n## ").expect("a heading") + 4;
    let outline = brief.find("# Outline").expect("an outline");
    let beat = outline + brief[outline..].find("\n## ").expect("a beat") + 4;
    let mut brief = brief;
    brief.insert_str(beat, hostile);
    if heading < outline {
        brief.insert_str(heading, hostile);
    }
    brief
}

#[test]
fn no_text_commands_the_terminal() {
    for hostile in HOSTILE {
        let server = ModelServer::start(move |_| {
            let error = json!({"message": format!("no {hostile}model {hostile}"), "type": "x"});
            Reply::error(400, json!({ "error": error }))
        });
        let desk = Desk::with(&brief(hostile));
        let (nowhere, model) = (format!("no{hostile}where"), format!("a{hostile}"));
        let mut said = Vec::new();
        let refused = desk.write("openai", &server, &[]).exits(1);
        assert!(refused.stderr.contains("\\u{"), "{refused:?}");
        said.push(("a refused write", refused));
        for command in [
            &["write", "--provider", "demo", "--chunk", "1"][..],
            &["write", "--provider", "demo", "--dry-run"],
            &["write", "--provider", "demo"],
            &["status", "--provider", "demo"],
            &["status", "--provider", "demo", "--all"],
            &["session", "list"],
            &["explain", "--provider", "demo", "--chunk", "1"],
            &["check"],
            &["doctor", "--provider", "demo"],
            &["versions", "1"],
            &["audit", "--provider", "demo"],
            &["plan", "--provider", "demo", "--dry-run"],
            &["status", &nowhere],
            &["write", "--model", &model, "--provider", "openai"],
        ] {
            said.push((command[0], desk.run(command)));
        }
        let shown = said
            .iter()
            .filter(|(_, ended)| ended.said().contains("\\u{"));
        assert!(shown.count() > 5, "{said:#?}");
        for (command, ended) in &said {
            commands_nothing(command, &ended.said());
        }
        // JSON is for programs, and says what is there.
        let status = desk
            .run(&["status", "--provider", "demo", "--json"])
            .exits(0)
            .json();
        assert_eq!(status["story"], format!("The {hostile}Lamp"));
    }
}

#[cfg(unix)]
#[test]
fn no_text_commands_a_real_terminal() {
    use std::io::Read;
    use std::os::fd::{FromRawFd, OwnedFd};
    let desk = Desk::with(&brief(HOSTILE[0]));
    let (mut master, mut slave) = (0, 0);
    // SAFETY: both places are written before they are read; name and sizes may be null.
    let opened = unsafe {
        libc::openpty(
            &raw mut master,
            &raw mut slave,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    assert_eq!(opened, 0);
    // SAFETY: the two descriptors were just opened, and are nobody else's.
    let (master, slave) = unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
    let mut command = desk.command(&["write", "--provider", "demo"]);
    // Without it nothing is drawn.
    command.env("TERM", "xterm");
    command.stderr(Stdio::from(slave.try_clone().expect("a copy")));
    command.stdout(Stdio::from(slave));
    let mut child = command.spawn().expect("the program starts");
    drop(command);
    let mut seen = Vec::new();
    // A terminal that everybody has left gives an error.
    let _ = std::fs::File::from(master).read_to_end(&mut seen);
    assert!(child.wait().expect("an end").success());
    let seen = String::from_utf8_lossy(&seen);
    assert!(seen.contains("\\u{1b}]0;owned\\u{7}"), "{seen:?}");
    assert!(
        !seen.contains("\u{1b}]") && !seen.contains('\u{7}'),
        "{seen:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_a_failure() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["check"],
        &["check", "--json"],
        &["explain", "--provider", "demo", "--chunk", "1"],
        &["session", "list"],
        &["versions", "1"],
        &["doctor", "--provider", "demo"],
        &["write", "--provider", "demo"],
        &["write", "--provider", "demo", "--json"],
        &["rewrite", "--provider", "demo", "--chunk", "1", "--dry-run"],
        &["--version"],
        &["--help"],
    ] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        let mut command = desk.command(arguments);
        command.stdout(Stdio::from(full));
        let ended = Running::of(command).end().exits(1);
        let expected = "storywright: the result could not be printed: ";
        assert!(ended.stderr.contains(expected), "{arguments:?}: {ended:?}");
        assert!(
            !ended.stderr.contains("panicked"),
            "{arguments:?}: {ended:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    for arguments in [
        &["status"][..],
        &["check", "--json"],
        &["write", "--provider", "demo", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command: Command = desk.command(arguments);
        command.stdout(Stdio::from(writer));
        let ended = Running::of(command).end().exits(0);
        assert!(
            !ended.stderr.contains("printed"),
            "{arguments:?}: {ended:?}"
        );
    }
}
