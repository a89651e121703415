//! Describes in short what an author changed in a text: how many words, and the places. Pure.
//!
//! Prose has a line a paragraph, so that whole lines would show little: within the lines that
//! differ, the words are compared, and a place is shown with a few words around it.

use std::ops::Range;

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation as _;

use super::language::Language;
use super::words;

/// How many places are shown; the others are counted.
const SHOWN: usize = 4;
/// How many tokens (words, and the spaces between them) are shown around a place.
const AROUND: usize = 8;
/// Longest line that is shown, in characters.
const WIDTH: usize = 100;
/// Stretches of more tokens than this are not compared word by word, but shown as replaced.
const COMPARED: usize = 8_000;

/// An author's edit of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The added length in the unit of the language: words, or characters.
    pub added: u32,
    pub removed: u32,
    /// The first places: lines that begin with `- ` (what was there) or `+ ` (what is there).
    pub diff: Vec<String>,
    /// How many more places there are.
    pub more: usize,
}

impl Edit {
    /// Tells what leads from `old` to `new`, in short: the first places, and a few words of each.
    pub fn between(old: &str, new: &str, language: &Language) -> Edit {
        Edit::of(old, new, language, Shown::InShort)
    }

    /// Tells what leads from `old` to `new`: every place, with all of its words.
    pub fn whole(old: &str, new: &str, language: &Language) -> Edit {
        Edit::of(old, new, language, Shown::Whole)
    }

    fn of(old: &str, new: &str, language: &Language, shown: Shown) -> Edit {
        let mut edit = Edit {
            added: 0,
            removed: 0,
            diff: Vec::new(),
            more: 0,
        };
        let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
        for op in capture_diff_slices(Algorithm::Myers, &old_lines, &new_lines) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let before = tokens(&old_lines[op.old_range()]);
            let after = tokens(&new_lines[op.new_range()]);
            edit.compare(&before, &after, language, shown);
        }
        edit
    }

    /// Adds the places of a stretch that differs.
    fn compare(&mut self, before: &[&str], after: &[&str], language: &Language, how: Shown) {
        let count = |tokens: &[&str]| words::count(&tokens.concat(), language);
        for (old, new) in places(before, after) {
            let mut shown = Vec::new();
            for (sign, tokens, place) in [('-', before, &old), ('+', after, &new)] {
                if !place.changed.is_empty() {
                    shown.push(format!("{sign} {}", place.excerpt(tokens, how)));
                }
            }
            let sum = |place: &Place, tokens: &[&str]| {
                place.changed.iter().fold(0_u32, |sum, range| {
                    sum.saturating_add(count(&tokens[range.clone()]))
                })
            };
            self.removed = self.removed.saturating_add(sum(&old, before));
            self.added = self.added.saturating_add(sum(&new, after));
            match how == Shown::Whole || self.diff.len() < 2 * SHOWN {
                true => self.diff.extend(shown),
                false => self.more += 1,
            }
        }
    }
}

/// How much of an edit is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    InShort,
    Whole,
}

/// One side of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The range from the first token that differs to the last.
    range: Range<usize>,
    /// The parts of it that differ; empty where only the other side has something.
    changed: Vec<Range<usize>>,
}

impl Place {
    fn new(range: Range<usize>) -> Place {
        Place {
            changed: Some(range.clone())
                .filter(|range| !range.is_empty())
                .into_iter()
                .collect(),
            range,
        }
    }

    fn join(&mut self, next: Place) {
        // Where nothing of a side differs, its index may lie a little before.
        self.range.end = self.range.end.max(next.range.end);
        self.changed.extend(next.changed);
    }

    /// Shows the place with a few words around it.
    fn excerpt(&self, tokens: &[&str], how: Shown) -> String {
        let mut start = self.range.start.saturating_sub(AROUND);
        let is_word = |token: &str| token.contains(char::is_alphanumeric);
        while start > 0 && !is_word(tokens[start]) {
            start -= 1;
        }
        let end = self.range.end.saturating_add(AROUND).min(tokens.len());
        let text = tokens[start..end].concat();
        let text = match how {
            Shown::InShort => shortened(text.trim(), WIDTH),
            Shown::Whole => shortened(text.trim(), usize::MAX),
        };
        let (before, after) = (
            if start > 0 { "… " } else { "" },
            if end < tokens.len() { " …" } else { "" },
        );
        format!("{before}{text}{after}")
    }
}

/// Returns the places where two stretches differ; those that lie close together are one.
fn places(before: &[&str], after: &[&str]) -> Vec<(Place, Place)> {
    if before.len() + after.len() > COMPARED {
        return vec![(Place::new(0..before.len()), Place::new(0..after.len()))];
    }
    let mut places: Vec<(Place, Place)> = Vec::new();
    let mut equal = 0;
    for op in capture_diff_slices(Algorithm::Myers, before, after) {
        if let DiffOp::Equal { len, .. } = op {
            equal += len;
            continue;
        }
        let (old, new) = (Place::new(op.old_range()), Place::new(op.new_range()));
        match places.last_mut() {
            Some((last, other)) if equal <= AROUND => {
                last.join(old);
                other.join(new);
            }
            _ => places.push((old, new)),
        }
        equal = 0;
    }
    places
}

/// Returns the paragraphs of a text; how many blank lines are between them is no change of its.
fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Words, punctuation and single spaces, with a space between two lines.
fn tokens<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut tokens = Vec::new();
    for line in lines {
        if !tokens.is_empty() {
            tokens.push(" ");
        }
        for token in line.split_word_bounds() {
            let is_space = token.chars().all(|c| c.is_whitespace() || c.is_control());
            match is_space {
                true if tokens.last() == Some(&" ") => {}
                true => tokens.push(" "),
                false => tokens.push(token),
            }
        }
    }
    tokens
}

/// Cuts a text to fit a line: its start and its end. Nothing in it can drive a terminal.
fn shortened(text: &str, width: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let length = text.chars().count();
    if length <= width {
        return text.chars().map(plain).collect();
    }
    let (head, tail) = (width * 2 / 3, width / 3);
    let start: String = text.chars().take(head).map(plain).collect();
    let end: String = text.chars().skip(length - tail).map(plain).collect();
    format!("{} … {}", start.trim_end(), end.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(old: &str, new: &str) -> Edit {
        Edit::between(old, new, &Language::default())
    }

    #[test]
    fn an_edit_is_told_in_words_and_places() {
        let long = "The lamp was dark when Mara came up the stairs, and nobody had wound the clock \
                    since the storm that took the boats.";
        // old, new, added, removed, what is shown
        let rows: &[(&str, &str, u32, u32, &[&str])] = &[
            ("One. Two.", "One. Two.", 0, 0, &[]),
            (
                "The lamp was dark.",
                "The lamp was bright.",
                1,
                1,
                &["- The lamp was dark.", "+ The lamp was bright."],
            ),
            // a paragraph more, and one less
            ("A.\n\nB.", "A.\n\nNew here.\n\nB.", 2, 0, &["+ New here."]),
            ("A.\n\nOld one.\n\nB.", "A.\n\nB.", 0, 2, &["- Old one."]),
            // in the middle of a long paragraph
            (
                long,
                &long.replace("had wound", "had ever touched"),
                2,
                1,
                &[
                    "- … stairs, and nobody had wound the clock since the …",
                    "+ … stairs, and nobody had ever touched the clock since the …",
                ],
            ),
            // only inserted
            (
                "The lamp was dark.",
                "The old lamp was dark.",
                1,
                0,
                &["+ The old lamp was dark."],
            ),
            // two places that lie close are one, with every word counted once
            (
                "He saw the lamp.",
                "She saw a lamp.",
                2,
                2,
                &["- He saw the lamp.", "+ She saw a lamp."],
            ),
            // white space and line ends are no words
            ("One two.\n\nThree.", "One  two.\nThree.  ", 0, 0, &[]),
            ("One. Two.", "One.\n\nTwo.", 0, 0, &[]),
            // all of it
            ("Old text.", "", 0, 2, &["- Old text."]),
            // a terminal is not driven by a text
            ("A.", "A.\n\nB\u{1b}[2J.", 2, 0, &["+ B [2J."]),
        ];
        for (old, new, added, removed, shown) in rows {
            let edit = edit(old, new);
            assert_eq!(edit.diff, *shown, "{old} → {new}");
            assert_eq!((edit.added, edit.removed), (*added, *removed), "{new}");
            assert_eq!(edit.more, 0);
        }
    }

    #[test]
    fn characters_are_counted_where_a_language_counts_them() {
        let japanese = Language::parse("ja").unwrap();
        let edit = Edit::between("灯台は暗かった。", "灯台は明るかった。", &japanese);
        assert_eq!((edit.added, edit.removed), (2, 1));
        assert_eq!(edit.diff, ["- 灯台は暗かった。", "+ 灯台は明るかった。"]);
    }

    #[test]
    fn much_is_shown_in_short() {
        let old: Vec<String> = (0..20).map(|n| format!("Paragraph {n} stays.")).collect();
        let new: Vec<String> = (0..20)
            .map(|n| match n % 2 {
                0 => format!("Paragraph {n} stays."),
                _ => format!("Paragraph {n} goes."),
            })
            .collect();
        let edit = edit(&old.join("\n\n"), &new.join("\n\n"));
        assert_eq!((edit.added, edit.removed), (10, 10));
        assert_eq!((edit.diff.len(), edit.more), (8, 6));
        let long = "word ".repeat(5_000);
        let all = super::tests::edit("Short.", &long);
        assert_eq!(all.added, 5_000);
        assert!(
            all.diff
                .iter()
                .all(|line| line.chars().count() <= WIDTH + 5)
        );
    }

    #[test]
    fn a_text_that_was_replaced_is_told_soon() {
        let text = |words: usize, seed: usize| -> String {
            (0..words)
                .map(|n| format!("w{} ", (n * seed) % 7919))
                .collect()
        };
        // a chunk, and more than is compared word by word
        for words in [1_500, 30_000] {
            let told = edit(&text(words, 31), &text(words, 57));
            let expected = u32::try_from(words).unwrap();
            assert!(told.added <= expected && told.added > expected / 2);
            assert_eq!(told.added, told.removed);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_told(old in "(\\PC|[ a-c.\n]){0,60}", new in "(\\PC|[ a-c.\n]){0,60}") {
            let told = edit(&old, &new);
            proptest::prop_assert!(told.diff.len() <= 2 * SHOWN + 1);
            let same = edit(&old, &old);
            proptest::prop_assert_eq!((same.added, same.removed, same.diff.len()), (0, 0, 0));
        }
    }
}
