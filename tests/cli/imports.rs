//! Books that come in: round trips through each format, the same source again, kinds of sources, hostile files.

mod beside;
mod hostile;
mod kinds;
mod merging;
mod samples;

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;

use serde_json::Value;

use crate::desk::Desk;

/// Every file of a folder with its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                folders.push(path.clone());
            }
            let bytes = if kind.is_file() {
                std::fs::read(&path).expect("read")
            } else {
                Vec::new()
            };
            found.insert(path.display().to_string(), bytes);
        }
    }
    found
}

/// A ZIP of texts.
pub(crate) fn zipped(members: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .expect("an entry");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a ZIP").into_inner()
}

/// Imports a source of the desk and returns the report.
pub(crate) fn imported(desk: &Desk, source: &str, more: &[&str]) -> Value {
    desk.run(&[&["import", source, "--json"], more].concat())
        .exits(0)
        .json()
}

/// A brief with two chapters of two scenes and one chapter that is a beat.
const CHAPTERS: &str = "---\ntitle: The Lamp Keeper\nauthor: Ana Dias\nlanguage: en\ntarget_words: 1500\nchunk_words: 300\n---\n\
    # Premise\nA keeper and her lamp.\n# Setting\nAn island in the north.\n# Cast\n## Mara Voss\nThe keeper.\n# Outline\n\
    ## The Island\n### The Logbook\nMara reads.\n### The Stair\nMara climbs.\n## The Storm\n### Wind\nIt blows.\n### Hail\nIt falls.\n\
    ## Morning\nIt is over.\n";

#[test]
fn a_story_comes_back_from_each_format_as_it_left() {
    let desk = Desk::with(CHAPTERS);
    let demo = [
        "write",
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
        "--state",
        "off",
    ];
    desk.run(&demo).exits(0);
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let (words, beats) = (
        status["words"].clone(),
        status["chunks"].as_array().expect("chunks").len(),
    );
    for format in ["epub", "docx", "docx-plain", "md", "txt"] {
        let report = desk
            .run(&["export", "--format", format, "--json"])
            .exits(0)
            .json();
        let file = report["file"].as_str().expect("a path").to_owned();
        let before = std::fs::read(&file).expect("the book");
        let folder = desk.path(&format!("again-{format}"));
        let folder = folder.to_str().expect("a path");
        let report = imported(&desk, &file, &["--folder", folder]);
        assert_eq!(report["title"], "The Lamp Keeper", "{format}");
        assert_eq!(report["chapters"], 3, "{format}");
        assert_eq!(report["beats"], beats, "{format}");
        assert_eq!(report["words"], words, "{format}");
        assert_eq!(
            std::fs::read(&file).expect("the book"),
            before,
            "the source stays"
        );
        let again = desk.run(&["status", folder, "--json"]).exits(0).json();
        assert_eq!(again["words"], words, "{format}");
        for chunk in again["chunks"].as_array().expect("chunks") {
            assert_eq!(
                (&chunk["status"], &chunk["origin"]),
                (&"complete".into(), &"imported".into()),
                "{format}"
            );
        }
        desk.run(&["check", folder]).exits(0);
    }
}

#[test]
fn jobs_leave_an_imported_chunk_alone_until_it_is_named() {
    let desk = Desk::new();
    desk.put(
        "book.md",
        "# Chapter One\n\nMara climbed the stair.\n\n# Chapter Two\n\nThe lamp was out.\n",
    );
    imported(&desk, "book.md", &[]);
    let demo = [
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
        "--state",
        "off",
    ];
    let brief = std::fs::read_to_string(desk.path("story.md")).expect("a brief");
    desk.put(
        "story.md",
        &brief.replace(
            "# Premise\n",
            "# Premise\nA keeper and her lamp.\n\n# Setting\nAn island.\n",
        ),
    );
    let chunk = || {
        std::fs::read_to_string(desk.path("generated/book-01/chunks/chunk_01.md")).expect("a chunk")
    };
    let before = chunk();
    desk.run(&[&["rewrite", "--from", "1", "--yes"], &demo[..]].concat());
    assert_eq!(chunk(), before);
    desk.run(&[&["rewrite", "--stale", "--yes"], &demo[..]].concat());
    assert_eq!(chunk(), before);
    desk.run(&[&["rewrite", "--chunk", "1", "--yes"], &demo[..]].concat())
        .exits(0);
    assert_ne!(chunk(), before);
    let kept = desk.read("generated/book-01/history/chunk_01/0001.md");
    assert!(kept.contains("Mara climbed the stair."), "{kept}");
}

#[test]
fn a_lost_manifest_does_not_make_an_import_the_models() {
    let desk = Desk::new();
    desk.put("book.md", "# One\n\nMara climbed the stair.\n");
    imported(&desk, "book.md", &[]);
    std::fs::remove_file(desk.path("generated/book-01/manifest.json")).expect("removed");
    desk.run(&["keep", "1"]);
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["chunks"][0]["origin"], "imported", "{status}");
}

#[test]
fn a_look_beforehand_writes_nothing() {
    let desk = Desk::new();
    desk.put("book.md", "# One\n\nMara climbed the stair.\n");
    let before = files(&desk.folder());
    let report = imported(&desk, "book.md", &["--dry-run"]);
    assert_eq!(
        (&report["beats"], &report["dry_run"]),
        (&1.into(), &true.into())
    );
    assert_eq!(files(&desk.folder()), before);
}
