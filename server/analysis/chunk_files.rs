//! Keeps the chunk files of a session taken apart, so that a change of one chunk does not cost reading all of them
//! again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::StoryError;
use crate::session::{self, Disk, MergedFiles, Owners, TextMark, map_at_once};
use crate::story::Language;
use crate::story::chunk_file::{self, Damage, Places};
use crate::story::lint::{BriefWords, ChunkFacts};

/// The chunk files as they were read last.
#[derive(Debug, Default)]
pub struct ChunkFiles {
    files: HashMap<PathBuf, (TextMark, Arc<ReadFile>)>,
    /// Those that held no unresolved conflict.
    pub(super) merged: MergedFiles,
    /// The words of the brief that they are of.
    pub(super) words: BriefWords,
}

/// A chunk file with what follows from its text.
#[derive(Debug)]
pub(super) struct ReadFile {
    pub(super) text: Arc<str>,
    pub(super) damage: Vec<Damage>,
    pub(super) places: Places,
    pub(super) facts: ChunkFacts,
}

/// The fewest chunk files for which a thread is worth its cost.
const FEWEST_AT_ONCE: usize = 4;

impl ReadFile {
    fn of(text: &str, language: &Language) -> ReadFile {
        let file = chunk_file::parse(text);
        ReadFile {
            text: text.into(),
            damage: file.damage,
            places: Places::of(text),
            facts: ChunkFacts::of(file.prose.trim_end(), language),
        }
    }
}

impl ChunkFiles {
    /// Returns what is in the chunk files at these paths, `None` where there is no file; those that are new or changed
    /// are taken apart on all processors.
    pub(super) fn read(
        &mut self,
        paths: &[&Path],
        language: &Language,
        owners: &dyn Owners,
        disk: &Disk,
    ) -> Result<Vec<Option<Arc<ReadFile>>>, StoryError> {
        let mut before = std::mem::take(&mut self.files);
        let mut found = Vec::new();
        let mut changed = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let mark = TextMark::of(path, owners, disk)?;
            let known = before.remove(*path).filter(|(before, file)| {
                before.is_same_text_as(&mark) && file.facts.language() == language
            });
            if known.is_none()
                && let Some(text) = session::read_text(path, owners, disk)?
            {
                changed.push((at, mark, text));
            }
            found.push(known.map(|(_, file)| (mark, file)));
        }
        let read = map_at_once(&changed, FEWEST_AT_ONCE, |(_, _, text)| {
            Arc::new(ReadFile::of(text, language))
        });
        for ((at, mark, _), file) in changed.into_iter().zip(read) {
            found[at] = Some((mark, file));
        }
        for (path, found) in paths.iter().zip(&found) {
            if let Some((mark, file)) = found {
                let kept = (*mark, Arc::clone(file));
                self.files.insert((*path).to_owned(), kept);
            }
        }
        let files = found.into_iter().map(|found| found.map(|(_, file)| file));
        Ok(files.collect())
    }
}
