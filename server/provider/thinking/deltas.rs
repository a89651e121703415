//! Passes text of a delta on, and finds what to hold back until more of a mark has come.

use crate::provider::Event;

/// Measures in bytes the longest end of `text` with which `tag` begins.
pub(super) fn longest_end_that_begins(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .filter(|length| tag.is_char_boundary(*length))
        .find(|length| text.ends_with(&tag[..*length]))
        .unwrap_or(0)
}

/// Passes prose on.
pub(super) fn push_text(text: String, out: &mut Vec<Event>) {
    if !text.is_empty() {
        out.push(Event::Text(text));
    }
}

/// Counts reasoning, and drops it.
pub(super) fn push_reasoning(text: &str, out: &mut Vec<Event>) {
    let characters = text.chars().count();
    if characters > 0 {
        out.push(Event::Reasoning { characters });
    }
}
