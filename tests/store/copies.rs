//! Second texts of a chunk, by sync tools, file managers and by hand, and files under other names
//! than the store's: what is the chunk, what is left alone, and what is told.

use std::fs;

use crate::fixture::{A, EndChunk, Story, n, result, told, written};
use storywright::session::{Call, Disk, Origin, OrphanKind};

const OUTLINE: [&str; 3] = ["a", "b", "c"];

const COPY_NAMES: [&str; 12] = [
    "chunk_01 (conflicted copy 2026-01-01).md",
    "chunk_01.sync-conflict-20260101-101010-ABCDEFG.md",
    "chunk_01 2.md",
    "chunk_01 (1).md",
    "chunk_01 - Copy.md",
    "chunk_01 (In Konflikt stehende Kopie von Mara 2026-01-01).md",
    "chunk_01_LOCAL_4711.md",
    "Chunk_01 copy.MD",
    "chunk_01.md.conflict1",
    "chunk_01.md..path2",
    "chunk_01.conflict2.md",
    "chunk_01-DESKTOP-A1B2C3.md",
];

/// What such a tool may leave beside, or instead of, the chunk.
type Act = fn(&Story, &str);

/// The front matter of a chunk is gone, and with the manifest what was known of its text.
#[test]
fn a_chunk_file_that_nothing_tells_the_beat_of_is_told() {
    let story = written();
    story.write("chunks/chunk_02.md", "Nobody knows of which beat.\n");
    let b = story
        .read("chunks/chunk_03.md")
        .replace("beat: c", "beat: b");
    story.write("chunks/chunk_03.md", &b);
    story.remove("manifest.json");
    for _ in 0..2 {
        let notices = story.view(&["a", "b"]).notices;
        let codes: Vec<&str> = notices.iter().map(|notice| notice.code).collect();
        assert_eq!(codes, ["chunk-without-beat"]);
        assert!(notices[0].message.contains("chunk_02.md"));
        drop(story.open(&["a", "b"]));
        assert_eq!(
            story.read("chunks/chunk_02.md"),
            "Nobody knows of which beat.\n"
        );
    }
}

#[test]
fn a_conflict_copy_is_told_and_left_alone() {
    let other = || A.replace("Text of a", "Another text");
    let missing: &[&str] = &["a -", "b b.", "c c."];
    let there: &[&str] = &["a a.", "b b.", "c c."];
    // what happened, and what the chunks are then
    let rows: &[(&str, Act, &[&str])] = &[
        (
            "another text beside it",
            |s, file| s.write(file, &A.replace("Text of a", "Another text")),
            there,
        ),
        ("the same text beside it", |s, file| s.write(file, A), there),
        (
            "no front matter",
            |s, file| s.write(file, "Another text."),
            there,
        ),
        ("empty", |s, file| s.write(file, ""), there),
        (
            "the chunk is gone",
            |s, file| {
                s.write(file, &A.replace("Text of a", "Another text"));
                s.remove("chunks/chunk_01.md");
            },
            missing,
        ),
        (
            "the chunk was emptied",
            |s, file| {
                s.write(file, &A.replace("Text of a", "Another text"));
                s.write("chunks/chunk_01.md", "");
            },
            missing,
        ),
        (
            "the manifest is gone too",
            |s, file| {
                s.write(file, &A.replace("Text of a", "Another text"));
                s.remove("manifest.json");
            },
            there,
        ),
    ];
    for name in COPY_NAMES {
        let file = format!("chunks/{name}");
        for (what, act, expected) in rows {
            let story = written();
            act(&story, &file);
            let copied = story.read(&file);
            let what = format!("{name}: {what}");
            assert_eq!(told(&story, &OUTLINE), *expected, "{what}");
            let view = story.view(&OUTLINE);
            let told_of =
                |code: &str, message: &str| code == "chunk-copy" && message.contains(name);
            assert!(
                view.notices.iter().any(|n| told_of(n.code, &n.message)),
                "{what}: {:?}",
                view.notices
            );
            let opened = story.open(&OUTLINE);
            assert!(
                opened.notices.iter().any(|n| told_of(n.code, &n.message)),
                "{what}, at a start"
            );
            let session = opened.session;
            if session.chunk(n(1)).unwrap().text.is_empty() {
                session
                    .complete_chunk(n(1), "Text of a.", result())
                    .unwrap();
            }
            drop(session);
            assert_eq!(told(&story, &OUTLINE), there, "{what}, after writing");
            assert_eq!(story.read(&file), copied, "{what}: as it was");
        }
        // Nor does it move or go with its beat.
        for outline in [&["b", "c"][..], &["n", "a", "b", "c"]] {
            let story = written();
            story.write(&file, &other());
            drop(story.open(outline));
            assert_eq!(story.read(&file), other(), "{name} {outline:?}");
        }
    }
}

#[test]
fn a_journal_of_a_conflict_copy_is_left_alone() {
    let story = written();
    let journal = "chunks/chunk_01 (conflicted copy 2026-01-01).journal";
    story.write(journal, &A.replace("Text of a", "Another text"));
    drop(story.open(&OUTLINE));
    assert!(story.exists(journal));
    assert_eq!(told(&story, &OUTLINE), ["a a.", "b b.", "c c."]);
}

#[test]
fn of_two_texts_of_one_beat_the_known_one_is_the_chunk() {
    let other = || A.replace("Text of a", "Other");
    type Do = fn(&Story);
    let rows: &[(&str, Do, &[&str], &str)] = &[
        (
            "a second file by another name",
            |s| s.write("chunks/draft.md", &A.replace("Text of a", "Other")),
            &["a a.", "b b.", "c c."],
            "draft.md",
        ),
        (
            "under the next number",
            |s| s.write("chunks/chunk_04.md", &A.replace("Text of a", "Other")),
            &["a a.", "b b.", "c c."],
            "chunk_04.md",
        ),
        (
            "copied over another chunk",
            |s| s.write("chunks/chunk_02.md", A),
            &["a a.", "b -", "c c."],
            "chunk_02.md",
        ),
        (
            "the chunk edited, its old text kept under another name",
            |s| {
                fs::rename(s.path("chunks/chunk_01.md"), s.path("chunks/old.md")).unwrap();
                s.write("chunks/chunk_01.md", &A.replace("Text of a", "Mine"));
            },
            &["a Mine.*", "b b.", "c c."],
            "old.md",
        ),
        (
            "an unpadded number",
            |s| s.write("chunks/chunk_1.md", &A.replace("Text of a", "Other")),
            &["a a.", "b b.", "c c."],
            "chunk_1.md",
        ),
        (
            "the chunk emptied, its text under another name",
            |s| {
                s.write("chunks/draft.md", &A.replace("Text of a", "Other"));
                s.write("chunks/chunk_01.md", &A.replace("Text of a.", ""));
            },
            &["a Other.*", "b b.", "c c."],
            "chunk_01.md",
        ),
    ];
    for (what, act, expected, copy) in rows {
        let story = written();
        act(&story);
        assert_eq!(told(&story, &OUTLINE), *expected, "{what}");
        let notices = story.open(&OUTLINE).notices;
        let is_told = notices
            .iter()
            .any(|notice| notice.code == "chunk-copy" && notice.message.contains(copy));
        assert!(is_told, "{what}: {notices:?}");
        assert_eq!(told(&story, &OUTLINE), *expected, "{what}, after a start");
        let mut texts = vec!["Text of a.", "Text of b.", "Text of c."];
        if story.has_anywhere("Other.") {
            texts.push("Other.");
        }
        let session = story.open(&OUTLINE).session;
        for number in [1, 2, 3] {
            if session.chunk(n(number)).unwrap().text.is_empty() {
                session
                    .complete_chunk(n(number), "New text.", result())
                    .unwrap();
            }
        }
        for text in texts {
            assert!(story.has_anywhere(text), "{what}: {text}");
        }
    }
    let story = written();
    story.write("chunks/draft.md", &other());
    assert_eq!(story.view(&OUTLINE).orphans[0].kind, OrphanKind::Copy);
}

/// A file system may take `Chunk_01.md` and `chunk_01.md` for the same file: giving it the other
/// name and removing the one would remove both.
#[test]
fn a_name_that_differs_in_capital_letters_alone_stays() {
    for name in ["Chunk_01.md", "CHUNK_01.MD", "chunk_01.Md"] {
        let story = written();
        fs::rename(
            story.path("chunks/chunk_01.md"),
            story.path(&format!("chunks/{name}")),
        )
        .unwrap();
        // inserted before and after it, removed, moved
        for outline in [
            &["a", "b", "c"][..],
            &["a", "n", "b", "c"],
            &["a", "b", "c"],
            &["n", "a", "b", "c"],
            &["b", "a", "c"],
            &["a", "b", "c"],
        ] {
            drop(story.open(outline));
            drop(story.open(outline));
            let mut told = told(&story, outline);
            told.retain(|chunk| !chunk.starts_with('n'));
            told.sort();
            assert_eq!(told, ["a a.", "b b.", "c c."], "{name} {outline:?}");
            let names = story.names("chunks");
            let folded: std::collections::BTreeSet<String> =
                names.iter().map(|name| name.to_lowercase()).collect();
            assert_eq!(folded.len(), names.len(), "{name}: {names:?}");
        }
    }
}

/// No step of any change removes a file under one spelling after it was written under another.
#[test]
fn no_change_writes_one_spelling_and_removes_another() {
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex};
    use storywright::session::{Faults, Verdict};
    #[derive(Default)]
    struct Recorder(Mutex<Vec<(Call, PathBuf)>>);
    impl Faults for Recorder {
        fn before(&self, call: Call, path: &Path) -> Verdict {
            self.0.lock().unwrap().push((call, path.to_owned()));
            Verdict::Go
        }
    }
    let outlines = [
        &["a", "b", "c"][..],
        &["n", "a", "b", "c"],
        &["c", "b", "a"],
        &["b"],
        &["a", "b", "c"],
    ];
    for (from, to) in [
        ("chunk_01.md", "Chunk_01.md"),
        ("chunk_02.md", "CHUNK_02.md"),
    ] {
        let story = written();
        fs::rename(
            story.path(&format!("chunks/{from}")),
            story.path(&format!("chunks/{to}")),
        )
        .unwrap();
        for outline in outlines {
            let recorder = Arc::new(Recorder::default());
            drop(
                story
                    .try_open(outline, Disk::with_faults(recorder.clone()))
                    .unwrap(),
            );
            let calls = recorder.0.lock().unwrap();
            let mut written = Vec::new();
            for (call, path) in calls.iter() {
                let path = path.to_string_lossy().to_lowercase();
                if !path.contains("/chunks/") {
                    continue;
                }
                match call {
                    Call::Rename => written.push(path),
                    Call::Remove => assert!(!written.contains(&path), "{to} {outline:?}: {path}"),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn line_ends_and_marks_are_no_edit_and_writing_goes_on() {
    type Encode = fn(&str) -> Vec<u8>;
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let rows: &[(&str, Encode)] = &[
        ("CRLF", |text| text.replace('\n', "\r\n").into_bytes()),
        ("CR", |text| text.replace('\n', "\r").into_bytes()),
        ("BOM", |text| format!("\u{feff}{text}").into_bytes()),
        ("BOM and CRLF", |text| {
            format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes()
        }),
        ("UTF-16", utf16),
        ("blank lines at the end", |text| {
            format!("{text}\n\n  \n").into_bytes()
        }),
        ("no line end at the end", |text| {
            text.trim_end().as_bytes().to_vec()
        }),
    ];
    for (what, encode) in rows {
        let story = written();
        let bytes = encode(A);
        fs::write(story.path("chunks/chunk_01.md"), &bytes).unwrap();
        drop(story.open(&OUTLINE));
        let view = story.view(&OUTLINE);
        assert_eq!(view.chunks[0].origin, Some(Origin::Generated), "{what}");
        assert_eq!(
            fs::read(story.path("chunks/chunk_01.md")).unwrap(),
            bytes,
            "{what}: a file that stays is not rewritten"
        );
        assert_eq!(view.notices, [], "{what}");
        assert!(!story.exists("history/chunk_01"), "{what}");
        // A rewrite finds its own text, and a renumbering takes it along.
        drop(story.open(&["n", "a", "b", "c"]));
        let session = story.open(&["n", "a", "b", "c"]).session;
        assert_eq!(session.chunk(n(2)).unwrap().text, "Text of a.", "{what}");
        session.complete_chunk(n(2), "New a.", result()).unwrap();
        assert_eq!(session.versions(n(2)).unwrap().len(), 1, "{what}");
    }
}

#[test]
fn a_chunk_with_nothing_but_copies_is_in_conflict() {
    let story = written();
    let copies = ["chunk_02.md.conflict1", "chunk_02.md.conflict2"];
    let text = story.read("chunks/chunk_02.md");
    story.remove("chunks/chunk_02.md");
    for (copy, ending) in copies.iter().zip([" One.", " Two."]) {
        story.write(&format!("chunks/{copy}"), &format!("{text}{ending}"));
    }
    let view = story.view(&OUTLINE);
    let names = |at: usize| -> Vec<String> {
        let copies = view.chunks[at].in_conflict.iter();
        copies
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names(1), copies);
    assert!(names(0).is_empty() && names(2).is_empty());
    let told = view.notices.iter().find(|n| n.code == "chunk-conflict");
    let message = &told.expect("a notice").message;
    assert!(
        copies.iter().all(|copy| message.contains(copy)),
        "{message}"
    );
    // The author chooses one.
    let chosen = story.path(&format!("chunks/{}", copies[1]));
    fs::rename(chosen, story.path("chunks/chunk_02.md")).unwrap();
    let view = story.view(&OUTLINE);
    assert!(view.chunks[1].in_conflict.is_empty() && view.chunks[1].text.contains("Two."));
}

#[test]
fn copies_of_brief_manifest_and_versions_are_told() {
    let brief = |name: &str| format!("../../{name}");
    for (copy, original) in [
        (brief("story.md.conflict1"), "story.md"),
        (brief("story (conflicted copy 2026-01-01).md"), "story.md"),
        (brief("story-LAPTOP.md"), "story.md"),
        ("manifest.json.conflict2".to_owned(), "manifest.json"),
        ("manifest (1).json".to_owned(), "manifest.json"),
        ("history/chunk_01/0001 2.md".to_owned(), "0001.md"),
        (
            "history/chunk_01/0001-3fa2c1d2.sync-conflict-20260101-101010-A.md".to_owned(),
            "0001-3fa2c1d2.md",
        ),
    ] {
        let story = written();
        story.write(&copy, "Another text.");
        let name = copy.rsplit('/').next().unwrap();
        let notices = story.view(&OUTLINE).notices;
        let told = notices.iter().find(|notice| notice.code == "conflict-copy");
        let message = &told
            .unwrap_or_else(|| panic!("{copy}: {notices:?}"))
            .message;
        assert!(
            message.contains(name) && message.contains(original),
            "{message}"
        );
        assert_eq!(story.read(&copy), "Another text.");
    }
    let notices = written().view(&OUTLINE).notices;
    assert!(notices.is_empty(), "{notices:?}");
}
