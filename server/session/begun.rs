//! What a chunk was begun from, noted with its first text: a job that is killed leaves a text
//! of which that has to be known.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::StoreError;
use super::manifest::{Begun, ChunkRecord};
use super::writer::Session;
use crate::story::{ChunkNumber, Digest};

impl Session {
    /// Notes when a chunk was begun and from which input slices, by name. Best called when its
    /// first words are there. `at` is as exact as [`ChunkRecord::finished`], with which it is
    /// compared.
    ///
    /// # Errors
    /// What the disk refused; the text itself needs none of this.
    pub fn note_begun(
        &self,
        number: ChunkNumber,
        at: Timestamp,
        inputs: BTreeMap<String, Digest>,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        let planned = &inner.plan[index];
        let known = state.manifest.record(&planned.beat).cloned();
        let mut record =
            known.unwrap_or_else(|| ChunkRecord::missing(planned.number, planned.beat.clone()));
        record.begun = Some(Begun { at, inputs });
        state.manifest.set_record(record);
        inner.write_manifest(&mut state)
    }
}
