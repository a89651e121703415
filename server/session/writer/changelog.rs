//! Writes the lines of CHANGELOG.md: what was written, rewritten, edited, restored; one line an event. Pure.

use jiff::Timestamp;

const HEAD: &str = "# Changelog\n\nWhat happened to this draft, oldest first.\n\n";

/// Returns the line of an event.
pub(crate) fn line(at: Timestamp, event: &str) -> String {
    // One line an event, whatever a title holds.
    let event: String = event
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("- {at} {event}")
}

/// Returns the text with one more line; `None` where it is there already.
pub(crate) fn with_line(text: &str, line: &str) -> Option<String> {
    if text.lines().rev().any(|known| known == line) {
        return None;
    }
    let mut text = if text.trim().is_empty() {
        HEAD.to_owned()
    } else {
        text.to_owned()
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
    Some(text)
}
