//! What is true of a story is the same for `check` and for what writes: its settings, and what is wrong with
//! them, wherever they stand.

use std::path::Path;

use serde_json::Value;

use crate::desk::{Desk, slashed};
use crate::novel::{BRIEF, Novel, part_of};
use crate::support::model_server::ModelServer;

/// `file:line severity code` of everything that `check` has to say.
fn checked(desk: &Desk, code: i32) -> Vec<String> {
    let rows = desk.run(&["check", "--json"]).exits(code).json();
    let rows = rows.as_array().expect("rows").iter();
    let text = |row: &Value, field: &str| row[field].as_str().expect("text").to_owned();
    rows.map(|row| {
        let line = row["range"]["start"]["line"].as_u64().expect("a line") + 1;
        format!(
            "{}:{line} {} {}",
            slashed(Path::new(&text(row, "file"))),
            text(row, "severity"),
            text(row, "code")
        )
    })
    .collect()
}

fn without_target() -> String {
    BRIEF.replace("target_words: 600\n", "")
}

#[test]
fn a_length_from_a_settings_file_is_judged_by_check_and_write_alike() {
    let desk = Desk::with(&without_target());
    desk.put("storywright.toml", "\ntarget_words = 100\n");
    let shown = desk.run(&["check"]).exits(1).stdout;
    assert!(
        shown.contains("100 words for 4 beats make 25 each"),
        "{shown}"
    );
    assert!(shown.contains("storywright.toml:2"), "{shown}");
    let refused = desk.run(&["write", "--provider", "demo"]).exits(1).stderr;
    assert!(
        refused.contains("100 words for 4 beats make 25 each"),
        "{refused}"
    );
    // A flag stands in for the front matter's length, too.
    let desk = Desk::with(BRIEF);
    let flags = ["write", "--provider", "demo", "--target-words", "100"];
    let refused = desk.run(&flags).exits(1).stderr;
    assert!(refused.contains("comes from the command line"), "{refused}");
    assert!(!desk.exists("generated"));
}

#[test]
fn problems_of_settings_are_shown_where_they_stand() {
    for (toml, expected, code) in [
        (
            "# mine\nmood = 3\n",
            "storywright.toml:2 warning unknown-setting",
            0,
        ),
        (
            "\n\nchunk_words = \"many\"\n",
            "storywright.toml:3 error invalid-setting",
            1,
        ),
        (
            "[timeouts]\nidle = -1\n",
            "storywright.toml:2 error invalid-setting",
            1,
        ),
        (
            "base_url = \"http://a.example\"\n",
            "storywright.toml:1 warning setting-not-allowed",
            0,
        ),
        (
            "seed = 1\nseed =\n",
            "storywright.toml:2 error unreadable-settings",
            1,
        ),
    ] {
        let desk = Desk::with(BRIEF);
        desk.put("storywright.toml", toml);
        assert_eq!(checked(&desk, code), [expected], "{toml}");
        let shown = desk.run(&["check"]).exits(code).stdout;
        assert!(shown.starts_with("storywright.toml:"), "{shown}");
    }
    // The user's own file is no other case.
    let desk = Desk::with(BRIEF);
    desk.configure("mode = \"often\"\n");
    assert_eq!(
        checked(&desk, 1),
        ["../config.toml:1 error invalid-setting"]
    );
}

/// Commands that only look or pack say it beside their answer; those that act stop.
#[test]
fn no_command_passes_over_what_is_wrong_with_settings() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    desk.put("storywright.toml", "mood = 3\n");
    for command in [
        &["status"][..],
        &["explain", "--chunk", "1"],
        &["session", "list"],
        &["session", "new"],
        &["export"],
    ] {
        let told = desk.run(command).exits(0).stderr;
        assert!(
            told.contains("there is no setting `mood`"),
            "{command:?}: {told}"
        );
    }
    desk.put("storywright.toml", "chunk_words = 3\n");
    for command in [
        &["keep", "1"][..],
        &["status"],
        &["write", "--provider", "demo"],
    ] {
        let told = desk.run(command).exits(2).stderr;
        assert!(
            told.contains("`chunk_words` expects"),
            "{command:?}: {told}"
        );
        assert!(told.contains("storywright.toml:1"), "{command:?}: {told}");
    }
}

#[test]
fn a_check_fails_on_what_it_is_told_to() {
    let desk = Desk::with(&BRIEF.replace("pov: ", "pvo: "));
    desk.run(&["check"]).exits(0);
    desk.run(&["check", "--fail-on", "error"]).exits(0);
    desk.run(&["check", "--fail-on", "stale"]).exits(0);
    desk.run(&["check", "--fail-on", "warning"]).exits(1);
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    desk.run(&["check", "--fail-on", "stale"]).exits(0);
    let brief = BRIEF.replace("tense: past", "tense: present");
    assert_ne!(brief, BRIEF);
    desk.put("story.md", &brief);
    desk.run(&["check"]).exits(0);
    desk.run(&["check", "--fail-on", "stale"]).exits(1);
    desk.run(&["check", "--fail-on", "never"]).exits(2);
}

/// What README has a newcomer write first: the demo writer's story is in order.
#[test]
fn the_first_story_passes_its_check_without_a_warning() {
    let desk = Desk::with(include_str!("../../fixtures/briefs/lamp-keeper/story.md"));
    desk.run(&["write", "--provider", "demo"]).exits(0);
    let shown = desk.run(&["check", "--fail-on", "warning"]).exits(0).stdout;
    assert!(shown.contains("0 errors, 0 warnings"), "{shown}");
}

#[test]
fn a_flag_without_effect_says_so() {
    let desk = Desk::with(BRIEF);
    let flags = [
        "--chunk-words",
        "500",
        "--parallel",
        "3",
        "--temperature",
        "1",
    ];
    let told = desk.run(&[&["write", "--provider", "demo"], &flags[..]].concat());
    let told = told.exits(0).stderr;
    for flag in ["--chunk-words", "--parallel", "--temperature"] {
        assert!(
            told.contains(&format!("{flag} has no effect here: ")),
            "{told}"
        );
    }
    // Where the story has no length, that of its chunks counts.
    let desk = Desk::with(&without_target());
    let flags = ["write", "--provider", "demo", "--chunk-words", "100"];
    let told = desk.run(&flags).exits(0).stderr;
    assert!(!told.contains("no effect"), "{told}");
}

/// A change under a running job is told once, and counts from the next `write` on: all that is written by
/// then is written under one brief.
#[test]
fn a_brief_changed_under_a_job_is_told() {
    let table = [
        (
            "RULE-ONE-MARK",
            "RULE-ONE-MARK, and no door is ever locked NEW-MARK",
            "brief-changed",
            1,
        ),
        ("NOTES-MARK", "NOTES-MARK and more", "brief-changed", 0),
    ];
    for (old, new, code, times) in table {
        let desk = Desk::with(BRIEF);
        assert!(BRIEF.contains(old), "{old}");
        let (brief, novel) = (desk.path("story.md"), Novel::short());
        let changed = BRIEF.replacen(old, new, 1);
        let server = ModelServer::start(move |request| {
            if part_of(&request.user()) == 2 {
                std::fs::write(&brief, &changed).expect("written");
            }
            novel.answer(request)
        });
        let ended = desk.write("openai", &server, &["--json"]).exits(0);
        let warnings = ended.named("warning");
        let told = warnings.iter().filter(|warning| warning["code"] == code);
        assert_eq!(told.count(), times, "{new}: {warnings:#?}");
        let requests = server.completions();
        assert!(
            requests
                .iter()
                .all(|it| !it.user().contains("NEW-MARK") && !it.system().contains("NEW-MARK"))
        );
        let status = desk.run(&["status", "--json"]).exits(0).json();
        let stale = status["chunks"].as_array().expect("chunks").iter();
        assert_eq!(
            stale.filter(|it| it["stale"] == true).count() > 0,
            times > 0,
            "{status:#}"
        );
    }
}
