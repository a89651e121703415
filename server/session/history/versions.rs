//! Reads the earlier versions of a chunk without writing.

use crate::session::SessionId;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::history::{self, KeptVersion};
use crate::session::layout::StoryFolder;
use crate::session::manifest::record::ChunkRecord;
use crate::session::view::ChunkView;

/// Reads the versions of a chunk that were replaced, oldest first, each with what is known of it.
/// Takes no lock.
pub fn read_versions(
    folder: &StoryFolder,
    id: &SessionId,
    chunk: &ChunkView,
    disk: &Disk,
) -> Result<Vec<(KeptVersion, Option<ChunkRecord>)>, StoreError> {
    let beats = match &chunk.record {
        Some(record) => record.beats(),
        None => vec![&chunk.beat],
    };
    let versions = history::versions(&folder.paths(id), &beats, disk)?;
    let known = versions.into_iter().map(|kept| {
        let record = history::record_of(&kept, disk)?;
        Ok((kept, record))
    });
    known.collect()
}
