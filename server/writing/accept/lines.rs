//! Recognises lines of an answer: a fence, a thematic break, a heading.

use crate::story::leftovers::{PACKS, bare};

/// Most bytes of an answer that are held back until it is clear how it begins.
pub(crate) const MOST_HELD: usize = 320;

/// Tells whether a line is a code fence, with at most a word behind it.
pub(crate) fn is_fence(line: &str) -> bool {
    let line = line.trim();
    let rest = line.trim_start_matches(['`', '~']);
    let marks = line.len() - rest.len();
    marks >= 3 && rest.len() <= 24 && !rest.trim().contains([' ', '`', '~'])
}

/// Tells whether a line is a thematic break or a scene break.
pub(crate) fn is_rule(line: &str) -> bool {
    let marks = line.chars().filter(|c| !c.is_whitespace()).count();
    marks >= 3
        && line
            .chars()
            .all(|c| c.is_whitespace() || matches!(c, '*' | '_' | '-' | '=' | '~' | '—'))
}

/// Tells whether a line is a markdown heading.
pub(crate) fn is_heading(line: &str) -> bool {
    const LONGEST: usize = 160;
    let rest = line.trim_start_matches('#');
    let marks = line.len() - rest.len();
    (1..=6).contains(&marks) && rest.starts_with([' ', '\t']) && line.len() <= LONGEST
}

/// Tells whether a line is the heading of a part: `Chapter 3: The Logbook`, `**Part 3 of 8**`, `Title: The
/// Lamp`.
pub(crate) fn is_part_line(line: &str) -> bool {
    /// In characters; more is a line of prose.
    const LONGEST: usize = 60;
    let line = bare(line);
    line.chars().nth(LONGEST).is_none()
        && !line.ends_with(['.', '!', '?', '…', '。', '”', '"', '»', '؟'])
        && (PACKS.heading.is_match(line) || PACKS.label.is_match(line))
        || (line.len() <= 24 && PACKS.heading.is_match(line.trim_end_matches('.')))
}
