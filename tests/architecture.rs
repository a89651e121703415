//! The rules of ARCHITECTURE.md that can be read off the source text: which layer may name
//! which, what story/ must not touch, and what may not be in the repository at all.

#[path = "support/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::Source;

/// Each layer, and the layers above or beside it, which it must not name.
const ARROWS: &[(&str, &[&str])] = &[
    ("story", &["session", "provider", "engine", "lsp", "cli"]),
    ("session", &["provider", "engine", "lsp", "cli"]),
    ("provider", &["session", "engine", "lsp", "cli"]),
    ("engine", &["lsp", "cli"]),
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

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (layer, above) in ARROWS {
        for source in server_sources().iter().filter(|s| s.layer() == *layer) {
            for other in *above {
                wrong.extend(source.names_layer(other));
            }
        }
    }
    none(&wrong, "a layer names one that is not below it");
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
fn the_story_layer_touches_nothing_outside() {
    let mut wrong = Vec::new();
    for source in server_sources().iter().filter(|s| s.layer() == "story") {
        for name in OUTSIDE {
            wrong.extend(source.names(name));
        }
    }
    none(&wrong, "story/ takes values and returns values");
}

#[test]
fn every_possible_panic_is_proved_impossible_above_it() {
    let sources = server_sources();
    let wrong: Vec<String> = sources
        .iter()
        .filter(|source| !sources.iter().any(|s| s.declares_as_test(&source.path)))
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
