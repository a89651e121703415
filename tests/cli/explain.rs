//! What a prompt holds can be looked at before it is sent, and its fixed words be replaced.

use serde_json::json;

use crate::desk::Desk;
use crate::novel::BRIEF;
use crate::protocols::novelist;

#[test]
fn the_prompt_that_is_shown_is_the_one_that_is_sent() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let shown = desk
        .run(&["explain", "--chunk", "1", "--json"])
        .exits(0)
        .json();
    assert!(!desk.exists("generated"), "looking leaves nothing behind");
    desk.write("openai", &server, &["--chunk", "1"]).exits(0);
    let sent: String = server.completions()[0].body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["content"].as_str())
        .collect();
    let blocks = shown["blocks"].as_array().unwrap();
    let mut rest = sent.as_str();
    for block in blocks {
        let text = block["text"].as_str().unwrap();
        let at = rest
            .find(text)
            .unwrap_or_else(|| panic!("{}", block["name"]));
        rest = &rest[at + text.len()..];
        assert_eq!(block["bytes"], text.len());
    }
    assert_eq!(rest, "");
    let names: Vec<&str> = blocks.iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names[..3], ["contract", "facts", "rules"], "{names:?}");
    assert_eq!(names.last(), Some(&"closing"));
}

#[test]
fn what_was_left_out_is_told_with_the_reason() {
    // No chunk names what stands there, so it is the first to go.
    let tides = format!(
        "# Tides\n\n{}\n\n# Outline",
        "The spring tide comes late. ".repeat(60)
    );
    let desk = Desk::with(&BRIEF.replacen("# Outline", &tides, 1));
    desk.run(&["write", "--provider", "demo"]).exits(0);
    let tight = ["explain", "--chunk", "3", "--context-tokens", "1000"];
    let ended = desk.run(&tight).exits(0);
    assert!(ended.stdout.contains("\nLeft out: "), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("RULE-ONE-MARK"),
        "rules are never cut"
    );
    let ended = desk.run(&["explain", "--chunk", "9"]).exits(2);
    assert!(ended.stderr.contains("no chunk 9"), "{}", ended.stderr);
}

#[test]
fn an_authors_template_replaces_the_built_in_one() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    desk.put(
        "templates/closing.md",
        "Now {{words}} {{unit}}, as if told by the fire.\n",
    );
    let shown = desk.run(&["explain", "--chunk", "2"]).exits(0);
    assert!(
        shown.stdout.contains("as if told by the fire."),
        "{}",
        shown.stdout
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(
        status["chunks"][1]["stale_reasons"][0],
        "the prompt template changed"
    );

    desk.put("templates/closing.md", "Now.\n\nIn a {{mood}} mood.\n");
    let refused = desk.run(&["write", "--provider", "demo"]).exits(1);
    let complaint = &refused.stderr;
    assert!(
        complaint.contains("closing.md:3: There is no `{{mood}}`"),
        "{complaint}"
    );
    let checked = desk.run(&["check", "--json"]).exits(1).json();
    let rows = checked.as_array().unwrap();
    let wrong = rows
        .iter()
        .find(|row| row["code"] == "template-placeholder");
    let wrong = wrong.expect("a row of the template");
    assert!(wrong["file"].as_str().unwrap().ends_with("closing.md"));
    assert_eq!(wrong["severity"], "error");
    assert_eq!(wrong["range"]["start"], json!({"line": 2, "character": 5}));
}

/// What a link leads to is not the story's, and must not reach a model.
#[cfg(unix)]
#[test]
fn a_template_that_is_a_link_is_none() {
    let desk = Desk::with(BRIEF);
    std::fs::write(desk.outside("secret"), "the key is hunter2").unwrap();
    std::fs::create_dir(desk.path("templates")).unwrap();
    std::os::unix::fs::symlink(desk.outside("secret"), desk.path("templates/closing.md")).unwrap();
    let shown = desk.run(&["explain"]).exits(0);
    assert!(!shown.stdout.contains("hunter2"));
}

/// With one call asked for, what is shown is what that call sends.
#[test]
fn the_prompt_of_a_story_in_one_call_is_shown() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let flags = ["--mode", "single"];
    let shown = desk
        .run(&[&["explain", "--json"], &flags[..]].concat())
        .exits(0)
        .json();
    assert_eq!(shown["whole_story"], true);
    desk.write("openai", &server, &flags);
    let sent = server.completions()[0].prompt();
    for block in shown["blocks"].as_array().unwrap() {
        let text = block["text"].as_str().unwrap();
        assert!(sent.contains(text.trim()), "{text}");
    }
    // Something is written now, so what comes is one call a beat.
    let shown = desk
        .run(&[&["explain", "--json"], &flags[..]].concat())
        .exits(0)
        .json();
    assert_eq!(shown["whole_story"], false);
}

#[test]
fn a_long_outline_is_told_in_lines_for_many_beats_and_the_beats_nearby() {
    let beats: String = (1..=70)
        .map(|beat| format!("## Watch {beat}\nMara keeps watch {beat}.\n"))
        .collect();
    let desk = Desk::with(&format!(
        "---\ntitle: The Long Watch\n---\n# Premise\nA lamp.\n# Outline\n{beats}"
    ));
    let shown = desk.run(&["explain", "--chunk", "25", "--json"]).exits(0);
    let shown = shown.json();
    let block = |name: &str| {
        let blocks = shown["blocks"].as_array().unwrap();
        let found = blocks.iter().find(|block| block["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {shown}")).clone()
    };
    let (outline, nearby) = (block("outline"), block("nearby parts"));
    assert_eq!(
        (&outline["part"], &nearby["part"]),
        (&json!("system"), &json!("chapter"))
    );
    let text = outline["text"].as_str().unwrap();
    assert!(text.ends_with("\n61–70. Watch 61 … Watch 70"), "{text}");
    let text = nearby["text"].as_str().unwrap();
    assert!(
        text.contains("\n11. Watch 11\n") && text.ends_with("\n40. Watch 40"),
        "{text}"
    );
}
