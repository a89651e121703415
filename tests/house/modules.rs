//! The modules of a crate as a graph: which file names what another file defines.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::source::{self, Source};

/// A path below the crate's root, segment by segment.
type Segments = Vec<String>;

/// How often a name may be handed on before its definition is given up.
const MOST_HANDS: usize = 8;

/// The modules of one crate.
pub struct Modules<'a> {
    files: BTreeMap<Segments, &'a Source>,
    /// What `use` brings into a module: module and name, with the whole path.
    brought_in: HashMap<(Segments, String), Segments>,
}

impl<'a> Modules<'a> {
    /// Takes the files of server/ without those of tests and of the program itself.
    pub fn of(sources: &'a [Source]) -> Modules<'a> {
        let live = source::live(sources).into_iter();
        let files = live.filter(|source| !source.path.ends_with("main.rs"));
        let mut modules = Modules {
            files: files.map(|it| (module_of(&it.path), it)).collect(),
            brought_in: HashMap::new(),
        };
        let mut brought_in = HashMap::new();
        for (module, source) in &modules.files {
            for used in source.live_uses() {
                let (path, name) = alias(&used.path);
                if let Some(whole) = modules.absolute(module, path) {
                    let name = name.or_else(|| whole.last().cloned()).unwrap_or_default();
                    brought_in.insert((module.clone(), name), whole);
                }
            }
        }
        modules.brought_in = brought_in;
        modules
    }

    /// Tells for each file the files whose definitions it names, and one name for each. A name that is
    /// only handed on is an arrow of whoever uses it.
    pub fn arrows(&self) -> BTreeMap<PathBuf, BTreeMap<PathBuf, String>> {
        let mut arrows = BTreeMap::new();
        for (module, source) in &self.files {
            let mut to = BTreeMap::new();
            let uses = source.live_uses().into_iter();
            let used = uses.filter(|used| !used.is_handed_on).map(|used| used.path);
            for path in used.chain(source.inline_paths()) {
                let (path, _) = alias(&path);
                let Some(whole) = self.absolute(module, path) else {
                    continue;
                };
                if let Some(file) = self.defining_file(&whole, 0)
                    && file != source.path
                {
                    to.entry(file.to_owned())
                        .or_insert_with(|| whole.join("::"));
                }
            }
            arrows.insert(source.path.clone(), to);
        }
        arrows
    }

    /// Gives the path of what a module names from the crate's root; `None` where it is of another crate.
    fn absolute(&self, module: &Segments, path: &str) -> Option<Segments> {
        let mut segments = path.split("::").map(str::trim).peekable();
        let mut whole = match *segments.peek()? {
            "crate" => {
                segments.next();
                Vec::new()
            }
            "self" | "super" => {
                let mut base = module.clone();
                while let Some(climb) = segments.next_if(|it| ["self", "super"].contains(it)) {
                    if climb == "super" {
                        base.pop()?;
                    }
                }
                base
            }
            first => {
                let mut child = module.clone();
                child.push(first.to_owned());
                match self.brought_in.get(&(module.clone(), first.to_owned())) {
                    _ if self.files.contains_key(&child) => module.clone(),
                    Some(brought) => {
                        segments.next();
                        brought.clone()
                    }
                    None => return None,
                }
            }
        };
        whole.extend(segments.filter(|it| *it != "self").map(str::to_owned));
        Some(whole)
    }

    fn defining_file(&self, whole: &[String], hands: usize) -> Option<&Path> {
        for length in (0..=whole.len()).rev() {
            let (module, rest) = whole.split_at(length);
            let Some(source) = self.files.get(module) else {
                continue;
            };
            let name = rest.first().cloned().unwrap_or_default();
            if let Some(brought) = self.brought_in.get(&(module.to_vec(), name))
                && hands < MOST_HANDS
                && brought != whole
            {
                let further = [brought.as_slice(), &rest[1..]].concat();
                return self.defining_file(&further, hands + 1);
            }
            return Some(&source.path);
        }
        None
    }
}

/// Finds the groups of files that lead back to themselves, each with the arrows that tie it.
pub fn circles(arrows: &BTreeMap<PathBuf, BTreeMap<PathBuf, String>>) -> Vec<Vec<String>> {
    let reach: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = arrows
        .keys()
        .map(|from| (from, reached(arrows, from)))
        .collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for from in arrows.keys() {
        if !reach[from].contains(from) || seen.contains(from) {
            continue;
        }
        let back = |file: &&&PathBuf| reach.get(**file).is_some_and(|it| it.contains(from));
        let circle: BTreeSet<&PathBuf> = reach[from].iter().filter(back).copied().collect();
        let ties = circle.iter().flat_map(|from| {
            let inside = arrows[*from].iter().filter(|(to, _)| circle.contains(to));
            inside.map(|(to, name)| format!("{} -> {}: {name}", from.display(), to.display()))
        });
        found.push(ties.collect());
        seen.extend(circle);
    }
    found
}

fn reached<'a>(
    arrows: &'a BTreeMap<PathBuf, BTreeMap<PathBuf, String>>,
    from: &PathBuf,
) -> BTreeSet<&'a PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&PathBuf> = arrows[from].keys().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(arrows.get(file).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}

/// `a::b as c` as `a::b` and `c`.
fn alias(path: &str) -> (&str, Option<String>) {
    match path.split_once(" as ") {
        Some((path, name)) => (path.trim(), Some(name.trim().to_owned())),
        None => (path, None),
    }
}

fn module_of(path: &Path) -> Segments {
    let below = path
        .strip_prefix("server")
        .unwrap_or(path)
        .with_extension("");
    let mut segments: Segments = below
        .iter()
        .map(|it| it.to_string_lossy().into_owned())
        .collect();
    if segments.last().is_some_and(|last| last == "mod") || segments == ["lib"] {
        segments.pop();
    }
    segments
}

#[test]
fn a_planted_circle_and_a_planted_climb_are_found() {
    let files = [
        ("server/lib.rs", "mod a;\nmod b;\n"),
        ("server/a/mod.rs", "mod one;\nmod two;\npub use two::Two;\n"),
        ("server/a/one.rs", "use super::Two;\npub struct One;\n"),
        (
            "server/a/two.rs",
            "pub struct Two;\nfn f() { crate::b::g() }\n",
        ),
        (
            "server/b.rs",
            "use crate::a;\npub fn g() { h::<a::one::One>() }\n",
        ),
        (
            "server/c.rs",
            "use crate::a::Two;\n#[cfg(test)]\nmod tests { use crate::d::D; }\n",
        ),
        (
            "server/d.rs",
            "use crate::c;\npub struct D;\nfn f() { c::x() }\n",
        ),
    ];
    let sources = files.map(|(path, text)| Source::new(PathBuf::from(path), text));
    let circles = circles(&Modules::of(&sources).arrows());
    assert_eq!(
        circles,
        [[
            "server/a/one.rs -> server/a/two.rs: a::Two",
            "server/a/two.rs -> server/b.rs: b::g",
            "server/b.rs -> server/a/one.rs: a::one::One",
        ]]
    );
}
