//! Defines a sentence of the story as it is quoted.

use crate::story::ChunkNumber;
use crate::story::text::boundaries;
use crate::story::text::sentences as split;
use crate::story::text::white_space::on_one_line;

/// Longer sentences are cut, in bytes: they are quotes, not chapters.
const LONGEST: usize = 360;

/// A sentence of an earlier chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub chunk: ChunkNumber,
    pub text: String,
    /// Known to matter: it was noted as a fact when its chunk was read.
    pub is_fact: bool,
}

/// Returns the sentences of a text as they may be quoted.
pub fn sentences(text: &str) -> impl Iterator<Item = String> + '_ {
    split::sentences(text).map(shortened)
}

/// Returns a sentence as it is quoted: on one line, and cut where it is long.
pub(super) fn shortened(text: &str) -> String {
    let text = on_one_line(text);
    if text.len() <= LONGEST {
        return text;
    }
    let end = boundaries::floor(&text, LONGEST);
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{} …", &text[..end])
}
