//! The codes of findings are listed once, for the settings that say how each is shown: the list against the source,
//! the guide and the extension.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use storywright::settings::codes;

/// Where problems are made with their codes, besides the files that name codes as constants.
const MAKERS: [&str; 6] = [
    "Problem::error(",
    "Problem::warning(",
    "Problem::hint(",
    "Remark::warning(",
    "Remark::information(",
    "Remark::hint(",
];

/// The files whose constants of text are codes.
const OF_CONSTANTS: [&str; 3] = [
    "server/analysis/ledger.rs",
    "server/analysis/findings/finding.rs",
    "server/story/text/conflict_markers.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, into);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            into.push(path);
        }
    }
}

/// The first text in quotes that is written as codes are.
fn first_code(source: &str) -> Option<&str> {
    let mut texts = source.split('"').skip(1).step_by(2);
    let first = texts.next()?;
    let is_plain = first.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    // Those of one word are the lint's, which has a list of its own.
    (is_plain && first.contains('-')).then_some(first)
}

/// The codes that the source gives to problems: the first literal of each call, if it comes before the call ends.
fn made() -> BTreeSet<String> {
    let mut paths = Vec::new();
    sources(&root().join("server"), &mut paths);
    let mut found = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let live = text.split("#[cfg(test)]").next().unwrap();
        for maker in MAKERS {
            for (at, _) in live.match_indices(maker) {
                let call = &live[at + maker.len()..];
                let end = call.find(';').unwrap_or(call.len());
                found.extend(first_code(&call[..end]).map(str::to_owned));
            }
        }
        let is_of_constants = OF_CONSTANTS.iter().any(|it| path == root().join(it));
        if is_of_constants {
            let constants = live.split(": &str = \"").skip(1);
            let constants = constants.filter_map(|rest| rest.split('"').next());
            let codes = constants.filter(|text| !text.contains(' '));
            found.extend(codes.map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_code_that_is_given_is_listed_once() {
    let listed: Vec<&str> = codes::all().collect();
    let known: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), known.len(), "a code is listed twice");
    let made = made();
    assert!(made.len() > 40, "{made:?}");
    let unlisted: Vec<&String> = made
        .iter()
        .filter(|it| !known.contains(it.as_str()))
        .collect();
    assert!(
        unlisted.is_empty(),
        "not in settings/codes.rs: {unlisted:?}"
    );
}

/// The table of codes in the guide names none that there is not, and the section on settings says how to set them.
#[test]
fn the_guide_names_codes_that_there_are() {
    let guide = fs::read_to_string(root().join("README.md")).unwrap();
    let table = guide.split("| code | what it tells |").nth(1).unwrap();
    let table = table.split("\n\n").next().unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `"));
    let named: Vec<&str> = rows
        .flat_map(|row| row.split(" | ").next().unwrap().split('`'))
        .filter(|part| part.chars().any(char::is_alphabetic))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    let known: BTreeSet<&str> = codes::all().collect();
    for code in named {
        assert!(known.contains(code), "{code}");
    }
    assert!(guide.contains("| `diagnostics.CODE` |"));
}

#[test]
fn the_extension_completes_every_code() {
    let extension = fs::read_to_string(root().join("editors/vscode/package.json")).unwrap();
    let extension: Value = serde_json::from_str(&extension).unwrap();
    let groups = extension["contributes"]["configuration"]
        .as_array()
        .unwrap();
    let declared = groups
        .iter()
        .find_map(|group| group["properties"]["storywright.diagnostics"]["properties"].as_object());
    let declared: BTreeSet<&str> = declared.unwrap().keys().map(String::as_str).collect();
    assert_eq!(declared, codes::all().collect());
}
