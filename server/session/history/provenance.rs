//! Looks up the records of present texts where manifest and chunk files come from different moments: a sync
//! tool or a git checkout brought one of them without the other, or the manifest is lost.
//!
//! The record of a text lies in history/generated/ while the text is its chunk's, and beside its
//! version in history/ after that. A text that the manifest does not know is looked up there before
//! it is taken for the author's; of a text that it knows, and of one that the author has edited, what
//! was noted last counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::generated::{self, NotedTimes};
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::history;
use crate::session::layout::SessionPaths;
use crate::session::manifest::Manifest;
use crate::session::manifest::record::ChunkRecord;
use crate::session::shared_record::SharedRecord;
use crate::session::view::facts::FileFact;
use crate::story::chunk_file::FileStatus;
use crate::story::chunk_text::ChunkText;
use crate::story::text::sentences::sentences;
use crate::story::{BeatId, Digest};

/// Brings the records of a manifest up to what history/ knows of the texts that stand. Of a record that says no more
/// than the manifest, only the times are read, and those are kept.
///
/// # Errors
/// Where history/ can't be read.
pub(crate) fn bring_up_to(
    manifest: &mut Manifest,
    files: &[FileFact],
    paths: &SessionPaths,
    read: (&Disk, &mut NotedTimes),
) -> Result<(), StoreError> {
    let Manifest {
        chunks, removed, ..
    } = manifest;
    bring_up(chunks, removed, files, paths, read)
}

/// Tells what is known of the chunks without a manifest.
///
/// # Errors
/// Where history/ can't be read.
pub(crate) fn known_records(
    files: &[FileFact],
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Vec<SharedRecord>, StoreError> {
    let there: BTreeSet<Digest> = standing(files)
        .into_iter()
        .map(|text| text.digest)
        .collect();
    let chosen = generated::choose(generated::records(paths, disk)?, &there);
    let mut chosen: Vec<SharedRecord> = chosen.into_iter().map(SharedRecord::from).collect();
    let read = (disk, &mut NotedTimes::default());
    bring_up(&mut chosen, &mut [], files, paths, read)?;
    // Chunks have been renumbered since a record was written here.
    chosen.iter_mut().for_each(|record| record.file.clear());
    Ok(chosen)
}

fn bring_up(
    chunks: &mut Vec<SharedRecord>,
    removed: &mut [SharedRecord],
    files: &[FileFact],
    paths: &SessionPaths,
    (disk, noted): (&Disk, &mut NotedTimes),
) -> Result<(), StoreError> {
    let mut unknown = Vec::new();
    let standing = standing(files);
    let noted = noted.known_at(paths, standing.iter().map(|text| &text.digest), disk)?;
    for (at, text) in standing.into_iter().enumerate() {
        // Files and records mostly have one order.
        let at_its_place = chunks.get(at).map(|record| &**record);
        let at_its_place = at_its_place.filter(|record| Some(&record.beat) == text.beat.as_ref());
        let record = at_its_place.or_else(|| text.record(chunks, removed));
        // One that is about an edit of this text tells nothing else of it.
        let is_of_it = |record: &ChunkRecord| record.content_sha256.as_ref() == Some(&text.digest);
        if let Some(record) = record.filter(|record| is_of_it(record))
            && noted.get(&at).copied() <= record.known_at()
        {
            continue;
        }
        let is_known = record.is_some_and(|record| text.is_known_to(record));
        let found = generated::record_of(paths, &text.digest, disk)?;
        let found = found.filter(|found| text.may_be_of(found, record));
        match (found, record) {
            (Some(found), Some(record))
                if is_of_it(record) && found.known_at() <= record.known_at() => {}
            (Some(found), _) => {
                let of = record.map(|record| record.beat.clone());
                take(found, of, chunks, removed);
            }
            (None, _) if is_known => {}
            (None, _) => unknown.push(text),
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let kept = kept_records(paths, disk)?;
    let current = generated::records(paths, disk)?;
    for text in unknown {
        let record = text.record(chunks, removed);
        let is_its = |found: &&ChunkRecord| text.may_be_of(found, record);
        let found = kept.get(&text.digest).into_iter().flatten().filter(is_its);
        let newest = found.max_by_key(|found| found.known_at());
        let found = match newest {
            Some(found) => Some(found.clone()),
            None if text.beat.is_some() => {
                let earlier = kept.values().flatten();
                let all: Vec<&ChunkRecord> = current.iter().chain(earlier).filter(is_its).collect();
                edited(&text, record, all, paths, disk)?.cloned()
            }
            None => None,
        };
        if let Some(found) = found {
            let of = record.map(|record| record.beat.clone());
            take(found, of, chunks, removed);
        }
    }
    Ok(())
}

/// Finds the record of the text that the author has edited, among `all` of its beat: the one whose text it has most
/// of. Where it has as much of several, that is the latest; where of the manifest's own and an earlier one, its own.
/// `None` for the manifest's own.
fn edited<'a>(
    text: &Standing,
    own: Option<&ChunkRecord>,
    all: Vec<&'a ChunkRecord>,
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Option<&'a ChunkRecord>, StoreError> {
    let known_at = own.and_then(ChunkRecord::known_at);
    let is_own = |record: &&ChunkRecord| own.is_some_and(|own| own == *record);
    let others: Vec<&ChunkRecord> = all.into_iter().filter(|record| !is_own(record)).collect();
    if others.is_empty() {
        return Ok(None);
    }
    let shared_with = |record: &ChunkRecord| -> Result<usize, StoreError> {
        let generated = generated::text_of_record(paths, record, Path::new(&record.file), disk)?;
        Ok(generated.map_or(0, |generated| shared(&text.text.file.prose, &generated)))
    };
    let of_own = own.map_or(Ok(0), shared_with)?;
    let mut best = None;
    for record in others {
        let rank = (shared_with(record)?, record.known_at());
        let is_more = rank.0 > of_own || (rank.0 == of_own && rank.1 > known_at);
        if is_more && best.as_ref().is_none_or(|(known, _)| *known < rank) {
            best = Some((rank, record));
        }
    }
    Ok(best.map(|(_, record)| record))
}

/// Counts the bytes of the sentences of `of` that a text has as they are.
fn shared(text: &str, of: &str) -> usize {
    let sentences = sentences(of).map(str::trim);
    let there = sentences.filter(|sentence| !sentence.is_empty() && text.contains(sentence));
    there.map(str::len).sum()
}

/// A whole text in chunks/.
struct Standing {
    /// `None` where its front matter is gone.
    beat: Option<BeatId>,
    digest: Digest,
    text: Arc<ChunkText>,
}

fn standing(files: &[FileFact]) -> Vec<Standing> {
    // Where there is a journal, the file does not have the chunk's text yet.
    let files = files.iter().filter(|fact| fact.journal.is_none());
    let texts = files.map(|fact| &fact.text);
    let whole = texts.filter(|text| {
        let is_whole = match text.file.status {
            Some(status) => status == FileStatus::Complete,
            None => text.file.beat.is_none(),
        };
        is_whole && !text.file.is_empty()
    });
    whole
        .map(|text| Standing {
            digest: text.digest.clone(),
            beat: text.file.beat.clone(),
            text: Arc::clone(text),
        })
        .collect()
}

impl Standing {
    /// Tells what the manifest says of its chunk.
    fn record<'a>(
        &self,
        chunks: &'a [SharedRecord],
        removed: &'a [SharedRecord],
    ) -> Option<&'a ChunkRecord> {
        let mut records = chunks.iter().chain(removed).map(|record| &**record);
        match &self.beat {
            Some(beat) => records.find(|record| &record.beat == beat),
            None => records.find(|record| self.is_known_to(record)),
        }
    }

    fn is_known_to(&self, record: &ChunkRecord) -> bool {
        [&record.content_sha256, &record.generated_sha256]
            .into_iter()
            .any(|known| known.as_ref() == Some(&self.digest))
    }

    /// Tells whether a record with this text's digest can be about this chunk: several chunks may have the
    /// same text.
    fn may_be_of(&self, found: &ChunkRecord, record: Option<&ChunkRecord>) -> bool {
        match (record, &self.beat) {
            (Some(record), _) => record.beats().contains(&&found.beat),
            (None, Some(beat)) => found.beats().contains(&beat),
            (None, None) => true,
        }
    }
}

/// Replaces the manifest's record of a chunk by the record that was found for its text; it goes by the beat
/// `of`, since an id that a beat had once may be another beat's by now.
fn take(
    found: ChunkRecord,
    of: Option<BeatId>,
    chunks: &mut Vec<SharedRecord>,
    removed: &mut [SharedRecord],
) {
    let mut records = chunks.iter_mut().chain(removed);
    let beat = of.unwrap_or_else(|| found.beat.clone());
    match records.find(|record| record.beat == beat) {
        Some(record) => {
            **record = ChunkRecord {
                number: record.number,
                beat: record.beat.clone(),
                formerly: record.formerly.clone(),
                title: record.title.clone(),
                file: record.file.clone(),
                target_words: record.target_words,
                body_sha256: record.body_sha256.take().or(found.body_sha256),
                state_file: record.state_file.take(),
                revision: record.revision.take(),
                locked: record.locked,
                ..found
            }
        }
        None => chunks.push(found.into()),
    }
}

/// Returns the latest record of a text of a beat, be the text in the chunk or only in history/.
///
/// # Errors
/// Where history/ can't be read.
pub(crate) fn latest_of(
    paths: &SessionPaths,
    beats: &[&BeatId],
    text: &Digest,
    disk: &Disk,
) -> Result<Option<ChunkRecord>, StoreError> {
    let current = generated::record_of(paths, text, disk)?;
    let kept = kept_records(paths, disk)?.remove(text);
    let known = current.into_iter().chain(kept.into_iter().flatten());
    let of_beat = known.filter(|record| beats.contains(&&record.beat));
    Ok(of_beat.max_by_key(ChunkRecord::known_at))
}

/// Reads the records of the versions in history/, by their texts.
fn kept_records(
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<BTreeMap<Digest, Vec<ChunkRecord>>, StoreError> {
    let mut known: BTreeMap<Digest, Vec<ChunkRecord>> = BTreeMap::new();
    for folder in history::folders(paths, disk)? {
        for (_, name) in history::numbered(&folder, "json", disk)? {
            if let Some(record) = history::read_record(&folder.join(name), disk)?
                && let Some(digest) = record.content_sha256.clone()
            {
                known.entry(digest).or_default().push(record);
            }
        }
    }
    Ok(known)
}
