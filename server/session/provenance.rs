//! Whose a text is, where manifest and chunk files come from different moments: a sync tool or a
//! git checkout brought one of them without the other.
//!
//! What was generated has its record beside its copy, in history/generated/ while it is the
//! latest, and beside its version in history/ after that. A text that the manifest does not know
//! is looked up there before it is taken for the author's.

use std::collections::BTreeMap;

use super::chunk_file::{self, FileStatus};
use super::disk::{Disk, EntryKind};
use super::error::StoreError;
use super::facts::FileFact;
use super::generated;
use super::history;
use super::layout::SessionPaths;
use super::manifest::{ChunkRecord, Manifest};
use crate::story::{BeatId, Digest};

/// Gives the complete texts that a manifest does not know the records that lie in history/.
///
/// # Errors
/// Where history/ can't be read.
pub(crate) fn bring_up_to(
    manifest: &mut Manifest,
    files: &[FileFact],
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<(), StoreError> {
    let unknown = unknown_texts(manifest, files);
    if unknown.is_empty() {
        return Ok(());
    }
    let known = records(paths, disk)?;
    for (beat, digest) in unknown {
        let Some(record) = manifest.record_mut(&beat) else {
            continue;
        };
        let beats = record.beats().into_iter().cloned().collect::<Vec<_>>();
        if let Some(found) = known
            .get(&digest)
            .and_then(|found| found.iter().find(|found| beats.contains(&found.beat)))
        {
            *record = ChunkRecord {
                number: record.number,
                beat: record.beat.clone(),
                formerly: record.formerly.clone(),
                title: record.title.clone(),
                file: record.file.clone(),
                target_words: record.target_words,
                ..found.clone()
            };
        }
    }
    Ok(())
}

/// Beats and texts of the complete chunk files whose text their record does not know.
fn unknown_texts(manifest: &Manifest, files: &[FileFact]) -> Vec<(BeatId, Digest)> {
    let mut unknown = Vec::new();
    // Where there is a journal, the file does not have the chunk's text yet.
    for fact in files.iter().filter(|fact| fact.journal.is_none()) {
        let file = chunk_file::parse(&fact.text);
        let (Some(beat), Some(FileStatus::Complete)) = (file.beat, file.status) else {
            continue;
        };
        let Some(record) = manifest.record(&beat) else {
            continue;
        };
        let digest = chunk_file::digest(&file.prose);
        let is_known = [&record.content_sha256, &record.generated_sha256]
            .into_iter()
            .any(|known| known.as_ref() == Some(&digest));
        if !is_known {
            unknown.push((beat, digest));
        }
    }
    unknown
}

/// What history/ knows of texts, by the text.
fn records(
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<BTreeMap<Digest, Vec<ChunkRecord>>, StoreError> {
    let mut known: BTreeMap<Digest, Vec<ChunkRecord>> = BTreeMap::new();
    let mut add = |digest: Option<Digest>, record: ChunkRecord| {
        if let Some(digest) = digest {
            known.entry(digest).or_default().push(record);
        }
    };
    for mut record in generated::records(paths, disk)? {
        // It may have been written before an edit; the text beside it is what was generated.
        record.content_sha256.clone_from(&record.generated_sha256);
        add(record.generated_sha256.clone(), record);
    }
    for entry in disk.list(&paths.history())? {
        if entry.kind != EntryKind::Folder || entry.name == generated::FOLDER {
            continue;
        }
        let folder = paths.history().join(&entry.name);
        for (_, name) in history::numbered(&folder, "json", disk)? {
            if let Some(record) = history::read_record(&folder.join(name), disk)? {
                add(record.content_sha256.clone(), record);
            }
        }
    }
    Ok(known)
}
