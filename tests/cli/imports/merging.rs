//! The same source again: a merge, and no double.

use super::{files, imported};
use crate::desk::Desk;

const FIRST: &str = "# One\n\nMara climbed the stair to the lamp and counted.\n\n# Two\n\nThe harbour lay dark below \
    the cliff all night.\n\n# Three\n\nIlse brought letters from the mainland at noon.\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.put("book.md", FIRST);
    imported(&desk, "book.md", &[]);
    desk
}

fn chunk(desk: &Desk, number: u32) -> String {
    let path = desk.path(&format!("generated/book-01/chunks/chunk_{number:02}.md"));
    std::fs::read_to_string(path).expect("a chunk")
}

fn edit(desk: &Desk, number: u32, from: &str, to: &str) {
    let text = chunk(desk, number);
    assert!(text.contains(from), "{text}");
    desk.put(
        &format!("generated/book-01/chunks/chunk_{number:02}.md"),
        &text.replace(from, to),
    );
}

#[test]
fn an_unchanged_source_changes_nothing() {
    let desk = desk();
    let before = files(&desk.folder());
    let report = imported(&desk, "book.md", &[]);
    assert_eq!(report["merged"]["unchanged"], 3, "{report}");
    let story = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        let mut story = files.clone();
        story.retain(|path, _| path.contains("/chunks/") || path.ends_with("story.md"));
        story
    };
    assert_eq!(story(&files(&desk.folder())), story(&before));
}

#[test]
fn what_changed_in_the_source_alone_is_taken_over() {
    let desk = desk();
    desk.put(
        "book.md",
        &FIRST.replace("and counted", "and counted twice"),
    );
    let report = imported(&desk, "book.md", &[]);
    assert_eq!(
        report["merged"]["replaced"],
        serde_json::json!([1]),
        "{report}"
    );
    assert!(chunk(&desk, 1).contains("counted twice"));
    let kept = desk.read("generated/book-01/history/chunk_01/0001.md");
    assert!(kept.contains("and counted."), "{kept}");
}

#[test]
fn what_changed_here_alone_stays() {
    let desk = desk();
    edit(&desk, 2, "lay dark", "lay black");
    let report = imported(&desk, "book.md", &[]);
    assert_eq!(report["merged"]["kept"], serde_json::json!([2]), "{report}");
    assert!(chunk(&desk, 2).contains("lay black"));
}

#[test]
fn what_changed_in_both_waits_for_the_author() {
    let desk = desk();
    edit(&desk, 2, "lay dark", "lay black");
    desk.put("book.md", &FIRST.replace("all night", "until the morning"));
    let report = imported(&desk, "book.md", &[]);
    assert_eq!(
        report["merged"]["proposed"],
        serde_json::json!([2]),
        "{report}"
    );
    assert!(chunk(&desk, 2).contains("lay black"));
    let waits = std::fs::read_to_string(desk.path("generated/book-01/revisions/chunk_02.md"));
    assert!(waits.expect("a revision").contains("until the morning"));
    desk.run(&["accept", "2"]).exits(0);
    assert!(chunk(&desk, 2).contains("until the morning"));
}

#[test]
fn new_scenes_become_beats_and_lost_ones_stay() {
    let desk = desk();
    let two = "# Two\n\nThe harbour lay dark below the cliff all night.\n\n";
    let changed = FIRST.replace(
        two,
        "# Between\n\nNobody had seen the boat with the red sail.\n\n",
    );
    desk.put("book.md", &changed);
    let report = imported(&desk, "book.md", &[]);
    assert_eq!(
        report["merged"]["added"].as_array().map(Vec::len),
        Some(1),
        "{report}"
    );
    assert_eq!(
        report["merged"]["gone"],
        serde_json::json!(["two"]),
        "{report}"
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let beats: Vec<&str> = status["chunks"]
        .as_array()
        .expect("chunks")
        .iter()
        .filter_map(|it| it["beat"].as_str())
        .collect();
    assert_eq!(beats, ["one", "between", "two", "three"]);
    assert!(chunk(&desk, 2).contains("red sail"));
    assert!(chunk(&desk, 3).contains("lay dark"));
    assert!(chunk(&desk, 4).contains("Ilse brought letters"));
}

#[test]
fn what_an_import_did_not_get_to_is_done_by_the_next_and_no_beat_is_doubled() {
    let desk = desk();
    desk.put(
        "book.md",
        &format!("{FIRST}\n# Four\n\nNobody had seen the boat with the red sail.\n"),
    );
    imported(&desk, "book.md", &[]);
    std::fs::remove_file(desk.path("generated/book-01/chunks/chunk_04.md")).expect("removed");
    imported(&desk, "book.md", &[]);
    assert!(chunk(&desk, 4).contains("red sail"));
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(
        status["chunks"].as_array().map(Vec::len),
        Some(4),
        "{status}"
    );
}

#[test]
fn a_brief_that_stands_is_another_story() {
    let desk = Desk::with("---\ntitle: Mine\n---\n# Premise\nx\n");
    desk.put("book.md", FIRST);
    let report = imported(&desk, "book.md", &["--title", "The Book"]);
    assert!(
        report["brief"]
            .as_str()
            .is_some_and(|it| it.ends_with("the-book.story.md")),
        "{report}"
    );
    let mine = std::fs::read_to_string(desk.path("story.md")).expect("a brief");
    assert!(mine.contains("Mine"));
}
