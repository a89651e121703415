//! Files that another program has open while a story is written, as a virus scanner, an indexer or a preview has
//! them: others may read them, and neither write, replace nor remove them.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::shell::{Files, Shell};

/// Nothing takes longer, on any machine.
const DEADLINE: Duration = Duration::from_secs(300);

/// Chunks that are saved while they grow.
const DEMO: [&str; 8] = [
    "--provider",
    "demo",
    "--target-words",
    "1000",
    "--chunk-words",
    "250",
    "--demo-words-per-second",
    "250",
];

/// A file of a session that `write` replaces while it writes chunk 3.
struct Place {
    file: &'static str,
    /// The job goes on without it, since it can be made again at any time.
    is_derived: bool,
}

const PLACES: [Place; 5] = [
    Place {
        file: "chunks/chunk_03.md",
        is_derived: false,
    },
    Place {
        file: "manifest.json",
        is_derived: false,
    },
    Place {
        file: "full_story.md",
        is_derived: true,
    },
    Place {
        file: "CHANGELOG.md",
        is_derived: true,
    },
    Place {
        file: "state/chunk_03.json",
        is_derived: true,
    },
];

#[test]
fn a_file_that_is_held_for_two_seconds_is_waited_for() {
    hold_each(Duration::from_secs(2), |place, held| {
        assert!(held.status.success(), "{}: {}", place.file, held.said);
        assert!(!held.said.contains("Another program has"), "{}", held.said);
    });
}

#[test]
fn a_file_that_is_held_for_thirty_seconds_costs_no_text() {
    hold_each(Duration::from_secs(30), |place, held| {
        assert_eq!(held.status.success(), place.is_derived, "{}", held.said);
        let file = place.file.replace('/', "\\");
        let path = format!("\\generated\\the-lamp-keeper-01\\{file}");
        for part in ["Another program has", &path] {
            assert!(held.said.contains(part), "no {part:?} in {}", held.said);
        }
    });
}

/// What came of a job with a file of its held.
struct Held {
    status: ExitStatus,
    /// On both outputs, where paths are as people read them.
    said: String,
}

fn hold_each(time: Duration, check: impl Fn(&Place, &Held) + Sync) {
    let reference = Shell::new(&DEMO);
    reference.write();
    let (reference, check) = (&reference.files(), &check);
    std::thread::scope(|scope| {
        for place in &PLACES {
            scope.spawn(move || {
                let shell = Shell::new(&DEMO);
                let held = hold(&shell, place, time);
                check(place, &held);
                // Free again, the same command goes on to the end.
                shell.write();
                check_whole(place, &shell.files(), reference);
                println!("{} s, {}: {}", time.as_secs(), place.file, held.status);
            });
        }
    });
}

/// Runs `write` while the file of a place is held.
fn hold(shell: &Shell, place: &Place, time: Duration) -> Held {
    let begun = shell.command("write").args(["--to", "2"]).output();
    assert!(begun.expect("the program runs").status.success());
    let path = shell
        .novel()
        .join("generated/the-lamp-keeper-01")
        .join(place.file);
    // A chunk is held while it grows, anything else from before the job on.
    let grows = place.file.starts_with("chunks/");
    let is_made = !grows && !path.exists();
    if is_made {
        std::fs::write(&path, "").expect("written");
    }
    let before = (!grows).then(|| open(&path));

    let mut command = shell.command("write");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut errors = child.stderr.take().expect("piped");
    let errors = std::thread::spawn(move || {
        let mut said = Vec::new();
        errors.read_to_end(&mut said).map(|_| said)
    });
    let mut told = 0;
    if grows {
        for line in lines.by_ref().map_while(Result::ok) {
            let event: Value = serde_json::from_str(&line).expect("JSON");
            if event["event"] == "progress" && event["chunk"] == 3 {
                told = event["words"].as_u64().expect("words");
                break;
            }
        }
    }
    let held = before.unwrap_or_else(|| open(&path));
    let rest = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    let ended = wait(&mut child, time);
    let words = grows.then(|| words_on_disk(&shell.novel()));
    drop(held);
    if is_made && std::fs::read(&path).is_ok_and(|bytes| bytes.is_empty()) {
        // An empty file in its place would be the author's.
        std::fs::remove_file(&path).expect("nobody holds it");
    }
    let status = ended.or_else(|| wait(&mut child, DEADLINE));
    let status = status.expect("it ends");
    let told_later = rest.join().expect("read").join("\n").replace("\\\\", "\\");
    let said = errors.join().expect("read").expect("read");
    assert!(
        words.is_none_or(|words| words >= told),
        "{words:?} of {told}"
    );
    Held {
        status,
        said: told_later + &String::from_utf8_lossy(&said),
    }
}

/// Opens a file so that others may read it and nothing else.
fn open(path: &Path) -> File {
    const SHARE_READ: u32 = 1;
    let end = Instant::now() + DEADLINE;
    loop {
        // The program itself may be reading it, or about to make it.
        match OpenOptions::new()
            .read(true)
            .share_mode(SHARE_READ)
            .open(path)
        {
            Ok(file) => return file,
            Err(error) => assert!(Instant::now() < end, "{}: {error}", path.display()),
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits so long for a process to end.
fn wait(child: &mut Child, time: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + time;
    loop {
        let status = child.try_wait().expect("it can be asked");
        if status.is_some() || Instant::now() >= end {
            return status;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Most words of chunk 3 that any file below a folder has.
fn words_on_disk(folder: &Path) -> u64 {
    let mut most = 0;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("chunk_03") {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let prose = text.rsplit("\n---\n").next().unwrap_or_default();
                most = most.max(prose.split_whitespace().count());
            }
        }
    }
    most as u64
}

/// The story that nobody held anything of.
fn check_whole(place: &Place, files: &Files, reference: &Files) {
    assert_eq!(files.chunks, reference.chunks, "{}", place.file);
    assert_eq!(files.full_story, reference.full_story, "{}", place.file);
    for number in 1..=4 {
        let times = files.times_told(number);
        assert_eq!(times, 1, "{}: {}", place.file, files.changelog);
    }
    assert_eq!((&files.declared, files.temporaries), (&None, 0));
}
