//! Which chunks turn stale after each kind of change, and why. The table is printed with
//! `--nocapture`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const BRIEF: &str = r#"---
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

struct Story {
    _home: TempDir,
    folder: PathBuf,
    config: PathBuf,
}

impl Story {
    /// A finished story in a folder of its own.
    fn written() -> Story {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("novel");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("story.md"), BRIEF).unwrap();
        let story = Story {
            config: home.path().join("config.toml"),
            folder,
            _home: home,
        };
        fs::write(&story.config, "provider = \"demo\"\n").unwrap();
        story.run(&["write"]);
        story
    }

    fn run(&self, arguments: &[&str]) -> String {
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

    fn chunk(&self, number: usize) -> PathBuf {
        self.folder
            .join(format!("generated/the-lamp-01/chunks/chunk_{number:02}.md"))
    }

    fn edit(&self, path: &Path, edit: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(path).unwrap();
        let edited = edit(text.clone());
        assert_ne!(text, edited, "the edit changes nothing");
        fs::write(path, edited).unwrap();
    }

    /// The reasons of each chunk, joined.
    fn reasons(&self, flags: &[&str]) -> Vec<String> {
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

/// What is changed, by a replacement in the brief, and why chunks 1 to 4 are stale then.
type Row = (&'static str, &'static str, &'static str, [&'static str; 4]);

const OF_THE_BRIEF: &[Row] = &[
    (
        "premise",
        "reads tomorrow",
        "reads next week",
        ["facts changed"; 4],
    ),
    ("setting", "one boat", "two boats", ["facts changed"; 4]),
    (
        "tense",
        "tense: past",
        "tense: present",
        ["facts changed"; 4],
    ),
    (
        "rule 2",
        "never wrong",
        "seldom wrong",
        ["rule 2 changed"; 4],
    ),
    (
        "a rule added",
        "# Style",
        "3. No wireless.\n\n# Style",
        ["rule 3 was added"; 4],
    ),
    (
        "a rule removed",
        "2. The log is never wrong.\n",
        "",
        ["rule 2 was removed"; 4],
    ),
    (
        "style",
        "Plain sentences.",
        "Long sentences.",
        ["style changed"; 4],
    ),
    (
        "protagonist's entry",
        "The keeper.",
        "The old keeper.",
        ["cast Mara Voss changed"; 4],
    ),
    (
        "an entry that only chunk 4 held",
        "Comes with the boat",
        "Rows the boat",
        ["", "", "", "cast Orla Quist changed"],
    ),
    (
        "a character added",
        "# Rules",
        "## Ida\nA gull.\n\n# Rules",
        [""; 4],
    ),
    (
        "beat 3",
        "for four minutes",
        "for an hour",
        ["", "next beat changed", "beat changed", ""],
    ),
    (
        "title of beat 3",
        "The Storm",
        "The Gale",
        [
            "outline changed",
            "next beat changed, outline changed",
            "beat changed, outline changed",
            "outline changed",
        ],
    ),
    ("notes", "Nobody reads", "Somebody reads", [""; 4]),
    ("a length", "{#log}", "{#log words=700}", [""; 4]),
];

#[test]
fn each_change_of_the_brief_turns_stale_what_it_reached() {
    let story = Story::written();
    assert_eq!(story.reasons(&[]), [""; 4]);
    let path = story.folder.join("story.md");
    for (change, from, to, expected) in OF_THE_BRIEF {
        story.edit(&path, |brief| brief.replacen(from, to, 1));
        let reasons = story.reasons(&[]);
        println!("{change:<32} | {}", reasons.join(" | "));
        assert_eq!(reasons, *expected, "{change}");
        fs::write(&path, BRIEF).unwrap();
    }
    assert_eq!(story.reasons(&[]), [""; 4]);
}

#[test]
fn a_changed_chunk_turns_the_next_one_stale_only_where_its_prompt_saw_the_change() {
    let story = Story::written();
    let path = story.chunk(2);
    let written = fs::read_to_string(&path).unwrap();

    // 600 words long, and the next prompt repeats the last 400.
    let first = |text: String| {
        let start = text.find("---\n").unwrap() + 4;
        let prose = start + text[start..].find("---\n").unwrap() + 4;
        format!("{}Once. {}", &text[..prose], &text[prose..])
    };
    story.edit(&path, first);
    assert_eq!(
        story.reasons(&[]),
        ["", "", "", ""],
        "an edit before the tail"
    );
    fs::write(&path, &written).unwrap();

    story.edit(&path, |text| {
        format!("{}\n\nThat was all.\n", text.trim_end())
    });
    assert_eq!(
        story.reasons(&[]),
        ["", "", "chunk 2 was edited", ""],
        "an edit of the tail"
    );

    // The author looks at chunk 3 and finds that it still fits.
    story.run(&["keep", "3"]);
    assert_eq!(story.reasons(&[]), [""; 4]);
}

/// What is known of a chunk is the author's to change, and reaches the chunks that were told.
#[test]
fn an_edited_state_turns_stale_what_was_told_of_it() {
    let story = Story::written();
    let file = |number: u32| {
        story.folder.join(format!(
            "generated/the-lamp-01/state/chunk_{number:02}.json"
        ))
    };
    let edit = |number: u32, field: &str, value: Value| {
        story.edit(&file(number), |text| {
            let mut state: Value = serde_json::from_str(&text).unwrap();
            state[field] = value;
            serde_json::to_string_pretty(&state).unwrap()
        });
    };
    let first = "what happened in chunk 1 changed";
    // The end of the chunk before is told word by word, and not by a summary.
    let rows: &[(&str, u32, &str, Value, [&str; 4])] = &[
        (
            "summary of chunk 1",
            1,
            "summary",
            Value::from("Nothing of note."),
            ["", "", first, first],
        ),
        (
            "summary of chunk 2",
            2,
            "summary",
            Value::from("Nothing of note."),
            ["", "", "", "what happened in chunk 2 changed"],
        ),
        (
            "facts of chunk 4",
            4,
            "facts",
            Value::Array(Vec::new()),
            [""; 4],
        ),
        (
            "a time that no chunk was told",
            2,
            "time",
            Value::from("a year later"),
            [""; 4],
        ),
    ];
    for (change, number, field, value, expected) in rows {
        let before = fs::read_to_string(file(*number)).unwrap();
        edit(*number, field, value.clone());
        let reasons = story.reasons(&[]);
        println!("{change:<32} | {}", reasons.join(" | "));
        assert_eq!(reasons, *expected, "{change}");
        fs::write(file(*number), before).unwrap();
    }
    assert_eq!(story.reasons(&[]), [""; 4]);
}

#[test]
fn another_model_is_a_reason_and_an_open_choice_is_none() {
    let story = Story::written();
    assert_eq!(
        story.reasons(&["--model", "other"]),
        ["model changed (it was demo/demo)"; 4]
    );
    assert_eq!(
        story.reasons(&["--provider", "ollama"]),
        ["model changed (it was demo/demo)"; 4]
    );
    assert_eq!(story.reasons(&["--provider", "auto"]), [""; 4]);
}

#[test]
fn only_what_is_stale_is_rewritten_and_the_authors_chunks_are_kept() {
    let story = Story::written();
    let read = |number| fs::read_to_string(story.chunk(number)).unwrap();
    let before: Vec<String> = (1..=4).map(read).collect();
    let path = story.folder.join("story.md");
    story.edit(&path, |brief| {
        brief.replace("Comes with the boat", "Rows the boat")
    });
    story.run(&["rewrite", "--stale", "--seed", "7"]);
    let after: Vec<String> = (1..=4).map(read).collect();
    assert_eq!(before[..3], after[..3]);
    assert_ne!(before[3], after[3]);
    assert_eq!(story.reasons(&[]), [""; 4]);

    // Rules reach every chunk, but chunk 2 is the author's now.
    story.edit(&story.chunk(2), |text| {
        format!("{}\n\nThat was all.\n", text.trim_end())
    });
    let mine = read(2);
    story.edit(&path, |brief| {
        brief.replace("may not go out", "must not go out")
    });
    story.run(&["rewrite", "--stale", "--seed", "8"]);
    assert_eq!(read(2), mine);
    assert_ne!(read(1), after[0]);

    // And what was replaced can be had again.
    story.run(&["restore", "1"]);
    assert_eq!(read(1), after[0]);
}
