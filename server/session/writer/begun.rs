//! Records what a chunk was begun from together with its first text, so that it is known after a crash.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Session;
use crate::session::error::StoreError;
use crate::session::manifest::record::{Begun, BegunNote, ChunkRecord};
use crate::story::chunk_file;
use crate::story::{ChunkNumber, Digest};

impl Session {
    /// Notes when a chunk was begun, from which input slices, by name, and with which of the
    /// author's notes. Best called when its first words are there. `at` is as exact as
    /// [`ChunkRecord::finished`], with which it is compared.
    ///
    /// # Errors
    /// What the disk refused; the text itself needs none of this.
    pub fn note_begun(
        &self,
        number: ChunkNumber,
        at: Timestamp,
        inputs: BTreeMap<String, Digest>,
        notes: Vec<BegunNote>,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let planned = &inner.plan[index];
        let known = cache.manifest.record(&planned.beat).cloned();
        let mut record =
            known.unwrap_or_else(|| ChunkRecord::missing(planned.number, planned.beat.clone()));
        record.begun = Some(Begun {
            at,
            inputs: inputs.into(),
            notes,
            generated_sha256: None,
        });
        inner.log_record(&mut cache, record)
    }

    /// Notes that the whole text of a partial chunk was generated, so that later additions are known to be
    /// the author's.
    ///
    /// # Errors
    /// What the disk refused; the text itself needs none of this.
    pub fn note_unfinished(&self, number: ChunkNumber, prose: &str) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let known = cache.manifest.record(&inner.plan[index].beat).cloned();
        let Some(mut record) = known else {
            return Ok(());
        };
        let Some(begun) = &mut record.begun else {
            return Ok(());
        };
        begun.generated_sha256 = Some(chunk_file::digest(prose));
        inner.log_record(&mut cache, record)
    }
}
