//! Keeps `renames.json`: texts that only have another name in them since a character or a beat was renamed.
//!
//! What is known of a chunk goes by digests of texts. A rename gives every text that holds the name another
//! digest, and no other meaning: where a recorded digest leads to the present one by this table, nothing has
//! changed. The table only grows, so it is true whether or not the author's editor has made the edits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::error::StoreError;
use super::layout::{SessionId, SessionPaths, StoryFolder};
use super::manifest::Manifest;
use super::manifest::record::ChunkRecord;
use super::planned::PlannedChunk;
use crate::story::{BeatId, Digest};

/// The version that this code writes.
const VERSION: u32 = 1;

/// The names that were replaced, and the digests of all texts that this changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Storywright renames")]
pub struct Renames {
    /// Version of this format; 1.
    #[serde(default)]
    version: u32,
    /// By the digest of a text, the digest of the same text with the new name.
    #[serde(default)]
    texts: BTreeMap<Digest, Digest>,
    /// By the name of a character, the new name.
    #[serde(default)]
    characters: BTreeMap<String, String>,
    /// By the id of a beat, the new id.
    #[serde(default)]
    beats: BTreeMap<BeatId, BeatId>,
}

impl Renames {
    /// Adds a text that got the new name.
    pub fn add_text(&mut self, before: &str, after: &str) {
        self.add_digest(Digest::of(before), Digest::of(after));
    }

    /// Adds a text by its digests.
    pub fn add_digest(&mut self, before: Digest, after: Digest) {
        if before != after {
            self.texts.insert(before, after);
        }
    }

    /// Adds a character.
    pub fn add_character(&mut self, before: &str, after: &str) {
        if before != after {
            self.characters.insert(before.to_owned(), after.to_owned());
        }
    }

    /// Adds a beat.
    pub fn add_beat(&mut self, before: &BeatId, after: &BeatId) {
        if before != after {
            self.beats.insert(before.clone(), after.clone());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.characters.is_empty() && self.beats.is_empty()
    }

    /// Returns the digests that a text had after each rename since, the next one first.
    pub fn of_text<'a>(&'a self, then: &'a Digest) -> impl Iterator<Item = &'a Digest> {
        later(&self.texts, then)
    }

    /// Returns the names that a character got since, the next one first.
    pub fn of_character<'a>(&'a self, name: &'a String) -> impl Iterator<Item = &'a String> {
        later(&self.characters, name)
    }

    /// Tells whether two digests are of the same text under different names.
    pub fn are_same(&self, then: &Digest, now: &Digest) -> bool {
        then == now || self.of_text(then).any(|later| later == now)
    }

    /// Returns what is known of a chunk as it is known by the names of its present text.
    pub(super) fn applied(&self, record: &ChunkRecord, now: &Digest) -> ChunkRecord {
        let mut record = record.clone();
        for known in [&mut record.content_sha256, &mut record.generated_sha256] {
            if let Some(then) = known
                && then != now
                && self.are_same(then, now)
            {
                *then = now.clone();
            }
        }
        record
    }

    /// Gives the records of a manifest the ids that their beats have in the outline now.
    pub(super) fn apply_to_beats(&self, manifest: &mut Manifest, plan: &[PlannedChunk]) {
        if self.beats.is_empty() {
            return;
        }
        let is_planned = |beat: &BeatId| plan.iter().any(|planned| &planned.beat == beat);
        for record in &mut manifest.chunks {
            let record: &mut ChunkRecord = record;
            if is_planned(&record.beat) {
                continue;
            }
            let now = later(&self.beats, &record.beat).find(|beat| is_planned(beat));
            if let Some(now) = now.cloned() {
                let before = std::mem::replace(&mut record.beat, now);
                record
                    .formerly
                    .retain(|beat| *beat != before && *beat != record.beat);
                record.formerly.push(before);
            }
        }
    }

    /// Takes up another table; what it says counts where both say something.
    fn take(&mut self, other: Renames) {
        self.version = VERSION;
        self.texts.extend(other.texts);
        self.characters.extend(other.characters);
        self.beats.extend(other.beats);
    }

    pub(super) fn parse(text: &str) -> Option<Renames> {
        let renames: Renames = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        (renames.version <= VERSION).then_some(renames)
    }
}

/// Follows a table from one entry to the next, each once: what was renamed and renamed back is in a circle.
fn later<'a, T: Ord>(table: &'a BTreeMap<T, T>, first: &'a T) -> impl Iterator<Item = &'a T> {
    let steps = std::iter::successors(table.get(first), |step| table.get(*step));
    steps
        .take(table.len())
        .take_while(move |step| *step != first)
}

/// Reads the table of a session; an empty one where there is none. `Err` holds what is wrong with the file,
/// to go on from its name.
pub(super) fn read(
    paths: &SessionPaths,
    disk: &Disk,
) -> Result<Result<Renames, &'static str>, StoreError> {
    Ok(match disk.read_text(&paths.renames())? {
        None => Ok(Renames::default()),
        Some(text) => Renames::parse(&text).ok_or(
            "is damaged, or of a newer Storywright. Chunks may be called stale or edited for a name that was changed",
        ),
    })
}

/// Adds to the table of a session.
///
/// # Errors
/// Where the table can't be read or written. One that is damaged is replaced.
pub fn add_renames(
    folder: &StoryFolder,
    id: &SessionId,
    more: Renames,
    disk: &Disk,
) -> Result<(), StoreError> {
    let (paths, disk) = (folder.paths(id), disk.within(folder.root()));
    let mut renames = read(&paths, &disk)?.unwrap_or_default();
    renames.take(more);
    // Strings in maps always serialise.
    let mut text = serde_json::to_string_pretty(&renames).unwrap_or_default();
    text.push('\n');
    disk.write(&paths.renames(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::ChunkNumber;

    #[test]
    fn a_text_is_the_same_under_every_name_that_it_had() {
        let mut renames = Renames::default();
        renames.add_text("Mara came.", "Nora came.");
        renames.add_text("Nora came.", "Ida came.");
        let same = |then: &str, now: &str| renames.are_same(&Digest::of(then), &Digest::of(now));
        assert!(same("Mara came.", "Mara came."));
        assert!(same("Mara came.", "Nora came."));
        assert!(same("Mara came.", "Ida came."));
        assert!(!same("Ida came.", "Mara came."));
        assert!(!same("Mara came.", "Mara left."));
    }

    #[test]
    fn what_is_renamed_back_leads_in_no_circle() {
        let mut renames = Renames::default();
        renames.add_text("Mara", "Nora");
        renames.add_text("Nora", "Mara");
        let (mara, nora) = (Digest::of("Mara"), Digest::of("Nora"));
        assert!(renames.are_same(&mara, &nora) && renames.are_same(&nora, &mara));
        assert_eq!(renames.of_text(&mara).count(), 1);
        assert!(!renames.are_same(&mara, &Digest::of("Ida")));
    }

    #[test]
    fn a_record_goes_with_the_text_and_the_beat_that_got_another_name() {
        let mut renames = Renames::default();
        renames.add_text("Mara came.", "Nora came.");
        let (mara, nora) = (BeatId("mara".to_owned()), BeatId("nora".to_owned()));
        renames.add_beat(&mara, &nora);
        let mut record = ChunkRecord::missing(ChunkNumber(1), mara.clone());
        record.content_sha256 = Some(Digest::of("Mara came."));
        record.generated_sha256 = Some(Digest::of("Something else."));
        let now = Digest::of("Nora came.");
        let applied = renames.applied(&record, &now);
        assert_eq!(applied.content_sha256, Some(now));
        assert_eq!(applied.generated_sha256, record.generated_sha256);
        let mut manifest = Manifest::new("s", "story.md", "en", jiff::Timestamp::UNIX_EPOCH);
        manifest.chunks.push(record.into());
        let planned = |beat: &BeatId| PlannedChunk {
            number: ChunkNumber(1),
            beat: beat.clone(),
            title: String::new(),
            chapter: None,
            target_words: 1,
            body: None,
        };
        renames.apply_to_beats(&mut manifest, &[planned(&mara)]);
        assert_eq!(manifest.chunks[0].beat, mara);
        renames.apply_to_beats(&mut manifest, &[planned(&nora)]);
        assert_eq!(manifest.chunks[0].beat, nora);
        assert_eq!(manifest.chunks[0].formerly, [mara]);
    }
}
