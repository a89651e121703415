//! Defines a chunk as the lint takes it.

use super::super::{BeatId, ChunkNumber, Span};
use super::facts::ChunkFacts;
use crate::story::text::sentences::first_sentence;

/// A chunk's prose, as the lint takes it.
#[derive(Debug, Clone, Copy)]
pub struct ChunkText<'a> {
    pub number: ChunkNumber,
    pub beat: &'a BeatId,
    /// The prose, without front matter.
    pub text: &'a str,
    /// The target in the unit of the brief's language; 0 where no length was asked for.
    pub target_words: u32,
}

/// A chunk whose facts are known already.
#[derive(Debug, Clone, Copy)]
pub struct LintedChunk<'a> {
    pub number: ChunkNumber,
    pub beat: &'a BeatId,
    /// In the unit of the brief's language; 0 where no length was asked for.
    pub target_words: u32,
    pub facts: &'a ChunkFacts,
}

impl LintedChunk<'_> {
    pub(super) fn text(&self) -> &str {
        self.facts.text()
    }

    /// Returns the text of a byte range; empty where the range is not in this chunk.
    pub(super) fn slice(&self, span: &Span) -> &str {
        self.facts.text().get(span.clone()).unwrap_or("")
    }

    /// Finds the first sentence of its prose, for findings about a whole chunk.
    pub(super) fn head(&self) -> Span {
        let reading = &self.facts.reading;
        match reading.prose().next().or(reading.paragraphs.first()) {
            Some(paragraph) => first_sentence(self.text(), &paragraph.span),
            None => 0..0,
        }
    }
}
