//! Reads notes in the margin: `<!-- sw: colder, and she must not see the door yet -->`.
//!
//! They are instructions to the next rewrite of their place and never part of the text; other
//! HTML comments are the author's own business and are not sent either.

use super::comments;
use super::document::Document;
use super::sentences::sentences;
use super::white_space::on_one_line;
use super::words;
use crate::story::Span;

/// `<!-- sw: … -->`: an instruction to the next rewrite of its place.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginNote {
    pub text: String,
    pub span: Span,
}

/// Most words of a sentence that say where a note stands.
const PLACE_WORDS: usize = 30;

/// Finds the margin notes of a markdown text, such as a chunk, in its order.
pub fn margin_notes(text: &str) -> Vec<MarginNote> {
    let document = Document::scan(text, 0);
    notes_in(&document, &(0..text.len()))
}

/// A margin note of a chunk, and the sentence that it stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedNote {
    pub text: String,
    pub span: Span,
    /// Its last words where it is long; empty for a note before all text.
    pub behind: String,
}

/// Finds the margin notes of a chunk's prose with their places, in its order.
pub fn placed_notes(prose: &str) -> Vec<PlacedNote> {
    let notes = margin_notes(prose).into_iter();
    notes
        .map(|note| PlacedNote {
            behind: last_sentence(&comments::without_comments(&prose[..note.span.start])),
            text: note.text,
            span: note.span,
        })
        .collect()
}

fn last_sentence(text: &str) -> String {
    let text = text.trim_end();
    let paragraph = text.rsplit('\n').next().unwrap_or(text);
    let sentence = sentences(paragraph).last().unwrap_or(paragraph);
    let start = words::last(sentence, PLACE_WORDS).unwrap_or(0);
    on_one_line(&sentence[start..])
}

/// Takes the comments out of a markdown text, margin notes included; `\n` line ends, trimmed.
pub fn without_comments(text: &str) -> String {
    Document::scan(text, 0).plain(&(0..text.len()))
}

/// Finds the margin notes whose comments begin in `range`.
pub(crate) fn notes_in(document: &Document<'_>, range: &Span) -> Vec<MarginNote> {
    document
        .comments_in(range)
        .filter(|comment| comment.closed && comment.span.start >= range.start)
        .filter_map(|comment| {
            let text = note_text(comment.inner(document.text))?;
            Some(MarginNote {
                text,
                span: comment.span.clone(),
            })
        })
        .collect()
}

/// Reads the instruction in a comment that begins with `sw:`; white space is folded, since a note
/// may be broken over lines.
fn note_text(comment: &str) -> Option<String> {
    let comment = comment.trim_start();
    let prefix = comment.get(..2)?;
    let rest = comment[2..].trim_start().strip_prefix([':', '：'])?;
    prefix.eq_ignore_ascii_case("sw").then(|| on_one_line(rest))
}
