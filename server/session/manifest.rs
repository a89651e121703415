//! manifest.json: what is known about every chunk beside its text.
//!
//! The manifest is about the chunk files and never holds what only it knows, timings and
//! cost aside. Fields that this version does not know are kept when it is rewritten.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::disk::Disk;
use super::error::StoreError;
use super::spending::{self, Spending};
use crate::story::{BeatId, ChunkNumber, Digest};

/// The version that this code writes.
pub const VERSION: u32 = 1;

/// How many digests of full_story.md are remembered.
const ASSEMBLED_KEPT: usize = 4;

/// The metadata of a session and of its chunks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Storywright session manifest")]
pub struct Manifest {
    /// Version of this format; 1.
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
    pub chunks: Vec<ChunkRecord>,
    /// Entries of beats that left the outline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<ChunkRecord>,
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
    /// What they cost, in the currency of the configured prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The same by role: draft, plan, state, refine, audit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_role: Spending,
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// How far a chunk is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChunkStatus {
    #[default]
    Missing,
    Partial,
    Complete,
    /// The last try failed; what it brought is kept as partial text.
    Failed,
}

/// Where a chunk's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Generated,
    /// Generated, then changed by the author.
    Edited,
    /// The author's from the start.
    Written,
}

/// Tokens, as far as the provider tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenUsage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
}

/// What is known about a chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChunkRecord {
    pub number: ChunkNumber,
    pub beat: BeatId,
    /// Ids that the beat had before; versions in history/ go by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<BeatId>,
    #[serde(default)]
    pub title: String,
    /// Path of the chunk file inside the session.
    #[serde(default)]
    pub file: String,
    #[serde(default)]
    pub status: ChunkStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Length of the text that `content_sha256` is of, in words (characters for CJK).
    #[serde(default)]
    pub words: u32,
    #[serde(default)]
    pub target_words: u32,
    /// Digest of the prose as it was last seen or written (LF line ends, ends trimmed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_sha256: Option<Digest>,
    /// Digest of the prose as it was generated; any other text is the author's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated_sha256: Option<Digest>,
    /// Digest of what the beat says below its heading; tells a renamed beat from a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<Digest>,
    /// Digest of each input slice that the prompt used.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Digest>,
    /// What a text that is not whole yet was begun from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model that wrote it, by the name that its server gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model that was asked for, where another one answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    #[serde(default)]
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub finished: Option<Timestamp>,
    /// When its beat first had a whole text, if that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub first_finished: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Composed by the built-in demo writer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// It was begun before the text that it follows was there, and has not been fitted to
    /// that yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seam_open: bool,
    /// The author wants its text left as it is. What the front matter of the chunk file says
    /// about it counts before this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    /// Digest of the text after which nobody has to be asked for a better one unasked: it was
    /// refined, or the author decided for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refined_sha256: Option<Digest>,
    /// Path of the extracted state inside the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_file: Option<String>,
    /// Path of a proposed rewrite inside the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What a chunk was begun from: known before it is whole, also where its job was killed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// When its first text came.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Digest of each input slice that its first prompt used, by name.
    pub inputs: BTreeMap<String, Digest>,
    /// Digest of the text that the last job on it left, where all of that was generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated_sha256: Option<Digest>,
}

/// What a job knows when a chunk ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ChunkResult {
    pub provider: String,
    pub model: String,
    pub asked_model: Option<String>,
    pub finish_reason: Option<String>,
    pub attempts: u32,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub elapsed_ms: u64,
    pub first_token_ms: Option<u64>,
    pub usage: TokenUsage,
    /// In the currency of the configured prices; `None` without prices.
    pub cost: Option<f64>,
    /// Digest of each input slice that the prompt used, by name: "setting", "rule 3",
    /// "cast Mara Voss", "beat", "preceding text", "model", "template".
    pub inputs: BTreeMap<String, Digest>,
    /// Composed by the built-in demo writer.
    pub demo: bool,
}

impl ChunkRecord {
    /// The record of a chunk that has no text yet.
    pub fn missing(number: ChunkNumber, beat: BeatId) -> ChunkRecord {
        ChunkRecord {
            number,
            beat,
            formerly: Vec::new(),
            title: String::new(),
            file: String::new(),
            status: ChunkStatus::Missing,
            origin: None,
            words: 0,
            target_words: 0,
            content_sha256: None,
            generated_sha256: None,
            body_sha256: None,
            inputs: BTreeMap::new(),
            begun: None,
            provider: None,
            model: None,
            asked_model: None,
            finish_reason: None,
            attempts: 0,
            started: None,
            finished: None,
            first_finished: None,
            elapsed_ms: None,
            first_token_ms: None,
            usage: None,
            cost: None,
            demo: false,
            failure: None,
            seam_open: false,
            locked: false,
            refined_sha256: None,
            state_file: None,
            revision: None,
            other: BTreeMap::new(),
        }
    }

    /// Takes over what a job found out; what it replaces was about another text.
    pub(crate) fn take(&mut self, result: ChunkResult) {
        self.first_finished = self.first_finished();
        self.provider = Some(result.provider);
        self.model = Some(result.model);
        self.asked_model = result.asked_model;
        self.finish_reason = result.finish_reason;
        self.attempts = result.attempts;
        let begun = self.begun.as_ref().map(|begun| begun.at);
        self.started = Some(begun.map_or(result.started, |begun| begun.min(result.started)));
        self.finished = Some(result.finished);
        self.elapsed_ms = Some(result.elapsed_ms);
        self.first_token_ms = result.first_token_ms;
        self.usage = Some(result.usage);
        self.cost = result.cost;
        self.inputs = result.inputs;
        self.demo = result.demo;
        self.failure = None;
        self.locked = false;
    }

    /// The model that was asked for, whichever one answered.
    pub fn asked_model(&self) -> Option<&str> {
        self.asked_model.as_deref().or(self.model.as_deref())
    }

    /// When its beat first had a whole text, as far as it is known.
    pub fn first_finished(&self) -> Option<Timestamp> {
        let this_one = self.generated_sha256.as_ref().and(self.finished);
        self.first_finished.or(this_one)
    }

    /// Every id that its beat goes by, or went by.
    pub fn beats(&self) -> Vec<&BeatId> {
        std::iter::once(&self.beat).chain(&self.formerly).collect()
    }

    /// As it lies beside a text in history/.
    pub(crate) fn render(&self) -> String {
        rendered(self)
    }

    /// Whether there ever was a text to record.
    pub(crate) fn says_something(&self) -> bool {
        self.content_sha256.is_some() || self.status != ChunkStatus::Missing || self.begun.is_some()
    }
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
            other: BTreeMap::new(),
        }
    }

    pub fn record(&self, beat: &BeatId) -> Option<&ChunkRecord> {
        self.chunks.iter().find(|record| &record.beat == beat)
    }

    /// The records by beat, for looking up many; also of beats that left the outline: their
    /// texts come back with them.
    pub(crate) fn by_beat(&self) -> BTreeMap<&BeatId, &ChunkRecord> {
        // Of two, the one that is in the outline.
        let records = self.removed.iter().chain(&self.chunks);
        records.map(|record| (&record.beat, record)).collect()
    }

    pub(crate) fn record_mut(&mut self, beat: &BeatId) -> Option<&mut ChunkRecord> {
        self.chunks.iter_mut().find(|record| &record.beat == beat)
    }

    /// Puts a record in the place of the one for its beat.
    pub(crate) fn set_record(&mut self, record: ChunkRecord) {
        match self.record_mut(&record.beat) {
            Some(old) => *old = record,
            None => self.chunks.push(record),
        }
    }

    /// Remembers what full_story.md was assembled to.
    pub(crate) fn remember_assembled(&mut self, digest: Digest) {
        self.assembled_sha256.retain(|known| known != &digest);
        self.assembled_sha256.push(digest);
        let surplus = self.assembled_sha256.len().saturating_sub(ASSEMBLED_KEPT);
        self.assembled_sha256.drain(..surplus);
    }

    pub(crate) fn sum(&mut self) {
        let mut totals = Totals {
            other: std::mem::take(&mut self.totals.other),
            by_role: std::mem::take(&mut self.totals.by_role),
            ..Totals::default()
        };
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
            if let Some(took) = record.usage {
                usage.add(took);
            }
            if let Some(took) = record.cost {
                cost = Some(cost.unwrap_or(0.0) + took);
            }
        }
        spending::raise(&mut totals.by_role, &spending::of_chunks(usage, cost));
        let whole = spending::whole(&totals.by_role);
        (totals.usage, totals.cost) = (whole.usage, whole.cost);
        self.totals = totals;
    }

    pub(crate) fn render(&self) -> String {
        rendered(self)
    }
}

fn rendered(value: &impl Serialize) -> String {
    // Maps with text keys and plain values always serialise.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

impl TokenUsage {
    pub(super) fn add(&mut self, more: TokenUsage) {
        fn plus(sum: &mut Option<u64>, more: Option<u64>) {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        }
        plus(&mut self.input_tokens, more.input_tokens);
        plus(&mut self.cached_tokens, more.cached_tokens);
        plus(&mut self.output_tokens, more.output_tokens);
    }
}

/// What stands where the manifest should be.
#[derive(Debug, Clone, PartialEq)]
pub enum ManifestFact {
    Missing,
    Read(Box<Manifest>),
    /// Something that can't be used; the sentence part says what it is.
    Unusable(String),
}

/// Reads what stands where the manifest should be.
pub(crate) fn read(
    path: &Path,
    id: &str,
    disk: &Disk,
) -> Result<(ManifestFact, Option<Digest>), StoreError> {
    match disk.read(path) {
        Ok(None) => Ok((ManifestFact::Missing, None)),
        Ok(Some(bytes)) => {
            let text = super::chunk_file::decode(bytes);
            Ok((parse(&text, id), Some(Digest::of(&text))))
        }
        Err(StoreError::Outside { .. }) => Ok((
            ManifestFact::Unusable("is a symbolic link".to_owned()),
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
        Ok(manifest) => ManifestFact::Read(Box::new(manifest)),
        Err(error) => why_unusable(text, &error),
    }
}

fn newer(version: u64) -> ManifestFact {
    ManifestFact::Unusable(format!(
        "was written by a newer Storywright (version {version}, this one knows {VERSION})"
    ))
}

/// What is wrong with a text that is no manifest of this version.
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
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) brief: String,
    pub(crate) created: Timestamp,
}

/// Reads only the head; `None` where there is no usable manifest.
pub(crate) fn read_head(path: &Path, disk: &Disk) -> Result<Option<Head>, StoreError> {
    match disk.read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes.unwrap_or_default()).ok()),
        // One that is a link is none of ours; the other sessions are still to be found.
        Err(StoreError::Outside { .. }) => Ok(None),
        Err(error) => Err(error),
    }
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

/// A name in `folder` that is free: `manifest.kept-01.json`.
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

    #[test]
    fn unknown_fields_survive() {
        let text = r#"{"version":1,"id":"s-01","brief":"story.md","language":"en","created":"2026-01-01T00:00:00Z",
            "updated":"2026-01-01T00:00:00Z","mood":"grim","chunks":[{"number":1,"beat":"a","stars":5}]}"#;
        let ManifestFact::Read(manifest) = parse(text, "s-01") else {
            panic!("not read");
        };
        let again: Value = serde_json::from_str(&manifest.render()).unwrap();
        assert_eq!(again["mood"], "grim");
        assert_eq!(again["chunks"][0]["stars"], 5);
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
