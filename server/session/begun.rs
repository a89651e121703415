//! What a chunk was begun from, noted with its first text: a job that is killed leaves a text
//! of which that has to be known.

use std::collections::BTreeMap;

use super::error::StoreError;
use super::manifest::{Begun, ChunkRecord};
use super::writer::Session;
use crate::story::{ChunkNumber, Digest};

impl Session {
    /// Notes from which input slices a chunk is written, by name. Best called when its first
    /// words are there.
    ///
    /// # Errors
    /// What the disk refused; the text itself needs none of this.
    pub fn note_begun(
        &self,
        number: ChunkNumber,
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
        record.begun = Some(Begun {
            at: inner.disk.now(),
            inputs,
        });
        state.manifest.set_record(record);
        inner.write_manifest(&mut state)
    }
}
