//! Defines newtypes for beat ids, chunk numbers and digests.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The id of a beat: its `{#id}`, else the slug of its heading.
#[derive(
    Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct BeatId(pub String);

impl BeatId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A chunk's place in the story, counted from 1.
#[derive(
    Debug,
    Default,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct ChunkNumber(pub u32);

impl fmt::Display for ChunkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A SHA-256 in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub struct Digest(#[schemars(with = "String")] pub Arc<str>);

impl From<String> for Digest {
    fn from(digest: String) -> Digest {
        Digest(digest.into())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer).map(Digest::from)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Digest {
    /// Returns the digest of the bytes of `text`.
    pub fn of(text: &str) -> Self {
        Digest::of_pieces([text])
    }

    /// Returns the digest of a text that is in pieces.
    pub fn of_pieces(pieces: impl IntoIterator<Item: AsRef<str>>) -> Self {
        const DIGITS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
        ];
        // By hand: a status of a long story works out some thousands of these.
        let mut hash = Sha256::new();
        pieces
            .into_iter()
            .for_each(|piece| hash.update(piece.as_ref()));
        let hash = hash.finalize();
        let halves = hash.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let digest: String = halves.map(|half| DIGITS[usize::from(half)]).collect();
        digest.into()
    }

    /// Returns the first 12 digits, enough to tell texts apart in a message.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// Writes chunk numbers in short form: `chunk 3`, or `chunks 2, 4 to 11`. The numbers come in rising order.
pub fn chunks(numbers: &[ChunkNumber]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for ChunkNumber(number) in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let runs: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first} to {last}"),
        })
        .collect();
    let unit = if numbers.len() == 1 {
        "chunk"
    } else {
        "chunks"
    };
    format!("{unit} {}", runs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_named_in_short() {
        for (numbers, expected) in [
            (&[3][..], "chunk 3"),
            (&[1, 2], "chunks 1, 2"),
            (&[1, 2, 3, 4], "chunks 1 to 4"),
            (&[2, 4, 5, 6, 9], "chunks 2, 4 to 6, 9"),
        ] {
            let numbers: Vec<ChunkNumber> = numbers.iter().copied().map(ChunkNumber).collect();
            assert_eq!(chunks(&numbers), expected);
        }
    }
}
