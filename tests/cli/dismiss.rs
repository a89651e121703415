//! Findings that the author calls no problem: by their place as `check` prints it, for one chunk or for the draft.

use serde_json::Value;

use crate::desk::Desk;
use crate::lint::{covered, manuscript, plant, rows};

/// Two chunks of a manuscript with one slip each.
fn slips() -> Desk {
    let desk = manuscript("en");
    plant(&desk, 3, "Petra closed the book.", "Petta closed the book.");
    plant(
        &desk,
        4,
        "Alderman Fitch came",
        "Petta came, and Alderman Fitch came",
    );
    desk
}

fn drifts(desk: &Desk) -> Vec<Value> {
    let mut rows = rows(desk);
    rows.retain(|row| row["code"] == "name-drift");
    rows
}

/// The place of a row as `check` prints it for people.
fn place(row: &Value) -> String {
    let start = &row["range"]["start"];
    let number = |field: &str| start[field].as_u64().expect("a number") + 1;
    let file = row["file"].as_str().expect("a file");
    format!("{file}:{}:{}", number("line"), number("character"))
}

#[test]
fn a_finding_is_dismissed_where_it_stands_until_its_entry_goes() {
    let desk = slips();
    let all = drifts(&desk);
    assert_eq!(all.len(), 2, "{all:?}");
    let done = desk
        .run(&["dismiss", &place(&all[0]), "--json"])
        .exits(0)
        .json();
    assert_eq!(done["dismissed"][0]["code"], "name-drift");
    assert_eq!(done["dismissed"][0]["words"], "Petta");
    let left = drifts(&desk);
    assert_eq!(left, all[1..]);
    assert_eq!(covered(&desk, &left[0]), "Petta");
    // Kept with the draft, as text that a version control system can merge.
    let file = "generated/draft-01/dismissed.json";
    let kept: Value = serde_json::from_str(&desk.read(file)).expect("JSON");
    assert_eq!(kept["findings"].as_array().map(Vec::len), Some(1));
    // It is about the words: others are another finding.
    plant(&desk, 3, "Petta closed", "Pettra closed");
    assert_eq!(drifts(&desk).len(), 2);
    plant(&desk, 3, "Pettra closed", "Petta closed");
    assert_eq!(drifts(&desk).len(), 1);
    std::fs::remove_file(desk.path(file)).expect("a file");
    assert_eq!(drifts(&desk), all);
}

#[test]
fn a_finding_is_dismissed_in_every_chunk() {
    let desk = slips();
    let all = drifts(&desk);
    let place = place(&all[0]);
    let flags = ["dismiss", &place, "--everywhere", "--code", "name-drift"];
    let said = desk.run(&flags).exits(0).stdout;
    assert!(said.contains("in any chunk of this draft"), "{said}");
    assert!(drifts(&desk).is_empty());
}

/// A file keeps its number until the next command that writes, and the chunk its beat.
#[test]
fn a_finding_is_dismissed_for_its_beat_also_when_that_was_moved() {
    let desk = slips();
    let brief = desk.read("story.md");
    let (head, outline) = brief.split_once("# Outline").expect("an outline");
    let mut beats: Vec<&str> = outline.split("\n## ").collect();
    let rest = beats.split_off(1);
    let moved = format!(
        "{head}# Outline{}\n## {}\n## {}",
        beats[0],
        rest[2].trim_end(),
        {
            let others = [&rest[..2], &rest[3..]].concat();
            others.join("\n## ")
        }
    );
    desk.put("story.md", &moved);
    let all = drifts(&desk);
    assert_eq!(all.len(), 2, "{all:?}");
    let third = all
        .iter()
        .find(|row| row["file"].as_str().is_some_and(|it| it.contains("_03")));
    desk.run(&["dismiss", &place(third.expect("a row"))])
        .exits(0);
    let left = drifts(&desk);
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_is_no_finding_is_not_dismissed() {
    let desk = slips();
    let place = place(&drifts(&desk)[0]);
    let other = desk
        .run(&["dismiss", &place, "--code", "stale-chunk"])
        .exits(1);
    assert!(other.stderr.contains("no such finding"), "{}", other.stderr);
    desk.run(&["dismiss", "generated/draft-01/chunks/chunk_03.md"])
        .exits(2);
    desk.run(&["dismiss", "story.md:1"]).exits(1);
    assert!(!desk.exists("generated/draft-01/dismissed.json"));
}

#[test]
fn a_damaged_file_hides_nothing_and_is_kept() {
    let desk = slips();
    let file = "generated/draft-01/dismissed.json";
    desk.put(file, "{ half");
    let rows = rows(&desk);
    assert_eq!(drifts(&desk).len(), 2);
    let told = rows.iter().find(|row| row["code"] == "dismissed-unusable");
    assert_eq!(told.expect("a warning")["severity"], "warning");
    desk.run(&["dismiss", &place(&drifts(&desk)[0])]).exits(0);
    assert_eq!(drifts(&desk).len(), 1);
    let kept = desk.files("generated/draft-01").into_iter();
    assert!(kept.map(|(_, text)| text).any(|text| text == "{ half"));
}
