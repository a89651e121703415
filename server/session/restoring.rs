//! What the author decides about a chunk: an earlier version comes back, a proposed rewrite is
//! taken or turned down, a stale text is kept as it is.
//!
//! The text that is replaced goes to history first, like any other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::chunk_file::{self, ChunkFile, FileStatus};
use super::error::StoreError;
use super::facts::read_text;
use super::intent::{Intent, Step};
use super::manifest::{ChunkStatus, Origin};
use super::writer::{Inner, Session, State};
use super::{KeptVersion, Saved, changelog, layout};
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
        let KeptVersion { file, .. } = kept;
        let status = file.status.unwrap_or(FileStatus::Complete);
        self.replace(
            number,
            status,
            &file.prose,
            "an earlier version was restored",
        )
    }

    /// Takes a proposed rewrite: it becomes the chunk, and what it replaces goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoRevision`] when none waits.
    pub fn accept_revision(&self, number: ChunkNumber) -> Result<Saved, StoreError> {
        let revision = self.waiting_revision(number)?;
        // First, so that the last version is the text that is replaced.
        self.keep_unseen(number, &revision)?;
        let prose = &revision.shown.prose;
        let why = "a revision was accepted";
        let saved = self.replace(number, FileStatus::Complete, prose, why)?;
        // Only now: until the chunk has it, the revision is the only place of its text.
        self.remove_revision(number, &revision)?;
        Ok(saved)
    }

    /// Turns a proposed rewrite down; its text goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoRevision`] when none waits.
    pub fn reject_revision(&self, number: ChunkNumber) -> Result<(), StoreError> {
        let revision = self.waiting_revision(number)?;
        let inner = &self.inner;
        let index = inner.index(number)?;
        self.keep_unseen(number, &revision)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        let path = state.files[index].clone();
        let why = "a revision that was rejected";
        inner.keep(index, &path, &revision.shown, why)?;
        self.remove_revision(number, &revision)?;
        let line = inner.event(index, "rejected the revision of");
        let steps = vec![Step::Line { line }];
        let intent = Intent::new("reject a revision", inner.disk.now(), steps);
        inner.change(&mut state, &intent)
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
        let steps = vec![
            Step::Record {
                record: Box::new(record),
            },
            Step::Line {
                line: inner.event(index, "kept"),
            },
        ];
        let what = format!("keep chunk {number}");
        inner.change(&mut state, &Intent::new(what, inner.disk.now(), steps))
    }

    /// The revision as the author sees it: in the editor, where it is open.
    fn waiting_revision(&self, number: ChunkNumber) -> Result<Revision, StoreError> {
        let inner = &self.inner;
        inner.index(number)?;
        let path = self.revision_path(number);
        let on_disk = read_text(&path, &inner.disk)?;
        let shown = match inner
            .owners
            .open_text(&path)
            .filter(|_| inner.is_open(&path))
        {
            Some(text) => chunk_file::parse(&text),
            None => chunk_file::parse(on_disk.as_deref().unwrap_or_default()),
        };
        if shown.is_empty() {
            return Err(StoreError::NoRevision { number });
        }
        Ok(Revision { shown, on_disk })
    }

    /// Keeps what a revision's file has and the chunk will not: front matter of the author's,
    /// or another text than the editor shows.
    fn keep_unseen(&self, number: ChunkNumber, revision: &Revision) -> Result<(), StoreError> {
        let inner = &self.inner;
        let file = chunk_file::parse(revision.on_disk.as_deref().unwrap_or_default());
        if file.prose == revision.shown.prose && file.extra.is_empty() {
            return Ok(());
        }
        let path = self.revision_path(number);
        let why = "a revision, as it was on disk";
        inner.keep(inner.index(number)?, &path, &file, why)?;
        Ok(())
    }

    /// Removes the file of a revision that was decided about; not another one that has come
    /// since.
    fn remove_revision(&self, number: ChunkNumber, revision: &Revision) -> Result<(), StoreError> {
        let path = self.revision_path(number);
        match read_text(&path, &self.inner.disk)? {
            there if there == revision.on_disk => self.inner.disk.remove(&path),
            _ => Ok(()),
        }
    }

    fn revision_path(&self, number: ChunkNumber) -> PathBuf {
        let inner = &self.inner;
        let name = layout::chunk_name(number, inner.plan.len());
        inner.paths.root.join("revisions").join(name)
    }

    fn replace(
        &self,
        number: ChunkNumber,
        status: FileStatus,
        prose: &str,
        why: &str,
    ) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        inner.retire(&mut state, index, why)?;
        inner.put(&mut state, index, status, prose, why)?;
        Ok(std::mem::take(&mut state.owed))
    }
}

/// A proposed rewrite.
struct Revision {
    shown: ChunkFile,
    /// The whole file.
    on_disk: Option<String>,
}

impl Inner {
    /// Puts a text into the place of a chunk that is missing.
    fn put(
        &self,
        state: &mut State,
        index: usize,
        status: FileStatus,
        prose: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        let mut steps: Vec<Step> = self
            .text_step(state, index, status, prose)?
            .into_iter()
            .collect();
        self.keep_base(state, index, prose, why)?;
        let planned = &self.plan[index];
        if let Some(record) = state.manifest.record(&planned.beat) {
            let mut record = record.clone();
            let digest = chunk_file::digest(prose);
            record.status = match status {
                FileStatus::Complete => ChunkStatus::Complete,
                FileStatus::Partial => ChunkStatus::Partial,
            };
            record.origin = Some(Origin::Generated);
            record.words = words::count(prose, &self.language);
            record.content_sha256 = Some(digest.clone());
            record.generated_sha256 = (status == FileStatus::Complete).then_some(digest);
            // What this text was written from is not known any more.
            record.inputs.clear();
            record.failure = None;
            steps.push(Step::Record {
                record: Box::new(record),
            });
        }
        steps.push(Step::Assemble);
        steps.push(Step::Line {
            line: self.event(index, &format!("{why} in")),
        });
        let what = format!("put a text into chunk {}", planned.number);
        self.change(state, &Intent::new(what, self.disk.now(), steps))
    }

    /// Keeps the text that the editor is to replace: the author may have typed since the chunk
    /// was put into history.
    fn keep_base(
        &self,
        state: &State,
        index: usize,
        prose: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        let path = &state.files[index];
        let mut owed = state.owed.client_edits.iter();
        let Some(edit) = owed.find(|edit| &edit.path == path) else {
            return Ok(());
        };
        let base = chunk_file::parse(&edit.base);
        if chunk_file::digest(&base.prose) != chunk_file::digest(prose) {
            self.keep(index, path, &base, why)?;
        }
        Ok(())
    }

    fn event(&self, index: usize, did: &str) -> String {
        let planned = &self.plan[index];
        let event = format!("{did} chunk {} ({})", planned.number, planned.beat);
        changelog::line(self.disk.now(), &event)
    }
}
