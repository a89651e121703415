//! Holds a chunk file as it was read, with the places in it.

use std::sync::Arc;

use super::finding::{Finding, Place, SourceText};
use crate::analysis::chunk_files::ReadFile;
use crate::session::{ChunkStatus, ChunkView};
use crate::story::brief::UNCLOSED_COMMENT;
use crate::story::comments::{Bare, comments};
use crate::story::quote::find_quote;
use crate::story::{ChunkNumber, Severity, Span};

/// A chunk that has a file.
pub(super) struct Chunk<'a> {
    pub(super) view: &'a ChunkView,
    /// The index into the texts.
    pub(super) text: usize,
    pub(super) file: Arc<ReadFile>,
}

impl Chunk<'_> {
    pub(super) fn is_complete(&self) -> bool {
        self.view.status == ChunkStatus::Complete
    }

    /// Returns the place in the file of a span of the prose.
    pub(super) fn place(&self, prose: &Span) -> Place {
        Place {
            text: self.text,
            span: self.file.places.in_file(prose),
        }
    }

    /// Returns the place of a quote in the file, also around a comment of the author's.
    pub(super) fn place_of_quote(&self, quote: &str) -> Option<Place> {
        let bare = Bare::of(self.file.facts.text());
        let span = find_quote(&bare.text, quote)?;
        Some(self.place(&bare.in_source(&span)))
    }

    /// Returns a warning for each comment that is never closed.
    pub(super) fn unclosed_comments(&self) -> impl Iterator<Item = Finding> {
        let found = comments(self.file.facts.text()).into_iter();
        found
            .filter(|comment| !comment.closed)
            .map(|comment| Finding {
                place: self.place(&(comment.span.start..comment.span.start + "<!--".len())),
                severity: Severity::Warning,
                code: "unclosed-comment",
                message: UNCLOSED_COMMENT.to_owned(),
                related: Vec::new(),
                correction: None,
            })
    }

    /// Returns the place of the file's status line, else of its first line.
    pub(super) fn head(&self, texts: &[SourceText]) -> Place {
        let text = &texts[self.text].text;
        let first_line = || {
            let prose = self.file.places.in_file(&(0..0)).start;
            let line = text[prose..].lines().next().unwrap_or("");
            prose..prose + line.len()
        };
        Place {
            text: self.text,
            span: self.file.places.status().unwrap_or_else(first_line),
        }
    }
}

/// Finds a chunk by its number; the chunks are in story order.
pub(super) fn chunk_of<'a, 'b>(
    chunks: &'a [Chunk<'b>],
    number: ChunkNumber,
) -> Option<&'a Chunk<'b>> {
    let at = chunks.binary_search_by_key(&number, |chunk| chunk.view.number);
    chunks.get(at.ok()?)
}
