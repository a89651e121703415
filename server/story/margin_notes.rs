//! Notes in the margin: `<!-- sw: colder, and she must not see the door yet -->`.
//!
//! They are instructions to the next rewrite of their place and never part of the text; other
//! HTML comments are the author's own business and are not sent either.

use super::Span;
use super::brief::MarginNote;
use super::document::Document;

/// The margin notes of a markdown text, such as a chunk, in its order.
pub fn margin_notes(text: &str) -> Vec<MarginNote> {
    let document = Document::scan(text, 0);
    notes_in(&document, &(0..text.len()))
}

/// A markdown text without its comments, margin notes included; `\n` line ends, trimmed.
pub fn without_comments(text: &str) -> String {
    Document::scan(text, 0).plain(&(0..text.len()))
}

/// The margin notes whose comments begin in `range`.
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

/// The instruction in a comment that begins with `sw:`; white space is folded, since a note
/// may be broken over lines.
fn note_text(comment: &str) -> Option<String> {
    let comment = comment.trim_start();
    let prefix = comment.get(..2)?;
    let rest = comment[2..].trim_start().strip_prefix([':', '：'])?;
    prefix
        .eq_ignore_ascii_case("sw")
        .then(|| rest.split_whitespace().collect::<Vec<_>>().join(" "))
}
