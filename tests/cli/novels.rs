//! The lint on published novels: each is imported as it was printed and checked under a brief as an author has it, and every
//! warning is held against a table in which each was looked at (`fixtures/novels/`).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::desk::Desk;
use crate::lint::{covered, rows};
use crate::support::tools;

/// The least share of warnings that are right.
const PRECISION: f64 = 0.9;

/// A warning that was looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    novel: String,
    chunk: u32,
    code: String,
    /// How the text begins that is underlined.
    at: String,
    right: bool,
    /// Why it is right or wrong.
    why: String,
}

#[derive(Deserialize)]
struct Table {
    warning: Vec<Judged>,
}

/// A warning that `check` gives.
struct Warned {
    chunk: u32,
    code: String,
    text: String,
    message: String,
}

impl Warned {
    fn is(&self, judged: &Judged) -> bool {
        (self.chunk, &self.code) == (judged.chunk, &judged.code)
            && self.text.starts_with(&judged.at)
    }
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/novels")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Imports a novel, and puts the fixture's brief in place of what import could tell of it; the outline stays.
fn imported(novel: &str) -> Desk {
    let desk = Desk::new();
    let text = std::fs::read_to_string(tools::novel(novel)).expect("a novel");
    desk.put("book.md", &text);
    desk.run(&["import", "book.md"]).exits(0);
    let made = desk.read("story.md");
    let outline = made.find("# Outline").expect("an outline");
    // A beat without a word about it is told of; what a chapter is about is no matter here.
    let beats = made[outline..]
        .lines()
        .map(|line| match line.starts_with("##") {
            true => format!("{line}\nWhat this chapter tells.\n"),
            false => format!("{line}\n"),
        });
    let beats: String = beats.collect();
    desk.put(
        "story.md",
        &format!("{}{beats}", fixture(&format!("{novel}.md"))),
    );
    desk
}

fn warned(desk: &Desk, row: &Value) -> Option<Warned> {
    let file = row["file"].as_str()?;
    let (_, number) = file.strip_suffix(".md")?.rsplit_once("chunk_")?;
    let is_loud = row["severity"] == "warning" || row["severity"] == "error";
    is_loud.then(|| Warned {
        chunk: number.parse().expect("a number"),
        code: row["code"].as_str().expect("a code").to_owned(),
        text: covered(desk, row),
        message: row["message"].as_str().expect("a message").to_owned(),
    })
}

#[test]
fn warnings_on_published_novels_are_right() {
    let table: Table = toml::from_str(&fixture("judged.toml")).expect("a table");
    let mut unseen = Vec::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for novel in ["thursday", "moby-dick", "wagahai", "zeno"] {
        let desk = imported(novel);
        let rows = rows(&desk);
        let brief = rows.iter().find(|row| row["file"] == "story.md");
        assert_eq!(brief, None, "the brief of {novel} is a proper one");
        let warnings: Vec<Warned> = rows.iter().filter_map(|row| warned(&desk, row)).collect();
        let judged: Vec<&Judged> = (table.warning.iter())
            .filter(|it| it.novel == novel)
            .collect();
        counts.insert(novel, (0, 0));
        for warning in &warnings {
            match judged.iter().find(|judged| warning.is(judged)) {
                Some(judged) => {
                    let (right, all) = counts.entry(novel).or_default();
                    *right += usize::from(judged.right);
                    *all += 1;
                }
                None => unseen.push(format!(
                    "{novel}: nobody has looked at chunk {} {} “{}”: {}",
                    warning.chunk, warning.code, warning.text, warning.message
                )),
            }
        }
        for judged in judged {
            assert!(!judged.why.is_empty(), "{judged:?}");
            if !warnings.iter().any(|warning| warning.is(judged)) {
                unseen.push(format!(
                    "{novel}: there is no such warning any more: {judged:?}"
                ));
            }
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
    for (novel, (right, all)) in &counts {
        println!("{novel:<12} {right} of {all} warnings are right");
    }
    let right: usize = counts.values().map(|(right, _)| right).sum();
    let all: usize = counts.values().map(|(_, all)| all).sum();
    let precision = right as f64 / all as f64;
    println!("precision {precision:.3}");
    assert!(
        precision >= PRECISION,
        "{right} of {all} are right: {precision:.3}"
    );
}
