//! Where a brief may be, and where nothing is written.

use crate::desk::Desk;
use crate::novel::BRIEF;

const DEMO: [&str; 3] = ["write", "--provider", "demo"];

fn write(desk: &Desk, path: &[&str]) -> crate::desk::Ended {
    desk.run(&[&DEMO, path].concat())
}

#[test]
fn a_brief_is_found_by_its_path_or_its_folder() {
    for (file, path) in [
        ("story.md", ""),
        ("story.md", "."),
        ("story.md", "./story.md"),
        ("story.md", "../novel"),
        ("lamp.story.md", ""),
        ("books/story.md", "books"),
        ("books/story.md", "books/"),
        ("books/lamp.story.md", "books/lamp.story.md"),
        ("my first novel/story.md", "my first novel"),
        ("長い物語/第一部.story.md", "長い物語/第一部.story.md"),
        ("Ünïcode & 'quotes'/Ça va?.story.md", "Ünïcode & 'quotes'"),
    ] {
        // Windows has no file of that name.
        if cfg!(windows) && file.contains('?') {
            continue;
        }
        let desk = Desk::new();
        desk.put(file, BRIEF);
        let path: &[&str] = if path.is_empty() { &[] } else { &[path] };
        write(&desk, path).exits(0);
        // Beside the brief, wherever the program was started.
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let full = std::path::Path::new(folder).join("generated/the-lamp-01/full_story.md");
        assert!(desk.path(&full.display().to_string()).is_file(), "{file}");
        if !folder.is_empty() {
            assert!(!desk.exists("generated"), "{file}");
        }
        let status = desk
            .run(&[&["status", "--json"], path].concat())
            .exits(0)
            .json();
        assert_eq!(status["chunks"][3]["status"], "complete", "{file}");
        assert_eq!(status["brief"], file.rsplit('/').next().unwrap_or(file));
    }
}

#[test]
fn an_absolute_path_is_taken() {
    let desk = Desk::new();
    desk.put("books/story.md", BRIEF);
    let path = desk.path("books/story.md").display().to_string();
    write(&desk, &[&path]).exits(0);
    assert!(desk.exists("books/generated/the-lamp-01/full_story.md"));
}

#[test]
fn several_briefs_in_one_folder_stay_apart() {
    let desk = Desk::new();
    desk.put("lamp.story.md", BRIEF);
    desk.put(
        "storm.story.md",
        &BRIEF.replace("title: The Lamp", "title: The Storm"),
    );
    let ended = write(&desk, &[]).exits(2);
    assert_eq!(
        ended.stderr,
        "storywright: there are several briefs here, name one of them: lamp.story.md, storm.story.md\n"
    );
    for (file, session) in [
        ("lamp.story.md", "the-lamp-01"),
        ("storm.story.md", "the-storm-01"),
    ] {
        let before = desk.run(&["status", "--json", file]).exits(0).json();
        assert_eq!(before["session"], serde_json::Value::Null, "{file}");
        write(&desk, &[file]).exits(0);
        let after = desk.run(&["status", "--json", file]).exits(0).json();
        assert_eq!(after["session"], session);
        assert_eq!(after["chunks"][3]["status"], "complete", "{file}");
    }
    // story.md is the one that a folder means.
    desk.put(
        "story.md",
        &BRIEF.replace("title: The Lamp", "title: The Main One"),
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["story"], "The Main One");
}

/// Two stories of one title in a folder: each has its session.
#[test]
fn briefs_of_the_same_title_do_not_share_a_session() {
    let desk = Desk::new();
    desk.put("a.story.md", BRIEF);
    desk.put("b.story.md", BRIEF);
    write(&desk, &["a.story.md"]).exits(0);
    write(&desk, &["b.story.md"]).exits(0);
    for (file, session) in [("a.story.md", "the-lamp-01"), ("b.story.md", "the-lamp-02")] {
        let status = desk.run(&["status", "--json", file]).exits(0).json();
        assert_eq!(status["session"], session, "{file}");
    }
}

#[test]
fn a_second_draft_stands_beside_the_first() {
    let desk = Desk::with(BRIEF);
    write(&desk, &[]).exits(0);
    let first = desk.read("generated/the-lamp-01/full_story.md");
    desk.run(&["session", "new"]).exits(0);
    write(&desk, &["--seed", "5"]).exits(0);
    assert_eq!(desk.read("generated/the-lamp-01/full_story.md"), first);
    assert_ne!(desk.read("generated/the-lamp-02/full_story.md"), first);
    let session = |flags: &[&str]| {
        let status = desk.run(&[&["status", "--json"], flags].concat());
        status.exits(0).json()["session"].clone()
    };
    assert_eq!(session(&[]), "the-lamp-02");
    assert_eq!(session(&["--session", "the-lamp-01"]), "the-lamp-01");
    let index = desk.read("generated/SESSIONS.md");
    for id in ["the-lamp-01", "the-lamp-02"] {
        assert!(index.contains(id), "{index}");
    }
    // A slip in a name begins no third one.
    let ended = write(&desk, &["--session", "the-lamp-1"]).exits(2);
    assert!(
        ended.stderr.contains("There is no session \"the-lamp-1\""),
        "{}",
        ended.stderr
    );
    // One of its own name does, once.
    let named = &["session", "new", "--name", "the-lamp-rewritten"];
    desk.run(named).exits(0);
    assert_eq!(session(&[]), "the-lamp-rewritten");
    let taken = desk.run(named).exits(2);
    assert!(
        taken.stderr.contains("choose another name"),
        "{}",
        taken.stderr
    );
    // Nor does one that a synced folder has for the same, or can't have, on another system.
    for name in ["The-Lamp-Rewritten", "con", "nul.md", "a?", "x."] {
        desk.run(&["session", "new", "--name", name]).exits(2);
    }
    for name in ["../elsewhere", ".hidden", "a/b"] {
        desk.run(&["session", "new", "--name", name]).exits(2);
    }
}

/// A folder that was replaced by a link: nothing is read or written behind it.
#[cfg(unix)]
#[test]
fn a_link_that_leads_out_is_not_followed() {
    for what in ["generated", "chunks", "runs", "history", ""] {
        let inside = match what {
            "generated" => what.to_owned(),
            _ => format!("generated/the-lamp-01/{what}")
                .trim_end_matches('/')
                .to_owned(),
        };
        let desk = Desk::with(BRIEF);
        write(&desk, &[]).exits(0);
        std::fs::remove_file(desk.path(&desk.chunk_file(2))).expect("removed");
        let outside = desk.outside("elsewhere");
        std::fs::create_dir_all(desk.path(&inside)).expect("a folder");
        std::fs::rename(desk.path(&inside), &outside).expect("moved");
        std::os::unix::fs::symlink(&outside, desk.path(&inside)).expect("a link");
        let before = desk.files("../elsewhere");
        let ended = write(&desk, &[]);
        // A link is no session: then a draft is begun beside it.
        if !what.is_empty() {
            assert_eq!(ended.code, Some(1), "{what}: {}", ended.stderr);
            for said in [inside.as_str(), "leads out of", "Nothing was changed"] {
                assert!(ended.stderr.contains(said), "{what}: {}", ended.stderr);
            }
        }
        assert_eq!(desk.files("../elsewhere"), before, "{what}");
    }
}

/// A link to another place inside the story's folder is the author's own business.
#[cfg(unix)]
#[test]
fn a_link_that_stays_inside_is_followed() {
    let desk = Desk::with(BRIEF);
    std::fs::create_dir(desk.path("drafts")).expect("a folder");
    std::os::unix::fs::symlink("drafts", desk.path("generated")).expect("a link");
    write(&desk, &[]).exits(0);
    assert!(desk.exists("drafts/the-lamp-01/full_story.md"));
}
