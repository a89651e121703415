//! Closes the seams between chunks that were written at the same time: lists the open ones, and replaces the
//! beginning of a chunk that was fitted to the text before it.
//!
//! A text that is mended goes to history first, and nothing is mended that is not just as it
//! was when the mending was worked out.

use super::replacing::{Known, New};
use super::{Cache, Inner, Session};
use crate::session::Saved;
use crate::session::error::StoreError;
use crate::session::intent::Intent;
use crate::session::manifest::record::{ChunkRecord, ChunkStatus, Origin};
use crate::session::manifest::usage::TokenUsage;
use crate::story::chunk_file::{self, FileStatus};
use crate::story::{ChunkNumber, Digest, words};

/// The outcome of the seam pass for one seam.
#[derive(Debug, Clone, PartialEq)]
pub struct Mending {
    /// The whole prose with its new beginning; `None` where it stays unchanged.
    pub prose: Option<String>,
    /// The reason for the change, for history and changelog.
    pub why: String,
    /// The input slice that stands for the text before, and its digest now.
    pub input: (String, Digest),
    /// The digest of that slice for the next chunk, with the old text and with the new: what it
    /// was written from has not really changed.
    pub next: (Digest, Digest),
    pub usage: TokenUsage,
    /// In the currency of the configured prices.
    pub cost: Option<f64>,
}

impl Session {
    /// Notes whether the text of a chunk begins without regard to the one before it. Best
    /// called when its first words are there. Writes only where that changes what is known.
    pub fn mark_seam(&self, number: ChunkNumber, open: bool) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        let record = cache.manifest.record(&inner.plan[index].beat);
        let Some(mut record) = record.filter(|record| record.seam_open != open).cloned() else {
            return Ok(());
        };
        inner.finish_pending(&mut cache)?;
        record.seam_open = open;
        inner.log_record(&mut cache, record)
    }

    /// Closes the seam before a chunk, if that is still complete, generated, not locked, and has the text of
    /// the digest `of`. `None`, and nothing is changed, where it has not.
    ///
    /// # Errors
    /// As for [`Session::save_complete`]; the chunk's old text is then where it was.
    pub fn mend_chunk(
        &self,
        number: ChunkNumber,
        of: &Digest,
        mending: Mending,
    ) -> Result<Option<Saved>, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let chunk = inner
            .view(cache.manifest.clone())?
            .chunks
            .swap_remove(index);
        let is_same = &chunk.digest == of
            && chunk.status == ChunkStatus::Complete
            && chunk.origin == Some(Origin::Generated);
        if !is_same || chunk.locked {
            return Ok(None);
        }
        inner.mend(&mut cache, index, of, mending)?;
        Ok(Some(std::mem::take(&mut cache.owed)))
    }
}

impl Inner {
    fn mend(
        &self,
        cache: &mut Cache,
        index: usize,
        of: &Digest,
        mending: Mending,
    ) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let Some(mut record) = cache.manifest.record(&planned.beat).cloned() else {
            return Ok(());
        };
        record.seam_open = false;
        record
            .inputs
            .insert(mending.input.0.clone(), mending.input.1);
        record.usage.get_or_insert_default().add(&mending.usage);
        if let Some(cost) = mending.cost {
            record.cost = Some(record.cost.unwrap_or(0.0) + cost);
        }
        let Some(prose) = &mending.prose else {
            record.noted = Some(self.disk.exact_now());
            let what = format!("close the seam before chunk {}", planned.number);
            let steps = self.record_steps(record);
            return self.change(cache, &Intent::new(what, self.disk.now(), steps));
        };
        // Another beginning makes no other text of it.
        if record.refined_sha256.as_ref() == Some(of) {
            record.refined_sha256 = Some(chunk_file::digest(prose));
        }
        record.words = words::count(prose, &self.language);
        record.generated_sha256 = Some(chunk_file::digest(prose));
        let new = New {
            status: FileStatus::Complete,
            prose,
            why: &mending.why,
            known: Known::Is(Some(Box::new(record))),
            of: Some(of),
            is_revision: false,
        };
        let next = self.next_record(cache, index, &mending.input.0, &mending.next);
        let next = next.map_or_else(Vec::new, |record| self.record_steps(record));
        self.replace(cache, index, &new, next)?;
        cache.wrote(planned.number, prose);
        Ok(())
    }

    /// Returns the record of the chunk after, where that was written from the text that is mended.
    pub(super) fn next_record(
        &self,
        cache: &Cache,
        index: usize,
        slice: &str,
        (then, now): &(Digest, Digest),
    ) -> Option<ChunkRecord> {
        let next = self.plan.get(index + 1)?;
        let record = cache.manifest.record(&next.beat)?;
        if then == now || record.inputs.get(slice) != Some(then) {
            return None;
        }
        let mut record = record.clone();
        record.inputs.insert(slice.to_owned(), now.clone());
        record.noted = Some(self.disk.exact_now());
        Some(record)
    }
}
