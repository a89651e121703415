//! Handles white space: a text on one line, a span without the blanks at its ends.

use crate::story::Span;

/// Puts a text on one line: white space of any kind becomes single blanks, and none is left at its ends.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes the white space off both ends of a place in a text.
pub fn trimmed(text: &str, span: Span) -> Span {
    let source = text.get(span.clone()).unwrap_or("");
    let start = span.start + source.len() - source.trim_start().len();
    start..start + source.trim().len()
}
