//! Declares changes of several files on disk before they start.
//!
//! A declaration holds everything that is needed to finish the change, so an interrupted one
//! is finished at the next start, in any state between its steps. Each step can be done again
//! without harm, and none overwrites a text that the declaration did not know.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::error::StoreError;
use super::history::{self, Version};
use super::journal;
use super::layout::{self, SessionPaths};
use super::manifest::ManifestFact;
use super::manifest::record::ChunkRecord;
use super::notice::Notice;
use super::view::facts::{Facts, FileFact};
use super::work;
use crate::story::chunk_file::{self, FileStatus};
use crate::story::chunk_text::ChunkText;
use crate::story::{BeatId, ChunkNumber, Digest};

const VERSION: u32 = 1;

/// A declared change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Intent {
    version: u32,
    /// A description of the change, for people.
    pub(crate) what: String,
    pub(crate) at: Timestamp,
    pub(crate) steps: Vec<Step>,
}

/// One step. Paths are inside the session, with `/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Step {
    /// A file gets this text. It may have had none, or one of `over`.
    Put {
        file: String,
        text: String,
        over: Vec<Digest>,
    },
    /// Writes a copy of generated text over the file that is there.
    Copy { file: String, text: String },
    /// A file goes, if it still has one of the texts `over`.
    Remove { file: String, over: Vec<Digest> },
    /// The manifest has this to say of a chunk.
    Record { record: Box<ChunkRecord> },
    /// full_story.md is assembled anew.
    Assemble,
    /// The changelog gets a line.
    Line { line: String },
}

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Done {
    Yes,
    /// The file had a text of the author's, which stays; ours is kept here.
    KeptAside {
        file: PathBuf,
        kept: Option<PathBuf>,
    },
}

impl Intent {
    pub(crate) fn new(what: impl Into<String>, at: Timestamp, steps: Vec<Step>) -> Intent {
        Intent {
            version: VERSION,
            what: what.into(),
            at,
            steps,
        }
    }

    /// Reads a declaration; `None` where it is damaged, or names a path that the program would not declare (a
    /// workspace may come from anybody).
    pub(crate) fn parse(bytes: &[u8]) -> Option<Intent> {
        let intent: Intent = serde_json::from_slice(bytes).ok()?;
        let sound = intent.version == VERSION
            && intent.steps.iter().all(|step| match step {
                Step::Put { file, .. } | Step::Remove { file, .. } => is_own_path(file),
                Step::Copy { file, .. } => is_own_path(file) && is_copy(file),
                Step::Record { .. } | Step::Assemble | Step::Line { .. } => true,
            });
        sound.then_some(intent)
    }

    pub(crate) fn declare(&self, paths: &SessionPaths, disk: &Disk) -> Result<(), StoreError> {
        // Strings, numbers and lists always serialise.
        let text = serde_json::to_string(self).unwrap_or_default();
        disk.write(&paths.intent(), text.as_bytes())
    }
}

fn is_copy(file: &str) -> bool {
    let below = file.strip_prefix("history/");
    below
        .and_then(|below| below.split_once('/'))
        .map(|(folder, _)| folder)
        == Some(layout::COPIES)
}

/// Tells whether a path names a chunk, journal, version, state or revision: one plain name in a known folder.
fn is_own_path(file: &str) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    let (folders, name) = match parts.as_slice() {
        ["history", folder, name] => (vec![*folder], *name),
        ["chunks" | "state" | "revisions" | layout::WORK, name] => (vec![], *name),
        _ => return false,
    };
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
    };
    let known = [".md", ".journal", ".json"]
        .iter()
        .any(|end| name.ends_with(end));
    known && plain(name) && folders.into_iter().all(plain)
}

/// Does a step on files, safe from a power cut once their [`folders`] are synced. Steps about
/// manifest, story and changelog are the caller's.
pub(crate) fn do_step(step: &Step, paths: &SessionPaths, disk: &Disk) -> Result<Done, StoreError> {
    match step {
        Step::Put { file, text, over } if file.ends_with(".journal") => {
            journal::in_turn(|| put(file, text, over, paths, disk))
        }
        Step::Put { file, text, over } => put(file, text, over, paths, disk),
        Step::Copy { file, text } => copy(&paths.inside(file), text, disk),
        Step::Remove { file, over } => {
            let path = paths.inside(file);
            match disk.read_text(&path)? {
                Some(text) if over.contains(&Digest::of(&text)) => {
                    disk.drop_name(&path)?;
                }
                _ => {}
            }
            Ok(Done::Yes)
        }
        Step::Record { .. } | Step::Assemble | Step::Line { .. } => Ok(Done::Yes),
    }
}

fn copy(path: &Path, text: &str, disk: &Disk) -> Result<Done, StoreError> {
    if let Some(folder) = path.parent() {
        disk.make_folder(folder)?;
    }
    match disk.write_copy(path, text.as_bytes()) {
        // Only an edit would be shown by it.
        Ok(()) | Err(StoreError::ReadOnlyFile { .. }) => Ok(Done::Yes),
        Err(error) => Err(error),
    }
}

/// Returns the folders whose files the steps replace or remove, copies aside, which are made again.
pub(crate) fn folders(steps: &[Step], paths: &SessionPaths) -> BTreeSet<PathBuf> {
    let files = steps.iter().filter_map(|step| match step {
        Step::Put { file, .. } | Step::Remove { file, .. } if !is_copy(file) => {
            Some(paths.inside(file))
        }
        _ => None,
    });
    files
        .filter_map(|file| file.parent().map(Path::to_owned))
        .collect()
}

fn put(
    file: &str,
    text: &str,
    over: &[Digest],
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Done, StoreError> {
    let path = paths.inside(file);
    let there = disk.read_text(&path)?;
    match &there {
        Some(there) if there == text => return Ok(Done::Yes),
        Some(there) if !is_over(file, there, over) && !same_prose(there, text) => {
            let kept = keep_aside(file, text, paths, disk)?;
            return Ok(Done::KeptAside { file: path, kept });
        }
        _ => {}
    }
    if file.starts_with(layout::WORK) {
        work::make_work_folder(&paths.work(), disk)?;
    } else if let Some(folder) = path.parent() {
        disk.make_folder(folder)?;
    }
    match disk.replace_unchanged(&path, text.as_bytes(), there.as_deref()) {
        Ok(true) => Ok(Done::Yes),
        Ok(false) => put(file, text, over, paths, disk),
        // Waiting for it would hold up every later change.
        Err(StoreError::ReadOnlyFile { .. }) => {
            let kept = keep_aside(file, text, paths, disk)?;
            Ok(Done::KeptAside { file: path, kept })
        }
        Err(error) => Err(error),
    }
}

/// Tells whether a text is one of those that a step replaces. Of a journal only the prose counts: how
/// much of it an editor shows may have been noted since.
fn is_over(file: &str, there: &str, over: &[Digest]) -> bool {
    let prose = || chunk_file::source_digest(&chunk_file::parse(there).prose);
    over.contains(&Digest::of(there)) || (file.ends_with(".journal") && over.contains(&prose()))
}

/// Tells whether two texts differ in nothing but chunk, beat and status.
fn same_prose(one: &str, other: &str) -> bool {
    let (one, other) = (chunk_file::parse(one), chunk_file::parse(other));
    let digest = |file: &chunk_file::ChunkFile| chunk_file::source_digest(&file.prose);
    one.extra == other.extra && digest(&one) == digest(&other)
}

/// Keeps the text of a step whose target file holds a text of the author's.
fn keep_aside(
    file: &str,
    text: &str,
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Option<PathBuf>, StoreError> {
    let parsed = chunk_file::parse(text);
    if parsed.is_empty() {
        return Ok(None);
    }
    let name = Path::new(file)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    let version = Version {
        number: parsed
            .number
            .or_else(|| layout::chunk_number(&name))
            .unwrap_or(ChunkNumber(1)),
        beat: parsed.beat.unwrap_or_else(|| BeatId(stem.to_owned())),
        status: parsed.status.unwrap_or(FileStatus::Partial),
        prose: &parsed.prose,
        extra: &parsed.extra,
        form: parsed.form,
        why: "generated while the author changed the file",
        record: None,
    };
    history::keep(paths, stem, &version, disk).map(Some)
}

/// Shows the facts as they will be when the change is finished. Pure.
pub(crate) fn overlay(intent: &Intent, facts: &mut Facts) {
    for step in &intent.steps {
        match step {
            Step::Put { file, text, over } => overlay_put(facts, file, text, over),
            Step::Remove { file, over } => {
                if let Some(name) = file.strip_prefix("chunks/") {
                    facts
                        .files
                        .retain(|fact| fact.name != name || !over.contains(&fact.text.whole));
                }
            }
            Step::Record { record } => {
                if let ManifestFact::Read(manifest) = &mut facts.manifest {
                    manifest.set_record((**record).clone());
                }
            }
            Step::Copy { .. } | Step::Assemble | Step::Line { .. } => {}
        }
    }
}

fn overlay_put(facts: &mut Facts, file: &str, text: &str, over: &[Digest]) {
    let Some((layout::WORK | "chunks", name)) = file.split_once('/') else {
        return;
    };
    let journal_of = name
        .strip_suffix(".journal")
        .map(|stem| format!("{stem}.md"));
    let key = journal_of.as_deref().unwrap_or(name);
    let place = facts
        .files
        .binary_search_by(|fact| fact.name.as_str().cmp(key));
    let at = place.unwrap_or_else(|at| {
        let fact = FileFact {
            name: key.to_owned(),
            ..FileFact::default()
        };
        facts.files.insert(at, fact);
        at
    });
    let fact = &mut facts.files[at];
    if journal_of.is_some() {
        fact.journal = Some(text.to_owned());
    } else if fact.text.is_void || over.contains(&fact.text.whole) {
        fact.text = Arc::new(ChunkText::parse(text));
    }
}

impl Done {
    pub(crate) fn notice(self) -> Option<Notice> {
        let Done::KeptAside { file, kept } = self else {
            return None;
        };
        let ours = match kept {
            Some(kept) => format!(", and the generated text is in {}", kept.display()),
            None => String::new(),
        };
        Some(Notice {
            code: "author-edited",
            message: format!(
                "{} was changed while a change to it was under way. Your text stays as it is{ours}.",
                file.display()
            ),
        })
    }
}
