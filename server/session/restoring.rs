//! What the author decides about a chunk: an earlier version comes back, a proposed rewrite is
//! taken or turned down, a stale text is kept as it is.
//!
//! The text that is replaced goes to history first, like any other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::chunk_file::{self, ChunkFile, FileStatus};
use super::error::StoreError;
use super::facts::read_text;
use super::history::{self, KeptVersion};
use super::intent::{Intent, Step};
use super::manifest::{ChunkRecord, ChunkStatus, Origin};
use super::provenance;
use super::revising::{made_of, parse_revision};
use super::writer::{Inner, Session, State};
use super::{ClientEdit, Saved, changelog};
use crate::story::conflict_markers::conflict_line;
use crate::story::{ChunkNumber, Digest, words};

impl Session {
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

    /// What is known of the text of a version. A chunk may have had the same words twice: what was
    /// noted of them last counts, such as that the author kept them.
    fn latest_record(
        &self,
        number: ChunkNumber,
        kept: &KeptVersion,
        versions: &[KeptVersion],
    ) -> Result<Option<ChunkRecord>, StoreError> {
        let inner = &self.inner;
        let of = Some(chunk_file::digest(&kept.file.prose));
        let beat = &inner.plan[inner.index(number)?].beat;
        let current = inner.lock_state().manifest.record(beat).cloned();
        let mut latest = current.filter(|current| current.content_sha256 == of);
        for version in versions {
            let record = history::record_of(version, &inner.disk)?;
            let record = record.filter(|record| record.content_sha256 == of);
            latest = record
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
            known: Known::of_revision(&revision.shown, revision.own.as_ref()),
            is_revision: true,
            of: None,
        };
        let taken = self.remove_revision(&revision);
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
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        let path = state.files[index].clone();
        let why = "a revision that was rejected";
        match revision.own {
            Some(_) => {
                let of = revision.on_disk.as_deref().and_then(made_of);
                let made = (&revision.shown, of.as_ref());
                inner.keep_revision(&state, index, &path, made, why)?
            }
            // Of one that came by another hand nothing is known.
            None => inner.keep(index, &path, &revision.shown, why)?,
        };
        let mut steps = self.remove_revision(&revision);
        steps.extend(inner.forget_revision(&state, index));
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
        record.noted = Some(inner.disk.now());
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

    fn refuse_locked(&self, number: ChunkNumber) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let state = self.inner.lock_state();
        self.inner.refuse_locked(&state, index)
    }

    /// The proposed rewrite of a chunk, as the author sees it: in the editor where it is open.
    fn waiting_revision(&self, number: ChunkNumber) -> Result<Revision, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let state = inner.lock_state();
        let path = inner.revision_path(&state.files[index]);
        let on_disk = read_text(&path, &inner.disk)?;
        let (shown, own) = match inner
            .owners
            .open_text(&path)
            .filter(|_| inner.is_open(&path))
        {
            Some(text) => parse_revision(&text),
            None => parse_revision(on_disk.as_deref().unwrap_or_default()),
        };
        if shown.is_empty() || !inner.is_of(&state, index, shown.beat.as_ref()) {
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

    /// The step that takes away a revision that was decided about; not another one that has
    /// come since.
    fn remove_revision(&self, revision: &Revision) -> Vec<Step> {
        let step = revision.on_disk.as_ref().map(|text| Step::Remove {
            file: self.inner.inside(&revision.path),
            over: vec![Digest::of(text)],
        });
        step.into_iter().collect()
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

/// A text with an unresolved merge conflict takes no other's place.
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

/// A text that takes the place of another.
pub(super) struct New<'a> {
    pub status: FileStatus,
    pub prose: &'a str,
    pub why: &'a str,
    pub known: Known,
    /// The text that it was made of, where it may take the place of no other: an edit of this
    /// very moment then stays.
    pub of: Option<&'a Digest>,
    /// It was waiting in revisions/.
    pub is_revision: bool,
}

/// What is known of such a text.
pub(super) enum Known {
    /// It was made of the text that it replaces, and of what that was written from.
    Revises,
    /// The same, and the author has changed it.
    RevisesByHand,
    /// It was made of an earlier text of the chunk, of which this is known.
    RevisesEarlier(Option<Box<ChunkRecord>>),
    /// What was noted when it was put away, if it was.
    Is(Option<Box<ChunkRecord>>),
}

impl Known {
    /// What is known of a rewrite, where it was proposed with the digest `own`.
    fn of_revision(shown: &ChunkFile, own: Option<&Digest>) -> Known {
        let is_changed = own.is_some_and(|own| *own != chunk_file::source_digest(&shown.prose));
        match is_changed {
            true => Known::RevisesByHand,
            false => Known::Revises,
        }
    }
}

impl Inner {
    /// Keeps a rewrite in history that does not come into its chunk's place, with what would be known
    /// of it there. `of` is the text that it was made of, if that is known.
    pub(super) fn keep_revision(
        &self,
        state: &State,
        index: usize,
        path: &Path,
        (file, of): (&ChunkFile, Option<&Digest>),
        why: &str,
    ) -> Result<Option<PathBuf>, StoreError> {
        let current = state.manifest.record(&self.plan[index].beat);
        let is_of_current = current.is_some_and(|current| current.content_sha256.as_ref() == of);
        let known = match of {
            Some(of) if !is_of_current => {
                let beat = &self.plan[index].beat;
                let beats = current.map_or_else(|| vec![beat], ChunkRecord::beats);
                let earlier = provenance::latest_of(&self.paths, &beats, of, &self.disk)?;
                Known::RevisesEarlier(earlier.map(Box::new))
            }
            _ => Known::Revises,
        };
        let new = New {
            status: FileStatus::Complete,
            prose: &file.prose,
            why,
            known,
            of: None,
            is_revision: true,
        };
        let about = self.record_of_new(state, index, &new);
        self.keep_with(index, path, file, why, Some(&about))
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
        let there = self.there(index, path)?;
        self.refuse_read_only(path)?;
        self.keep_replaced(state, index, &there.file, new.why)?;
        let may_replace = new
            .of
            .is_none_or(|of| chunk_file::digest(&there.file.prose) == *of);
        let over = there.raw.iter().filter(|_| may_replace);
        Ok(Step::Put {
            file: self.inside(path),
            text: self.render(index, new.status, &there.file, new.prose),
            over: over.map(|text| Digest::of(text)).collect(),
        })
    }

    /// What the manifest says of a text that was not generated just now.
    fn record_of_new(&self, state: &State, index: usize, new: &New) -> ChunkRecord {
        let planned = &self.plan[index];
        let current = state.manifest.record(&planned.beat);
        let nothing = || ChunkRecord::missing(planned.number, planned.beat.clone());
        let digest = chunk_file::digest(new.prose);
        let (mut record, is_known) = match &new.known {
            Known::Revises | Known::RevisesByHand => {
                (current.cloned().unwrap_or_else(nothing), false)
            }
            Known::RevisesEarlier(earlier) => {
                let earlier = earlier.as_deref().cloned();
                (earlier.unwrap_or_else(nothing), false)
            }
            Known::Is(Some(record)) => (record.as_ref().clone(), true),
            Known::Is(None) => (nothing(), false),
        };
        if !is_known {
            record.status = match new.status {
                FileStatus::Complete => ChunkStatus::Complete,
                FileStatus::Partial => ChunkStatus::Partial,
            };
            record.words = words::count(new.prose, &self.language);
            record.failure = None;
            if matches!(new.known, Known::RevisesByHand) {
                record.origin = Some(match record.generated_sha256 {
                    Some(_) => Origin::Edited,
                    None => Origin::Written,
                });
            } else {
                let is_whole = new.status == FileStatus::Complete;
                record.origin = Some(Origin::Generated);
                record.generated_sha256 = is_whole.then(|| digest.clone());
            }
        }
        if !is_known || new.of.is_none() {
            record.refined_sha256 = Some(digest.clone());
        }
        // Whoever decides for a text decides for its beginning; of what was made of the text
        // that was there, nobody did.
        record.seam_open &= new.of.is_some();
        record.content_sha256 = Some(digest);
        record.noted = Some(self.disk.now());
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
            record.locked = current.locked;
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
