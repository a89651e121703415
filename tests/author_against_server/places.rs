//! Where a text may be: buffers, files, history, journals, revisions. Read as any program
//! reads them, without the store's own code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::lsp_client::Workspace;
use crate::tokens;

/// Files of all sessions that hold chunks' texts or full stories.
pub struct Files(Vec<(PathBuf, String)>);

impl Files {
    /// In the order in which texts move: a text that goes to another place while this reads is
    /// read in one of both.
    pub fn read(story: &Workspace) -> Files {
        let mut files = Vec::new();
        let sessions = folders(&story.root().join("generated"));
        for session in &sessions {
            add_if(&mut files, session.join(".intent.json"));
        }
        for (folder, end) in [
            ("revisions", ".md"),
            (".work", ".journal"),
            ("chunks", ".md"),
        ] {
            for session in &sessions {
                add_folder(&mut files, &session.join(folder), end);
            }
        }
        for session in &sessions {
            add_if(&mut files, session.join("full_story.md"));
            for kept in folders(&session.join("history")) {
                add_folder(&mut files, &kept, ".md");
            }
        }
        Files(files)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.0
            .iter()
            .map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// The tokens that are safe. `settled`: a declared change does not count any more.
    pub fn tokens(&self, settled: bool) -> BTreeSet<String> {
        let counted = self
            .iter()
            .filter(|(path, _)| !(settled && path.ends_with(".intent.json")));
        counted
            .flat_map(|(path, text)| tokens_at(path, text))
            .collect()
    }

    /// The tokens of chunks that are complete by their own word.
    pub fn complete(&self) -> BTreeSet<String> {
        let chunks = self.iter().filter(|(path, _)| is_chunk(path));
        chunks.flat_map(|(_, text)| complete(text)).collect()
    }

    /// The tokens that a running job has brought to disk.
    pub fn growing(&self) -> BTreeSet<String> {
        let chunks = self.iter().filter(|(path, _)| is_chunk(path));
        chunks.flat_map(|(_, text)| tokens::of(text)).collect()
    }
}

/// The tokens of a text that count where it is: full_story.md is made from the chunks, so a
/// chunk's text that is only there is gone from its own places.
pub fn tokens_at(path: &Path, text: &str) -> BTreeSet<String> {
    let mut found = tokens::of(text);
    let is_full_story = path.ends_with("full_story.md")
        || path
            .parent()
            .is_some_and(|folder| folder.ends_with("full_story"));
    if is_full_story {
        found.retain(|token| tokens::is_of_full_story(token));
    }
    found
}

/// The tokens of a chunk that is complete; none of any other.
pub fn complete(text: &str) -> BTreeSet<String> {
    let text = text.replace("\r\n", "\n");
    match text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
    {
        Some((head, prose)) if head.lines().any(|line| line == "status: complete") => {
            tokens::of(prose)
        }
        _ => BTreeSet::new(),
    }
}

pub fn is_chunk(path: &Path) -> bool {
    path.parent()
        .is_some_and(|folder| folder.ends_with("chunks"))
}

/// A file's text without its byte order mark; `None` where there is no file.
pub fn text_of(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

fn folders(above: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(above).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn add_folder(files: &mut Vec<(PathBuf, String)>, folder: &Path, end: &str) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    paths.sort();
    paths.into_iter().for_each(|path| add_if(files, path));
}

fn add_if(files: &mut Vec<(PathBuf, String)>, path: PathBuf) {
    if let Some(text) = text_of(&path) {
        files.push((path, text));
    }
}
