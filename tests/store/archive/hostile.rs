//! Archives that somebody made to do harm, or that were harmed: each is refused with its reason,
//! and nothing is left behind.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use storywright::archive::{ArchiveError, Limits, Refusal};
use zip::write::SimpleFileOptions;

use super::{Desk, export, files, written};

/// One entry, as its headers tell it; stored, not packed.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    bytes: Vec<u8>,
    mode: u32,
    flags: u16,
    method: u16,
    crc: Option<u32>,
    declared: Option<u32>,
}

fn entry(name: &str) -> Entry {
    Entry {
        name: name.as_bytes().to_vec(),
        bytes: b"text\n".to_vec(),
        mode: 0o100_644,
        flags: 0x800,
        method: 0,
        crc: None,
        declared: None,
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A ZIP of these entries, byte by byte, so that it can say anything.
fn raw_zip(entries: &[Entry]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = u32::try_from(zip.len()).unwrap();
        let size = u32::try_from(entry.bytes.len()).unwrap();
        let mut shared = Vec::new();
        for number in [20, entry.flags, entry.method, 0, 0x21] {
            shared.extend(number.to_le_bytes());
        }
        let declared = entry.declared.unwrap_or(size);
        for number in [
            entry.crc.unwrap_or_else(|| crc32(&entry.bytes)),
            size,
            declared,
        ] {
            shared.extend(number.to_le_bytes());
        }
        shared.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
        shared.extend(0_u16.to_le_bytes());
        zip.extend(b"PK\x03\x04");
        zip.extend(&shared);
        zip.extend(&entry.name);
        zip.extend(&entry.bytes);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&shared);
        directory.extend([0; 6]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
    }
    let (start, count) = (
        u32::try_from(zip.len()).unwrap(),
        u16::try_from(entries.len()).unwrap(),
    );
    zip.extend(&directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// The entries of a sound session, and these.
fn session_and(more: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    let mut entries = vec![
        entry("s-01/brief/story.md"),
        entry("s-01/chunks/chunk_01.md"),
    ];
    entries.extend(more);
    raw_zip(&entries)
}

#[test]
fn archives_made_by_hand_are_read() {
    let desk = Desk::with(&session_and([
        Entry {
            mode: 0o040_755,
            bytes: Vec::new(),
            ..entry("s-01/runs/")
        },
        entry("s-01/.DS_Store"),
        entry("s-01/program.exe"),
        entry("__MACOSX/s-01/._story.md"),
        entry("s-01/.lock"),
        entry("s-01/.intent.json"),
    ]));
    let imported = desk.import().unwrap();
    assert_eq!(imported.files, 1);
    assert!(
        imported.notices[0].contains("5 files"),
        "{:?}",
        imported.notices
    );
    let found: Vec<String> = files(&imported.folder.session_root(&imported.session))
        .into_keys()
        .collect();
    assert_eq!(found, ["chunks/", "chunks/chunk_01.md"]);
}

#[test]
fn hostile_archives_are_refused() {
    let named = |name: &str| vec![entry(name)];
    let link = Entry {
        mode: 0o120_777,
        bytes: b"/etc".to_vec(),
        ..entry("s-01/chunks/chunk_02.md")
    };
    let mode = |mode| Entry {
        mode,
        ..entry("s-01/chunks/chunk_02.md")
    };
    let cases: Vec<(&str, Vec<Entry>, Refusal)> = vec![
        ("parent", named("../evil.md"), Refusal::LeavesFolder),
        (
            "parent inside",
            named("s-01/../../evil.md"),
            Refusal::LeavesFolder,
        ),
        (
            "parent that stays",
            named("s-01/chunks/../x.md"),
            Refusal::LeavesFolder,
        ),
        (
            "absolute",
            named("/tmp/storywright-evil.md"),
            Refusal::LeavesFolder,
        ),
        ("drive", named("C:/evil.md"), Refusal::BadCharacter),
        (
            "drive inside",
            named("s-01/C:evil.md"),
            Refusal::BadCharacter,
        ),
        (
            "backslash",
            named("s-01\\..\\..\\evil.md"),
            Refusal::BadCharacter,
        ),
        (
            "nul byte",
            named("s-01/chunks/a.md\0.txt"),
            Refusal::BadCharacter,
        ),
        ("device", named("s-01/chunks/aux.md"), Refusal::BadName),
        (
            "hidden parent",
            named("__MACOSX/../evil"),
            Refusal::LeavesFolder,
        ),
        (
            "deep",
            named(&("s-01/".repeat(40) + "x.md")),
            Refusal::TooDeep,
        ),
        (
            "long",
            named(&format!("s-01/chunks/{}", "x".repeat(300))),
            Refusal::TooDeep,
        ),
        (
            "not unicode",
            vec![Entry {
                name: b"s-01/chunks/\xff.md".to_vec(),
                ..entry("")
            }],
            Refusal::NotUnicode,
        ),
        ("link", vec![link.clone()], Refusal::Link),
        (
            "through a link",
            vec![link, entry("s-01/chunks/chunk_02.md/x.md")],
            Refusal::Link,
        ),
        ("device file", vec![mode(0o020_666)], Refusal::Special),
        ("pipe", vec![mode(0o010_666)], Refusal::Special),
        ("socket", vec![mode(0o140_666)], Refusal::Special),
        (
            "folder that is a file",
            vec![mode(0o040_755)],
            Refusal::Special,
        ),
        (
            "duplicate",
            named("s-01/chunks/chunk_01.md"),
            Refusal::Duplicate,
        ),
        (
            "duplicate by case",
            named("s-01/Chunks/CHUNK_01.md"),
            Refusal::Duplicate,
        ),
        (
            "duplicate by composition",
            vec![
                entry("s-01/chunks/\u{e9}.md"),
                entry("s-01/chunks/e\u{301}.md"),
            ],
            Refusal::Duplicate,
        ),
        (
            "file in a file",
            named("s-01/chunks/chunk_01.md/x.md"),
            Refusal::Duplicate,
        ),
        (
            "two sessions",
            named("s-02/chunks/chunk_01.md"),
            Refusal::SeveralRoots,
        ),
        (
            "two briefs",
            named("s-01/brief/other.story.md"),
            Refusal::SeveralBriefs,
        ),
        (
            "encrypted",
            vec![Entry {
                flags: 0x801,
                ..entry("s-01/chunks/chunk_02.md")
            }],
            Refusal::Encrypted,
        ),
        (
            "method",
            vec![Entry {
                method: 12,
                ..entry("s-01/chunks/chunk_02.md")
            }],
            Refusal::Method,
        ),
    ];
    for (what, entries, expected) in cases {
        let desk = Desk::with(&session_and(entries));
        match desk.refused(&Limits::default()) {
            ArchiveError::Refused { reason, .. } => assert_eq!(reason, expected, "{what}"),
            error => panic!("{what}: {error}"),
        }
    }
    assert!(!Path::new("/tmp/storywright-evil.md").exists());
}

#[test]
fn what_is_no_session_is_refused() {
    for (what, entries) in [
        ("empty", vec![]),
        ("other files", vec![entry("s-01/readme.md")]),
        ("no folder", vec![entry("manifest.json")]),
        ("a brief only", vec![entry("s-01/brief/story.md")]),
    ] {
        let error = Desk::with(&raw_zip(&entries)).refused(&Limits::default());
        let is_expected = matches!(
            error,
            ArchiveError::Refused {
                reason: Refusal::NoSession,
                ..
            }
        );
        assert!(is_expected, "{what}: {error}");
    }
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("text", b"# Not a ZIP\n"),
        ("a bare start", b"PK\x03\x04"),
    ] {
        let error = Desk::with(bytes).refused(&Limits::default());
        assert!(
            matches!(error, ArchiveError::Unreadable { .. }),
            "{what}: {error}"
        );
    }
    let desk = Desk::with(b"");
    fs::remove_file(&desk.archive).unwrap();
    let error = desk.refused(&Limits::default());
    assert!(matches!(error, ArchiveError::Store(_)), "{error}");
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = |entries: usize| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        for number in 0..entries {
            zip.start_file(format!("s-01/chunks/chunk_{number:02}.md"), options)
                .unwrap();
            zip.write_all(&vec![0; 8 << 20]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let limits = Limits::default();
    let reason = |error| match error {
        ArchiveError::Refused { reason, .. } => reason,
        error => panic!("{error}"),
    };
    let bomb = zeros(2);
    assert_eq!(
        reason(Desk::with(&bomb).refused(&limits)),
        Refusal::Bomb { ratio: 200 }
    );

    // The headers lie about the size: what counts is what comes.
    let mut liar = zeros(1);
    let size = u32::try_from(8 << 20).unwrap().to_le_bytes();
    for at in (0..liar.len() - 4).rev() {
        if liar[at..at + 4] == size {
            liar[at..at + 4].copy_from_slice(&5_u32.to_le_bytes());
        }
    }
    let error = Desk::with(&liar).refused(&limits);
    assert!(
        matches!(
            error,
            ArchiveError::Refused { .. } | ArchiveError::Unreadable { .. }
        ),
        "{error}"
    );

    let few = Limits {
        entries: 1,
        ..limits
    };
    let plain = session_and([]);
    assert_eq!(
        reason(Desk::with(&plain).refused(&few)),
        Refusal::TooMany { limit: 1 }
    );
    let small = Limits { bytes: 8, ..limits };
    assert!(matches!(
        reason(Desk::with(&plain).refused(&small)),
        Refusal::TooLarge { .. }
    ));
}

#[test]
fn overlapping_entries_are_refused() {
    // The directory names the first entry's bytes twice.
    let mut archive = session_and([entry("s-01/chunks/chunk_02.md")]);
    let at = archive
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    let second = archive
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    let second = second + 46 + "s-01/brief/story.md".len();
    let offset = archive[second + 42..second + 46].to_vec();
    archive[at + 42..at + 46].copy_from_slice(&offset);
    let error = Desk::with(&archive).refused(&Limits::default());
    assert!(
        matches!(
            error,
            ArchiveError::Refused {
                reason: Refusal::Overlap,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn damage_is_noticed() {
    for (what, bad) in [
        (
            "wrong sum",
            Entry {
                crc: Some(7),
                ..entry("s-01/chunks/chunk_02.md")
            },
        ),
        (
            "wrong size",
            Entry {
                declared: Some(900),
                ..entry("s-01/chunks/chunk_02.md")
            },
        ),
    ] {
        let error = Desk::with(&session_and([bad])).refused(&Limits::default());
        assert!(
            matches!(error, ArchiveError::Unreadable { .. }),
            "{what}: {error}"
        );
    }
    let whole = export(&written());
    for step in 0..60 {
        let cut = whole.len() * step / 60;
        Desk::with(&whole[..cut]).refused(&Limits::default());
    }
    // A flipped byte is noticed, or stands where nothing of the session does.
    let desk = Desk::with(&whole);
    desk.import().unwrap();
    let sound = files(&desk.target);
    for step in 0..150 {
        let at = whole.len() * step / 150;
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        let desk = Desk::with(&flipped);
        let outcome = desk.import();
        let found = files(&desk.target);
        match outcome {
            Ok(_) => assert!(found == sound, "byte {at}: {:?}", found.keys()),
            Err(error) => assert!(found.is_empty(), "byte {at}: {error}"),
        }
    }
}
