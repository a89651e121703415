//! Defines manifest.json: what is known about every chunk except its text.
//!
//! The manifest is about the chunk files and never holds what only it knows, timings and
//! cost aside. Fields that this version does not know are kept when it is rewritten.

pub(super) mod inputs;
pub(super) mod record;
pub(super) mod spending;
pub(super) mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _, Serialize};
use serde_json::Value;

use self::inputs::{Input, Inputs, SharedInputs};
use self::record::{ChunkRecord, ChunkStatus, rendered};
use self::spending::Spending;
use self::usage::TokenUsage;
use super::disk::Disk;
use super::error::StoreError;
use super::shared_record::SharedRecord;
use crate::story::{BeatId, Digest};

/// The version that this code writes.
pub const VERSION: u32 = 2;

/// How many digests of full_story.md are remembered.
const ASSEMBLED_KEPT: usize = 4;

/// The metadata of a session and of its chunks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Storywright session manifest")]
pub struct Manifest {
    /// Version of this format; 2. In 1 each record had its inputs itself.
    pub version: u32,
    /// The session's id, which is its folder's name.
    pub id: String,
    /// File name of the brief that the session is a draft of.
    pub brief: String,
    /// BCP 47; words below are counted by it.
    pub language: String,
    #[schemars(with = "String")]
    pub created: Timestamp,
    #[schemars(with = "String")]
    pub updated: Timestamp,
    /// The settings of the last job, as it understood them.
    #[serde(default)]
    pub settings: Value,
    #[serde(default)]
    pub totals: Totals,
    /// Digests of full_story.md as it was assembled, latest last: any other text in it is
    /// the author's.
    #[serde(default)]
    pub assembled_sha256: Vec<Digest>,
    /// One entry a beat of the outline, in story order.
    pub chunks: Vec<SharedRecord>,
    /// Entries of beats that left the outline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<SharedRecord>,
    /// The inputs that the records refer to; empty in memory, where the records have their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Sums: how far the chunks are, and all that the draft has cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    pub chunks: u32,
    pub complete: u32,
    /// Words (characters for CJK) of all text, partial text included.
    pub words: u64,
    pub target_words: u64,
    pub elapsed_ms: u64,
    /// Tokens of all calls of this draft: of every role, with failed attempts and texts that were replaced.
    #[serde(default)]
    pub usage: TokenUsage,
    /// The cost of the calls, in the currency of the configured prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The same sums for each role: draft, plan, state, refine, audit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_role: Spending,
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl Manifest {
    pub(crate) fn new(id: &str, brief: &str, language: &str, now: Timestamp) -> Manifest {
        Manifest {
            version: VERSION,
            id: id.to_owned(),
            brief: brief.to_owned(),
            language: language.to_owned(),
            created: now,
            updated: now,
            settings: Value::Object(serde_json::Map::new()),
            totals: Totals::default(),
            assembled_sha256: Vec::new(),
            chunks: Vec::new(),
            removed: Vec::new(),
            inputs: Vec::new(),
            other: BTreeMap::new(),
        }
    }

    pub fn record(&self, beat: &BeatId) -> Option<&ChunkRecord> {
        let mut records = self.chunks.iter().map(|record| &**record);
        records.find(|record| &record.beat == beat)
    }

    /// Returns the records of all beats that ever were in the outline: first of those that are.
    pub(crate) fn all_records(&self) -> impl Iterator<Item = &ChunkRecord> {
        let all = self.chunks.iter().chain(&self.removed);
        all.map(|record| &**record)
    }

    /// Returns the records by beat, for looking up many; also of beats that left the outline: their
    /// texts come back with them.
    pub(crate) fn by_beat(&self) -> BTreeMap<&BeatId, &SharedRecord> {
        // Of two, the one that is in the outline.
        let records = self.removed.iter().chain(&self.chunks);
        records.map(|record| (&record.beat, record)).collect()
    }

    pub(crate) fn record_mut(&mut self, beat: &BeatId) -> Option<&mut ChunkRecord> {
        let mut records = self.chunks.iter_mut();
        let record = records.find(|record| &record.beat == beat)?;
        Some(record)
    }

    /// Puts a record in the place of the one for its beat.
    pub(crate) fn set_record(&mut self, record: ChunkRecord) {
        // Its beat is in the outline by now.
        self.removed.retain(|removed| removed.beat != record.beat);
        let mut records = self.chunks.iter_mut();
        match records.find(|old| old.beat == record.beat) {
            Some(old) => *old = record.into(),
            None => self.chunks.push(record.into()),
        }
    }

    /// Remembers what full_story.md was assembled to.
    pub(crate) fn remember_assembled(&mut self, digest: Digest) {
        self.assembled_sha256.retain(|known| known != &digest);
        self.assembled_sha256.push(digest);
        let surplus = self.assembled_sha256.len().saturating_sub(ASSEMBLED_KEPT);
        self.assembled_sha256.drain(..surplus);
    }

    /// Takes in the settings of a job, which names all that it knows.
    pub(crate) fn set_settings(&mut self, settings: Value) {
        let before = std::mem::replace(&mut self.settings, settings);
        if let (Value::Object(before), Value::Object(settings)) = (before, &mut self.settings) {
            for (name, value) in before {
                settings.entry(name).or_insert(value);
            }
        }
    }

    pub(crate) fn sum(&mut self) {
        let mut totals = Totals {
            other: std::mem::take(&mut self.totals.other),
            by_role: std::mem::take(&mut self.totals.by_role),
            ..Totals::default()
        };
        let unknown = std::mem::take(&mut self.totals.usage.other);
        let mut usage = TokenUsage::default();
        let mut cost: Option<f64> = None;
        for record in &self.chunks {
            totals.chunks += 1;
            totals.complete += u32::from(record.status == ChunkStatus::Complete);
            if record.status != ChunkStatus::Missing {
                totals.words += u64::from(record.words);
            }
            totals.target_words += u64::from(record.target_words);
            totals.elapsed_ms += record.elapsed_ms.unwrap_or(0);
            if let Some(took) = &record.usage {
                usage.add(took);
            }
            if let Some(took) = record.cost {
                cost = Some(cost.unwrap_or(0.0) + took);
            }
        }
        spending::raise(&mut totals.by_role, &spending::of_chunks(usage, cost));
        let whole = spending::whole(&totals.by_role);
        (totals.usage, totals.cost) = (whole.usage, whole.cost);
        totals.usage.other = unknown;
        self.totals = totals;
    }

    /// Renders the file: each input is in it once.
    pub(crate) fn render(&self) -> String {
        let mut file = self.clone();
        let mut inputs = SharedInputs::default();
        for record in file.records_mut() {
            let input_places = inputs.places_of(&record.inputs);
            *record = SharedRecord::from(ChunkRecord {
                input_places,
                inputs: Inputs::default(),
                ..ChunkRecord::clone(record)
            });
        }
        file.inputs = inputs.into_list();
        file.version = VERSION;
        rendered(&file)
    }

    /// Lets all records hold one copy of what they have in common.
    pub(crate) fn share_inputs(&mut self) {
        let mut inputs = SharedInputs::default();
        for record in self.records_mut() {
            if let Some(shared) = inputs.shared(&record.inputs) {
                record.inputs = shared;
            }
        }
    }

    /// Gives each record the inputs that the file has in its list.
    fn take_inputs(&mut self) {
        let list: Vec<Arc<Input>> = self.inputs.drain(..).map(Arc::new).collect();
        for record in self.records_mut() {
            if !record.input_places.is_empty() {
                let places = std::mem::take(&mut record.input_places);
                record.inputs = inputs::at_places(&list, &places);
            }
        }
    }

    fn records_mut(&mut self) -> impl Iterator<Item = &mut SharedRecord> {
        self.chunks.iter_mut().chain(&mut self.removed)
    }
}

/// The file in the manifest's place.
#[derive(Debug, Clone, PartialEq)]
pub enum ManifestFact {
    Missing,
    Read(Box<Manifest>),
    /// Something that can't be used; the sentence part says what it is.
    Unusable(String),
}

/// Reads the file in the manifest's place.
pub(crate) fn read(
    path: &Path,
    id: &str,
    disk: &Disk,
) -> Result<(ManifestFact, Option<Digest>), StoreError> {
    match disk.read(path) {
        Ok(None) => Ok((ManifestFact::Missing, None)),
        Ok(Some(bytes)) => {
            let text = crate::story::chunk_file::decode(bytes);
            Ok((parse(&text, id), Some(Digest::of(&text))))
        }
        Err(StoreError::Outside { .. }) => Ok((
            ManifestFact::Unusable("is a symbolic link".to_owned()),
            None,
        )),
        Err(StoreError::NotAFile { what, .. }) => Ok((
            ManifestFact::Unusable(format!("is {what}, not a file")),
            None,
        )),
        Err(error) => Err(error),
    }
}

/// Reads the text of a manifest. `id` is the session's: a manifest of another session
/// (copied in by hand, say) is not ours.
pub fn parse(text: &str, id: &str) -> ManifestFact {
    if text.trim().is_empty() {
        return ManifestFact::Unusable("is empty".to_owned());
    }
    match serde_json::from_str::<Manifest>(text) {
        Ok(manifest) if manifest.version > VERSION => newer(u64::from(manifest.version)),
        Ok(manifest) if manifest.id != id => {
            ManifestFact::Unusable(format!("belongs to another session (\"{}\")", manifest.id))
        }
        Ok(mut manifest) => {
            manifest.take_inputs();
            ManifestFact::Read(Box::new(manifest))
        }
        Err(error) => why_unusable(text, &error),
    }
}

fn newer(version: u64) -> ManifestFact {
    ManifestFact::Unusable(format!(
        "was written by a newer Storywright (version {version}, this one knows {VERSION})"
    ))
}

/// Tells what is wrong with a text that is no manifest of this version.
fn why_unusable(text: &str, error: &serde_json::Error) -> ManifestFact {
    /// Enough to tell whether the rest is for us.
    #[derive(Deserialize)]
    struct Stamp {
        version: u64,
    }
    match serde_json::from_str::<Stamp>(text) {
        Ok(stamp) if stamp.version > u64::from(VERSION) => newer(stamp.version),
        Ok(_) => ManifestFact::Unusable(format!("is damaged ({error})")),
        Err(error) if error.is_data() => {
            ManifestFact::Unusable("is not a manifest of Storywright".to_owned())
        }
        Err(error) => ManifestFact::Unusable(format!("is damaged ({error})")),
    }
}

/// The parts of a manifest that tell which session it is.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Head {
    pub(crate) brief: String,
    pub(crate) created: Timestamp,
}

/// The size of the beginning of a manifest in which its head is looked for first: that of a long story has
/// megabytes.
const HEAD_BYTES: u64 = 8 * 1024;

/// Reads only the head; `None` where there is no usable manifest.
pub(crate) fn read_head(path: &Path, disk: &Disk) -> Result<Option<Head>, StoreError> {
    let read = || {
        let start = disk.read_start(path, HEAD_BYTES)?.unwrap_or_default();
        if let Some(head) = head_of(&start) {
            return Ok(Some(head));
        }
        match (start.len() as u64) < HEAD_BYTES {
            true => Ok(None),
            false => Ok(head_of(&disk.read(path)?.unwrap_or_default())),
        }
    };
    match read() {
        // One that is a link or no file is none of ours; the other sessions are still to be found.
        Err(StoreError::Outside { .. } | StoreError::NotAFile { .. }) => Ok(None),
        read => read,
    }
}

/// Finds the head in a manifest, or in a beginning of one that has it.
fn head_of(bytes: &[u8]) -> Option<Head> {
    /// Takes the fields in, and stops behind the last one that is looked for.
    #[derive(Default)]
    struct Fields {
        brief: Option<String>,
        created: Option<Timestamp>,
    }
    impl<'de> Visitor<'de> for &mut Fields {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a manifest")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while self.brief.is_none() || self.created.is_none() {
                match map.next_key::<String>()?.as_deref() {
                    Some("brief") => self.brief = Some(map.next_value()?),
                    Some("created") => self.created = Some(map.next_value()?),
                    Some(_) => drop(map.next_value::<IgnoredAny>()?),
                    None => break,
                }
            }
            Ok(())
        }
    }
    let mut fields = Fields::default();
    // What comes after the head is an error here, and is not looked at.
    let _ = (&mut serde_json::Deserializer::from_slice(bytes)).deserialize_map(&mut fields);
    Some(Head {
        brief: fields.brief?,
        created: fields.created?,
    })
}

/// The parts of a manifest that the index of sessions shows.
#[derive(Debug, Deserialize)]
pub(crate) struct Summary {
    version: u64,
    pub(crate) id: String,
    pub(crate) brief: String,
    pub(crate) created: Timestamp,
    #[serde(default)]
    pub(crate) totals: Totals,
    pub(crate) chunks: Vec<ChunkSummary>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ChunkSummary {
    pub(crate) model: Option<String>,
}

impl Summary {
    pub(crate) fn of(manifest: Manifest) -> Summary {
        let chunks = manifest.chunks.into_iter();
        Summary {
            version: manifest.version.into(),
            id: manifest.id,
            brief: manifest.brief,
            created: manifest.created,
            totals: manifest.totals,
            chunks: chunks
                .map(|record| ChunkSummary {
                    model: record.model.clone(),
                })
                .collect(),
        }
    }
}

/// Reads no more than the index shows: the whole of a long story's manifest takes its time.
/// `None` where there is no usable manifest of the session.
pub(crate) fn read_summary(
    path: &Path,
    id: &str,
    disk: &Disk,
) -> Result<Option<Summary>, StoreError> {
    let bytes = disk.read(path)?.unwrap_or_default();
    let summary = serde_json::from_slice::<Summary>(&bytes).ok();
    Ok(summary.filter(|it| it.version <= u64::from(VERSION) && it.id == id))
}

/// Returns a name in `folder` that is free: `manifest.kept-01.json`.
pub(crate) fn kept_aside(path: &Path, disk: &Disk) -> Result<PathBuf, StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, "txt"));
    let mut number = 1;
    loop {
        let free = path.with_file_name(format!(
            "{}.kept-{number:02}.{extension}",
            stem.trim_start_matches('.')
        ));
        if disk.metadata(&free)?.is_none() {
            return Ok(free);
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::ChunkNumber;

    #[test]
    fn unknown_fields_survive() {
        let text = r#"{"version":1,"id":"s-01","brief":"story.md","language":"en","created":"2026-01-01T00:00:00Z",
            "updated":"2026-01-01T00:00:00Z","mood":"grim","settings":{"model":"m-1","a":1},
            "totals":{"chunks":1,"complete":1,"words":1,"target_words":1,"elapsed_ms":1,"usage":{"b":2},
                "by_role":{"draft":{"c":3,"usage":{"d":4}}}},
            "chunks":[{"number":1,"beat":"a","stars":5,"usage":{"output_tokens":7,"e":5}}]}"#;
        let ManifestFact::Read(mut manifest) = parse(text, "s-01") else {
            panic!("not read");
        };
        manifest.set_settings(serde_json::json!({"model": "m-2"}));
        manifest.sum();
        let again: Value = serde_json::from_str(&manifest.render()).unwrap();
        assert_eq!(again["mood"], "grim");
        assert_eq!(again["chunks"][0]["stars"], 5);
        assert_eq!(
            again["settings"],
            serde_json::json!({"model": "m-2", "a": 1})
        );
        let totals = &again["totals"];
        assert_eq!(totals["usage"]["output_tokens"], 7);
        assert_eq!(totals["usage"]["b"], 2);
        assert_eq!(totals["by_role"]["draft"]["c"], 3);
        assert_eq!(totals["by_role"]["draft"]["usage"]["d"], 4);
        assert_eq!(again["chunks"][0]["usage"]["e"], 5);
    }

    /// What many chunks were written from is in the file once, and comes back as each record had it.
    #[test]
    fn inputs_that_records_share_are_written_once() {
        let record = |number: u32| {
            let mut record =
                ChunkRecord::missing(ChunkNumber(number), BeatId(format!("b{number}")));
            let own = (format!("quote {number}"), Digest::of(&number.to_string()));
            let shared = |rule: u32| (format!("rule {rule}"), Digest::of(&format!("Rule {rule}.")));
            record.inputs = (1..=40).map(shared).chain([own]).collect();
            record
        };
        let mut manifest = Manifest::new("s-01", "story.md", "en", Timestamp::UNIX_EPOCH);
        manifest.chunks = (1..=20).map(|number| record(number).into()).collect();
        manifest.removed = vec![record(21).into()];
        let text = manifest.render();
        assert_eq!(text.matches("\"sha256\"").count(), 40 + 21);
        let ManifestFact::Read(again) = parse(&text, "s-01") else {
            panic!("not read");
        };
        assert_eq!(*again, manifest);
        // One of an earlier version, whose records have them.
        let earlier = serde_json::to_string(&Manifest {
            version: 1,
            ..manifest.clone()
        });
        let ManifestFact::Read(earlier) = parse(&earlier.unwrap(), "s-01") else {
            panic!("not read");
        };
        assert_eq!(earlier.chunks, manifest.chunks);
        assert_eq!(earlier.render(), text);
        // A place that the list does not have tells nothing.
        let damaged = text.replace("\"input_places\": [", "\"input_places\": [ 4000000000,");
        let ManifestFact::Read(damaged) = parse(&damaged, "s-01") else {
            panic!("not read");
        };
        assert_eq!(damaged.chunks, manifest.chunks);
    }

    #[test]
    fn the_head_is_found_at_the_beginning() {
        let whole = Manifest::new("s-01", "story.md", "en", Timestamp::UNIX_EPOCH).render();
        let head = Head {
            brief: "story.md".to_owned(),
            created: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(head_of(whole.as_bytes()).as_ref(), Some(&head));
        let begins = &whole[..whole.find("\"updated\"").unwrap()];
        assert_eq!(head_of(begins.as_bytes()).as_ref(), Some(&head));
        let other_order = r#"{"chunks": [{"number": 1}], "created": "1970-01-01T00:00:00Z", "brief": "story.md"}"#;
        assert_eq!(head_of(other_order.as_bytes()).as_ref(), Some(&head));
        for none in [
            "",
            "[]",
            "{}",
            "{\"brief\": \"story.md\"",
            "{\"brief\": 5, \"created\": 5}",
        ] {
            assert_eq!(head_of(none.as_bytes()), None, "{none}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        let long = format!("{{\"mood\": \"{}\",{}", "x".repeat(9_000), &whole[1..]);
        for text in [&whole, &long] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(
                read_head(&path, &Disk::real()).unwrap().as_ref(),
                Some(&head)
            );
        }
    }

    #[test]
    fn what_is_no_manifest_of_ours_is_told_apart() {
        for (text, part) in [
            ("", "empty"),
            ("{\"version\":1,\"id\":", "damaged"),
            ("{}", "not a manifest"),
            ("[1]", "damaged"),
            ("{\"version\":9}", "newer"),
            ("{\"version\":1,\"id\":\"s-01\"}", "damaged"),
            (
                &Manifest::new("s-02", "story.md", "en", Timestamp::UNIX_EPOCH).render(),
                "another session",
            ),
        ] {
            let ManifestFact::Unusable(reason) = parse(text, "s-01") else {
                panic!("{text}");
            };
            assert!(reason.contains(part), "{reason}");
        }
    }
}
