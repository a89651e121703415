//! Texts that a disk does not take: what is known before is told before anything is paid for, and
//! what comes all the same is put somewhere, and the author told where.

use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::desk::{Desk, KEY};
use crate::novel::{BRIEF, Novel, PART, part_of};
use crate::support::model_server::ModelServer;

const SESSION: &str = "generated/the-lamp-01";

fn desk() -> Desk {
    let mut desk = Desk::with(BRIEF);
    desk.set("OPENAI_API_KEY", KEY);
    desk
}

/// A model that does something before it answers for part 2.
fn model(before: impl Fn() + Send + 'static) -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| {
        if part_of(&request.user()) == 2 {
            before();
        }
        novel.answer(request)
    })
}

fn replaced_by(path: &Path, make: fn(&Path)) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).expect("removed");
    } else if path.exists() {
        std::fs::remove_file(path).expect("removed");
    }
    make(path);
}

fn a_folder(path: &Path) {
    std::fs::create_dir(path).expect("a folder");
}

fn a_file(path: &Path) {
    std::fs::write(path, "mine").expect("a file");
}

#[cfg(unix)]
fn a_link(path: &Path) {
    std::os::unix::fs::symlink("elsewhere.md", path).expect("a link");
}

fn read_only(path: &Path) {
    std::fs::write(path, "---\nstatus: partial\n---\nMine.\n").expect("a file");
    let mut permissions = std::fs::metadata(path).expect("a file").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions).expect("read-only");
}

/// Every run paid for a call whose text was then kept nowhere.
#[cfg(unix)]
#[test]
fn what_is_known_to_be_unwritable_is_told_before_anything_is_sent() {
    type Make = fn(&Path);
    let rows: &[(&str, Make, &[&str], &str)] = &[
        (
            "chunks/chunk_02.md",
            a_folder,
            &[],
            "is a folder, not a file",
        ),
        ("chunks/chunk_02.md", a_link, &[], "is a symbolic link"),
        (
            "chunks/chunk_03.md",
            a_folder,
            &[],
            "is a folder, not a file",
        ),
        ("chunks/chunk_02.md", read_only, &[], "is read-only"),
        (
            ".work/chunk_02.journal",
            a_folder,
            &[],
            "is a folder, not a file",
        ),
        ("history", a_file, &[], "is a file, not a folder"),
        ("history/chunk_02", a_file, &[], "is a file, not a folder"),
        ("runs", a_file, &[], "is a file, not a folder"),
        ("state", a_file, &[], "is a file, not a folder"),
        (
            "state/chunk_02.json",
            a_folder,
            &[],
            "is a folder, not a file",
        ),
        (
            "audit.json",
            a_folder,
            &["--audit", "on"],
            "is a folder, not a file",
        ),
        (
            "revisions",
            a_file,
            &["--refine", "propose"],
            "is a file, not a folder",
        ),
    ];
    for (place, make, flags, said) in rows {
        let desk = desk();
        let server = model(|| ());
        desk.write("openai", &server, &["--chunk", "1"]).exits(0);
        let asked = server.completions().len();
        replaced_by(&desk.path(&format!("{SESSION}/{place}")), *make);
        let ended = desk.write("openai", &server, flags).exits(1);
        assert!(ended.stderr.contains(said), "{place}: {ended:?}");
        assert_eq!(server.completions().len(), asked, "{place}: {ended:?}");
    }
}

/// What can be made again at any time stopped the job after its text was paid for.
#[cfg(unix)]
#[test]
fn what_can_be_made_again_is_left_alone_and_told() {
    for (place, make) in [
        ("full_story.md", a_folder as fn(&Path)),
        ("full_story.md", a_link),
        ("CHANGELOG.md", a_folder),
        ("CHANGELOG.md", a_link),
    ] {
        let desk = desk();
        let server = model(|| ());
        desk.write("openai", &server, &["--chunk", "1"]).exits(0);
        let path = desk.path(&format!("{SESSION}/{place}"));
        replaced_by(&path, make);
        let kind = std::fs::symlink_metadata(&path).expect("there").file_type();
        let ended = desk.write("openai", &server, &[]).exits(0);
        assert!(ended.stderr.contains(place), "{place}: {ended:?}");
        let now = std::fs::symlink_metadata(&path).expect("there").file_type();
        assert_eq!(now, kind, "{place}");
        assert_eq!(desk.chunk(4).words(), PART, "{place}");
    }
}

/// A text that its file did not take while it came was in no file, and "all text so far" was said
/// to be saved.
#[test]
fn a_text_that_its_file_does_not_take_is_kept_elsewhere_and_the_file_named() {
    let desk = desk();
    let slot = desk.path(&format!("{SESSION}/chunks/chunk_02.md"));
    let server = model(move || a_folder(&slot));
    let ended = desk.write("openai", &server, &[]).exits(1);
    let said = &ended.stderr;
    assert!(!said.contains("All text so far is saved"), "{said}");
    assert!(
        said.contains("of chunk 2 could not be saved in its file and are in"),
        "{said}"
    );
    assert!(said.contains("150 words of the story are saved"), "{said}");
    let kept = desk.files(&format!("{SESSION}/.work/rescue"));
    let [(name, text)] = kept.as_slice() else {
        panic!("{kept:?}");
    };
    let name = Path::new(name)
        .file_name()
        .expect("a name")
        .to_string_lossy();
    assert!(said.contains(&*name), "{said}");
    let (_, prose) = text.split_once("\n---\n").expect("front matter");
    let prose = prose.trim();
    assert!(!prose.is_empty() && Novel::short().part(2).starts_with(prose));
    let words = prose.split_whitespace().count();
    assert!(
        said.contains(&format!("{words} words of chunk 2")),
        "{said}"
    );
}

/// A small disk of its own below `generated/`; gone with the value.
#[cfg(target_os = "linux")]
struct SmallDisk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// `None` where this process may mount nothing.
    fn at(path: &Path) -> Option<SmallDisk> {
        let status = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "none"])
            .arg(path)
            .stderr(std::process::Stdio::null())
            .status();
        let is_mounted = status.is_ok_and(|status| status.success());
        is_mounted.then(|| SmallDisk(path.to_owned()))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let umount = std::process::Command::new("umount")
            .args(["-l"])
            .arg(&self.0)
            .status();
        drop(umount);
    }
}

/// A disk that was full before the first save left the text in no file.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_in_the_middle_costs_no_text() {
    let mut desk = desk();
    let elsewhere = desk.outside("tmp");
    std::fs::create_dir(&elsewhere).expect("a folder");
    desk.set("TMPDIR", elsewhere.display().to_string());
    std::fs::create_dir(desk.path("generated")).expect("a folder");
    let Some(_disk) = SmallDisk::at(&desk.path("generated")) else {
        eprintln!("left out: nothing can be mounted here");
        return;
    };
    let filler = Arc::new(Mutex::new(desk.path("generated/filler")));
    let server = model(move || {
        let path = filler.lock().expect("no panic");
        let _ = std::fs::write(&*path, vec![0; 2 << 20]);
    });
    let ended = desk.write("openai", &server, &[]).exits(1);
    let said = &ended.stderr;
    assert!(said.contains("The disk is full"), "{said}");
    assert!(said.contains(&*elsewhere.to_string_lossy()), "{said}");
    let kept: Vec<_> = std::fs::read_dir(elsewhere.join("storywright-rescue"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let text = std::fs::read_to_string(&kept[0]).expect("text");
    let (_, prose) = text.split_once("\n---\n").expect("front matter");
    let words = prose.split_whitespace().count();
    assert!(
        said.contains(&format!("{words} words of chunk 2")),
        "{said}"
    );
    assert!(Novel::short().part(2).starts_with(prose.trim()));
}
