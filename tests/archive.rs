//! Sessions as archives: what goes out comes back whole, and nothing else comes in.

mod store;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{Story, english, n, plan, result};
use storywright::session::{
    ArchiveError, Call, Disk, Faults, Limits, NoEditor, Refusal, SessionId, StoreError, Verdict,
    export_markdown, export_zip, import_zip,
};
use zip::write::SimpleFileOptions;

const OUTLINE: [&str; 3] = ["arrival", "storm", "lamp"];

/// Two complete chunks, one of them rewritten, one partial, and a run.
fn written() -> Story {
    let story = Story::in_memory();
    let session = story.open(&OUTLINE).session;
    session
        .complete_chunk(n(1), "She came at dusk.", result())
        .unwrap();
    session
        .complete_chunk(n(2), "The wind rose. 灯台。", result())
        .unwrap();
    session.retire_chunk(n(2), "rewritten").unwrap();
    session
        .complete_chunk(n(2), "The wind fell.", result())
        .unwrap();
    session.save_partial(n(3), "The lamp was").unwrap();
    session.start_run("draft", "write it").unwrap();
    story
}

/// Every file below a folder, and its bytes.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if path.is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                walk(root, &path, found);
            } else {
                found.insert(name.to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    if root.is_dir() {
        walk(root, root, &mut found);
    }
    found
}

fn export(story: &Story) -> Vec<u8> {
    let exported = export_zip(&story.folder, &story.id, None, &Disk::real()).unwrap();
    fs::read(exported.path).unwrap()
}

/// An archive in a folder of its own, and an empty folder beside it to import into.
struct Desk {
    _folder: tempfile::TempDir,
    archive: PathBuf,
    target: PathBuf,
}

impl Desk {
    fn with(archive: &[u8]) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk {
            archive: folder.path().join("session.zip"),
            target: folder.path().join("novel"),
            _folder: folder,
        };
        fs::write(&desk.archive, archive).unwrap();
        fs::create_dir(&desk.target).unwrap();
        desk
    }

    fn import(&self) -> Result<storywright::session::Imported, ArchiveError> {
        self.import_within(&Limits::default())
    }

    fn import_within(
        &self,
        limits: &Limits,
    ) -> Result<storywright::session::Imported, ArchiveError> {
        import_zip(&self.archive, &self.target, limits, &Disk::real())
    }

    /// Imports, which has to fail and leave nothing behind.
    fn refused(&self, limits: &Limits) -> ArchiveError {
        let root = self.target.parent().unwrap();
        let before = files(root);
        let error = self.import_within(limits).unwrap_err();
        assert!(files(root) == before, "something was left behind: {error}");
        error
    }
}

#[test]
fn what_goes_out_comes_back() {
    let story = written();
    let desk = Desk::with(&export(&story));
    let imported = desk.import().unwrap();
    assert_eq!(imported.session, story.id);
    assert!(imported.brief_written && imported.notices.is_empty());
    let root = imported.folder.session_root(&imported.session);
    let mut expected = files(story.folder.session_root(&story.id).as_path());
    expected.remove(".lock");
    expected.remove(&format!("{}.zip", story.id));
    // Folders without files are not in an archive; the next job makes them again.
    let is_file = |name: &String| !name.ends_with('/');
    expected.retain(|name, _| is_file(name));
    let mut found = files(&root);
    found.retain(|name, _| is_file(name));
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    assert!(found == expected, "a file came back with other bytes");
    assert_eq!(
        fs::read(imported.folder.brief()).unwrap(),
        fs::read(story.folder.brief()).unwrap()
    );
    let view = storywright::session::read_session(
        &imported.folder,
        &imported.session,
        &plan(&OUTLINE),
        &english(),
        &NoEditor,
        &Disk::real(),
    )
    .unwrap();
    let states = |view: &storywright::session::SessionView| -> Vec<_> {
        let chunks = view.chunks.iter();
        chunks
            .map(|chunk| (chunk.status, chunk.text.clone(), chunk.edited))
            .collect()
    };
    assert_eq!(states(&view), states(&story.view(&OUTLINE)));
}

#[test]
fn the_same_session_gives_the_same_bytes() {
    let story = written();
    let first = export(&story);
    // Neither times nor the earlier export count, nor what is only this machine's.
    for name in [".intent.json", "chunks/.chunk_01.md.1-1.tmp", ".DS_Store"] {
        story.write(name, "{}");
    }
    let chunk = fs::File::options()
        .write(true)
        .open(story.path("chunks/chunk_01.md"))
        .unwrap();
    chunk
        .set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    assert!(export(&story) == first);
    let names = names_of(&first);
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
    assert!(names.contains(&format!("{}/brief/story.md", story.id)));
    assert!(
        names
            .iter()
            .all(|name| !name.contains("/.") && !name.ends_with(".zip"))
    );
}

fn names_of(archive: &[u8]) -> Vec<String> {
    let zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    zip.file_names()
        .map(|name| name.unwrap().into_owned())
        .collect()
}

#[test]
fn other_programs_accept_the_archive() {
    let story = written();
    export(&story);
    let archive = story.path(&format!("{}.zip", story.id));
    let check = "import sys, zipfile\n\
                 z = zipfile.ZipFile(sys.argv[1])\n\
                 assert z.testzip() is None\n\
                 assert {i.date_time for i in z.infolist()} == {(1980, 1, 1, 0, 0, 0)}\n\
                 assert {i.external_attr >> 16 for i in z.infolist()} == {0o100644}\n\
                 print(len(z.infolist()))";
    let output = Command::new("python3")
        .arg("-c")
        .arg(check)
        .arg(&archive)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Where it is installed.
    if let Ok(output) = Command::new("unzip").arg("-t").arg(&archive).output() {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn an_import_never_replaces() {
    let story = written();
    let archive = export(&story);
    let desk = Desk::with(&archive);
    let first = desk.import().unwrap();
    let before = files(&first.folder.session_root(&first.session));
    let second = desk.import().unwrap();
    assert_eq!(second.session.as_str(), "the-lamp-keeper-02");
    assert!(!second.brief_written);
    assert!(files(&first.folder.session_root(&first.session)) == before);
    let manifest = second
        .folder
        .session_root(&second.session)
        .join("manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    assert_eq!(manifest["id"], "the-lamp-keeper-02");
    assert_eq!(manifest["chunks"][0]["words"], 4);
    let disk = Disk::real();
    assert_eq!(first.folder.sessions(&disk).unwrap().len(), 2);
    assert_eq!(
        first.folder.current_session(&disk).unwrap(),
        Some(first.session.clone())
    );

    // The author went on with the brief: it stays.
    let mine = "---\ntitle: The Lamp Keeper\n---\n# Outline\n## Mine\n";
    fs::write(first.folder.brief(), mine).unwrap();
    let third = desk.import().unwrap();
    assert_eq!(fs::read_to_string(third.folder.brief()).unwrap(), mine);
    assert!(
        third
            .notices
            .iter()
            .any(|notice| notice.contains("differs")),
        "{:?}",
        third.notices
    );

    // Another story is no place for it.
    fs::write(first.folder.brief(), "---\ntitle: The Other\n---\n").unwrap();
    let error = desk.refused(&Limits::default());
    assert!(matches!(error, ArchiveError::OtherStory { .. }), "{error}");
}

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

/// Fails one call.
struct FailOne {
    at: usize,
    count: AtomicUsize,
}

impl Faults for FailOne {
    fn before(&self, call: Call, _: &Path) -> Verdict {
        if call.writes() && self.count.fetch_add(1, Ordering::Relaxed) == self.at {
            return Verdict::Fail(std::io::Error::from_raw_os_error(28));
        }
        Verdict::Go
    }
}

fn failing(at: usize) -> (Arc<FailOne>, Disk) {
    let faults = Arc::new(FailOne {
        at,
        count: AtomicUsize::new(0),
    });
    (Arc::clone(&faults), Disk::with_faults(faults))
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let story = written();
    let archive = export(&story);
    let before = files(story.folder.root());
    let mut points = 0;
    for at in 0.. {
        let (faults, disk) = failing(at);
        let outcome = export_zip(&story.folder, &story.id, None, &disk);
        if faults.count.load(Ordering::Relaxed) <= at {
            outcome.unwrap();
            break;
        }
        // Only the very last step, after the rename, may fail with the new export in place.
        outcome.unwrap_err();
        assert!(files(story.folder.root()) == before, "export, call {at}");
        points += 1;
    }
    for at in 0.. {
        let desk = Desk::with(&archive);
        let (faults, disk) = failing(at);
        let outcome = import_zip(&desk.archive, &desk.target, &Limits::default(), &disk);
        if faults.count.load(Ordering::Relaxed) <= at {
            outcome.unwrap();
            break;
        }
        match outcome {
            // An index or a note of the current draft is no reason to fail.
            Ok(imported) => assert!(imported.folder.session_root(&imported.session).is_dir()),
            Err(error) => {
                let left = files(&desk.target);
                assert!(
                    left.is_empty(),
                    "import, call {at}: {error}: {:?}",
                    left.keys()
                );
            }
        }
        points += 1;
    }
    println!("{points} calls failed, one at a time");
}

#[test]
fn an_export_replaces_only_exports() {
    let story = written();
    let disk = Disk::real();
    let zip_to = |target: &Path| export_zip(&story.folder, &story.id, Some(target), &disk);
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(
        zip_to(elsewhere.path()).unwrap().path.file_name().unwrap(),
        "the-lamp-keeper-01.zip"
    );
    let named = elsewhere.path().join("mine.zip");
    zip_to(&named).unwrap();
    zip_to(&named).unwrap();
    for target in [
        story.folder.brief().to_owned(),
        story.path("chunks/chunk_01.md"),
    ] {
        let before = fs::read(&target).unwrap();
        let error = zip_to(&target).unwrap_err();
        assert!(matches!(error, ArchiveError::Occupied { .. }), "{error}");
        assert_eq!(fs::read(&target).unwrap(), before);
    }
    let error = zip_to(&elsewhere.path().join("missing/x.zip")).unwrap_err();
    assert!(
        matches!(error, ArchiveError::Store(StoreError::NoFolder { .. })),
        "{error}"
    );
    let nobody = SessionId::parse("nobody-01").unwrap();
    let error = export_zip(&story.folder, &nobody, None, &disk).unwrap_err();
    assert!(
        matches!(error, ArchiveError::Store(StoreError::NoSession { .. })),
        "{error}"
    );
}

#[test]
fn the_story_as_one_file() {
    let story = written();
    let disk = Disk::real();
    let md_to = |target: Option<&Path>| {
        export_markdown(
            &story.folder,
            &story.id,
            "The Lamp Keeper",
            &plan(&OUTLINE),
            &english(),
            target,
            &NoEditor,
            &disk,
        )
    };
    let exported = md_to(None).unwrap();
    let expected = "# The Lamp Keeper\n\nShe came at dusk.\n\nThe wind fell.\n";
    assert_eq!(fs::read_to_string(&exported.path).unwrap(), expected);
    assert_eq!(
        exported.path,
        story.path("the-lamp-keeper-01.md").canonicalize().unwrap()
    );
    assert!(
        exported.notices[0].contains("2 of 3"),
        "{:?}",
        exported.notices
    );
    // An earlier export is replaced; what the author made of it is kept.
    let folder_before = story.names("");
    md_to(None).unwrap();
    assert_eq!(story.names(""), folder_before);
    fs::write(&exported.path, "My own notes.\n").unwrap();
    md_to(None).unwrap();
    assert_eq!(
        story.read("the-lamp-keeper-01.kept-01.md"),
        "My own notes.\n"
    );
    assert_eq!(fs::read_to_string(&exported.path).unwrap(), expected);
    for target in [
        story.folder.brief().to_owned(),
        story.path("chunks/chunk_03.md"),
    ] {
        let before = fs::read(&target).unwrap();
        let error = md_to(Some(&target)).unwrap_err();
        assert!(matches!(error, ArchiveError::Occupied { .. }), "{error}");
        assert_eq!(fs::read(&target).unwrap(), before);
    }
}

#[test]
fn links_in_a_session_are_not_followed() {
    #[cfg(unix)]
    {
        let story = written();
        std::os::unix::fs::symlink("/etc/hosts", story.path("chunks/chunk_09.md")).unwrap();
        let exported = export_zip(&story.folder, &story.id, None, &Disk::real()).unwrap();
        assert!(
            exported.notices[0].contains("chunks/chunk_09.md"),
            "{:?}",
            exported.notices
        );
        let names = names_of(&fs::read(exported.path).unwrap());
        assert!(!names.iter().any(|name| name.contains("chunk_09")));
    }
}

/// The program in a folder, with nothing of this machine's settings; its exit code and output.
fn storywright(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storywright"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("STORYWRIGHT_CONFIG", folder.join("config.toml"));
    for variable in [
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "ANTHROPIC_BASE_URL",
        "OPENAI_BASE_URL",
        "OLLAMA_HOST",
    ] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

const BRIEF: &str = "---\ntitle: The Pier\nlanguage: en\ntarget_words: 120\nchunk_words: 60\nprotagonist: Ada\n---\n\
                     # Premise\nA pier.\n# Cast\n## Ada\nA keeper.\n# Outline\n## Dawn\nShe rises.\n## Dusk\nShe rests.\n";

#[test]
fn drafts_from_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| storywright(folder.path(), arguments);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (code, text) = run(arguments);
        assert_eq!(code, 0, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    fs::write(folder.path().join("story.md"), BRIEF).unwrap();
    let (code, text) = run(&["export"]);
    assert!(
        code != 0 && text.contains("nothing of this story is written"),
        "{code}: {text}"
    );
    let demo = [
        "write",
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
    ];
    let (code, text) = run(&demo);
    assert_eq!(code, 0, "{text}");
    assert_eq!(
        json(&["session", "new", "--json"])["session"],
        "the-pier-02"
    );

    let all = json(&["status", "--all", "--json"]);
    assert_eq!(all["current"], "the-pier-02");
    let states: Vec<(&str, u64, bool)> = all["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| {
            (
                state["session"].as_str().unwrap(),
                state["complete"].as_u64().unwrap(),
                state["current"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [("the-pier-01", 2, false), ("the-pier-02", 0, true)]
    );

    // The chosen draft is the one that is written, and no mistyped one is begun.
    let (code, text) = run(&["write", "--provider", "demo", "--session", "the-peer-01"]);
    assert!(code == 2 && text.contains("the-peer-01"), "{code}: {text}");
    assert!(!folder.path().join("generated/the-peer-01").exists());
    let (code, text) = run(&demo);
    assert_eq!(code, 0, "{text}");
    assert_eq!(json(&["status", "--json"])["session"], "the-pier-02");
    assert_eq!(
        json(&["session", "list", "--json"])["sessions"][1]["complete"],
        2
    );
    assert_eq!(run(&["session", "use", "the-pier-01"]).0, 0);
    assert_eq!(json(&["status", "--json"])["session"], "the-pier-01");
    assert_eq!(run(&["session", "use", "the-pier-09"]).0, 2);

    let exported = json(&["export", "--session", "the-pier-02", "--json"]);
    let file = exported["file"].as_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, text) = storywright(elsewhere.path(), &["import", file]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = storywright(elsewhere.path(), &["status", "--json"]);
    assert_eq!(code, 0, "{text}");
    let status: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["session"], "the-pier-02");
    let chunks = status["chunks"].as_array().unwrap();
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["status"] == "complete" && chunk["stale"] == false)
    );
    let (code, text) = run(&["export", "--format", "md", "--output", "story.md"]);
    assert_eq!(code, 2, "{text}");
    assert_eq!(
        fs::read_to_string(folder.path().join("story.md")).unwrap(),
        BRIEF
    );
}
