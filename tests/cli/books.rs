//! Books that leave: each format of a draft, judged by what readers of the format see.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::process::Command;

use crate::desk::{Desk, Ended, fixture};
use crate::novel::BRIEF;
#[cfg(unix)]
use crate::support::tools;

const FORMATS: [(&str, &str); 7] = [
    ("zip", ".zip"),
    ("epub", ".epub"),
    ("docx", ".docx"),
    ("docx-plain", "-plain.docx"),
    ("html", ".html"),
    ("md", ".md"),
    ("txt", ".txt"),
];

/// What an author puts into a chunk besides plain prose.
const MARKED: &str = "She *ran*, and **hid**.[^1] “Who — is <it>?” & so on.\n\n> A letter: \"Come,\" it said.\n\n* * *\n\n\
    1. First\n2. Second\n\n<!-- MY-NOTE -->\n\nThe end [of it](https://example.org/?a=1&b=2).\n\n[^1]: Behind the *door*.\n\n";

fn demo(desk: &Desk, arguments: &[&str]) -> Ended {
    let demo = [
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
        "--state",
        "off",
    ];
    desk.run(&[arguments, &demo[..]].concat())
}

/// A whole story with a cover, whose first chunk the author has changed.
fn written(brief: &str) -> Desk {
    let desk = Desk::with(brief);
    demo(&desk, &["write"]).exits(0);
    desk.edit_chunk(1, |prose| format!("{MARKED}{prose}"));
    std::fs::write(desk.path("cover.png"), PICTURE).expect("written");
    desk
}

/// A PNG of one pixel.
const PICTURE: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, 0x49, 0x44, 0x41, 0x54,
    0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, 0x49, 0x45, 0x4e,
    0x44, 0xae, 0x42, 0x60, 0x82,
];

fn export(desk: &Desk, format: &str) -> Vec<u8> {
    let report = desk
        .run(&["export", "--format", format, "--json"])
        .exits(0)
        .json();
    assert_eq!(report["format"], format);
    std::fs::read(report["file"].as_str().expect("a path")).expect("the file")
}

/// The files of an archive, in their order.
fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).expect("an entry");
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("read");
            (String::from_utf8_lossy(file.name_raw()).into_owned(), bytes)
        })
        .collect()
}

fn member(archive: &[u8], name: &str) -> String {
    let members: BTreeMap<String, Vec<u8>> = members(archive).into_iter().collect();
    String::from_utf8(members[name].clone()).expect("text")
}

/// The text of what stands between the tags of an element, a paragraph a line.
fn text_between(xml: &str, paragraph: &str, run: &str) -> String {
    let mut text = String::new();
    for part in xml.split(paragraph) {
        let mut rest = part;
        while let Some(at) = rest.find(run) {
            let after = &rest[at + run.len()..];
            let start = after.find('>').expect("a tag") + 1;
            let end = after.find("</").expect("an end");
            text.push_str(&after[start..end.max(start)]);
            rest = &after[end..];
        }
        text.push('\n');
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn every_format_is_written_and_the_same_again() {
    let desk = written(BRIEF);
    for (format, suffix) in FORMATS {
        let one = export(&desk, format);
        let other = export(&desk, format);
        assert_eq!(one, other, "{format}");
        let session = desk.session();
        let id = session.rsplit('/').next().expect("an id");
        assert!(
            desk.exists(&format!("{session}/exports/{id}{suffix}")),
            "{format}"
        );
        assert!(
            !String::from_utf8_lossy(&one).contains("MY-NOTE") || format == "zip",
            "{format}"
        );
    }
    let left: Vec<String> = desk
        .files(&format!("{}/exports", desk.session()))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(left.len(), FORMATS.len(), "{left:?}");
    // To a file of the author's choice; what is not an export stays.
    let file = desk.outside("mine.epub");
    std::fs::write(&file, "my own").expect("written");
    desk.run(&[
        "export",
        "--format",
        "epub",
        "--output",
        &file.to_string_lossy(),
    ])
    .exits(0);
    assert_eq!(
        std::fs::read(desk.outside("mine.kept-01.epub")).expect("kept"),
        b"my own"
    );
    let ended = desk.run(&["export", "--format", "pdf"]).exits(2);
    assert!(ended.stderr.contains("epub"), "{}", ended.stderr);
}

#[test]
fn a_manuscript_has_the_text_of_the_chunks_word_for_word() {
    let desk = Desk::with(BRIEF);
    demo(&desk, &["write"]).exits(0);
    let prose: String = (1..=4)
        .map(|number| desk.chunk(number).prose + "\n")
        .collect();
    for format in ["docx", "docx-plain"] {
        let document = member(&export(&desk, format), "word/document.xml");
        let text = text_between(&document, "</w:p>", "<w:t");
        // Title page, headings and breaks stand before or between the scenes.
        let is_prose = |line: &&str| prose.lines().any(|it| it == *line);
        let scenes: Vec<&str> = text.lines().filter(is_prose).collect();
        assert_eq!(words(&scenes.join("\n")), words(&prose), "{format}");
    }
    let txt = String::from_utf8(export(&desk, "txt")).expect("text");
    for paragraph in prose.lines().filter(|line| !line.is_empty()) {
        assert!(txt.contains(&format!("\n{paragraph}\n")), "{paragraph}");
    }
}

#[test]
fn a_story_that_is_not_finished_leaves_as_far_as_it_is() {
    let desk = Desk::with(BRIEF);
    demo(&desk, &["write", "--chunk", "2"]).exits(0);
    let report = desk
        .run(&["export", "--format", "md", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        report["notices"][0],
        "1 of 4 chunks is complete, and only that is in it"
    );
    std::fs::write(desk.path("cover.jpg"), "no picture").expect("written");
    let report = desk
        .run(&["export", "--format", "epub", "--json"])
        .exits(0)
        .json();
    assert!(
        report["notices"][0]
            .as_str()
            .expect("text")
            .contains("cover.jpg is neither"),
        "{report}"
    );
    let nothing = Desk::with(BRIEF);
    nothing.run(&["export", "--format", "epub"]).exits(1);
    assert!(!nothing.exists("generated"));
}

/// The W3C's own judge: no error and no warning, in scripts of either direction, and vertical.
#[test]
#[cfg(unix)] // the judge is one of the tools that are installed for the tests
fn epubcheck_has_nothing_to_say() {
    let (java, jar) = tools::epubcheck();
    let japanese = fixture("ja");
    let vertical = japanese.replacen(
        "language: ja\n",
        "language: ja\nwriting_mode: vertical\n",
        1,
    );
    assert_ne!(vertical, japanese);
    let dressed = BRIEF.replacen(
        "language: en\n",
        "language: en\nauthor: [Ana Dias, Bo]\nrights: © 2026\nsubtitle: A \"tale\"\npublisher: P & Q\ntypography: true\n",
        1,
    );
    let dressed = dressed
        + "\n# Dedication\n\nFor *M*.\n\n# Foreword\n\nWhy.[^f]\n\n[^f]: So.\n\n# About the Author\n\nA.\n";
    let briefs = [
        dressed,
        fixture("lamp-keeper"),
        fixture("es"),
        fixture("ar"),
        japanese,
        vertical,
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<_> = briefs
        .iter()
        .enumerate()
        .map(|(number, brief)| {
            let file = folder.path().join(format!("{number}.epub"));
            std::fs::write(&file, export(&written(brief), "epub")).expect("written");
            file
        })
        .collect();
    for file in files {
        let output = Command::new(&java)
            .arg("-jar")
            .arg(&jar)
            .arg(&file)
            .output()
            .expect("it runs");
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("0 fatals / 0 errors / 0 warnings"),
            "{}: {said}",
            file.display()
        );
    }
}
