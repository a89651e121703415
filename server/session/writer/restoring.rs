//! Carries out the author's decisions about a chunk: restores an earlier version, accepts or rejects a
//! proposed rewrite, keeps a stale text.
//!
//! The text that is replaced goes to history first, like any other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::replacing::{Known, New};
use super::revising::{made_of, parse_revision};
use super::{Cache, Session};
use crate::session::error::StoreError;
use crate::session::history::{self, KeptVersion, generated};
use crate::session::intent::{Intent, Step};
use crate::session::manifest::record::ChunkRecord;
use crate::session::saved::Saved;
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::conflict_markers::conflict_line;
use crate::story::{ChunkNumber, Digest};

impl Session {
    /// Returns the versions of a chunk that were replaced, oldest first.
    pub fn versions(&self, number: ChunkNumber) -> Result<Vec<KeptVersion>, StoreError> {
        let index = self.inner.index(number)?;
        let beat = &self.inner.plan[index].beat;
        let cache = self.inner.lock_cache();
        let beats = match cache.manifest.record(beat) {
            Some(record) => record.beats(),
            None => vec![beat],
        };
        history::versions(&self.inner.paths, &beats, &self.inner.disk)
    }

    /// Brings an earlier version of a chunk back: `version` counts from 1, the oldest; `None`
    /// is the one that was replaced last. What it replaces goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoVersion`] when there is no such version, [`StoreError::ChunkLocked`] for a
    /// chunk that is locked.
    pub fn restore_version(
        &self,
        number: ChunkNumber,
        version: Option<usize>,
    ) -> Result<Saved, StoreError> {
        self.refuse_locked(number)?;
        let versions = self.versions(number)?;
        let count = versions.len();
        let index = version.unwrap_or(count).checked_sub(1);
        let Some(kept) = index.and_then(|index| versions.get(index)) else {
            return Err(StoreError::NoVersion {
                number,
                versions: count,
            });
        };
        refuse_conflict(&kept.path, &kept.file)?;
        let record = self.latest_record(number, kept, &versions)?;
        let new = New {
            status: kept.file.status.unwrap_or(FileStatus::Complete),
            prose: &kept.file.prose,
            why: "an earlier version was restored",
            known: Known::Is(record.map(Box::new)),
            is_revision: false,
            of: None,
        };
        self.replace(number, &new, Vec::new())
    }

    /// Tells what is known of the text of a version. A chunk may have had the same words twice: what was
    /// noted of them last counts, such as that the author kept them.
    fn latest_record(
        &self,
        number: ChunkNumber,
        kept: &KeptVersion,
        versions: &[KeptVersion],
    ) -> Result<Option<ChunkRecord>, StoreError> {
        let inner = &self.inner;
        let of = chunk_file::digest(&kept.file.prose);
        let is_of_it = |record: &ChunkRecord| record.content_sha256.as_ref() == Some(&of);
        let beat = &inner.plan[inner.index(number)?].beat;
        let current = inner.lock_cache().manifest.record(beat).cloned();
        let beats = current
            .as_ref()
            .map_or_else(|| vec![beat], ChunkRecord::beats);
        // The author may have put another text into its place by hand since, of which the manifest tells.
        let copy = generated::record_of(&inner.paths, &of, &inner.disk)?;
        let copy = copy.filter(|copy| beats.contains(&&copy.beat));
        let here = copy.into_iter().chain(current).filter(is_of_it);
        let mut latest = here.max_by_key(ChunkRecord::known_at);
        for version in versions {
            let record = history::record_of(version, &inner.disk)?;
            latest = record
                .filter(is_of_it)
                .into_iter()
                .chain(latest)
                .max_by_key(ChunkRecord::known_at);
        }
        Ok(latest)
    }

    /// Takes a proposed rewrite: it becomes the chunk, and what it replaces goes to history.
    ///
    /// # Errors
    /// [`StoreError::NoRevision`] when none waits, [`StoreError::ChunkLocked`] for a chunk that is
    /// locked.
    pub fn accept_revision(&self, number: ChunkNumber) -> Result<Saved, StoreError> {
        self.refuse_locked(number)?;
        let revision = self.waiting_revision(number)?;
        refuse_conflict(&revision.path, &revision.shown)?;
        // First, so that the last version is the text that is replaced.
        self.keep_unseen(number, &revision)?;
        let new = New {
            status: FileStatus::Complete,
            prose: &revision.shown.prose,
            why: "a revision was accepted",
            known: known_of_revision(&revision.shown, revision.own.as_ref()),
            is_revision: true,
            of: None,
        };
        let taken = self.remove_revision(&self.inner.lock_cache(), &revision)?;
        self.replace(number, &new, taken)
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
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let path = cache.files[index].clone();
        let why = "a revision that was rejected";
        match revision.own {
            Some(_) => {
                let of = revision.on_disk.as_deref().and_then(made_of);
                let made = (&revision.shown, of.as_ref());
                inner.keep_revision(&cache, index, &path, made, why)?
            }
            // Of one that came by another hand nothing is known.
            None => inner.keep(index, &path, &revision.shown, why)?,
        };
        let mut steps = self.remove_revision(&cache, &revision)?;
        steps.extend(inner.forget_revision(&cache, index));
        steps.push(Step::Line {
            line: inner.event(index, "rejected the revision of"),
        });
        let what = format!("reject the revision of chunk {number}");
        inner.change(&mut cache, &Intent::new(what, inner.disk.now(), steps))
    }

    /// Keeps a stale text unchanged: from now on it counts as written from `inputs`.
    pub fn keep_chunk(
        &self,
        number: ChunkNumber,
        inputs: BTreeMap<String, Digest>,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let Some(record) = cache.manifest.record(&inner.plan[index].beat) else {
            return Ok(());
        };
        let mut record = record.clone();
        record.inputs = inputs.into();
        record.noted = Some(inner.disk.exact_now());
        let mut steps = inner.record_steps(record);
        steps.push(Step::Line {
            line: inner.event(index, "kept"),
        });
        let what = format!("keep chunk {number}");
        inner.change(&mut cache, &Intent::new(what, inner.disk.now(), steps))
    }

    fn refuse_locked(&self, number: ChunkNumber) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let cache = self.inner.lock_cache();
        self.inner.refuse_locked(&cache, index)
    }

    /// Returns the proposed rewrite of a chunk, as the author sees it: in the editor where it is open.
    fn waiting_revision(&self, number: ChunkNumber) -> Result<Revision, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let cache = inner.lock_cache();
        let path = inner.revision_path(&cache.files[index]);
        let on_disk = inner.disk.read_text(&path)?;
        let (shown, own) = match inner
            .owners
            .open_text(&path)
            .filter(|_| inner.is_open(&path))
        {
            Some(text) => parse_revision(&text),
            None => parse_revision(on_disk.as_deref().unwrap_or_default()),
        };
        if shown.is_empty() || !inner.is_of(&cache, index, shown.beat.as_ref()) {
            return Err(StoreError::NoRevision { number });
        }
        Ok(Revision {
            path,
            shown,
            on_disk,
            own,
        })
    }

    /// Keeps what a revision's file has and the chunk will not: front matter of the author's,
    /// or another text than the editor shows.
    fn keep_unseen(&self, number: ChunkNumber, revision: &Revision) -> Result<(), StoreError> {
        let inner = &self.inner;
        let (file, _) = parse_revision(revision.on_disk.as_deref().unwrap_or_default());
        if file.prose == revision.shown.prose && file.extra.is_empty() {
            return Ok(());
        }
        let why = "a revision, as it was on disk";
        inner.keep(inner.index(number)?, &revision.path, &file, why)?;
        Ok(())
    }

    /// Returns the steps that remove a revision after the decision about it, unless another one has come
    /// since, with what is known for its sake.
    fn remove_revision(&self, cache: &Cache, revision: &Revision) -> Result<Vec<Step>, StoreError> {
        let Some(text) = &revision.on_disk else {
            return Ok(Vec::new());
        };
        let mut steps = self.inner.remove_revised(cache, made_of(text).as_ref())?;
        steps.push(Step::Remove {
            file: self.inner.inside(&revision.path),
            over: vec![Digest::of(text)],
        });
        Ok(steps)
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
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        inner.replace(&mut cache, index, new, and_then)?;
        Ok(std::mem::take(&mut cache.owed))
    }
}

/// Refuses a text with an unresolved merge conflict: it takes no other's place.
fn refuse_conflict(path: &Path, file: &ChunkFile) -> Result<(), StoreError> {
    match conflict_line(&file.prose) {
        Some(_) => Err(StoreError::UnmergedVersion {
            path: path.to_owned(),
        }),
        None => Ok(()),
    }
}

/// A proposed rewrite.
struct Revision {
    path: PathBuf,
    shown: ChunkFile,
    /// The whole file.
    on_disk: Option<String>,
    /// The digest that it was proposed with.
    own: Option<Digest>,
}

/// Tells what is known of a rewrite, where it was proposed with the digest `own`.
fn known_of_revision(shown: &ChunkFile, own: Option<&Digest>) -> Known {
    let is_changed = own.is_some_and(|own| *own != chunk_file::source_digest(&shown.prose));
    match is_changed {
        true => Known::RevisesByHand,
        false => Known::Revises,
    }
}
