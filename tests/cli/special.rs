//! Named pipes, sockets and devices in the place of a file: whoever opened one as a file would
//! wait for ever, with the lock of the story in its hands.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::desk::Desk;
use crate::novel::BRIEF;

/// Each has to end, whatever it finds.
const COMMANDS: [&[&str]; 6] = [
    &["status"],
    &["check"],
    &["explain"],
    &["session", "list"],
    &["write"],
    &["export"],
];

fn make_pipe(path: &Path) {
    let name = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no zero in it");
    // SAFETY: the name is a string that ends with a zero and lives as long as the call.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0, "{path:?}");
}

/// A story whose last chunk is not written yet.
fn begun() -> Desk {
    let desk = Desk::with(BRIEF);
    desk.configure("provider = \"demo\"\nrefine = \"off\"\n[demo]\nwords_per_second = 0\n");
    desk.run(&["write", "--to", "3"]).exits(0);
    desk
}

/// Puts something else in the place of a file.
fn put_in_place_of(path: &Path, make: impl FnOnce(&Path)) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).expect("removed");
    } else if path.exists() {
        std::fs::remove_file(path).expect("removed");
    }
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    make(path);
}

/// `status` and `check` waited for ever at a named pipe, and `write` with the lock held, deaf
/// to SIGTERM: each command ends, somebody says what lies there, and it is not replaced.
#[test]
fn a_named_pipe_in_the_place_of_a_file_holds_nobody() {
    const SESSION: &str = "generated/the-lamp-01";
    /// What no command has to read or write.
    const UNTOLD: [&str; 5] = [
        "generated/current",
        "generated/SESSIONS.md",
        "generated/.work/lock",
        "S/audit.json",
        "S/revisions",
    ];
    for place in [
        "story.md",
        "storywright.toml",
        "templates/closing.md",
        "generated/current",
        "generated/SESSIONS.md",
        "generated/.work/lock",
        "S/manifest.json",
        "S/full_story.md",
        "S/CHANGELOG.md",
        "S/audit.json",
        "S/.intent.json",
        "S/chunks/chunk_02.md",
        "S/chunks/chunk_04.md",
        "S/.work/lock",
        "S/.work/chunk_04.journal",
        "S/history",
        "S/revisions",
        "S/state",
        "S/state/chunk_02.json",
        "S/runs",
    ] {
        let desk = begun();
        assert_eq!(desk.session(), SESSION);
        let path = desk.path(&place.replace("S/", &format!("{SESSION}/")));
        put_in_place_of(&path, make_pipe);
        let mut said = String::new();
        for command in COMMANDS {
            let ended = desk.run(command);
            assert!(ended.code.is_some(), "{place}: {command:?}: {ended:?}");
            said.push_str(&ended.said());
        }
        let name = path.file_name().expect("a name").to_string_lossy();
        let is_told = said.contains(&format!("{name} is a named pipe, not a f"))
            || said.contains("it is a named pipe, not a file");
        assert!(is_told || UNTOLD.contains(&place), "{place}: {said}");
        let is_pipe = |path: &Path| {
            std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo())
        };
        assert!(is_pipe(&path), "{place} was replaced");
    }
}

/// A socket in the place of a brief, and a link to a device that gives bytes without end, were
/// opened like files.
#[test]
fn sockets_and_devices_are_no_briefs_and_no_settings() {
    let a_socket = |path: &Path| drop(UnixListener::bind(path).expect("a socket"));
    let a_device = |path: &Path| symlink("/dev/zero", path).expect("a link");
    type Make<'a> = &'a dyn Fn(&Path);
    let kinds: [(&str, Make<'_>); 2] = [("a socket", &a_socket), ("a device", &a_device)];
    for (what, make) in kinds {
        for (place, code) in [("story.md", 2), ("storywright.toml", 2)] {
            let desk = Desk::with(BRIEF);
            desk.configure("provider = \"demo\"\n[demo]\nwords_per_second = 0\n");
            put_in_place_of(&desk.path(place), make);
            let ended = desk.run(&["write"]).exits(code);
            let said = ended.said();
            assert!(said.contains(&format!("{what}, not a file")), "{said}");
            assert!(!desk.exists("generated"), "{place}");
        }
    }
}
