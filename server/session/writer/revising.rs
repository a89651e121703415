//! Stores a rewrite of a chunk in revisions/ until the author accepts or rejects it, or applies it where the
//! author wants that unasked.
//!
//! What the author wrote is in no danger: a revision that was opened or changed stays, and a
//! chunk that is not just as it was when the rewrite was made keeps its text.

use std::path::{Path, PathBuf};

use super::replacing::{Known, New};
use super::{Cache, Inner, Session};
use crate::session::Saved;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::intent::{Intent, Step};
use crate::session::manifest::Manifest;
use crate::session::manifest::record::ChunkStatus;
use crate::session::view::{ChunkView, SessionView};
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::{BeatId, ChunkNumber, Digest};

/// The key in the front matter of a revision for when it was made, of which text, and its own digest, by
/// which an author's edit is recognised.
const PROPOSED: &str = "proposed";
const OF: &str = "of_sha256";
const OWN: &str = "revision_sha256";

/// A rewrite of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub number: ChunkNumber,
    /// Digest of the chunk's text that it was made of, as in
    /// [`ChunkView::digest`](crate::session::ChunkView::digest).
    pub of: Digest,
    pub prose: String,
}

/// The place of a proposed rewrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// Waits for the author's decision at this path.
    Waits(PathBuf),
    /// In history (or was already): another revision waits, which the author has open or has changed.
    Aside(Option<PathBuf>),
}

impl Session {
    /// Puts a rewrite into revisions/, where it waits for [`Session::accept_revision`] or
    /// [`Session::reject_revision`]. One that waited before goes to history, unless it is the
    /// author's by now: then this one does.
    ///
    /// # Errors
    /// What the disk refused; the chunk itself is never touched.
    pub fn propose_revision(&self, revision: &Revision) -> Result<Proposed, StoreError> {
        let inner = &self.inner;
        let index = inner.index(revision.number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        inner.propose(&mut cache, index, revision)
    }

    /// Puts a rewrite into the place of a chunk's text, which goes to history first. The chunk
    /// still has to be complete and to have the text that the rewrite was made of, and may not be
    /// locked; `None`, and nothing is changed, where it has not or is. `why` is for history and changelog; `next` is the
    /// input slice by which the next chunk knows this text, with its digest for the old text and
    /// for the new: a rewrite tells the same, so what was written after it is not stale.
    ///
    /// # Errors
    /// As for [`Session::save_complete`]; the chunk's old text is then where it was.
    pub fn revise_chunk(
        &self,
        revision: &Revision,
        why: &str,
        next: (&str, &(Digest, Digest)),
    ) -> Result<Option<Saved>, StoreError> {
        let inner = &self.inner;
        let index = inner.index(revision.number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let chunk = inner
            .view(cache.manifest.clone())?
            .chunks
            .swap_remove(index);
        if chunk.digest != revision.of || chunk.status != ChunkStatus::Complete || chunk.locked {
            return Ok(None);
        }
        let new = New {
            status: FileStatus::Complete,
            prose: &revision.prose,
            why,
            known: Known::Revises,
            of: Some(&revision.of),
            is_revision: false,
        };
        let next = inner.next_record(&cache, index, next.0, next.1);
        let next = next.map_or_else(Vec::new, |record| inner.record_steps(record));
        inner.replace(&mut cache, index, &new, next)?;
        cache.wrote(revision.number, &revision.prose);
        Ok(Some(std::mem::take(&mut cache.owed)))
    }

    /// Notes by its digest that a text was refined without a change: only an author who names the chunk has
    /// it refined again.
    ///
    /// # Errors
    /// What the disk refused.
    pub fn note_refined(&self, number: ChunkNumber, of: &Digest) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let Some(record) = cache.manifest.record(&inner.plan[index].beat) else {
            return Ok(());
        };
        if record.refined_sha256.as_ref() == Some(of) {
            return Ok(());
        }
        let mut record = record.clone();
        record.refined_sha256 = Some(of.clone());
        let steps = inner.record_steps(record);
        let what = format!("note that chunk {number} was gone over");
        inner.change(&mut cache, &Intent::new(what, inner.disk.now(), steps))
    }
}

impl Inner {
    fn propose(
        &self,
        cache: &mut Cache,
        index: usize,
        revision: &Revision,
    ) -> Result<Proposed, StoreError> {
        let planned = &self.plan[index];
        let chunk = cache.files[index].clone();
        let path = self.revision_path(&chunk);
        let there = self.disk.read_text(&path)?;
        let is_others = |text: &str| {
            is_authors(text) || !self.is_of(cache, index, chunk_file::parse(text).beat.as_ref())
        };
        if self.is_open(&path) || there.as_deref().is_some_and(is_others) {
            let why = "a revision, made while another one that you have opened or changed waits";
            let file = proposed(&revision.prose);
            let of = Some(&revision.of);
            let kept = self.keep_revision(cache, index, &chunk, (&file, of), why)?;
            return Ok(Proposed::Aside(kept));
        }
        let mut steps = Vec::new();
        if let Some(there) = &there {
            let (earlier, _) = parse_revision(there);
            let why = "a revision that a later one replaced";
            let of = made_of(there);
            self.keep_revision(cache, index, &chunk, (&earlier, of.as_ref()), why)?;
            let of = of.filter(|of| *of != revision.of);
            steps.extend(self.remove_revised(cache, of.as_ref())?);
        }
        steps.push(Step::Put {
            file: self.inside(&path),
            text: self.rendered_revision(index, revision),
            over: there.iter().map(|text| Digest::of(text)).collect(),
        });
        if let Some(record) = cache.manifest.record(&planned.beat) {
            let mut record = record.clone();
            record.revision = Some(self.inside(&path));
            record.refined_sha256 = Some(revision.of.clone());
            steps.extend(self.record_steps(record));
        }
        steps.push(Step::Line {
            line: self.event(index, "proposed a revision of"),
        });
        let what = format!("propose a revision of chunk {}", planned.number);
        self.change(cache, &Intent::new(what, self.disk.now(), steps))?;
        Ok(Proposed::Waits(path))
    }

    fn rendered_revision(&self, index: usize, revision: &Revision) -> String {
        let planned = &self.plan[index];
        let own = chunk_file::source_digest(&revision.prose);
        let extra = [
            chunk_file::extra_line(PROPOSED, &self.disk.now().to_string()),
            chunk_file::extra_line(OF, &revision.of.0),
            chunk_file::extra_line(OWN, &own.0),
        ];
        let status = FileStatus::Complete;
        let prose = &revision.prose;
        chunk_file::render_with(planned.number, &planned.beat, status, &extra, prose)
    }

    /// Tells where the revision of a chunk file waits.
    pub(super) fn revision_path(&self, chunk: &Path) -> PathBuf {
        revision_beside(&self.paths.root, chunk)
    }

    /// Tells whether a revision that names a beat is of a chunk.
    pub(super) fn is_of(&self, cache: &Cache, index: usize, named: Option<&BeatId>) -> bool {
        let planned = || self.plan.iter().map(|planned| &planned.beat);
        is_of(&cache.manifest, planned, &self.plan[index].beat, named)
    }

    /// Returns the step by which the manifest says that no revision waits any more.
    pub(super) fn forget_revision(&self, cache: &Cache, index: usize) -> Option<Step> {
        let record = cache.manifest.record(&self.plan[index].beat)?;
        record.revision.is_some().then(|| {
            let mut record = record.clone();
            record.revision = None;
            Step::Record {
                record: Box::new(record),
            }
        })
    }
}

/// Makes the chunk file of a rewrite, for history.
fn proposed(prose: &str) -> ChunkFile {
    ChunkFile {
        status: Some(FileStatus::Complete),
        prose: prose.into(),
        ..ChunkFile::default()
    }
}

/// Returns a revision's file, without the lines that are not the author's, and its digest when it was
/// proposed.
pub(super) fn parse_revision(text: &str) -> (ChunkFile, Option<Digest>) {
    let mut file = chunk_file::parse(text);
    file.take_extra(PROPOSED);
    file.take_extra(OF);
    let own = file.take_extra(OWN).map(Digest::from);
    (file, own)
}

/// Returns the text that a revision was made of, as far as it says so.
pub(super) fn made_of(text: &str) -> Option<Digest> {
    chunk_file::parse(text).take_extra(OF).map(Digest::from)
}

/// Reads the revision of a chunk that waits for a decision; `None` also for one that can't be read. Takes no
/// lock.
pub fn waiting_revision(view: &SessionView, chunk: &ChunkView, disk: &Disk) -> Option<PathBuf> {
    let path = revision_beside(&view.root, &chunk.path);
    let text = disk.read_text(&path).ok()??;
    let planned = || view.chunks.iter().map(|chunk| &chunk.beat);
    let beat = chunk_file::parse(&text).beat;
    let is_its = is_of(&view.manifest, planned, &chunk.beat, beat.as_ref());
    is_its.then_some(path)
}

/// Tells where the revision of a chunk file waits.
fn revision_beside(root: &Path, chunk: &Path) -> PathBuf {
    let name = chunk.file_name().unwrap_or_default();
    root.join("revisions").join(name)
}

/// Tells whether a revision that names a beat is of the chunk of the beat `own`: where files wait for their
/// numbers, one of another chunk may have its name. A beat that never was is a slip of the author's.
fn is_of<'a, Planned: Iterator<Item = &'a BeatId>>(
    manifest: &Manifest,
    planned: impl Fn() -> Planned,
    own: &BeatId,
    named: Option<&BeatId>,
) -> bool {
    let Some(named) = named.filter(|named| *named != own) else {
        return true;
    };
    if planned().any(|beat| beat == named) {
        return false;
    }
    let record = manifest.record(own);
    let had_it = record.is_some_and(|record| record.formerly.contains(named));
    let mut records = manifest.all_records();
    had_it || !records.any(|record| &record.beat == named)
}

/// Tells whether the author has changed a waiting revision.
fn is_authors(text: &str) -> bool {
    let (file, own) = parse_revision(text);
    let is_as_proposed =
        file.extra.is_empty() && own == Some(chunk_file::source_digest(&file.prose));
    !file.is_empty() && !is_as_proposed
}
