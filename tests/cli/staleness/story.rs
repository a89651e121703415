//! A finished story whose brief is changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

pub const BRIEF: &str = r#"---
title: The Lamp
language: en
target_words: 2400
pov: third person
tense: past
protagonist: Mara Voss
---
# Premise
A keeper reads tomorrow in her logbook.
# Setting
Skerrow, a rock with a lighthouse and one boat.
# Cast
## Mara Voss
The keeper.
## Orla Quist
Comes with the boat, at the very end.
# Rules
1. The lamp may not go out.
2. The log is never wrong.
# Style
Plain sentences.
# Outline
## The Log {#log}
Mara finds an entry for tomorrow.
## The Test {#test}
She does what the log forbids.
## The Storm {#storm}
The lamp goes out for four minutes.
## The Boat {#boat cast="Orla Quist"}
The boat comes.
# Notes
Nobody reads this.
"#;

pub struct Story {
    _home: TempDir,
    pub folder: PathBuf,
    config: PathBuf,
}

impl Story {
    /// A finished story in a folder of its own.
    pub fn written() -> Story {
        // Chunk by chunk, so that each is told what those before it were read for.
        let story = Story::written_of(BRIEF, &["--to", "1"]);
        for number in ["2", "3", "4"] {
            story.write(&["--to", number]);
        }
        story
    }

    pub fn written_of(brief: &str, flags: &[&str]) -> Story {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("novel");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("story.md"), brief).unwrap();
        let story = Story {
            config: home.path().join("config.toml"),
            folder,
            _home: home,
        };
        fs::write(&story.config, "provider = \"demo\"\n").unwrap();
        story.write(flags);
        story
    }

    pub fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_storywright"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("STORYWRIGHT_CONFIG", &self.config)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn write(&self, flags: &[&str]) {
        let fast = ["write", "--demo-words-per-second", "100000"];
        self.run(&[&fast, flags].concat());
    }

    pub fn chunk(&self, number: usize) -> PathBuf {
        self.folder
            .join(format!("generated/the-lamp-01/chunks/chunk_{number:02}.md"))
    }

    pub fn edit(&self, path: &Path, edit: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(path).unwrap();
        let edited = edit(text.clone());
        assert_ne!(text, edited, "the edit changes nothing");
        fs::write(path, edited).unwrap();
    }

    /// The chunks that are stale, by number, and why.
    pub fn stale(&self) -> Vec<(usize, String)> {
        let reasons = (1..).zip(self.reasons(&[]));
        reasons.filter(|(_, reason)| !reason.is_empty()).collect()
    }

    /// The reasons of each chunk, joined.
    pub fn reasons(&self, flags: &[&str]) -> Vec<String> {
        let arguments = [&["status", "--json"], flags].concat();
        let status: Value = serde_json::from_str(&self.run(&arguments)).unwrap();
        let chunks = status["chunks"].as_array().unwrap();
        chunks
            .iter()
            .map(|chunk| {
                let reasons: Vec<&str> = chunk["stale_reasons"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .collect();
                assert_eq!(chunk["stale"].as_bool(), Some(!reasons.is_empty()));
                reasons.join(", ")
            })
            .collect()
    }
}
