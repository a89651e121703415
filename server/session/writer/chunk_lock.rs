//! Locks and unlocks chunks: the text of a locked chunk is changed by the author only.
//!
//! The lock stands in the front matter of the chunk file, where the author sees it and where a
//! lost manifest, a copy or an archive can't lose it, and in the manifest, which has it where the
//! file has no front matter.

use super::{Cache, Inner, Session};
use crate::session::error::StoreError;
use crate::session::intent::{Intent, Step};
use crate::session::manifest::record::{ChunkRecord, ChunkStatus};
use crate::session::view::ChunkView;
use crate::session::view::recover;
use crate::session::{ClientEdit, Saved};
use crate::story::chunk_file;
use crate::story::{ChunkNumber, Digest};

/// Whether the text of a chunk may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    Locked,
    Unlocked,
}

impl Session {
    /// Locks a complete chunk, or unlocks a chunk. One that is as it should be stays untouched.
    ///
    /// # Errors
    /// [`StoreError::NothingToLock`] for a chunk that is not complete.
    pub fn set_lock(&self, number: ChunkNumber, lock: Lock) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let chunk = inner
            .view(cache.manifest.clone())?
            .chunks
            .swap_remove(index);
        let locked = lock == Lock::Locked;
        if locked && chunk.status != ChunkStatus::Complete {
            return Err(StoreError::NothingToLock { number });
        }
        let recorded = chunk.record.as_ref().is_some_and(|record| record.locked);
        if chunk.locked == locked && recorded == locked {
            return Ok(Saved::default());
        }
        cache.files[index].clone_from(&chunk.path);
        inner.put_lock(&mut cache, index, chunk, locked)?;
        Ok(std::mem::take(&mut cache.owed))
    }
}

impl Inner {
    fn put_lock(
        &self,
        cache: &mut Cache,
        index: usize,
        chunk: ChunkView,
        locked: bool,
    ) -> Result<(), StoreError> {
        let path = chunk.path.clone();
        let mut steps = Vec::new();
        let mut owed = None;
        if self.is_open(&path) {
            let base = self.owners.open_text(&path).unwrap_or_default();
            let text = chunk_file::with_lock(&base, locked).filter(|text| *text != base);
            owed = text.map(|text| ClientEdit { path, text, base });
        } else if let Some(raw) = self.there(index, &path)?.raw
            && let Some(text) = chunk_file::with_lock(&raw, locked).filter(|text| *text != raw)
        {
            self.refuse_read_only(&path)?;
            steps.push(Step::Put {
                file: self.inside(&path),
                text,
                over: vec![Digest::of(&raw)],
            });
        }
        let record = cache.manifest.record(&chunk.beat).cloned();
        let mut record = record.unwrap_or_else(|| record_of(&chunk));
        record.locked = locked;
        steps.extend(self.record_steps(record));
        let did = if locked { "locked" } else { "unlocked" };
        steps.push(Step::Line {
            line: self.event(index, did),
        });
        let what = format!("have chunk {} {did}", chunk.number);
        self.change(cache, &Intent::new(what, self.disk.now(), steps))?;
        owed.into_iter().for_each(|edit| cache.owe(edit));
        Ok(())
    }

    /// Stops at a chunk that is locked.
    ///
    /// # Errors
    /// [`StoreError::ChunkLocked`]
    pub(super) fn refuse_locked(&self, cache: &Cache, index: usize) -> Result<(), StoreError> {
        let path = &cache.files[index];
        let shown = self.owners.open_text(path).filter(|_| self.is_open(path));
        let file = match shown {
            Some(text) => chunk_file::parse(&text),
            None => self.there(index, path)?.file,
        };
        let record = cache.manifest.record(&self.plan[index].beat);
        let number = self.plan[index].number;
        match recover::is_locked(&file, record) {
            true => Err(StoreError::ChunkLocked { number }),
            false => Ok(()),
        }
    }
}

/// Tells what there is to record of a text that the manifest does not know.
fn record_of(chunk: &ChunkView) -> ChunkRecord {
    ChunkRecord {
        title: chunk.title.clone(),
        status: chunk.status,
        origin: chunk.origin,
        words: chunk.words,
        target_words: chunk.target_words,
        content_sha256: Some(chunk.digest.clone()),
        ..ChunkRecord::missing(chunk.number, chunk.beat.clone())
    }
}
