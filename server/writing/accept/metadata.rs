//! Takes out data about the work: front matter and JSON before or after the prose.

use std::ops::Range;

use serde_json::Value;

use super::check::Check;
use super::cutting::Repair;
use super::lines::{MOST_HELD, is_fence};
use super::wording::with_white;

/// Keys that say something of a work; a story's own machine has others on its screen.
const KEYS: [&str; 40] = [
    "title",
    "story_title",
    "chapter",
    "chapter_title",
    "part",
    "chunk",
    "beat",
    "beat_id",
    "scene",
    "words",
    "word_count",
    "wordcount",
    "target_words",
    "words_written",
    "pov",
    "point_of_view",
    "tense",
    "genre",
    "tone",
    "themes",
    "mood",
    "tags",
    "summary",
    "characters",
    "cast",
    "setting",
    "notes",
    "author",
    "language",
    "next",
    "next_part",
    "next_chapter",
    "next_beat",
    "continuity",
    "key_events",
    "facts",
    "new_facts",
    "draft",
    "exit",
    "enter",
];

fn is_about_work(key: &str) -> bool {
    let key = key.trim().trim_matches(['"', '\'']).to_lowercase();
    KEYS.contains(&key.replace([' ', '-'], "_").as_str())
}

/// Returns the length of front matter that a text begins with, its marks included; `None` also while its end
/// may still come.
pub(crate) fn front_matter(text: &str, whole: bool) -> Option<(usize, Check)> {
    let end = match block(text)? {
        Block::Closed(end) => end,
        Block::Open(end) if whole || !text[end..].trim().is_empty() => end,
        Block::Open(_) => return None,
    };
    Some((end, Check::Metadata))
}

/// Tells whether more of a text could make it front matter.
pub(crate) fn may_become_front_matter(text: &str) -> bool {
    text.len() < MOST_HELD
        && (matches!(block(text), Some(Block::Open(end)) if text[end..].trim().is_empty())
            || is_bare_mark(text))
}

/// Tells whether a text is `---` alone, with the first key perhaps still to come.
fn is_bare_mark(text: &str) -> bool {
    let rest = text.trim_start_matches('-');
    let marks = text.len() - rest.len();
    let key = rest.trim_start();
    marks >= 3
        && rest.starts_with('\n')
        && !key.contains('\n')
        && key.len() <= 24
        && key
            .chars()
            .all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '-' | ' '))
}

/// Front matter, up to a byte.
enum Block {
    /// The offset after the closing mark.
    Closed(usize),
    /// The offset up to which it has come, without a closing mark.
    Open(usize),
}

/// Finds lines of keys between two marks, of which one is about the work.
fn block(text: &str) -> Option<Block> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    if !is_mark(first.trim_end()) || !first.ends_with('\n') {
        return None;
    }
    let mut end = first.len();
    let mut known = false;
    for line in lines {
        let bare = line.trim_end();
        if is_mark(bare) || bare == "..." {
            return known.then_some(Block::Closed(end + bare.len()));
        }
        let item = bare.starts_with(' ') || bare.starts_with("- ");
        match key_of(bare) {
            Some(key) => known |= is_about_work(key),
            None if item && known => {}
            // A key on its way.
            None if known && !line.ends_with('\n') && is_key(bare) => {}
            None => break,
        }
        end += line.len();
    }
    known.then_some(Block::Open(end))
}

fn is_mark(line: &str) -> bool {
    line.len() >= 3 && line.bytes().all(|byte| byte == b'-')
}

/// Returns the key in front of a colon, as in `word_count: 1500`. A line of prose or of a play has none.
fn key_of(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(':')?;
    (is_key(key) && (value.is_empty() || value.starts_with(' '))).then_some(key)
}

fn is_key(key: &str) -> bool {
    const LONGEST: usize = 30;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '"');
    !key.is_empty() && key.len() <= LONGEST && !key.starts_with(' ') && key.chars().all(plain)
}

/// Takes front matter and fenced data about the work out of the middle of an answer.
pub(crate) fn strip(repair: &mut Repair<'_>) {
    let text = repair.text();
    let mut cuts: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        if cuts.last().is_some_and(|cut| here < cut.end) {
            continue;
        }
        let found = if is_mark(line.trim_end()) {
            match block(&text[here..]) {
                Some(Block::Closed(end)) => Some(here..here + end),
                Some(Block::Open(_)) | None => None,
            }
        } else if is_fence(line) {
            fenced(text, here)
                .filter(|range| range.len() * 2 < text.len() && is_data(&text[range.clone()]))
        } else {
            None
        };
        cuts.extend(found.map(|range| with_white(text, range)));
    }
    repair.cut_all(Check::Metadata, &cuts);
}

/// Returns a block of code that begins at a line, its marks included.
fn fenced(text: &str, start: usize) -> Option<Range<usize>> {
    let mut at = start;
    for (nth, line) in text[start..].split_inclusive('\n').enumerate() {
        at += line.len();
        if nth > 0 && is_fence(line) {
            return Some(start..start + text[start..at].trim_end().len());
        }
    }
    None
}

/// Tells whether a fenced block holds JSON or keys about the work.
fn is_data(block: &str) -> bool {
    let lines: Vec<&str> = block.lines().collect();
    let inner = match lines.as_slice() {
        [_, inner @ .., _] => inner.join("\n"),
        _ => return false,
    };
    is_json_about_work(&inner) || {
        let keys = inner.lines().filter_map(key_of);
        let named = keys.filter(|key| is_about_work(key)).count();
        named > 0 && named * 2 >= inner.lines().count()
    }
}

fn is_json_about_work(text: &str) -> bool {
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(Value::Object(fields)) => fields.keys().any(|key| is_about_work(key)),
        Ok(Value::Array(items)) => items.iter().any(|item| {
            let fields = item.as_object();
            fields.is_some_and(|fields| fields.keys().any(|key| is_about_work(key)))
        }),
        _ => false,
    }
}

/// Finds where JSON begins that a text ends with: fenced as such, or about the work. What the story itself
/// introduces, with a colon, is on some screen of its.
pub(crate) fn trailing(text: &str) -> Option<usize> {
    let trimmed = text.trim_end();
    if trimmed.ends_with("```") || trimmed.ends_with("~~~") {
        let start = trimmed[..trimmed.len() - 3].rfind(&trimmed[trimmed.len() - 3..])?;
        let line = trimmed[..start].rfind('\n').map_or(0, |end| end + 1);
        let block = &trimmed[line..];
        let named = block.lines().next().unwrap_or_default();
        let named = named.trim_matches(['`', '~', ' ']).to_lowercase();
        let data = matches!(named.as_str(), "json" | "yaml" | "yml" | "toml" | "xml");
        let introduced = trimmed[..line].trim_end().ends_with([':', '：']);
        let is_left = is_data(block) || (data && !introduced);
        // What is most of an answer may be a wrapping of its prose.
        return (is_left && block.len() * 2 < trimmed.len()).then_some(line);
    }
    if !trimmed.ends_with(['}', ']']) {
        return None;
    }
    // An object that begins a line and is all of the rest.
    let starts = trimmed.rmatch_indices("\n{").map(|(at, _)| at + 1);
    starts
        .take(8)
        .find(|start| *start * 2 > trimmed.len() && is_json_about_work(&trimmed[*start..]))
}
