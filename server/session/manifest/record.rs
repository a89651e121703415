//! Defines the record of a chunk: what is known of its text, in the manifest and next to texts in history/.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inputs::Inputs;
use super::usage::TokenUsage;
use crate::story::{BeatId, ChunkNumber, Digest};

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

/// The origin of a chunk's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Generated,
    /// Generated, then changed by the author.
    Edited,
    /// The author's from the start.
    Written,
    /// Brought in from a file that another program made.
    Imported,
}

impl Origin {
    /// Tells whether a text of this origin is the author's own, wholly or in part.
    pub fn is_authors(self) -> bool {
        self != Origin::Generated
    }
}

/// The record of a chunk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Digest of the prose when it was last read or written (LF line ends, ends trimmed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_sha256: Option<Digest>,
    /// Digest of the generated prose; any other text is the author's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated_sha256: Option<Digest>,
    /// Digest of what the beat says below its heading; tells a renamed beat from a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<Digest>,
    /// Digest of each input slice that the prompt used.
    #[serde(default, skip_serializing_if = "Inputs::is_empty")]
    #[schemars(with = "BTreeMap<String, Digest>")]
    pub inputs: Inputs,
    /// In place of `inputs`, where the manifest has them: their places, from 0, in its list of inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_places: Vec<u32>,
    /// The origin of a partial text.
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
    /// The time at which the beat first had a complete text, if that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub first_finished: Option<Timestamp>,
    /// The time at which this record was made, if that was after the text was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub noted: Option<Timestamp>,
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
    /// The reason why the chunk failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether it was begun before the text that it follows was there, and has not been fitted to that yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seam_open: bool,
    /// Whether the author locked the text. What the front matter of the chunk file says about it counts
    /// before this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    /// Digest of the text that needs no further refining: it was refined, or the author decided for it.
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

/// What a chunk was begun from, recorded before it is complete, so that it is known also where its job was
/// killed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// The time of its first text.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Digest of each input slice that its first prompt used, by name.
    #[schemars(with = "BTreeMap<String, Digest>")]
    pub inputs: Inputs,
    /// Digest of the text that the last job on it left, where all of that was generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated_sha256: Option<Digest>,
    /// The margin notes of the text that this one replaces, which are gone from the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<BegunNote>,
}

/// A note of the author's on a text that is rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BegunNote {
    pub text: String,
    /// The sentence that it stood behind, empty before all text; `None` for what the author said without a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
}

/// The result of a job for a chunk.
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
    /// Returns the record of a chunk that has no text yet.
    pub fn missing(number: ChunkNumber, beat: BeatId) -> ChunkRecord {
        ChunkRecord {
            number,
            beat,
            ..ChunkRecord::default()
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
        self.noted = None;
        self.elapsed_ms = Some(result.elapsed_ms);
        self.first_token_ms = result.first_token_ms;
        let unknown = self.usage.take().map(|usage| usage.other);
        self.usage = Some(TokenUsage {
            other: unknown.unwrap_or_default(),
            ..result.usage
        });
        self.cost = result.cost;
        self.inputs = result.inputs.into();
        self.demo = result.demo;
        self.failure = None;
        self.locked = false;
    }

    /// Forgets what was about a generated text, for one that was imported.
    pub(crate) fn take_import(&mut self, now: Timestamp) {
        let kept = ChunkRecord {
            formerly: std::mem::take(&mut self.formerly),
            state_file: self.state_file.take(),
            revision: self.revision.take(),
            other: std::mem::take(&mut self.other),
            noted: Some(now),
            ..ChunkRecord::missing(self.number, self.beat.clone())
        };
        *self = kept;
    }

    /// Returns the model that was asked for, whichever one answered.
    pub fn asked_model(&self) -> Option<&str> {
        self.asked_model.as_deref().or(self.model.as_deref())
    }

    /// Returns when the beat first had a complete text, if that is known.
    pub fn first_finished(&self) -> Option<Timestamp> {
        let this_one = self.generated_sha256.as_ref().and(self.finished);
        self.first_finished.or(this_one)
    }

    /// Tells when this was found to be so of its text: of two records of one text, the later one counts.
    pub(crate) fn known_at(&self) -> Option<Timestamp> {
        self.noted.max(self.finished)
    }

    /// Returns the digest of the text that it is about, where that is the author's, wholly or in part.
    pub(crate) fn authors_text(&self) -> Option<&Digest> {
        let is_authors = self.origin.is_some_and(Origin::is_authors);
        self.content_sha256.as_ref().filter(|_| is_authors)
    }

    /// Returns every id that its beat has or had.
    pub fn beats(&self) -> Vec<&BeatId> {
        std::iter::once(&self.beat).chain(&self.formerly).collect()
    }

    /// Renders the record for a file next to a text in history/.
    pub(crate) fn render(&self) -> String {
        rendered(self)
    }

    /// Tells whether there ever was a text to record.
    pub(crate) fn says_something(&self) -> bool {
        self.content_sha256.is_some() || self.status != ChunkStatus::Missing || self.begun.is_some()
    }
}

/// Renders what is kept as JSON, for people to read and with a line end.
pub(in crate::session) fn rendered(value: &impl Serialize) -> String {
    // Maps with text keys and plain values always serialise.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
