//! How long a text is: words by Unicode's rules (UAX 29), characters for CJK.
//!
//! Counted while prose streams in, so that most of a text never reaches the slow, general
//! rules: words of ASCII letters are told apart by hand, and so are characters that stand
//! alone. The tests hold both against unicode-segmentation.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::Language;

/// The length of `text` in the unit of its language: words, or for languages that
/// [count characters](Language::counts_characters) the characters that are not white space.
///
/// Markdown's marks, HTML comments and the addresses of links do not count.
pub fn count(text: &str, language: &Language) -> u32 {
    let text = visible(text);
    let length = if language.counts_characters() {
        text.lines()
            .map(|line| count_characters(without_marks(line)))
            .sum()
    } else {
        count_words(&text)
    };
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// `text` without comments and without what stands in `[label](here)`.
fn visible(text: &str) -> Cow<'_, str> {
    let text = cut_out(Cow::Borrowed(text), "<!--", "-->", 0);
    // The bracket stays, since it parts the label from what follows.
    cut_out(text, "](", ")", 1)
}

/// Leaves out everything from `open` (but for its first `keep` bytes) to `close`; what is
/// never closed stays, as long as it is: it may be arriving still.
fn cut_out<'a>(text: Cow<'a, str>, open: &str, close: &str, keep: usize) -> Cow<'a, str> {
    if !text.contains(open) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(start) = rest.find(open) {
        let Some(length) = rest[start..].find(close) else {
            break;
        };
        kept.push_str(&rest[..start + keep]);
        rest = &rest[start + length + close.len()..];
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Words by UAX 29: between white space, stretches with at least one letter or digit.
fn count_words(text: &str) -> usize {
    // White space always ends a word, so that every token can be counted by itself.
    text.split(|c: char| c.is_ascii_whitespace())
        .map(|token| {
            if token.is_ascii() {
                count_ascii_words(token.as_bytes())
            } else {
                token.unicode_words().count()
            }
        })
        .sum()
}

/// UAX 29's rules WB5 to WB13 for ASCII without white space.
fn count_ascii_words(token: &[u8]) -> usize {
    let mut words = 0;
    let mut in_word = false;
    let mut has_letter_or_digit = false;
    for (index, byte) in token.iter().copied().enumerate() {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            in_word = true;
            has_letter_or_digit |= byte != b'_';
            continue;
        }
        let before = index.checked_sub(1).and_then(|index| token.get(index));
        if in_word && joins(before, byte, token.get(index + 1)) {
            continue;
        }
        words += usize::from(has_letter_or_digit);
        in_word = false;
        has_letter_or_digit = false;
    }
    words + usize::from(has_letter_or_digit)
}

/// Whether punctuation between two letters or two digits belongs to one word: `don't`, `3.14`.
fn joins(before: Option<&u8>, mark: u8, after: Option<&u8>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let letters = before.is_ascii_alphabetic() && after.is_ascii_alphabetic();
    let digits = before.is_ascii_digit() && after.is_ascii_digit();
    match mark {
        b'.' | b'\'' => letters || digits,
        b':' => letters,
        b',' | b';' => digits,
        _ => false,
    }
}

/// A line without the marks that markdown puts at its start; nothing of a scene break.
fn without_marks(line: &str) -> &str {
    let line = line.trim();
    let is_break = line.len() >= 3
        && line
            .chars()
            .all(|c| matches!(c, '-' | '*' | '_' | '=' | ' '));
    if is_break {
        return "";
    }
    let quoted = line.trim_start_matches(['>', ' ']);
    let heading = quoted.trim_start_matches('#');
    let line = if heading.starts_with(' ') {
        heading
    } else {
        quoted
    };
    ["- ", "* ", "+ "]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
        .unwrap_or(line)
}

/// What a reader takes for characters (grapheme clusters, UAX 29), without white space and
/// markdown's marks.
fn count_characters(line: &str) -> usize {
    let mut count = 0;
    let mut start = 0;
    let mut before: Option<char> = None;
    // Two characters that stand alone always part; only what lies between such places needs
    // the general rules.
    for (index, c) in line.char_indices() {
        if before.is_some_and(stands_alone) && stands_alone(c) {
            count += count_clusters(&line[start..index]);
            start = index;
        }
        before = Some(c);
    }
    count + count_clusters(&line[start..])
}

fn count_clusters(text: &str) -> usize {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => usize::from(counts(only)),
        _ => text
            .graphemes(true)
            .filter(|cluster| cluster.chars().any(counts))
            .count(),
    }
}

fn counts(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '*' | '_' | '`' | '\\')
}

/// Letters that never form a cluster with each other: ASCII, kana, ideographs, whole Hangul
/// syllables, and the punctuation that goes with them.
fn stands_alone(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{3000}'..='\u{3029}' | '\u{3030}'..='\u{303f}' | '\u{3041}'..='\u{3096}'
        | '\u{309b}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff9d}')
}
