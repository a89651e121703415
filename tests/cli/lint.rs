//! `check` on what is written: what the lint finds, with places in the chunk files, and which
//! chunks are stale, partial or failed.

use std::path::Path;

use serde_json::{Value, json};

use crate::desk::{Desk, slashed};
use crate::novel::{BRIEF, Novel, part_of};
use crate::protocols::novelist;
use crate::support::model_server::{ModelServer, Reply};

const DRAFT: &str = "generated/draft-01/chunks";

/// A manuscript of the repository as a draft on a desk.
pub fn manuscript(language: &str) -> Desk {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/manuscripts")
        .join(language);
    let read = |path: &Path| std::fs::read_to_string(path).expect("a fixture");
    let desk = Desk::with(&read(&folder.join("story.md")));
    for entry in std::fs::read_dir(folder.join("chunks")).expect("chunks") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").display().to_string();
        desk.put(&format!("{DRAFT}/{name}"), &read(&path));
    }
    desk
}

/// Changes a chunk of a manuscript.
pub fn plant(desk: &Desk, chunk: u32, old: &str, new: &str) {
    let file = format!("{DRAFT}/chunk_{chunk:02}.md");
    let text = desk.read(&file);
    assert!(text.contains(old), "{old} is not in {text}");
    desk.put(&file, &text.replacen(old, new, 1));
}

/// The text that a row's range covers, counted apart from the program.
pub fn covered(desk: &Desk, row: &Value) -> String {
    let text = desk.read(row["file"].as_str().expect("a file"));
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let lines: Vec<Vec<u16>> = text
        .split(['\n', '\r'])
        .map(|line| line.encode_utf16().collect())
        .collect();
    let place = |end: &str| -> (usize, usize) {
        let number = |field: &str| row["range"][end][field].as_u64().expect("a number") as usize;
        (number("line"), number("character"))
    };
    let ((first, from), (last, to)) = (place("start"), place("end"));
    assert_eq!(first, last, "{row} on {}", desk.folder().display());
    String::from_utf16(&lines[first][from..to]).expect("whole characters")
}

pub fn rows(desk: &Desk) -> Vec<Value> {
    let rows = desk.run(&["check", "--json"]).exits(0).json();
    rows.as_array().expect("rows").clone()
}

#[test]
fn what_is_written_is_checked_too() {
    let desk = manuscript("en");
    plant(&desk, 3, "Petra closed the book.", "Petta closed the book.");
    plant(
        &desk,
        4,
        "Alderman Fitch came",
        "## The Alderman\n\nRule 2: the bell under the water rings in an east wind. Alderman Fitch came",
    );
    plant(&desk, 5, "status: complete", "status: partial");
    let shown = desk.run(&["check"]).exits(0).stdout;
    insta::assert_snapshot!(slashed(Path::new(&shown)));
}

#[test]
fn clean_manuscripts_have_no_warnings() {
    for language in ["en", "es", "ja", "ar"] {
        let desk = manuscript(language);
        for row in rows(&desk) {
            assert_eq!(row["severity"], "information", "{row}");
        }
    }
}

/// Front matter, a byte order mark and other line ends move what is found, and nothing is off
/// by the width of a character.
#[test]
fn places_are_those_of_the_file() {
    for (mark, line_end) in [
        ("", "\n"),
        ("\u{feff}", "\n"),
        ("", "\r\n"),
        ("\u{feff}", "\r\n"),
        ("", "\r"),
    ] {
        for (language, chunk, old, new, wrong) in [
            (
                "en",
                3,
                "Petra closed the book.",
                "🙂 “灯台” Petta closed the book.",
                "Petta",
            ),
            (
                "ja",
                2,
                "町の教会からマリヤが来た",
                "町の教会から👩‍🚀マリアが来た",
                "マリア",
            ),
            (
                "ar",
                1,
                "كان العمّ ياسين جالساً",
                "كان العمّ ياسمين جالساً",
                "ياسمين",
            ),
        ] {
            let desk = manuscript(language);
            plant(&desk, chunk, old, new);
            let file = format!("{DRAFT}/chunk_{chunk:02}.md");
            let text = desk.read(&file).replace('\n', line_end);
            desk.put(&file, &format!("{mark}{text}"));
            let rows = rows(&desk);
            let drifts: Vec<&Value> = rows
                .iter()
                .filter(|row| row["code"] == "name-drift")
                .collect();
            // In line ends that nobody uses any more a file is one line to other checks.
            let [drift] = drifts.as_slice() else {
                panic!("{mark:?} {line_end:?} {language}: {rows:?}");
            };
            assert_eq!(covered(&desk, drift), wrong, "{mark:?} {line_end:?}");
            assert_eq!(drift["severity"], "warning");
            let file = drift["file"].as_str().expect("a file");
            assert!(file.ends_with(&format!("chunk_{chunk:02}.md")), "{file}");
        }
    }
}

#[test]
fn a_file_without_front_matter_begins_at_its_first_line() {
    let desk = manuscript("en");
    let text = desk.read(&format!("{DRAFT}/chunk_01.md"));
    let (_, prose) = text.split_once("status: complete\n---\n").expect("prose");
    let prose = prose.replacen("Nessa Quill", "Nesta Quill", 1);
    desk.put(&format!("{DRAFT}/chunk_01.md"), &format!("\u{feff}{prose}"));
    let rows = rows(&desk);
    let drift = rows
        .iter()
        .find(|row| row["code"] == "name-drift")
        .expect("a drift");
    assert_eq!(drift["range"]["start"], json!({"line": 0, "character": 12}));
}

#[test]
fn states_are_told_with_their_reasons() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| match part_of(&request.user()) {
        3 => novel.answer(request).close_after(60),
        _ => novel.answer(request),
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--attempts", "1"]).exits(1);
    desk.put(
        "story.md",
        &BRIEF.replace("RULE-ONE-MARK", "And never by day."),
    );
    let rows = rows(&desk);
    let of = |code: &str| -> Vec<(&str, &str, &Value)> {
        let rows = rows.iter().filter(|row| row["code"] == code);
        rows.map(|row| {
            let text = |field: &str| row[field].as_str().expect("text");
            let name = text("file").rsplit(['/', '\\']).next().expect("a name");
            (name, text("message"), row)
        })
        .collect()
    };
    let stale = of("stale-chunk");
    assert_eq!(stale[0].0, "chunk_01.md");
    assert_eq!(
        stale[0].1,
        "This chunk is stale: rule 1 changed. Rewrite it, or keep it as it is."
    );
    assert_eq!(stale[0].2["severity"], "information");
    assert_eq!(covered(&desk, stale[0].2), "status: complete");
    let failed = of("failed-chunk");
    assert_eq!(failed[0].0, "chunk_03.md");
    assert!(
        failed[0].1.starts_with("Writing this chunk failed: "),
        "{}",
        failed[0].1
    );
    assert!(
        failed[0].1.contains("Gave up after one attempt."),
        "{}",
        failed[0].1
    );
    assert_eq!(failed[0].2["severity"], "warning");
    assert_eq!(covered(&desk, failed[0].2), "status: partial");
    // A text that breaks off is not held to its length, nor to its last sentence.
    let held: Vec<&str> = ["length", "unfinished-sentence"]
        .iter()
        .flat_map(|code| of(code))
        .map(|(name, _, _)| name)
        .filter(|name| *name == "chunk_03.md")
        .collect();
    assert_eq!(held, [] as [&str; 0]);
    desk.run(&["keep", "1"]).exits(0);
    let rows = desk.run(&["check", "--json"]).exits(0).stdout;
    assert_eq!(rows.matches("stale-chunk").count(), stale.len() - 1);
}

#[test]
fn a_draft_that_was_just_written_is_not_stale() {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &novelist(), &[]).exits(0);
    for row in rows(&desk) {
        let code = row["code"].as_str().expect("a code");
        assert!(!code.ends_with("-chunk"), "{row}");
    }
}

/// Errors of a brief still fail, whatever is written; and findings of drafts do not hide them.
#[test]
fn an_error_of_the_brief_fails_beside_findings() {
    let desk = manuscript("en");
    plant(&desk, 3, "Petra closed the book.", "Petta closed the book.");
    let brief = desk
        .read("story.md")
        .replace("language: en", "language: English");
    desk.put("story.md", &brief);
    let shown = desk.run(&["check"]).exits(1).stdout;
    assert!(
        shown.contains("[mistyped-value]") && shown.contains("[name-drift]"),
        "{shown}"
    );
}

#[cfg(unix)]
#[test]
fn a_draft_that_cannot_be_read_fails_after_the_brief_is_told() {
    let desk = Desk::with(&BRIEF.replace("pov: ", "pvo: "));
    desk.put("generated/draft-01/manifest.json", "{}");
    let outside = desk.outside("elsewhere");
    std::fs::create_dir(&outside).expect("a folder");
    std::os::unix::fs::symlink(&outside, desk.path("generated/draft-01/chunks")).expect("a link");
    let ended = desk.run(&["check"]).exits(1);
    assert!(ended.stdout.contains("pvo"), "{}", ended.stdout);
    assert!(
        ended.stderr.starts_with("storywright: "),
        "{}",
        ended.stderr
    );
}

/// The current draft is checked, not the others.
#[test]
fn only_the_current_draft_is_checked() {
    let desk = manuscript("en");
    plant(&desk, 3, "Petra closed the book.", "Petta closed the book.");
    assert!(
        desk.run(&["check"])
            .exits(0)
            .stdout
            .contains("[name-drift]")
    );
    desk.run(&["session", "new"]).exits(0);
    let shown = desk.run(&["check"]).exits(0).stdout;
    assert_eq!(shown, "0 errors, 0 warnings, 0 hints\n");
    desk.run(&["session", "use", "draft-01"]).exits(0);
    assert!(
        desk.run(&["check"])
            .exits(0)
            .stdout
            .contains("[name-drift]")
    );
}

/// What a model server may answer changes nothing: looking asks no model.
#[test]
fn no_model_is_asked() {
    let server = ModelServer::start(|_| Reply::error(500, json!({})));
    let desk = manuscript("en");
    desk.configure(&format!(
        "provider = \"openai\"\nmodel = \"m\"\nbase_url = \"{}\"\nstate = \"on\"\naudit = \"on\"\n",
        server.base_url
    ));
    rows(&desk);
    assert_eq!(server.completions().len(), 0);
    assert_eq!(desk.files(DRAFT).len(), 6);
    assert!(
        !desk.exists("generated/draft-01/manifest.json"),
        "looking changes nothing"
    );
}
