//! Keeps copies of generated text: `history/generated/<digest>.md`, and its record beside it.
//!
//! An author edits a chunk file in place, and the text that was generated would be gone with the
//! first save. By its copy an edit can be shown and undone. The records beside the copies bring
//! back what a lost manifest knew. A copy is named by the digest of its text, and goes when its
//! chunk is written anew; its text is a version in history/ by then.
//!
//! What the author wrote has a record here as well, and no copy: without it, a lost manifest would
//! make a generated text of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use crate::session::disk::{Disk, EntryKind};
use crate::session::error::StoreError;
use crate::session::history;
use crate::session::kept_files::KeptFiles;
use crate::session::layout::{COPIES, SessionId, SessionPaths, StoryFolder};
use crate::session::manifest::record::{ChunkRecord, ChunkStatus, Origin};
use crate::session::view::ChunkView;
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::{BeatId, Digest};

/// How much of a digest names a copy.
const NAME: usize = 16;

/// Returns the last generated text of a chunk, from before the author edited it. `None` where none is kept,
/// or nothing was generated.
///
/// # Errors
/// Where history/ can't be read.
pub fn generated_text(
    folder: &StoryFolder,
    id: &SessionId,
    chunk: &ChunkView,
    disk: &Disk,
) -> Result<Option<String>, StoreError> {
    match &chunk.record {
        Some(record) => text_of_record(&folder.paths(id), record, &chunk.path, disk),
        None => Ok(None),
    }
}

/// Returns the generated text that a record is about: its copy, or its version in history; `None` where there
/// is neither. `file` is the file of the chunk.
///
/// # Errors
/// Where history/ can't be read.
pub(crate) fn text_of_record(
    paths: &SessionPaths,
    record: &ChunkRecord,
    file: &Path,
    disk: &Disk,
) -> Result<Option<String>, StoreError> {
    let Some(digest) = &record.generated_sha256 else {
        return Ok(None);
    };
    if let Some(copy) = read(paths, digest, disk)? {
        return Ok(Some(copy.prose.to_string()));
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let version = history::find(paths, &stem, &record.beats(), digest, disk)?;
    Ok(version.map(|kept| kept.file.prose.to_string()))
}

/// Tells where the copy of a text is. A digest out of a manifest may be anything; only a real one
/// names a file.
pub(crate) fn path(paths: &SessionPaths, digest: &Digest) -> Option<PathBuf> {
    let name = digest.0.get(..NAME)?;
    let is_hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| paths.history().join(COPIES).join(format!("{name}.md")))
}

/// Reads the copy of a text by its digest; `None` where it does not exist or was changed.
pub(crate) fn read(
    paths: &SessionPaths,
    digest: &Digest,
    disk: &Disk,
) -> Result<Option<ChunkFile>, StoreError> {
    let Some(path) = path(paths, digest) else {
        return Ok(None);
    };
    let copy = disk.read_text(&path)?.map(|text| chunk_file::parse(&text));
    Ok(copy.filter(|copy| &chunk_file::digest(&copy.prose) == digest))
}

/// Returns the files of a copy with what belongs into them; empty where its record has no digest.
pub(crate) fn files(
    paths: &SessionPaths,
    record: &ChunkRecord,
    prose: &str,
) -> Vec<(PathBuf, String)> {
    let digest = record.generated_sha256.as_ref();
    let Some(path) = digest.and_then(|digest| path(paths, digest)) else {
        return Vec::new();
    };
    let text = chunk_file::render(record.number, &record.beat, FileStatus::Complete, prose);
    let about = (path.with_extension("json"), record.render());
    vec![(path, text), about]
}

/// Returns path and content of the record of an edited text; `None` where the record is about generated text.
pub(crate) fn authors_file(
    paths: &SessionPaths,
    record: &ChunkRecord,
) -> Option<(PathBuf, String)> {
    let is_whole = record.status == ChunkStatus::Complete;
    let path = path(paths, record.authors_text().filter(|_| is_whole)?)?;
    Some((path.with_extension("json"), record.render()))
}

/// Reads all records of this folder, for chunks whose manifest is lost.
pub(crate) fn records(paths: &SessionPaths, disk: &Disk) -> Result<Vec<ChunkRecord>, StoreError> {
    let folder = paths.history().join(COPIES);
    let mut records = Vec::new();
    for entry in disk.list(&folder)? {
        if let Some(name) = entry.name.strip_suffix(".json")
            && entry.kind == EntryKind::File
        {
            let record = history::read_record(&folder.join(&entry.name), disk)?;
            records.extend(record.and_then(|record| about(name, record)));
        }
    }
    Ok(records)
}

/// Tells what is known of a text here.
pub(crate) fn record_of(
    paths: &SessionPaths,
    digest: &Digest,
    disk: &Disk,
) -> Result<Option<ChunkRecord>, StoreError> {
    let Some(path) = path(paths, digest) else {
        return Ok(None);
    };
    let record = history::read_record(&path.with_extension("json"), disk)?;
    let name = digest.0.get(..NAME).unwrap_or_default();
    let about = record.and_then(|record| about(name, record));
    Ok(about.filter(|record| text_of(record) == Some(digest)))
}

/// The times of the records here as they were read last: most often nothing else of them matters.
#[derive(Debug, Default)]
pub(crate) struct NotedTimes(KeptFiles<Option<Timestamp>>);

impl NotedTimes {
    /// Tells when what is known here of each text was found to be so, as [`ChunkRecord::known_at`], by the place of
    /// its digest; a text that nothing is known of is left out.
    pub(crate) fn known_at<'a>(
        &mut self,
        paths: &SessionPaths,
        digests: impl Iterator<Item = &'a Digest>,
        disk: &Disk,
    ) -> Result<HashMap<usize, Timestamp>, StoreError> {
        #[derive(Deserialize)]
        struct Times {
            finished: Option<Timestamp>,
            noted: Option<Timestamp>,
        }
        let known_at = |bytes: Vec<u8>| {
            let times = serde_json::from_slice::<Times>(&bytes).ok()?;
            times.noted.max(times.finished)
        };
        let (at, files): (Vec<usize>, Vec<PathBuf>) = digests
            .enumerate()
            .filter_map(|(at, digest)| Some((at, path(paths, digest)?.with_extension("json"))))
            .unzip();
        let read = |path: &Path| Ok(disk.read(path)?.map(known_at));
        let read = self.0.get_all(&files, disk, read)?;
        let known = at.into_iter().zip(read);
        let known = known.filter_map(|(at, known_at)| Some((at, (*known_at?)?)));
        Ok(known.collect())
    }
}

/// Returns a record if it is about the text whose digest names its file. One beside a copy may have been
/// written when the author had edited the text already; the copy is what was generated.
fn about(name: &str, mut record: ChunkRecord) -> Option<ChunkRecord> {
    let is_named_by =
        |digest: &Option<Digest>| digest.as_ref().and_then(|it| it.0.get(..NAME)) == Some(name);
    if is_named_by(&record.generated_sha256) {
        if record.content_sha256 != record.generated_sha256 {
            // Its length is that of the other text.
            record.content_sha256 = None;
        }
        record.origin = Some(Origin::Generated);
        return Some(record);
    }
    is_named_by(&record.content_sha256).then_some(record)
}

/// Returns the digest of the text that a record of this folder is about.
fn text_of(record: &ChunkRecord) -> Option<&Digest> {
    record.authors_text().or(record.generated_sha256.as_ref())
}

/// Returns one record a beat: the one of the text that is there, else the newest. Pure.
pub(crate) fn choose(records: Vec<ChunkRecord>, there: &BTreeSet<Digest>) -> Vec<ChunkRecord> {
    let rank = |record: &ChunkRecord| {
        let digest = text_of(record);
        let stands = digest.is_some_and(|digest| there.contains(digest));
        (stands, record.known_at(), digest.cloned())
    };
    let mut chosen: BTreeMap<BeatId, ChunkRecord> = BTreeMap::new();
    for record in records {
        let known = chosen.get(&record.beat);
        if known.is_none_or(|known| rank(known) < rank(&record)) {
            chosen.insert(record.beat.clone(), record);
        }
    }
    let mut chosen: Vec<ChunkRecord> = chosen.into_values().collect();
    chosen.sort_by(|a, b| (a.number, &a.beat).cmp(&(b.number, &b.beat)));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::ChunkNumber;

    #[test]
    fn only_a_digest_names_a_file() {
        let paths = SessionPaths {
            root: PathBuf::from("s"),
        };
        for (digest, expected) in [
            (&*Digest::of("x").0, true),
            ("../../../../../../etc/passwd", false),
            ("/etc/passwd/etc/passwd", false),
            ("abc", false),
            ("", false),
            ("灯台灯台灯台灯台灯台", false),
        ] {
            let path = path(&paths, &Digest(digest.into()));
            assert_eq!(path.is_some(), expected, "{digest}");
        }
    }

    #[test]
    fn a_lost_manifest_gets_the_record_of_the_text_that_is_there() {
        let record = |beat: &str, text: &str, finished: Option<&str>| {
            let mut record = ChunkRecord::missing(ChunkNumber(1), BeatId(beat.to_owned()));
            record.generated_sha256 = Some(Digest::of(text));
            record.finished = finished.map(|at| at.parse().unwrap());
            record
        };
        let (early, late) = (Some("2026-01-01T00:00:00Z"), Some("2026-01-02T00:00:00Z"));
        let there = BTreeSet::from([Digest::of("old")]);
        for (records, expected) in [
            (
                vec![record("a", "old", early), record("a", "new", late)],
                "old",
            ),
            (
                vec![record("a", "x", early), record("a", "new", late)],
                "new",
            ),
            (
                vec![record("a", "new", late), record("a", "x", None)],
                "new",
            ),
        ] {
            let chosen = choose(records, &there);
            assert_eq!(chosen.len(), 1);
            assert_eq!(chosen[0].generated_sha256, Some(Digest::of(expected)));
        }
    }
}
