//! `new`, `status`, `check` and `doctor`.

use serde_json::{Value, json};

use crate::desk::{Desk, KEY, fixture, native};
use crate::novel::{BRIEF, Novel, PART, part_of};
use crate::protocols::novelist;
use crate::support::model_server::{ModelServer, Reply};

// ---------------------------------------------------------------- new

#[test]
fn a_new_brief_can_be_written_at_once() {
    let desk = Desk::new();
    let ended = desk.run(&["new", "The Clock"]).exits(0);
    assert_eq!(
        ended.stdout,
        native("./story.md\n\nChange it to your story, then: storywright write ./story.md\n")
    );
    assert!(desk.read("story.md").contains("title: \"The Clock\"\n"));
    desk.run(&["check"]).exits(0);
    let flags = ["--target-words", "400"];
    desk.run(&[&["write", "--provider", "demo"][..], &flags].concat())
        .exits(0);
    assert!(desk.exists("generated/the-clock-01/full_story.md"));
}

#[test]
fn a_new_brief_never_takes_the_place_of_another() {
    let desk = Desk::new();
    let mut made = Vec::new();
    for _ in 0..3 {
        let made_now = desk
            .run(&["new", "Die Uhr: zweite \"Fassung\"", "--json"])
            .exits(0)
            .json();
        let path = made_now["brief"].as_str().expect("a path").to_owned();
        desk.put(&path, &format!("{}\nMine {path}\n", desk.read(&path)));
        made.push(path);
    }
    assert_eq!(
        made,
        [
            "./story.md",
            "./die-uhr-zweite-fassung.story.md",
            "./die-uhr-zweite-fassung-2.story.md"
        ]
        .map(native)
    );
    for path in &made {
        assert!(desk.read(path).ends_with(&format!("Mine {path}\n")));
        desk.run(&["check", path]).exits(0);
    }
}

#[test]
fn a_new_brief_goes_into_the_folder_that_is_named() {
    let desk = Desk::new();
    let ended = desk
        .run(&["new", "灯台守", "--folder", "my books/第一"])
        .exits(0);
    assert!(
        ended
            .stdout
            .starts_with(&native("my books/第一/story.md\n")),
        "{}",
        ended.stdout
    );
    let quote = if cfg!(windows) { '"' } else { '\'' };
    let written = native(&format!("{quote}my books/第一/story.md{quote}"));
    assert!(
        ended
            .stdout
            .ends_with(&format!("storywright write {written}\n")),
        "{}",
        ended.stdout
    );
    assert!(
        desk.read("my books/第一/story.md")
            .contains("title: \"灯台守\"\n")
    );
    desk.put("file", "in the way");
    let ended = desk.run(&["new", "X", "--folder", "file"]).exits(1);
    assert!(
        ended
            .stderr
            .starts_with("storywright: file can't be made: "),
        "{}",
        ended.stderr
    );
    assert_eq!(desk.read("file"), "in the way");
}

// ---------------------------------------------------------------- status

#[test]
fn status_tells_what_is_there_before_and_after() {
    let desk = Desk::with(BRIEF);
    let before = desk.run(&["status"]).exits(0);
    assert_eq!(
        before.stdout,
        "The Lamp: 0 of 4 chunks complete, 0 of 600 words\n\
         nothing is written yet; `storywright write` begins\n\
         \x20  1  missing        0/150     The Landing  {#landing}\n\
         \x20  2  missing        0/150     The Log  {#log}\n\
         \x20  3  missing        0/150     The Door  {#door}\n\
         \x20  4  missing        0/150     The Light  {#light}\n"
    );
    assert!(!desk.exists("generated"), "looking changes nothing");

    let novel = Novel::short();
    let server = ModelServer::start(move |request| match part_of(&request.user()) {
        3 => novel.answer(request).close_after(60),
        4 => Reply::error(400, json!({"error": {"message": "No"}})),
        _ => novel.answer(request),
    });
    desk.write("openai", &server, &["--attempts", "1"]).exits(1);
    desk.edit_chunk(2, |prose| format!("{prose} And this is mine."));
    let after = desk.run(&["status"]).exits(0).stdout;
    let rows: Vec<&str> = after.lines().collect();
    assert_eq!(
        rows[0],
        format!(
            "The Lamp: 2 of 4 chunks complete, {} of 600 words",
            words(&desk)
        )
    );
    assert_eq!(rows[1], "session the-lamp-01");
    assert_eq!(
        rows[2],
        "   1  complete     150/150     The Landing  {#landing}"
    );
    assert!(
        rows[3].starts_with("   2  complete     154/150     The Log  {#log}  (edited: +4 -0)"),
        "{}",
        rows[3]
    );
    assert!(rows[4].starts_with("        + … "), "{}", rows[4]);
    assert!(rows[4].ends_with(" And this is mine."), "{}", rows[4]);
    assert!(rows[5].starts_with("   3  failed  "), "{}", rows[5]);
    assert!(
        rows[5].contains("Gave up after one attempt."),
        "{}",
        rows[5]
    );
    assert_eq!(
        rows[6],
        "   4  missing        0/150     The Light  {#light}"
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let edit = &status["chunks"][1]["edit"];
    assert_eq!((&edit["added"], &edit["removed"]), (&json!(4), &json!(0)));
    assert_eq!(edit["diff"][0], rows[4].trim_start());
    assert_eq!(edit["more"], 0);
    assert_eq!(status["chunks"][0].get("edit"), None);
}

fn words(desk: &Desk) -> u64 {
    let status = desk.run(&["status", "--json"]).exits(0).json();
    status["words"].as_u64().expect("a number")
}

#[test]
fn status_as_json_has_every_field() {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &novelist(), &["--chunk", "1"])
        .exits(0);
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["story"], "The Lamp");
    assert_eq!(status["session"], "the-lamp-01");
    assert_eq!(status["words"], PART);
    assert_eq!(status["target_words"], 4 * PART);
    let rows = status["chunks"].as_array().expect("chunks");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let fields = [
            "number",
            "beat",
            "title",
            "file",
            "status",
            "origin",
            "words",
            "target_words",
            "stale",
            "edited",
        ];
        for field in fields {
            assert!(row.get(field).is_some(), "no {field} in {row}");
        }
    }
    let expected = json!({
        "number": 1, "beat": "landing", "title": "The Landing",
        "file": "generated/the-lamp-01/chunks/chunk_01.md", "status": "complete",
        "origin": "generated", "words": PART, "target_words": PART, "stale": false,
        "stale_reasons": [], "edited": false, "locked": false,
    });
    for (field, value) in expected.as_object().expect("fields") {
        assert_eq!(rows[0][field], *value, "{field}");
    }
    assert_eq!(rows[3]["status"], "missing");
    assert_eq!(rows[3]["origin"], Value::Null);
    // The first of its reasons is shown with a chunk that no longer fits.
    desk.put(
        "story.md",
        &BRIEF.replace("RULE-ONE-MARK", "And never by day."),
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["chunks"][0]["stale"], true);
    assert_eq!(
        status["chunks"][0]["stale_reasons"],
        json!(["rule 1 changed"])
    );
    let shown = desk.run(&["status"]).exits(0).stdout;
    assert!(
        shown.contains("The Landing  {#landing}  (stale: rule 1 changed)"),
        "{shown}"
    );
}

#[test]
fn a_story_of_characters_says_so() {
    let desk = Desk::with(&fixture("ja"));
    let shown = desk.run(&["status"]).exits(0).stdout;
    assert!(
        shown
            .lines()
            .next()
            .is_some_and(|line| line.ends_with(" characters")),
        "{shown}"
    );
}

// ---------------------------------------------------------------- check

#[test]
fn a_good_brief_has_no_problems() {
    for name in ["lamp-keeper", "predecessor", "es", "ja", "ar"] {
        let desk = Desk::with(&fixture(name));
        let shown = desk.run(&["check"]).exits(0);
        assert_eq!(shown.stdout, "0 errors, 0 warnings, 0 hints\n", "{name}");
        assert_eq!(
            desk.run(&["check", "--json"]).exits(0).json(),
            json!([]),
            "{name}"
        );
    }
}

#[test]
fn a_bad_brief_fails_the_check_with_every_place() {
    let desk = Desk::with(&fixture("bad"));
    let shown = desk.run(&["check"]).exits(1).stdout;
    let file = "story.md";
    let lines: Vec<&str> = shown.lines().collect();
    let (summary, problems) = lines.split_last().expect("lines");
    assert_eq!(*summary, "10 errors, 29 warnings, 2 hints");
    let expected = format!(
        "{file}:3:11: error: `language` is a language code (BCP 47), and `English` is none. Did you mean `en`? [mistyped-value]"
    );
    assert!(problems.contains(&expected.as_str()), "{shown}");
    let rows = desk.run(&["check", "--json"]).exits(1).json();
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), problems.len());
    for (row, line) in rows.iter().zip(problems) {
        assert_eq!(row["file"], file);
        let start = &row["range"]["start"];
        let place = |field: &str| start[field].as_u64().expect("a number") + 1;
        let shown = format!(
            "{file}:{}:{}: {}: {} [{}]",
            place("line"),
            place("character"),
            row["severity"].as_str().unwrap_or_default(),
            row["message"].as_str().unwrap_or_default(),
            row["code"].as_str().unwrap_or_default(),
        );
        assert_eq!(shown, *line);
    }
}

/// Warnings alone are no failure.
#[test]
fn a_check_fails_on_errors_only() {
    let desk = Desk::with(&BRIEF.replace("pov: ", "pvo: "));
    let shown = desk.run(&["check"]).exits(0).stdout;
    assert!(shown.ends_with("0 errors, 1 warning, 0 hints\n"), "{shown}");
}

/// Lines and UTF-16 units, as editors count: whatever stands before in whatever line ends.
#[test]
fn ranges_are_in_utf_16() {
    for line_end in ["\n", "\r\n", "\r"] {
        let line = "## 🙂 Die Tür — 灯台 {#door words=viele}";
        let brief = BRIEF
            .replace("## The Door {#door}", line)
            .replace("<!-- sw: colder, and no rain MARGIN-MARK -->", "")
            .replace('\n', line_end);
        let desk = Desk::with(&brief);
        let rows = desk.run(&["check", "--json"]).exits(1).json();
        let row = rows
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["code"] == "bad-words"))
            .unwrap_or_else(|| panic!("{line_end:?}: {rows}"));
        let before = line.split("viele").next().expect("a beginning");
        let character = before.encode_utf16().count();
        let number = BRIEF
            .lines()
            .position(|line| line.starts_with("## The Door"))
            .expect("a line");
        assert_eq!(
            row["range"],
            json!({
                "start": {"line": number, "character": character},
                "end": {"line": number, "character": character + "viele".len()},
            }),
            "{line_end:?}"
        );
    }
}

#[test]
fn several_briefs_can_be_checked_at_once() {
    let desk = Desk::with(BRIEF);
    desk.put("bad/story.md", &fixture("bad"));
    let shown = desk.run(&["check", "story.md", "bad"]).exits(1).stdout;
    assert!(
        shown.ends_with("10 errors, 29 warnings, 2 hints\n"),
        "{shown}"
    );
    desk.run(&["check", "story.md"]).exits(0);
}

// ---------------------------------------------------------------- doctor

fn doctor(desk: &Desk, flags: &[&str], code: i32) -> Vec<(String, String, String)> {
    let text = |check: &Value, field: &str| check[field].as_str().expect("text").to_owned();
    desk.run(&[&["doctor", "--json"], flags].concat())
        .exits(code)
        .json()
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| {
            (
                text(check, "name"),
                text(check, "state"),
                text(check, "message"),
            )
        })
        .collect()
}

#[track_caller]
fn has(checks: &[(String, String, String)], name: &str, state: &str, said: &str) {
    let found = checks
        .iter()
        .any(|(n, s, message)| n == name && s == state && message.contains(said));
    assert!(found, "no {state} {name} with {said:?} in {checks:#?}");
}

#[test]
fn doctor_finds_everything_in_order() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let flags = ["--provider", "openai", "--base-url", &server.base_url];
    let checks = doctor(&desk, &flags, 0);
    let names: Vec<&str> = checks.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["version", "config", "brief", "folder", "provider"]);
    assert!(
        checks.iter().all(|(_, state, _)| state == "ok"),
        "{checks:?}"
    );
    assert!(
        server.completions().is_empty(),
        "nothing that costs is called"
    );
    let shown = desk
        .run(&[&["doctor"][..], &flags].concat())
        .exits(0)
        .stdout;
    assert_eq!(shown.lines().count(), 5);
    assert!(
        shown.lines().all(|line| line.starts_with("ok       ")),
        "{shown}"
    );
    // It leaves nothing behind.
    assert_eq!(desk.files("").len(), 1);
}

#[test]
fn doctor_finds_what_is_wrong() {
    let mut desk = Desk::with(&fixture("bad"));
    desk.put(
        "storywright.toml",
        "base_url = \"http://127.0.0.1:9\"\nmode = \"no\"\n",
    );
    let checks = doctor(&desk, &[], 1);
    has(
        &checks,
        "brief",
        "error",
        "has 10 errors; `storywright check` shows them",
    );
    has(&checks, "settings", "warning", "`base_url` is ignored here");
    has(
        &checks,
        "settings",
        "error",
        "`mode` expects auto, single or chunked",
    );
    has(
        &checks,
        "provider",
        "error",
        "no model provider is configured",
    );

    let desk_in_order = Desk::with(BRIEF);
    let gone = ["--provider", "openai", "--base-url", "http://127.0.0.1:9"];
    has(
        &doctor(&desk_in_order, &gone, 1),
        "provider",
        "error",
        "No connection to 127.0.0.1:9",
    );
    desk_in_order.put("generated", "a file");
    let checks = doctor(&desk_in_order, &["--provider", "demo"], 1);
    has(&checks, "folder", "error", "generated is a file");

    let refusing = ModelServer::author()
        .on_lists(|_| Reply::error(401, json!({"error": {"message": "bad key"}})));
    desk.set("MY_KEY", KEY);
    let flags = [
        "--provider",
        "openai",
        "--base-url",
        &refusing.base_url,
        "--api-key-env",
        "MY_KEY",
    ];
    let checks = doctor(&desk, &flags, 1);
    has(
        &checks,
        "provider",
        "error",
        "refused the key (401, bad key)",
    );
    assert!(!format!("{checks:?}").contains(KEY));
}

/// The provider can be looked at before there is a story.
#[test]
fn doctor_needs_no_brief() {
    let desk = Desk::new();
    let checks = doctor(&desk, &["--provider", "demo"], 0);
    has(&checks, "provider", "ok", "The demo writer is built in");
}
