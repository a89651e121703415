//! Rust source as text that can be asked what it names. It knows just enough of the language to
//! look past comments, literals and test modules.

use std::path::{Path, PathBuf};

/// What may end the process; each needs a proof on the line above.
const PANICS: &[&str] = &[
    ".unwrap()",
    ".unwrap_err()",
    ".expect(",
    ".expect_err(",
    "panic!(",
    "todo!(",
    "unimplemented!(",
    "unreachable!(",
];

/// One file of server/.
pub struct Source {
    /// From the root of the repository.
    pub path: PathBuf,
    lines: Vec<String>,
    /// The lines with comments and the insides of literals blanked out.
    code: Vec<String>,
    uses: Vec<Used>,
}

/// What a `use` item brings in.
#[derive(Debug, Clone)]
pub struct Used {
    /// The line of the item, from 1, and its last one.
    lines: (usize, usize),
    /// Written out, with groups taken apart.
    pub path: String,
    /// Whether others may name it here.
    pub is_handed_on: bool,
}

impl Source {
    pub fn new(path: PathBuf, text: &str) -> Self {
        let code: Vec<String> = code_only(text).lines().map(str::to_owned).collect();
        let uses = uses(&code);
        let lines = text.lines().map(str::to_owned).collect();
        Source {
            path,
            lines,
            code,
            uses,
        }
    }

    /// The folder under server/, or "" for what stands above the layers.
    pub fn layer(&self) -> &str {
        let mut parts = self.path.iter().skip(1);
        match (parts.next(), parts.next()) {
            (Some(layer), Some(_)) => layer.to_str().unwrap_or(""),
            _ => "",
        }
    }

    /// Where the code names `path`, a path or a crate.
    pub fn names(&self, path: &str) -> Vec<String> {
        let in_code = self.code.iter().enumerate().filter_map(|(index, line)| {
            let found = line.match_indices(path).any(|(at, _)| {
                let before = &line[..at];
                let before = before.strip_suffix("::").unwrap_or(before);
                let after = line[at + path.len()..].chars().next();
                !before.ends_with(is_name) && !after.is_some_and(is_name)
            });
            // A crate's name is followed by its path; alone, it may be any variable.
            let used = path.contains("::") || line.contains(&format!("{path}::"));
            (found && used).then_some(index + 1)
        });
        let in_uses = self.uses.iter().filter_map(|used| {
            let inside = used.path.strip_prefix(path)?;
            (inside.is_empty() || inside.starts_with("::")).then_some(used.lines.0)
        });
        let mut numbers: Vec<usize> = in_code.chain(in_uses).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|n| self.place(n)).collect()
    }

    /// Where the code names another layer, from the crate's root or by climbing up to it.
    pub fn names_layer(&self, layer: &str) -> Vec<String> {
        let mut found = self.names(&format!("crate::{layer}"));
        let folders = self.path.iter().count() - 2;
        let is_folder_module = self.path.ends_with("mod.rs");
        let climbs = folders + usize::from(!is_folder_module);
        found.extend(self.names(&format!("{}{layer}", "super::".repeat(climbs))));
        found
    }

    /// How many lines do not belong to tests.
    pub fn live_lines(&self) -> usize {
        self.test_lines()
            .iter()
            .filter(|is_test| !**is_test)
            .count()
    }

    /// Where the code outside of tests has a text.
    pub fn live_lines_with(&self, text: &str) -> Vec<String> {
        let tests = self.test_lines();
        let lines = self.code.iter().enumerate();
        lines
            .filter(|(index, line)| !tests[*index] && line.contains(text))
            .map(|(index, _)| self.place(index + 1))
            .collect()
    }

    /// The `use` items outside of tests.
    pub fn live_uses(&self) -> Vec<Used> {
        let tests = self.test_lines();
        let live = self.uses.iter().filter(|used| !tests[used.lines.0 - 1]);
        live.cloned().collect()
    }

    /// Paths of two segments and more that the code names outside of `use` items and tests.
    pub fn inline_paths(&self) -> Vec<String> {
        let tests = self.test_lines();
        let is_use = |number: usize| {
            let mut uses = self.uses.iter();
            uses.any(|used| (used.lines.0..=used.lines.1).contains(&number))
        };
        let mut paths = Vec::new();
        for (index, line) in self.code.iter().enumerate() {
            if !tests[index] && !is_use(index + 1) {
                paths.extend(paths_in(line));
            }
        }
        paths
    }

    /// The files and folders of the modules that this file declares under `#[cfg(test)]`.
    pub fn test_modules(&self) -> Vec<PathBuf> {
        let folder = if self.path.ends_with("mod.rs") || self.path.ends_with("lib.rs") {
            self.path.with_file_name("")
        } else {
            self.path.with_extension("")
        };
        let pairs = self.code.windows(2);
        let declared = pairs.filter(|pair| pair[0].trim() == "#[cfg(test)]");
        let names =
            declared.filter_map(|pair| pair[1].trim().strip_prefix("mod ")?.strip_suffix(';'));
        let places = names.map(|name| [folder.join(format!("{name}.rs")), folder.join(name)]);
        places.flatten().collect()
    }

    /// What may panic outside of test modules, without a comment on the line above.
    pub fn unproved_panics(&self) -> Vec<String> {
        let tests = self.test_lines();
        (0..self.code.len())
            .filter(|&index| !tests[index])
            .filter(|&index| PANICS.iter().any(|panic| self.code[index].contains(panic)))
            .filter(|&index| !self.is_proved(index))
            .map(|index| self.place(index + 1))
            .collect()
    }

    /// A comment stands above the line, or above the chain of calls that it belongs to.
    fn is_proved(&self, index: usize) -> bool {
        let mut start = index;
        while start > 0 && self.lines[start].trim_start().starts_with('.') {
            start -= 1;
        }
        [index, start]
            .iter()
            .any(|&line| line > 0 && self.lines[line - 1].trim_start().starts_with("//"))
    }

    /// Which lines belong to an item under `#[cfg(test)]`.
    fn test_lines(&self) -> Vec<bool> {
        let mut inside = vec![false; self.code.len()];
        let mut index = 0;
        while index < self.code.len() {
            if self.code[index].trim() != "#[cfg(test)]" {
                index += 1;
                continue;
            }
            let mut depth = 0usize;
            let mut ended = false;
            while index < self.code.len() && !ended {
                inside[index] = true;
                for c in self.code[index].chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    ended |= depth == 0 && (c == '}' || c == ';');
                }
                index += 1;
            }
        }
        inside
    }

    fn place(&self, number: usize) -> String {
        let line = self.lines.get(number - 1).map_or("", |line| line.trim());
        format!("{}:{number}: {line}", self.path.display())
    }
}

/// Those that are no tests.
pub fn live(sources: &[Source]) -> Vec<&Source> {
    let tests: Vec<PathBuf> = sources.iter().flat_map(Source::test_modules).collect();
    let is_test = |path: &Path| tests.iter().any(|test| path.starts_with(test));
    let live = sources.iter().filter(|source| !is_test(&source.path));
    live.collect()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `a::b(c::d)` as `a::b`, `c::d`.
fn paths_in(line: &str) -> Vec<String> {
    let is_part = |c: char| is_name(c) || c == ':';
    let words = line.split(|c| !is_part(c));
    let paths = words.map(|word| word.trim_matches(':'));
    // `pub(in crate::a)` says who may name, and names nothing.
    let is_path = |path: &&str| path.contains("::") && !line.contains(&format!("(in {path})"));
    paths.filter(is_path).map(str::to_owned).collect()
}

/// The paths of all `use` items, with groups written out.
fn uses(code: &[String]) -> Vec<Used> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < code.len() {
        let line = code[index].trim();
        let item = line
            .strip_prefix("use ")
            .or_else(|| line.split_once(" use ").map(|(_, item)| item));
        let Some(item) = item.filter(|_| line.starts_with("use ") || line.starts_with("pub"))
        else {
            index += 1;
            continue;
        };
        let start = index;
        let mut text = item.to_owned();
        while !text.contains(';') && index + 1 < code.len() {
            index += 1;
            text.push_str(code[index].trim());
        }
        let tree = text.split(';').next().unwrap_or("");
        found.extend(expand("", tree).into_iter().map(|path| Used {
            lines: (start + 1, index + 1),
            path,
            is_handed_on: line.starts_with("pub"),
        }));
        index += 1;
    }
    found
}

/// `a::{b, c::{d}}` as `a::b`, `a::c::d`.
fn expand(prefix: &str, tree: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for part in split_outside_braces(tree) {
        match part.split_once('{') {
            Some((head, rest)) => {
                let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
                paths.extend(expand(&format!("{prefix}{}", head.trim()), inner));
            }
            None => paths.push(format!("{prefix}{}", part.trim())),
        }
    }
    paths
}

fn split_outside_braces(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The source with comments and the insides of literals as spaces; line ends stay.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => comment_end(&chars, at),
            '"' => string_end(&chars, at),
            '\'' => char_end(&chars, at),
            'r' if !at
                .checked_sub(1)
                .is_some_and(|i| is_name(chars[i]) && chars[i] != 'b') =>
            {
                raw_string_end(&chars, at)
            }
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        }
        for c in &chars[at.min(end)..end] {
            out.push(if *c == '\n' { '\n' } else { ' ' });
            at = end;
        }
    }
    out
}

fn line_end(chars: &[char], at: usize) -> usize {
    (at..chars.len())
        .find(|&i| chars[i] == '\n')
        .unwrap_or(chars.len())
}

/// Block comments nest.
fn comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i.min(chars.len())
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// The end of a character literal; `at` itself where the quote begins a lifetime.
fn char_end(chars: &[char], at: usize) -> usize {
    if chars.get(at + 1) == Some(&'\\') {
        let close = (at + 3..chars.len()).find(|&i| chars[i] == '\'');
        return close.map_or(at, |i| i + 1);
    }
    if chars.get(at + 2) == Some(&'\'') {
        at + 3
    } else {
        at
    }
}

/// The end of `r"…"` or `r#"…"#`; `at` itself where the r begins something else.
fn raw_string_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return at;
    }
    (open + 1..chars.len())
        .find(|&i| {
            chars[i] == '"'
                && chars[i + 1..]
                    .iter()
                    .take(hashes)
                    .filter(|c| **c == '#')
                    .count()
                    == hashes
        })
        .map_or(chars.len(), |i| i + 1 + hashes)
}

#[test]
fn names_are_seen_in_code_and_in_groups_only() {
    let text = "\
//! tokio is named here only in a comment.
use std::{collections::HashMap, fs::{self, File}};
pub(crate) use crate::{
    engine::Job,
    story,
};
const A: &str = \"tokio::spawn, std::net\"; /* std::net */ const B: char = '\"'; // std::net
const C: &str = r#\"std::net \" \"#;
fn f<'a>(tokio_like: &'a str) -> &'a str { tokio::spawn(tokio_like) }
";
    let source = Source::new(PathBuf::from("server/story/brief.rs"), text);
    let count = |name: &str| source.names(name).len();
    assert_eq!(source.layer(), "story");
    assert_eq!(count("std::fs"), 1);
    assert_eq!(count("std::net"), 0);
    assert_eq!(count("tokio"), 1);
    assert_eq!(source.names_layer("engine").len(), 1);
    assert_eq!(source.names_layer("lsp").len(), 0);
}

#[test]
fn a_layer_is_also_reached_by_climbing() {
    let text = "use super::super::session::Store;\nuse super::session::Own;\n";
    for (path, expected) in [
        ("server/story/brief.rs", 1),
        ("server/story/lint/mod.rs", 1),
        ("server/story/mod.rs", 1),
        ("server/story/lint/names.rs", 0),
    ] {
        let source = Source::new(PathBuf::from(path), text);
        assert_eq!(source.names_layer("session").len(), expected, "{path}");
    }
}

#[test]
fn a_panic_needs_its_proof() {
    let text = "\
fn f() {
    a.unwrap();
    // the line above proves it
    b.unwrap();
    // the chain is proved too
    c.d()
        .expect(\"so\");
    let s = \".unwrap()\";
}
#[cfg(test)]
mod tests {
    fn g() { a.unwrap(); }
}
#[cfg(test)]
mod more;
fn h() { panic!(\"no\") }
";
    let source = Source::new(PathBuf::from("server/engine/draft.rs"), text);
    let found = source.unproved_panics();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains(":2:") && found[1].contains(":16:"),
        "{found:?}"
    );
    let folder = Path::new("server/engine/draft");
    assert_eq!(
        source.test_modules(),
        [folder.join("more.rs"), folder.join("more")]
    );
    let all = [source, Source::new(folder.join("more.rs"), "")];
    assert_eq!(live(&all).len(), 1);
}
