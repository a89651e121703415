//! Replaces the text of a chunk by one that was not generated just now: an earlier version, a rewrite, a
//! mended beginning.
//!
//! The text that is replaced goes to history first, like any other.

use std::path::{Path, PathBuf};

use super::{Cache, Inner};
use crate::session::error::StoreError;
use crate::session::history::provenance;
use crate::session::intent::{Intent, Step};
use crate::session::manifest::record::{ChunkRecord, ChunkStatus, Origin};
use crate::session::saved::ClientEdit;
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::{Digest, words};

/// A text that takes the place of another.
pub(in crate::session) struct New<'a> {
    pub status: FileStatus,
    pub prose: &'a str,
    pub why: &'a str,
    pub known: Known,
    /// The text that it was made of, where it may take the place of no other: an edit of this
    /// very moment then stays.
    pub of: Option<&'a Digest>,
    /// Whether it was waiting in revisions/.
    pub is_revision: bool,
}

/// The origin of the replacing text.
pub(in crate::session) enum Known {
    /// A rewrite of the present text, written from the same inputs.
    Revises,
    /// A rewrite that the author has changed.
    RevisesByHand,
    /// A rewrite of an earlier text of the chunk, of which this is known.
    RevisesEarlier(Option<Box<ChunkRecord>>),
    /// A version from history, with its record if it has one.
    Is(Option<Box<ChunkRecord>>),
}

impl Inner {
    /// Keeps a rewrite in history that does not come into its chunk's place, with what would be known
    /// of it there. `of` is the text that it was made of, if that is known.
    pub(super) fn keep_revision(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        (file, of): (&ChunkFile, Option<&Digest>),
        why: &str,
    ) -> Result<Option<PathBuf>, StoreError> {
        let current = cache.manifest.record(&self.plan[index].beat);
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
        let about = self.record_of_new(cache, index, &new);
        self.keep_with(index, path, file, why, Some(&about))
    }

    /// Puts a text in the place of a chunk's. The old text is in history before anything is declared, and the
    /// chunk has either text at every moment.
    pub(in crate::session) fn replace(
        &self,
        cache: &mut Cache,
        index: usize,
        new: &New,
        and_then: Vec<Step>,
    ) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let path = cache.files[index].clone();
        let (text, owed) = if self.is_open(&path) {
            let base = self.owners.open_text(&path).unwrap_or_default();
            let text = self.render(index, new.status, &chunk_file::parse(&base), new.prose);
            let step = self.journal_step(cache, index, new.status, new.prose, new.why)?;
            (step, Some(ClientEdit { path, text, base }))
        } else {
            (self.replacing_step(cache, index, &path, new)?, None)
        };
        let mut steps = vec![text];
        let record = self.record_of_new(cache, index, new);
        steps.extend(self.copy_steps(cache, index, &record, new.prose)?);
        steps.push(Step::Record {
            record: Box::new(record),
        });
        steps.push(Step::Assemble);
        steps.extend(and_then);
        steps.push(Step::Line {
            line: self.event(index, &format!("{} in", new.why)),
        });
        let what = format!("put another text into chunk {}", planned.number);
        cache.known.remove(&planned.number);
        let intent = Intent::new(what, self.disk.now(), steps);
        self.declare(cache, &intent)?;
        owed.into_iter().for_each(|edit| cache.owe(edit));
        self.finish_declared(cache, &intent)
    }

    fn replacing_step(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        new: &New,
    ) -> Result<Step, StoreError> {
        let there = self.there(index, path)?;
        self.refuse_read_only(path)?;
        self.keep_replaced(cache, index, &there.file, new.why)?;
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

    /// Tells what the manifest says of a text that was not generated just now.
    fn record_of_new(&self, cache: &Cache, index: usize, new: &New) -> ChunkRecord {
        let planned = &self.plan[index];
        let current = cache.manifest.record(&planned.beat);
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
        record.noted = Some(self.disk.exact_now());
        // What is about the chunk and not about its text.
        record.number = planned.number;
        record.beat.clone_from(&planned.beat);
        record.title.clone_from(&planned.title);
        record.target_words = planned.target_words;
        record.file = self.inside(&cache.files[index]);
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
}
