//! The command line itself: help, and what it does not understand.

use crate::desk::Desk;
use crate::novel::BRIEF;

const COMMANDS: [&str; 8] = [
    "new", "write", "rewrite", "state", "status", "check", "doctor", "lsp",
];

#[test]
fn every_command_explains_itself() {
    let desk = Desk::new();
    let all = desk.run(&["--help"]).exits(0);
    let listed = listed(&all.stdout);
    for command in COMMANDS {
        assert!(listed.contains(&command), "{command}: {}", all.stdout);
    }
    for command in listed {
        for arguments in [[command, "--help"], ["help", command]] {
            let help = desk.run(&arguments).exits(0);
            let usage = format!("Usage: storywright {command}");
            assert!(help.stdout.contains(&usage), "{}", help.stdout);
            assert_eq!(help.stderr, "", "{command}");
        }
    }
    for flag in [
        "--json",
        "--session",
        "--chunk",
        "--timeouts-idle",
        "--api-key-command",
        "--demo-words-per-second",
    ] {
        let help = desk.run(&["write", "--help"]).exits(0);
        assert!(help.stdout.contains(flag), "{flag}");
    }
    let version = desk.run(&["--version"]).exits(0);
    assert_eq!(
        version.stdout,
        format!("storywright {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(desk.files(""), []);
}

/// The commands of a help text.
fn listed(help: &str) -> Vec<&str> {
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    // What a command does may go on below it.
    let own = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = own.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let desk = Desk::new();
    let help = desk.run(&["--help"]).exits(0).stdout;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = desk.run(&["completions", shell]).exits(0).stdout;
        for command in listed(&help) {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let page = desk.run(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH storywright 1"), "{page}");
    for command in listed(&help) {
        let page = desk.run(&["man", command]).exits(0).stdout;
        assert!(page.contains("storywright"), "{command}");
    }
    let refused = desk.run(&["man", "frobnicate"]).exits(2);
    assert!(refused.stderr.contains("no command frobnicate"));
}

#[test]
fn the_readme_names_commands_that_there_are() {
    let desk = Desk::new();
    let help = desk.run(&["--help"]).exits(0).stdout;
    let commands = listed(&help);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let mentions = readme.match_indices("`storywright ").map(|(at, start)| {
        let rest = &readme[at + start.len()..];
        rest.split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap()
    });
    let named: Vec<&str> = mentions.filter(|name| !name.is_empty()).collect();
    assert!(!named.is_empty());
    for name in named {
        assert!(commands.contains(&name), "{name}");
    }
}

#[test]
fn what_is_not_understood_is_usage() {
    let desk = Desk::with(BRIEF);
    let table: &[(&[&str], &str)] = &[
        (&[], "Usage: storywright"),
        (&["wrote"], "unrecognized subcommand 'wrote'"),
        (
            &["write", "--frobnicate"],
            "unexpected argument '--frobnicate'",
        ),
        (
            &["write", "--attempts"],
            "a value is required for '--attempts",
        ),
        (&["write", "a", "b"], "unexpected argument 'b'"),
        (&["rewrite"], "--chunk"),
        (
            &["rewrite", "--chunk", "1", "--stale"],
            "cannot be used with",
        ),
        (
            &["write", "--chunk", "9"],
            "storywright: the story has no chunk 9: its outline has 4 beats",
        ),
        (
            &["write", "--chunk", "0"],
            "storywright: the story has no chunk 0",
        ),
        (
            &["write", "--chunk", "nobeat"],
            "storywright: the outline has no beat `nobeat`",
        ),
        (
            &["write", "--session", "../x"],
            "\"../x\" can't be the name of a session",
        ),
        (
            &["status", "--session", "nope"],
            "There is no session \"nope\" in",
        ),
        (
            &["write", "nowhere.story.md"],
            "storywright: there is no brief at nowhere.story.md.",
        ),
        (
            &["status", "nowhere"],
            "storywright: there is no brief at nowhere.",
        ),
        (
            &["check", "nowhere"],
            "storywright: there is no brief at nowhere.",
        ),
        (
            &["doctor", "nowhere"],
            "storywright: there is no brief at nowhere.",
        ),
    ];
    for (arguments, said) in table {
        let ended = desk.run(arguments).exits(2);
        assert!(
            ended.stderr.contains(said),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
    assert!(!desk.exists("generated"));
}
