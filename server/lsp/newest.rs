//! Moves what was found in a document to its newest version, when the author typed on while it was looked at.

use ropey::Rope;
use tower_lsp::lsp_types::{Diagnostic, Position, Range};

use super::documents::{Documents, Snapshot};
use super::moves::{Followed, Moves};
use super::position::{self, Encoding};
use crate::story::Span;

/// What becomes of what was found in a document that changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfChanged {
    /// It is not published: the document is looked at again.
    Leave,
    /// It is published at the places that its words have now.
    Move,
}

/// A document that was looked at, as it is now.
pub struct Newest {
    pub snapshot: Snapshot,
    looked_at: Rope,
    /// `None` while it is as it was.
    moves: Option<Moves>,
    encoding: Encoding,
}

impl Newest {
    /// Finds a document that was looked at; `None` where it was closed since.
    pub fn of(documents: &Documents, looked_at: &Snapshot) -> Option<Newest> {
        let now = documents.get(&looked_at.url);
        let snapshot = now.filter(|now| now.opening == looked_at.opening)?;
        let is_changed = snapshot.revision != looked_at.revision;
        Some(Newest {
            moves: is_changed.then(|| Moves::between(&looked_at.text(), &snapshot.text())),
            looked_at: looked_at.rope.clone(),
            encoding: documents.encoding(),
            snapshot,
        })
    }

    /// Tells whether the document changed since it was looked at.
    pub fn is_changed(&self) -> bool {
        self.moves.is_some()
    }

    /// Moves a diagnostic. One that a change reaches covers what was put there, too.
    pub fn diagnostic(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.range = self.range(diagnostic.range);
        for related in diagnostic.related_information.iter_mut().flatten() {
            if related.location.uri == self.snapshot.url {
                related.location.range = self.range(related.location.range);
            }
        }
        diagnostic
    }

    /// Moves a span of bytes; `None` where a change reaches it.
    pub fn span(&self, span: &Span) -> Option<Span> {
        let Some(moves) = &self.moves else {
            return Some(span.clone());
        };
        match [span.start, span.end].map(|place| moves.follow(place)) {
            [Followed::Untouched(start), Followed::Untouched(end)]
                if end.checked_sub(start) == span.end.checked_sub(span.start) =>
            {
                Some(start..end)
            }
            _ => None,
        }
    }

    fn range(&self, range: Range) -> Range {
        let Some(moves) = &self.moves else {
            return range;
        };
        let place = |position: Position| {
            let offset = position::to_byte(&self.looked_at, position, self.encoding);
            let (Followed::Untouched(offset) | Followed::Touched(offset)) = moves.follow(offset);
            position::from_byte(&self.snapshot.rope, offset, self.encoding)
        };
        let (start, end) = (place(range.start), place(range.end));
        Range {
            start,
            end: end.max(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, Url};

    use super::*;

    #[test]
    fn what_was_found_goes_where_its_words_are() {
        let at = |line, character| Position { line, character };
        // The text | what was found in it | where the key is pressed | the key | where that is then
        for (start, end, key, text, moved) in [
            (
                at(1, 4),
                at(1, 8),
                at(0, 0),
                "One.\n",
                Some((at(2, 4), at(2, 8))),
            ),
            (
                at(1, 4),
                at(1, 8),
                at(1, 0),
                "x",
                Some((at(1, 5), at(1, 9))),
            ),
            (
                at(1, 4),
                at(1, 8),
                at(2, 0),
                "x",
                Some((at(1, 4), at(1, 8))),
            ),
            (at(1, 4), at(1, 8), at(1, 6), "x", None),
        ] {
            let documents = Documents::default();
            let url = Url::parse("file:///novel/story.md").unwrap();
            documents.open(url.clone(), 1, "The sea.\nThe Lamp went out.\nThen.\n");
            let before = documents.get(&url).unwrap();
            let change = TextDocumentContentChangeEvent {
                range: Some(Range {
                    start: key,
                    end: key,
                }),
                range_length: None,
                text: text.to_owned(),
            };
            documents.change(&url, 2, &[change]);
            let newest = Newest::of(&documents, &before).unwrap();
            assert_eq!(newest.snapshot.version, 2);
            let found = Diagnostic {
                range: Range { start, end },
                ..Diagnostic::default()
            };
            let range = newest.diagnostic(found).range;
            let span = newest.span(&(13..17));
            match moved {
                Some((start, end)) => {
                    assert_eq!(range, Range { start, end });
                    let words = newest.snapshot.text();
                    assert_eq!(
                        span.map(|span| words[span].to_owned()),
                        Some("Lamp".to_owned())
                    );
                }
                None => {
                    assert_eq!(
                        range,
                        Range {
                            start,
                            end: at(1, 9)
                        }
                    );
                    assert_eq!(span, None, "it is corrected no more");
                }
            }
            documents.close(&url);
            assert!(Newest::of(&documents, &before).is_none());
        }
    }
}
