//! A story that is finished costs nothing.

use crate::desk::Desk;
use crate::novel::BRIEF;
use crate::protocols::{PROVIDERS, novelist};

#[test]
fn writing_a_finished_story_again_asks_nobody() {
    for provider in PROVIDERS {
        let server = novelist();
        let desk = Desk::with(BRIEF);
        desk.write(provider, &server, &[]).exits(0);
        let requests = server.requests().len();
        let before = desk.files("generated");
        for flags in [&[][..], &["--json"]] {
            let again = desk.write(provider, &server, flags).exits(0);
            assert!(
                again
                    .said()
                    .contains("nothing to write: the story is complete")
            );
        }
        // Neither for a completion nor for a list of models.
        assert_eq!(server.requests().len(), requests, "{provider}");
        let changed: Vec<String> = desk
            .files("generated")
            .into_iter()
            .filter(|file| !before.contains(file))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(changed, [] as [String; 0], "{provider}");
    }
}

/// Not even a provider has to be there.
#[test]
fn a_finished_story_needs_no_provider() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    for provider in ["anthropic", "openai", "ollama", "auto"] {
        let again = desk.run(&["write", "--provider", provider]).exits(0);
        let said = "nothing to write: the story is complete: generated/the-lamp-01/full_story.md";
        assert!(again.stdout.starts_with(said), "{}", again.stdout);
    }
}

/// The whole story is put together again where it is gone.
#[test]
fn a_missing_full_story_is_assembled_again() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    let full = "generated/the-lamp-01/full_story.md";
    let text = desk.read(full);
    std::fs::remove_file(desk.path(full)).expect("removed");
    desk.run(&["write"]).exits(0);
    assert_eq!(desk.read(full), text);
}

/// The same seed and brief give the same story.
#[test]
fn the_demo_writer_is_deterministic() {
    let write = |seed: &str| {
        let desk = Desk::with(BRIEF);
        desk.run(&["write", "--provider", "demo", "--seed", seed])
            .exits(0);
        desk.read("generated/the-lamp-01/full_story.md")
    };
    assert_eq!(write("7"), write("7"));
    assert_ne!(write("7"), write("8"));
}
