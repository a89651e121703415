//! What findings are shown as: settings by code, for `check` and for whatever counts them.

use serde_json::Value;

use crate::desk::Desk;
use crate::lint::{manuscript, plant};
use crate::novel::BRIEF;

/// The severities of the rows of a code.
fn severities(desk: &Desk, code: &str) -> Vec<String> {
    let rows = desk.run(&["check", "--json"]).json();
    let rows = rows.as_array().expect("rows").iter();
    rows.filter(|row| row["code"] == code)
        .map(|row| row["severity"].as_str().expect("a severity").to_owned())
        .collect()
}

/// A draft in which the lint finds one name that drifts.
fn drifting() -> Desk {
    let desk = manuscript("en");
    plant(&desk, 3, "Petra closed the book.", "Petta closed the book.");
    assert_eq!(severities(&desk, "name-drift"), ["warning"]);
    desk
}

#[test]
fn a_finding_is_shown_as_the_author_set_it() {
    for word in ["error", "warning", "information", "hint"] {
        let desk = drifting();
        desk.put(
            "storywright.toml",
            &format!("diagnostics.name-drift = \"{word}\"\n"),
        );
        assert_eq!(severities(&desk, "name-drift"), [word]);
        let exit = i32::from(word == "error");
        desk.run(&["check"]).exits(exit);
    }
    let desk = drifting();
    desk.put("storywright.toml", "[diagnostics]\nname-drift = \"off\"\n");
    assert!(severities(&desk, "name-drift").is_empty());
    let summary = desk.run(&["check", "--fail-on", "warning"]).exits(0).stdout;
    assert!(summary.contains("0 errors, 0 warnings"), "{summary}");
}

/// A finding that was made an error is still one of the prose, and can be dismissed.
#[test]
fn what_was_raised_can_be_dismissed() {
    let desk = drifting();
    desk.put("storywright.toml", "diagnostics.name-drift = \"error\"\n");
    let row: Value = desk.run(&["check", "--json"]).exits(1).json();
    let rows = row.as_array().expect("rows").iter();
    let mut drift = rows.filter(|row| row["code"] == "name-drift");
    let drift = drift.next().expect("a row");
    let line = drift["range"]["start"]["line"].as_u64().expect("a line") + 1;
    let file = drift["file"].as_str().expect("a file");
    desk.run(&["dismiss", &format!("{file}:{line}"), "--code", "name-drift"])
        .exits(0);
    assert!(severities(&desk, "name-drift").is_empty());
}

#[test]
fn the_workspace_wins_over_the_user() {
    let desk = drifting();
    desk.configure("[diagnostics]\nname-drift = \"off\"\nworn-phrase = \"error\"\n");
    assert!(severities(&desk, "name-drift").is_empty());
    desk.put("storywright.toml", "diagnostics.name-drift = \"hint\"\n");
    assert_eq!(severities(&desk, "name-drift"), ["hint"]);
}

/// Showing an error of the brief as less makes nothing of it that can be written.
#[test]
fn an_error_that_is_lowered_stops_writing_all_the_same() {
    let twice = "# Outline\n\n## Once {#same}\nShe waits.\n\n## Again {#same}\nShe goes.\n";
    let broken = BRIEF.replacen("# Outline\n", twice, 1);
    let desk = Desk::with(&broken);
    assert_eq!(severities(&desk, "duplicate-beat-id"), ["error"]);
    desk.put(
        "storywright.toml",
        "diagnostics.duplicate-beat-id = \"hint\"\n",
    );
    assert_eq!(severities(&desk, "duplicate-beat-id"), ["hint"]);
    desk.run(&["check"]).exits(0);
    desk.run(&["write", "--provider", "demo"]).exits(1);
    assert!(!desk.exists("generated"));
}

#[test]
fn what_makes_no_sense_is_told_at_its_line() {
    for (toml, expected) in [
        (
            "diagnostics.name-drfit = \"off\"\n",
            "storywright.toml:1:13: warning: no finding has the code `name-drfit`. Did you mean `name-drift`? [unknown-setting]",
        ),
        (
            "[diagnostics]\nlength = \"loud\"\n",
            "storywright.toml:2:1: error: `diagnostics.length` expects error, warning, information, hint or off [invalid-setting]",
        ),
        (
            "diagnostics = \"off\"\n",
            "storywright.toml:1:1: error: `diagnostics` expects a table of codes, each with error, warning, information, hint or off [invalid-setting]",
        ),
    ] {
        let desk = Desk::with(BRIEF);
        desk.put("storywright.toml", toml);
        let shown = desk.run(&["check"]).stdout;
        assert!(shown.contains(expected), "{shown}");
    }
}
