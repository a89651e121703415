//! What the disk or a hostile workspace can do to a session: nothing is lost, nothing outside is
//! touched, and the error says what is safe.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::fixture::{EndChunk, Story, n, result};
use storywright::session::{
    Call, ChunkStatus, Disk, Faults, Kept, Manifest, SessionId, StoreError, StoryFolder, Verdict,
    Writes,
};

#[test]
fn errors_name_what_happened_and_what_to_do() {
    let rows = [
        (libc::ENOSPC, "The disk is full"),
        (libc::EROFS, "The disk is read-only"),
        (libc::EACCES, "Permission denied"),
        (libc::EBUSY, "Another program has"),
        (libc::EIO, "could not be written"),
    ];
    for (code, words) in rows {
        struct Full(i32);
        impl Faults for Full {
            fn before(&self, call: Call, path: &Path) -> Verdict {
                let chunk = path.to_string_lossy().contains("chunk_01");
                if chunk && call == Call::Sync {
                    Verdict::Fail(io::Error::from_raw_os_error(self.0))
                } else {
                    Verdict::Go
                }
            }
        }
        let story = Story::new();
        let session = story
            .try_open(&["a"], Disk::with_faults(Arc::new(Full(code))))
            .unwrap()
            .session;
        let error = session.save_partial(n(1), "Text.").unwrap_err();
        let said = error.to_string();
        for part in [
            words,
            "chunk_01.md",
            "safe on disk",
            "run the same command again",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(error.ends_job(), code != libc::EIO);
        assert_eq!(story.names("chunks"), [""; 0], "nothing is left");
    }
}

#[test]
fn a_manifest_that_cant_be_used_is_kept_aside() {
    type Damage = fn(&str) -> String;
    let damages: &[(&str, Damage)] = &[
        ("truncated", |text| text[..text.len() / 2].to_owned()),
        ("empty", |_| String::new()),
        ("foreign", |_| "{\"name\": \"package\"}".to_owned()),
        ("newer", |text| {
            text.replace("\"version\": 2", "\"version\": 7")
        }),
        ("of another session", |text| {
            text.replace("the-lamp-keeper-01", "other-01")
        }),
        ("not text", |_| "\u{0}\u{1}".to_owned()),
    ];
    for (what, damage) in damages {
        let story = Story::new();
        let session = story.open(&["a", "b"]).session;
        session
            .complete_chunk(n(1), "Text of a.", result())
            .unwrap();
        drop(session);
        let damaged = damage(&story.read("manifest.json"));
        story.write("manifest.json", &damaged);
        let view = story.view(&["a", "b"]);
        assert_eq!(view.notices[0].code, "manifest-unusable", "{what}");
        assert_eq!(view.chunks[0].status, ChunkStatus::Complete, "{what}");
        assert_eq!(
            story.read("manifest.json"),
            damaged,
            "{what}: reading changes nothing"
        );
        let notices = story.open(&["a", "b"]).notices;
        assert_eq!(notices[0].code, "manifest-rebuilt", "{what}");
        assert_eq!(story.read("manifest.kept-01.json"), damaged, "{what}");
        let view = story.view(&["a", "b"]);
        assert_eq!(view.notices, [], "{what}");
        assert_eq!(view.manifest.totals.words, 3, "{what}");
        assert_eq!(story.open(&["a", "b"]).notices, [], "{what}: told once");
    }
}

#[test]
fn unknown_fields_of_the_manifest_survive_a_job() {
    let story = Story::new();
    drop(story.open(&["a"]));
    let text = story.read("manifest.json");
    story.write(
        "manifest.json",
        &text
            .replacen('{', "{\n  \"mood\": \"grim\",", 1)
            .replace("\"beat\": \"a\",", "\"beat\": \"a\", \"stars\": 5,"),
    );
    let session = story.open(&["a"]).session;
    session.complete_chunk(n(1), "Text.", result()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&story.read("manifest.json")).unwrap();
    assert_eq!(value["mood"], "grim");
    assert_eq!(value["chunks"][0]["stars"], 5);
}

#[test]
fn the_manifest_keeps_to_its_schema() {
    let schema = schemars::schema_for!(Manifest);
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("server/session/manifest.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        kept, current,
        "run this test with UPDATE_SCHEMA=1 to write the schema anew"
    );

    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let story = Story::new();
    let session = story.open(&["a", "b", "c"]).session;
    session
        .set_settings(serde_json::json!({"provider": "demo"}))
        .unwrap();
    session.complete_chunk(n(1), "Text.", result()).unwrap();
    session
        .fail_chunk(n(2), "Te", result(), "too short")
        .unwrap();
    drop(session);
    drop(story.open(&["a", "c"]));
    let written: serde_json::Value = serde_json::from_str(&story.read("manifest.json")).unwrap();
    let problems: Vec<String> = validator
        .iter_errors(&written)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(problems, [""; 0]);
    assert_eq!(written["removed"][0]["beat"], "b");
    assert!(!validator.is_valid(&serde_json::json!({"version": "one"})));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_or_read_behind_a_link_that_leads_out() {
    use std::os::unix::fs::symlink;
    // A folder of the store that is a link, and how deep.
    for inside in [
        "generated",
        "generated/the-lamp-keeper-01",
        "generated/the-lamp-keeper-01/chunks",
        "generated/the-lamp-keeper-01/history",
        "generated/the-lamp-keeper-01/runs",
    ] {
        let story = Story::new();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = story.folder.root().join(inside);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(elsewhere.path(), &link).unwrap();
        let refused = story.try_open(&["a"], Disk::real()).unwrap_err();
        assert!(
            matches!(refused, StoreError::Outside { .. }),
            "{inside}: {refused}"
        );
        assert_eq!(
            fs::read_dir(elsewhere.path()).unwrap().count(),
            0,
            "{inside}"
        );
    }
    // A folder deeper down, and files.
    let story = Story::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret.md");
    fs::write(&secret, "A secret.").unwrap();
    let session = story.open(&["a", "b"]).session;
    session
        .complete_chunk(n(1), "Text of a.", result())
        .unwrap();
    fs::create_dir_all(story.path("history")).unwrap();
    symlink(elsewhere.path(), story.path("history/chunk_01")).unwrap();
    symlink(&secret, story.path("chunks/chunk_02.md")).unwrap();
    fs::remove_file(story.path("full_story.md")).unwrap();
    symlink(&secret, story.path("full_story.md")).unwrap();
    let refused = session.retire_chunk(n(1), "rewrite").unwrap_err();
    assert!(matches!(refused, StoreError::Outside { .. }), "{refused}");
    let refused = session.save_partial(n(2), "Text of b.").unwrap_err();
    assert!(matches!(refused, StoreError::Outside { .. }), "{refused}");
    // It can be made again at any time, and stops nobody.
    let told = session.assemble().unwrap().notices;
    assert_eq!(told[0].code, "file-left-alone");
    let view = session.view().unwrap();
    assert_eq!(view.chunks[1].status, ChunkStatus::Missing);
    assert_eq!(view.notices[0].code, "link-ignored");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "A secret.");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    assert!(!story.has_anywhere("A secret.") || story.path("full_story.md").is_symlink());
}

#[test]
fn a_hostile_declaration_reaches_nothing() {
    for file in [
        "../../story.md",
        "/etc/passwd",
        "chunks/../../x.md",
        "manifest.json",
        "chunks/.x.md",
        "history/../x.md",
        "chunks/x.sh",
        "runs/x.md",
    ] {
        let story = Story::new();
        drop(story.open(&["a"]));
        let brief = fs::read_to_string(story.folder.brief()).unwrap();
        let intent = serde_json::json!({
            "version": 1, "what": "x", "at": "2026-01-01T00:00:00Z",
            "steps": [{"do": "put", "file": file, "text": "Evil.", "over": [storywright::story::Digest::of(&brief)]}],
        });
        story.write(".intent.json", &intent.to_string());
        let notices = story.open(&["a"]).notices;
        assert_eq!(notices[0].code, "intent-unusable", "{file}");
        assert_eq!(fs::read_to_string(story.folder.brief()).unwrap(), brief);
        assert!(story.exists("intent.kept-01.json"));
    }
}

#[test]
fn bad_session_names_are_refused() {
    for id in [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "/abs",
        "a\nb",
        "a:b",
        " a",
        &"x".repeat(200),
    ] {
        assert!(SessionId::parse(id).is_err(), "{id:?}");
    }
    for id in ["the-lamp-keeper-01", "Zweiter Entwurf", "灯台-01"] {
        assert!(SessionId::parse(id).is_ok(), "{id:?}");
    }
}

#[test]
fn sessions_without_manifest_go_to_the_brief_whose_beats_they_have() {
    let story = Story::new();
    let other = story.folder.root().join("sea.story.md");
    fs::write(story.folder.brief(), "# Outline\n## Lamp\n## Logbook\n").unwrap();
    fs::write(&other, "# Outline\n## Wave\n## Tide\n").unwrap();
    for (id, beat) in [("x-01", "lamp"), ("y-01", "tide")] {
        let chunks = story.folder.generated().join(id).join("chunks");
        fs::create_dir_all(&chunks).unwrap();
        fs::write(
            chunks.join("chunk_01.md"),
            format!("---\nbeat: {beat}\n---\nText."),
        )
        .unwrap();
    }
    let disk = Disk::real();
    let sessions = |brief: &Path| {
        StoryFolder::of_brief(brief)
            .unwrap()
            .sessions(&disk)
            .unwrap()
    };
    assert_eq!(
        sessions(story.folder.brief()),
        [SessionId::parse("x-01").unwrap()]
    );
    assert_eq!(sessions(&other), [SessionId::parse("y-01").unwrap()]);
}

/// A text that its chunk file did not take was in no file.
#[test]
fn a_text_is_rescued_to_the_first_place_that_takes_it() {
    /// Refuses files with these names.
    struct Closed(&'static [&'static str]);
    impl Faults for Closed {
        fn before(&self, call: Call, path: &Path) -> Verdict {
            let path = path.to_string_lossy();
            let is_closed = self.0.iter().any(|part| path.contains(part));
            match call == Call::Rename && is_closed {
                true => Verdict::Fail(io::Error::from_raw_os_error(libc::ENOSPC)),
                false => Verdict::Go,
            }
        }
    }
    const CHUNK: &str = "/chunks/chunk_01";
    let rows: [(&'static [&'static str], Option<&str>); 5] = [
        (&[], None),
        (&[CHUNK], Some("generated/the-lamp-keeper-01/.work/rescue/")),
        (
            &[CHUNK, "-01/.work/rescue"],
            Some("generated/.work/rescue/"),
        ),
        (
            &[CHUNK, ".work/rescue"],
            Some("elsewhere/storywright-rescue/"),
        ),
        (&[CHUNK, "rescue"], Some("")),
    ];
    for (closed, place) in rows {
        let story = Story::new();
        drop(story.open(&["a"]));
        let elsewhere = tempfile::tempdir().unwrap();
        let elsewhere = elsewhere.path().join("elsewhere");
        let session = story
            .try_open(&["a"], Disk::with_faults(Arc::new(Closed(closed))))
            .unwrap()
            .session;
        let kept = session.rescue(n(1), "Text of a.", false, &elsewhere);
        match (place, kept) {
            (None, Kept::InPlace) => {
                assert!(story.read("chunks/chunk_01.md").contains("Text of a."));
            }
            (Some(""), Kept::Nowhere) => assert!(!story.has_anywhere("Text of a.")),
            (Some(place), Kept::Rescued(path)) => {
                assert!(path.to_string_lossy().contains(place), "{path:?}");
                #[cfg(unix)]
                if path.starts_with(&elsewhere) {
                    // A temporary folder is everybody's.
                    use std::os::unix::fs::PermissionsExt;
                    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
                    assert_eq!(mode(path.parent().unwrap()) & 0o777, 0o700);
                }
                assert!(fs::read_to_string(&path).unwrap().contains("Text of a."));
            }
            (place, kept) => panic!("{place:?}: {kept:?}"),
        }
    }
}

/// Folders that could not be written to were found out after the call was paid for.
#[test]
fn what_is_closed_to_writing_is_known_before() {
    struct Closed(&'static str);
    impl Faults for Closed {
        fn before(&self, call: Call, path: &Path) -> Verdict {
            match call == Call::Access && path.ends_with(self.0) {
                true => Verdict::Fail(io::Error::from_raw_os_error(libc::EACCES)),
                false => Verdict::Go,
            }
        }
    }
    for folder in ["the-lamp-keeper-01", "chunks", ".work", "history", "state"] {
        let story = Story::new();
        drop(story.open(&["a"]));
        for name in ["history", "state"] {
            fs::create_dir_all(story.path(name)).unwrap();
        }
        let session = story
            .try_open(&["a"], Disk::with_faults(Arc::new(Closed(folder))))
            .unwrap()
            .session;
        let writes = Writes {
            chunks: &[n(1)],
            states: true,
            ..Writes::default()
        };
        let said = session.check_writable(&writes).unwrap_err().to_string();
        assert!(said.contains("Permission denied"), "{folder}: {said}");
        assert!(said.contains("Nothing was sent"), "{folder}: {said}");
    }
}

/// Files that another program has open, by their names.
#[derive(Default)]
struct Held(Mutex<&'static [&'static str]>);

impl Faults for Held {
    fn before(&self, call: Call, path: &Path) -> Verdict {
        let held = self.0.lock().unwrap();
        match call == Call::Rename && held.iter().any(|name| path.ends_with(name)) {
            true => Verdict::Fail(io::ErrorKind::ResourceBusy.into()),
            false => Verdict::Go,
        }
    }
}

#[test]
fn what_can_be_made_again_and_is_open_elsewhere_stops_no_job() {
    let held = Arc::new(Held::default());
    let story = Story::new();
    let disk = Disk::with_faults(held.clone());
    let session = story.try_open(&["a", "b", "c"], disk).unwrap().session;
    let end = |number: u32| {
        let text = format!("Text {number}.");
        session.complete_chunk(n(number), &text, result()).unwrap()
    };
    let told = |changelog: &str| {
        let lines = changelog
            .lines()
            .filter_map(|line| line.split("wrote chunk ").nth(1));
        lines.map(|line| line[..1].to_owned()).collect::<String>()
    };
    end(1);

    *held.0.lock().unwrap() = &["CHANGELOG.md", "full_story.md"];
    // Else the story would be added to, which nobody has to make room for.
    story.write("full_story.md", "");
    let notices = end(2).notices;
    let codes: Vec<_> = notices.iter().map(|notice| notice.code).collect();
    assert_eq!(codes, ["file-left-alone"; 2]);
    for (notice, name) in notices.iter().zip(["full_story.md", "CHANGELOG.md"]) {
        assert!(notice.message.contains("Another program has"), "{notice:?}");
        assert!(notice.message.contains(name), "{notice:?}");
    }
    assert_eq!(told(&story.read("CHANGELOG.md")), "1");
    assert!(!story.exists(".intent.json"), "nothing waits for it");

    *held.0.lock().unwrap() = &[];
    assert_eq!(end(3).notices, []);
    assert_eq!(told(&story.read("CHANGELOG.md")), "123");
    let whole = story.read("full_story.md");
    for text in ["Text 1.", "Text 2.", "Text 3."] {
        assert!(whole.contains(text), "{whole}");
    }
}

#[test]
fn a_late_line_is_in_the_changelog_when_the_job_ends() {
    let held = Arc::new(Held::default());
    let story = Story::new();
    let disk = Disk::with_faults(held.clone());
    let session = story.try_open(&["a"], disk).unwrap().session;
    *held.0.lock().unwrap() = &["CHANGELOG.md"];
    session.complete_chunk(n(1), "Text.", result()).unwrap();
    *held.0.lock().unwrap() = &[];
    session.count_spent().unwrap();
    assert!(story.read("CHANGELOG.md").contains("wrote chunk 1"));
    assert!(!story.exists(".work/changelog.late"));
}

#[test]
fn a_late_line_is_in_the_changelog_after_the_next_job() {
    let held = Arc::new(Held::default());
    let story = Story::new();
    let disk = Disk::with_faults(held.clone());
    let session = story.try_open(&["a"], disk).unwrap().session;
    *held.0.lock().unwrap() = &["CHANGELOG.md"];
    session.complete_chunk(n(1), "Text.", result()).unwrap();
    session.count_spent().unwrap();
    drop(session);
    for _ in 0..2 {
        drop(story.open(&["a"]));
        let changelog = story.read("CHANGELOG.md");
        assert_eq!(changelog.matches("wrote chunk 1").count(), 1, "{changelog}");
    }
    assert!(!story.exists(".work/changelog.late"));
}

#[test]
fn a_manifest_that_was_held_is_no_manifest_of_another_program() {
    let held = Arc::new(Held::default());
    let story = Story::new();
    let disk = Disk::with_faults(held.clone());
    let session = story.try_open(&["a", "b"], disk).unwrap().session;
    *held.0.lock().unwrap() = &["manifest.json"];
    for _ in 0..2 {
        let error = session.complete_chunk(n(1), "Text.", result()).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("manifest.json open"), "{said}");
    }
    *held.0.lock().unwrap() = &[];
    let notices = session
        .complete_chunk(n(1), "Text.", result())
        .unwrap()
        .notices;
    assert_eq!(notices, []);
    assert!(!story.exists("manifest.kept-01.json"));
}
