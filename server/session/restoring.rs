//! What the author decides about a chunk: an earlier version comes back, a proposed rewrite is
//! taken or turned down, a stale text is kept as it is.
//!
//! The text that is replaced goes to history first, like any other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::chunk_file::{self, FileStatus};
use super::error::StoreError;
use super::facts::read_text;
use super::history;
use super::intent::{Intent, Step};
use super::manifest::{ChunkRecord, ChunkStatus, Origin};
use super::writer::{Inner, Session, State};
use super::{ClientEdit, Saved, changelog, layout};
use crate::story::{ChunkNumber, Digest, words};

impl Session {
    /// Brings an earlier version of a chunk back: `version` counts from 1, the oldest; `None`
    /// is the one that was replaced last. What it replaces goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoVersion`] when there is no such version.
    pub fn restore_version(
        &self,
        number: ChunkNumber,
        version: Option<usize>,
    ) -> Result<Saved, StoreError> {
        let versions = self.versions(number)?;
        let count = versions.len();
        let index = version.unwrap_or(count).checked_sub(1);
        let Some(kept) = index.and_then(|index| versions.into_iter().nth(index)) else {
            return Err(StoreError::NoVersion {
                number,
                versions: count,
            });
        };
        let record = history::record_of(&kept, &self.inner.disk)?;
        let new = New {
            status: kept.file.status.unwrap_or(FileStatus::Complete),
            prose: &kept.file.prose,
            why: "an earlier version was restored",
            known: Known::Is(record.map(Box::new)),
            is_revision: false,
        };
        self.replace(number, &new, Vec::new())
    }

    /// The proposed rewrite of a chunk, if one waits; as the editor shows it where it is open.
    pub fn revision(&self, number: ChunkNumber) -> Result<Option<String>, StoreError> {
        let path = self.revision_path(number);
        let text = match self.inner.owners.open_text(&path) {
            Some(text) if self.inner.is_open(&path) => Some(text),
            _ => read_text(&path, &self.inner.disk)?,
        };
        Ok(text.map(|text| chunk_file::parse(&text).prose))
    }

    /// Takes a proposed rewrite: it becomes the chunk, and what it replaces goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoRevision`] when none waits.
    pub fn accept_revision(&self, number: ChunkNumber) -> Result<Saved, StoreError> {
        let prose = self.waiting_revision(number)?;
        let new = New {
            status: FileStatus::Complete,
            prose: &prose,
            why: "a revision was accepted",
            known: Known::Revises,
            is_revision: true,
        };
        let taken = self.remove_revision(number)?;
        self.replace(number, &new, taken)
    }

    /// Turns a proposed rewrite down; its text goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoRevision`] when none waits.
    pub fn reject_revision(&self, number: ChunkNumber) -> Result<(), StoreError> {
        let prose = self.waiting_revision(number)?;
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        let path = state.files[index].clone();
        inner.keep(
            index,
            &path,
            FileStatus::Complete,
            &prose,
            "a revision that was rejected",
        )?;
        let mut steps = self.remove_revision(number)?;
        steps.extend(inner.note_revision(&state, index, None));
        steps.push(Step::Line {
            line: inner.event(index, "rejected the revision of"),
        });
        let what = format!("reject the revision of chunk {number}");
        inner.change(&mut state, &Intent::new(what, inner.disk.now(), steps))
    }

    /// Keeps a stale text as it is: from now on it counts as written from `inputs`.
    pub fn keep_chunk(
        &self,
        number: ChunkNumber,
        inputs: BTreeMap<String, Digest>,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        let Some(record) = state.manifest.record(&inner.plan[index].beat) else {
            return Ok(());
        };
        let mut record = record.clone();
        record.inputs = inputs;
        let mut steps = inner.copy_of_record(&record);
        steps.push(Step::Record {
            record: Box::new(record),
        });
        steps.push(Step::Line {
            line: inner.event(index, "kept"),
        });
        let what = format!("keep chunk {number}");
        inner.change(&mut state, &Intent::new(what, inner.disk.now(), steps))
    }

    fn waiting_revision(&self, number: ChunkNumber) -> Result<String, StoreError> {
        self.inner.index(number)?;
        self.revision(number)?
            .filter(|prose| !prose.trim().is_empty())
            .ok_or(StoreError::NoRevision { number })
    }

    fn revision_path(&self, number: ChunkNumber) -> PathBuf {
        self.inner.revision_path(number)
    }

    /// The step that takes a revision away.
    fn remove_revision(&self, number: ChunkNumber) -> Result<Vec<Step>, StoreError> {
        let path = self.revision_path(number);
        let text = read_text(&path, &self.inner.disk)?;
        let step = text.map(|text| Step::Remove {
            file: self.inner.inside(&path),
            over: vec![Digest::of(&text)],
        });
        Ok(step.into_iter().collect())
    }

    /// Puts a text into the place of a chunk's, with what else belongs to it, as one change.
    fn replace(
        &self,
        number: ChunkNumber,
        new: &New,
        and_then: Vec<Step>,
    ) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        inner.replace(&mut state, index, new, and_then)?;
        Ok(std::mem::take(&mut state.owed))
    }
}

/// A text that takes the place of another.
pub(super) struct New<'a> {
    pub(super) status: FileStatus,
    pub(super) prose: &'a str,
    pub(super) why: &'a str,
    pub(super) known: Known,
    /// It was waiting in revisions/.
    pub(super) is_revision: bool,
}

/// What is known of such a text.
pub(super) enum Known {
    /// It was made of the text that it replaces, and of what that was written from.
    Revises,
    /// What was noted when it was put away, if it was.
    Is(Option<Box<ChunkRecord>>),
}

impl Inner {
    pub(super) fn revision_path(&self, number: ChunkNumber) -> PathBuf {
        let name = layout::chunk_name(number, self.plan.len());
        self.paths.root.join("revisions").join(name)
    }

    /// The old text is in history before anything is declared, and the chunk has either text
    /// at every moment.
    pub(super) fn replace(
        &self,
        state: &mut State,
        index: usize,
        new: &New,
        and_then: Vec<Step>,
    ) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let path = state.files[index].clone();
        let (text, owed) = if self.is_open(&path) {
            let base = self.owners.open_text(&path).unwrap_or_default();
            let text = self.render(index, new.status, &chunk_file::parse(&base), new.prose);
            let step = self.journal_step(state, index, new.status, new.prose, new.why)?;
            (step, Some(ClientEdit { path, text, base }))
        } else {
            (self.replacing_step(state, index, &path, new)?, None)
        };
        let mut steps = vec![text];
        let record = self.record_of_new(state, index, new);
        steps.extend(self.copy_steps(state, index, &record, new.prose)?);
        steps.push(Step::Record {
            record: Box::new(record),
        });
        steps.push(Step::Assemble);
        steps.extend(and_then);
        steps.push(Step::Line {
            line: self.event(index, &format!("{} in", new.why)),
        });
        let what = format!("put another text into chunk {}", planned.number);
        state.known.remove(&planned.number);
        let intent = Intent::new(what, self.disk.now(), steps);
        self.declare(state, &intent)?;
        owed.into_iter().for_each(|edit| state.owe(edit));
        self.finish_declared(state, &intent)
    }

    fn replacing_step(
        &self,
        state: &State,
        index: usize,
        path: &Path,
        new: &New,
    ) -> Result<Step, StoreError> {
        let there = self.there(path)?;
        self.refuse_read_only(path)?;
        let status = there.file.status.unwrap_or(FileStatus::Complete);
        self.keep_replaced(state, index, status, &there.file.prose, new.why)?;
        Ok(Step::Put {
            file: self.inside(path),
            text: self.render(index, new.status, &there.file, new.prose),
            over: there.raw.iter().map(|text| Digest::of(text)).collect(),
        })
    }

    /// What the manifest says of a text that was not generated just now.
    fn record_of_new(&self, state: &State, index: usize, new: &New) -> ChunkRecord {
        let planned = &self.plan[index];
        let current = state.manifest.record(&planned.beat);
        let nothing = || ChunkRecord::missing(planned.number, planned.beat.clone());
        let digest = chunk_file::digest(new.prose);
        let (mut record, is_known) = match &new.known {
            Known::Revises => (current.cloned().unwrap_or_else(nothing), false),
            Known::Is(Some(record)) => (record.as_ref().clone(), true),
            Known::Is(None) => (nothing(), false),
        };
        if !is_known {
            record.status = match new.status {
                FileStatus::Complete => ChunkStatus::Complete,
                FileStatus::Partial => ChunkStatus::Partial,
            };
            record.origin = Some(Origin::Generated);
            record.words = words::count(new.prose, &self.language);
            record.generated_sha256 = (new.status == FileStatus::Complete).then(|| digest.clone());
            record.failure = None;
            record.seam_open = false;
        }
        record.content_sha256 = Some(digest);
        // What is about the chunk and not about its text.
        record.number = planned.number;
        record.beat.clone_from(&planned.beat);
        record.title.clone_from(&planned.title);
        record.target_words = planned.target_words;
        record.file = self.inside(&state.files[index]);
        if let Some(current) = current {
            record.formerly.clone_from(&current.formerly);
            record.body_sha256.clone_from(&current.body_sha256);
            record.state_file.clone_from(&current.state_file);
            record.revision = current.revision.clone().filter(|_| !new.is_revision);
            let others = current.other.iter();
            let unknown = others.filter(|(name, _)| !record.other.contains_key(*name));
            let unknown: Vec<_> = unknown.map(|(n, v)| (n.clone(), v.clone())).collect();
            record.other.extend(unknown);
        }
        record
    }

    fn event(&self, index: usize, did: &str) -> String {
        let planned = &self.plan[index];
        let event = format!("{did} chunk {} ({})", planned.number, planned.beat);
        changelog::line(self.disk.now(), &event)
    }
}
