//! Names the reasons why a chunk is stale: as data, and as the sentence that an author reads.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::story::ChunkNumber;
use crate::writing::prompt::slices::Slice;

/// The reason why a chunk no longer fits what it was written from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaleReason {
    Changed(Slice),
    Added(Slice),
    Removed(Slice),
    /// The author edited the chunk before.
    Edited(ChunkNumber),
    /// The chunk before was written anew.
    Rewritten(ChunkNumber),
    /// The chunk before is another one than the one whose end it continues.
    FollowsAnother(ChunkNumber),
    /// There is no chunk before it any more.
    IsFirst,
    /// The beat after it is not the one that was to come next.
    PrecedesAnother,
    /// No beat comes after it any more.
    IsLast,
    /// Beats came after what was the last one.
    IsNotLast,
    /// The summary of an earlier chunk has changed.
    Summary(ChunkNumber),
    /// The state after an earlier chunk has changed.
    State(ChunkNumber),
    /// A sentence of an earlier chunk that it was told has changed.
    Quote(ChunkNumber),
    /// Another model is set than the one that wrote it.
    Model {
        provider: String,
        model: String,
    },
    /// Another model is set than the one that it was begun by.
    BegunByAnotherModel,
}

impl StaleReason {
    /// Returns the slice of the prompt that it is about, where it is about one.
    pub fn slice(&self) -> Option<&Slice> {
        match self {
            StaleReason::Changed(slice)
            | StaleReason::Added(slice)
            | StaleReason::Removed(slice) => Some(slice),
            _ => None,
        }
    }

    /// Returns the other chunk that it is about, where it is about one.
    pub fn chunk(&self) -> Option<ChunkNumber> {
        match self {
            StaleReason::Edited(number)
            | StaleReason::Rewritten(number)
            | StaleReason::FollowsAnother(number)
            | StaleReason::Summary(number)
            | StaleReason::State(number)
            | StaleReason::Quote(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for StaleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StaleReason::Changed(slice) => write!(f, "{} changed", called(slice)),
            StaleReason::Added(slice) => write!(f, "{} was added", called(slice)),
            StaleReason::Removed(slice) => write!(f, "{} was removed", called(slice)),
            StaleReason::Edited(number) => write!(f, "chunk {number} was edited"),
            StaleReason::Rewritten(number) => write!(f, "chunk {number} was rewritten"),
            StaleReason::FollowsAnother(number) => {
                write!(f, "another chunk comes before it now (chunk {number})")
            }
            StaleReason::IsFirst => f.write_str("it is the first chunk now"),
            StaleReason::PrecedesAnother => f.write_str("another beat comes next now"),
            StaleReason::IsLast => f.write_str("it is the last beat now"),
            StaleReason::IsNotLast => f.write_str("it is not the last beat any more"),
            StaleReason::Summary(number) => {
                write!(f, "what happened in chunk {number} changed")
            }
            StaleReason::State(number) => {
                write!(f, "how things stand after chunk {number} changed")
            }
            StaleReason::Quote(number) => write!(
                f,
                "a sentence of chunk {number} that it goes back to changed"
            ),
            StaleReason::Model { provider, model } => {
                write!(f, "the model changed (it was {provider}/{model})")
            }
            StaleReason::BegunByAnotherModel => f.write_str("it was begun by another model"),
        }
    }
}

/// The sentence, for reports that are data.
impl Serialize for StaleReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Returns the reasons in one line.
pub fn sentence(reasons: &[StaleReason]) -> String {
    let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    reasons.join(", ")
}

/// Returns an author's word for a slice.
fn called(slice: &Slice) -> String {
    let plain = match slice {
        Slice::Rule(number) => return format!("rule {number}"),
        Slice::Cast(name) => return format!("the cast entry of {name}"),
        Slice::Background(title) => return format!("the section “{title}”"),
        Slice::Language => "the language",
        Slice::PointOfView => "the point of view",
        Slice::Tense => "the tense",
        Slice::Protagonist => "the protagonist",
        Slice::Premise => "the premise",
        Slice::Setting => "the setting",
        Slice::Rules => "the rules section",
        Slice::Style => "the style",
        Slice::Beat => "its beat",
        Slice::NextBeat | Slice::Precedes(_) => "the next beat",
        Slice::PreviousBeat | Slice::Follows(_) => "the beat before",
        Slice::Preceding => "the text before",
        Slice::Summary(_) | Slice::State(_) | Slice::Quote(..) => "what was told of another chunk",
        Slice::Template => "the prompt template",
        Slice::Model => "the model",
        Slice::Facts => "the title, point of view, tense, protagonist, premise or setting",
    };
    plain.to_owned()
}
