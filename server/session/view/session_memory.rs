//! Keeps what a look at a session read, for the next look.
//!
//! A file is read again when its mark has changed or might change unnoticed. This serves looking only: before a file
//! is replaced, the file itself is read.

use std::path::Path;

use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::history::generated::NotedTimes;
use crate::session::kept_files::KeptFiles;
use crate::session::manifest::{self, ManifestFact};
use crate::story::Digest;
use crate::story::chunk_text::ChunkText;

/// The files of a session as they were read last.
#[derive(Debug, Default)]
pub struct SessionMemory {
    pub(super) texts: KeptFiles<ChunkText>,
    pub(super) manifest: ReadManifest,
    pub(super) noted: NotedTimes,
}

/// The manifest as it was read last, with its digest.
#[derive(Debug, Default)]
pub(super) struct ReadManifest(KeptFiles<(ManifestFact, Option<Digest>)>);

impl ReadManifest {
    /// Returns the file in the manifest's place, as [`manifest::read`].
    pub(super) fn get(
        &mut self,
        path: &Path,
        id: &str,
        disk: &Disk,
    ) -> Result<(ManifestFact, Option<Digest>), StoreError> {
        let read = || manifest::read(path, id, disk).map(Some);
        let kept = self.0.get(path, disk, read)?;
        Ok(kept.map_or((ManifestFact::Missing, None), |kept| (*kept).clone()))
    }
}
