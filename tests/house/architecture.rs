//! The rules of ARCHITECTURE.md that can be read off the source text: which layer may name
//! which, what story/ must not touch, and what may not be in the repository at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::modules::{self, Modules};
use crate::source::{self, Source};

/// Each room under server/, and the rooms that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "publishing",
            "decisions",
            "jobs",
            "events",
            "analysis",
            "settings",
            "writing",
            "book",
            "archive",
            "session",
            "provider",
            "story",
        ],
    ),
    (
        "lsp",
        &[
            "publishing",
            "decisions",
            "jobs",
            "events",
            "analysis",
            "settings",
            "writing",
            "book",
            "archive",
            "session",
            "provider",
            "story",
        ],
    ),
    (
        "publishing",
        &[
            "decisions",
            "jobs",
            "analysis",
            "settings",
            "book",
            "archive",
            "session",
            "story",
        ],
    ),
    (
        "decisions",
        &[
            "jobs", "analysis", "settings", "archive", "session", "story",
        ],
    ),
    (
        "jobs",
        &[
            "events", "analysis", "settings", "writing", "archive", "session", "provider", "story",
        ],
    ),
    ("events", &["story"]),
    ("analysis", &["settings", "writing", "session", "story"]),
    ("settings", &["writing", "session", "provider", "story"]),
    ("writing", &["story"]),
    ("book", &["story"]),
    ("archive", &["session", "story"]),
    ("session", &["story"]),
    ("provider", &["story"]),
    ("story", &[]),
];

/// The rooms that take values and return values.
const PURE: &[&str] = &["story", "writing", "book", "events"];

/// What of another room a pure one may name: plain data without I/O.
const PLAIN: &[&str] = &["provider::message"];

/// Calls that change a file, by which who looks is told from who acts.
const WRITES: &[&str] = &[
    "disk.write(",
    "disk.make_",
    "disk.rename",
    "disk.remove",
    "make_work_folder(",
    "Session::open(",
    ".open_log(",
    "fs::write",
];

/// What reaches outside the program, or makes two runs differ.
const OUTSIDE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "dirs",
    "fastrand",
    "futures",
    "libc",
    "reqwest",
    "tokio",
    "tokio_util",
    "tracing",
];

const MOST_LINES: usize = 600;
/// Outside of tests.
const MOST_LINES_OF_A_ROOM: usize = 15_000;

#[test]
fn arrows_point_down() {
    let sources = server_sources();
    let mut wrong = Vec::new();
    for (from, to) in Modules::of(&sources).arrows() {
        for (to, name) in to {
            let Some(upward) = upward(&from, &to) else {
                continue;
            };
            if !PLAIN.iter().any(|plain| to == file_of(plain)) || !PURE.contains(&room(&from)) {
                wrong.push(format!("{upward}: {} names {name}", from.display()));
            }
        }
    }
    none(&wrong, "a room names one that is not below it");
}

/// The two rooms, where the first may not name the second.
fn upward(from: &Path, to: &Path) -> Option<String> {
    let (from, to) = (room(from), room(to));
    let (_, below) = ARROWS.iter().find(|(room, _)| *room == from)?;
    let is_room = ARROWS.iter().any(|(room, _)| *room == to);
    (from != to && is_room && !below.contains(&to)).then(|| format!("{from} -> {to}"))
}

#[test]
fn a_planted_climb_is_found() {
    let up = upward(
        Path::new("server/story/words.rs"),
        Path::new("server/session/disk.rs"),
    );
    assert_eq!(up.as_deref(), Some("story -> session"));
    let down = upward(
        Path::new("server/session/disk.rs"),
        Path::new("server/story/words.rs"),
    );
    assert_eq!(down, None);
}

#[test]
fn every_room_has_its_arrows() {
    let sources = server_sources();
    let rooms: BTreeSet<&str> = sources.iter().map(|source| room(&source.path)).collect();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).chain([""]).collect();
    assert_eq!(rooms, known);
}

#[test]
fn no_modules_go_in_a_circle() {
    let sources = server_sources();
    let circles = modules::circles(&Modules::of(&sources).arrows());
    let wrong: Vec<String> = circles.iter().map(|ties| ties.join("\n")).collect();
    none(
        &wrong,
        "files that name each other can't be read one after the other",
    );
}

#[test]
fn rooms_stay_small() {
    let sources = server_sources();
    let mut lines = BTreeMap::new();
    for source in source::live(&sources) {
        *lines.entry(source.layer()).or_insert(0) += source.live_lines();
    }
    let large = lines
        .iter()
        .filter(|(_, lines)| **lines > MOST_LINES_OF_A_ROOM);
    let wrong: Vec<String> = large
        .map(|(room, lines)| format!("{room}: {lines} lines"))
        .collect();
    none(&wrong, "look for the seam");
}

/// The folder under server/ that a file is in, or "".
fn room(path: &Path) -> &str {
    let mut parts = path.iter().skip(1);
    match (parts.next(), parts.next()) {
        (Some(room), Some(_)) => room.to_str().unwrap_or(""),
        _ => "",
    }
}

/// `provider::message` as the path of its file.
fn file_of(module: &str) -> PathBuf {
    PathBuf::from(format!("server/{}.rs", module.replace("::", "/")))
}

#[test]
fn only_lsp_knows_the_protocol_library() {
    let mut wrong = Vec::new();
    for source in server_sources().iter().filter(|s| s.layer() != "lsp") {
        for library in ["tower_lsp", "lsp_types"] {
            wrong.extend(source.names(library));
        }
    }
    none(&wrong, "only server/lsp may know the protocol library");
}

#[test]
fn pure_rooms_touch_nothing_outside() {
    let mut wrong = Vec::new();
    let sources = server_sources();
    let live = source::live(&sources).into_iter();
    for source in live.filter(|s| PURE.contains(&s.layer())) {
        for name in OUTSIDE {
            wrong.extend(source.names(name));
        }
    }
    none(&wrong, "a pure room takes values and returns values");
}

#[test]
fn analysis_only_looks() {
    let sources = server_sources();
    let mut wrong = Vec::new();
    for source in source::live(&sources) {
        if source.layer() == "analysis" {
            wrong.extend(WRITES.iter().flat_map(|call| source.live_lines_with(call)));
        }
    }
    none(&wrong, "what looks writes nothing");
}

#[test]
fn every_possible_panic_is_proved_impossible_above_it() {
    let sources = server_sources();
    let wrong: Vec<String> = source::live(&sources)
        .into_iter()
        .flat_map(Source::unproved_panics)
        .collect();
    none(
        &wrong,
        "outside tests, a comment on the line above says why this cannot happen",
    );
}

#[test]
fn files_stay_readable_in_one_sitting() {
    let wrong: Vec<String> = tracked()
        .into_iter()
        .filter(|path| has_extension(path, &["rs", "ts", "lua", "py"]))
        .filter_map(|path| {
            let lines = read(&path)?.lines().count();
            (lines > MOST_LINES).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    none(&wrong, "look for the seam");
}

/// A file that no `mod` names is compiled by nobody, and its tests pass by never being run.
#[test]
fn every_source_file_is_compiled() {
    let rust: Vec<(PathBuf, String)> = tracked()
        .into_iter()
        .filter(|path| has_extension(path, &["rs"]))
        .filter_map(|path| read(&path).map(|text| (path, text)))
        .collect();
    let lost = lost_files(&rust).into_iter();
    let lost: Vec<String> = lost.map(|path| path.display().to_string()).collect();
    none(&lost, "no `mod` leads to these");
}

#[test]
fn a_planted_file_that_no_mod_names_is_found() {
    let file = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
    let planted = [
        file(
            "tests/lsp/main.rs",
            "mod renames;\n#[path = \"../support/mod.rs\"]\nmod support;\n",
        ),
        file("tests/lsp/renames.rs", ""),
        file("tests/lsp/rename.rs", ""),
        file("tests/support/mod.rs", "pub mod prose;\n"),
        file("tests/support/prose.rs", ""),
        file("server/lib.rs", "mod story;\n"),
        file("server/story.rs", "mod names;\n"),
        file("server/story/names.rs", ""),
    ];
    assert_eq!(lost_files(&planted), [Path::new("tests/lsp/rename.rs")]);
}

/// The files that neither cargo nor a `mod` of their parent or one with a path names.
fn lost_files(files: &[(PathBuf, String)]) -> Vec<&Path> {
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let is_root = |path: &Path| {
        let is_target = path
            .parent()
            .is_some_and(|folder| [Path::new("tests"), Path::new("benches")].contains(&folder));
        is_target || ["main", "lib"].contains(&&*stem(path))
    };
    let is_named = |path: &Path| {
        let is_folder = stem(path) == "mod";
        let module = if is_folder {
            path.parent().unwrap_or(path)
        } else {
            path
        };
        let (name, folder) = (stem(module), module.parent().unwrap_or(module));
        let declared = format!("mod {name};");
        let tail: PathBuf = path.iter().skip(1).collect();
        let by_path = format!("{}\"]", tail.display());
        files.iter().any(|(other, text)| {
            let is_beside = other.parent() == Some(folder);
            let is_parent = other.with_extension("") == folder
                || is_beside && (is_root(other) || stem(other) == "mod");
            is_parent && text.contains(&declared) || text.contains(&by_path)
        })
    };
    let paths = files.iter().map(|(path, _)| path.as_path());
    paths
        .filter(|path| !is_root(path) && !is_named(path))
        .collect()
}

#[test]
fn every_dependency_is_used() {
    let manifest = read(Path::new("Cargo.toml")).expect("the package has a manifest");
    let manifest: toml::Table = toml::from_str(&manifest).expect("cargo reads it too");
    let names = |table: &toml::Value| -> Vec<String> {
        let table = table.as_table().into_iter().flatten();
        table.map(|(name, _)| name.replace('-', "_")).collect()
    };
    let target = manifest.get("target").and_then(toml::Value::as_table);
    let of_systems = target
        .into_iter()
        .flatten()
        .filter_map(|(_, it)| it.get("dependencies"));
    let wanted = manifest.get("dependencies").into_iter().chain(of_systems);
    let in_server = wanted.flat_map(names).map(|name| (name, "server"));
    let wanted = manifest.get("dev-dependencies").into_iter();
    let in_tests = wanted.flat_map(names).map(|name| (name, ""));
    let sources: Vec<Source> = tracked()
        .into_iter()
        .filter(|path| has_extension(path, &["rs"]))
        .filter_map(|path| read(&path).map(|text| Source::new(path, &text)))
        .collect();
    let is_used = |(name, place): &(String, &str)| {
        let mut sources = sources
            .iter()
            .filter(|source| source.path.starts_with(place));
        sources.any(|source| !source.names(name).is_empty())
    };
    let all = in_server.chain(in_tests);
    let wrong: Vec<String> = all
        .filter(|it| !is_used(it))
        .map(|(name, _)| name)
        .collect();
    none(&wrong, "the code names no such dependency");
}

#[test]
fn nothing_tells_of_the_machine_that_it_was_made_on() {
    let mut wrong = Vec::new();
    for path in tracked() {
        let Some(text) = read(&path) else { continue };
        // Cargo names its index in every lock file, whatever registry was used.
        let hosts = if path.ends_with("Cargo.lock") {
            vec![]
        } else {
            registry_hosts()
        };
        for (number, line) in text.lines().enumerate() {
            if hosts.iter().any(|host| line.contains(host)) || names_machine_path(line) {
                wrong.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    none(&wrong, "a registry's address or a path of one machine");
}

/// Put together here, so that this file passes its own test.
fn registry_hosts() -> Vec<String> {
    [
        ("registry", "npmjs.org"),
        ("registry", "yarnpkg.com"),
        ("pypi", "org"),
        ("files", "pythonhosted.org"),
        ("index", "crates.io"),
        ("static", "crates.io"),
    ]
    .iter()
    .map(|(host, domain)| format!("{host}.{domain}"))
    .collect()
}

fn names_machine_path(line: &str) -> bool {
    ["home", "root", "Users", "work", "farm", "mnt", "opt"]
        .iter()
        .any(|folder| {
            let path = format!("/{folder}/");
            line.match_indices(&path).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "_.-~}*$/".contains(c))
            })
        })
}

fn server_sources() -> Vec<Source> {
    tracked()
        .into_iter()
        .filter(|path| path.starts_with("server") && has_extension(path, &["rs"]))
        .filter_map(|path| read(&path).map(|text| Source::new(path, &text)))
        .collect()
}

/// Every file that is in the repository or about to be, relative to its root.
fn tracked() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("git lists the files of the repository");
    assert!(output.status.success(), "{output:?}");
    let files: Vec<PathBuf> = String::from_utf8(output.stdout)
        .unwrap()
        .split_terminator('\0')
        .map(PathBuf::from)
        .collect();
    assert!(files.contains(&PathBuf::from("Cargo.toml")), "{files:?}");
    files
}

/// The text of a tracked file; `None` for a deleted one and for one that is no text.
fn read(path: &Path) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| extensions.contains(&extension))
}

fn none(wrong: &[String], why: &str) {
    assert!(wrong.is_empty(), "{why}:\n{}", wrong.join("\n"));
}
