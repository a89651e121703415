//! Defines the state after a chunk: who is where, what was said, what is still open.
//!
//! Pure. A model extracts it, so nothing of it is believed unseen: [`ChunkState::verified`]
//! holds each statement against the chunk's own text and drops what the text does not bear out.

mod fold;
mod verify;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use fold::{StoryState, fold, same as is_same_thread};

/// The state that is extracted from one chunk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ChunkState {
    /// A summary of the chunk, in a few sentences.
    pub summary: String,
    /// The time of the story at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    pub characters: Vec<CharacterState>,
    pub facts: Vec<Fact>,
    pub threads: Threads,
}

/// How a character stands at the end of a chunk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CharacterState {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The condition of body and mind: wounded, asleep, afraid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The facts that they learnt in this chunk.
    pub knows: Vec<String>,
    /// The things that they carry.
    pub holds: Vec<String>,
}

/// Something that later chunks must not contradict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fact {
    /// The person or thing that the fact is about.
    pub subject: String,
    pub fact: String,
    /// The chunk's own words for it, verbatim.
    pub quote: String,
}

/// Questions that the story raises, and those that it settles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Threads {
    pub opened: Vec<String>,
    pub closed: Vec<String>,
}

impl ChunkState {
    /// Tells whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == ChunkState::default()
    }
}
