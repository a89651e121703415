//! Counts the length of a text: words by Unicode's rules (UAX 29), characters for CJK.
//!
//! Counted while prose streams in, so that most of a text never reaches the slow, general
//! rules: words of plain letters are told apart by hand, and so are characters that stand
//! alone. The tests hold both against unicode-segmentation.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::comments::without_comments;
use super::language::Language;

/// Counts the length of `text` in the unit of its language: words, or for languages that
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

/// Tells whether the words of another text stand in `text`, in their order; the last one may go on there.
pub fn has_words_of(text: &str, other: &str) -> bool {
    let mut words = text.split_whitespace();
    text.starts_with(other.trim_end())
        || (other.split_whitespace()).all(|word| words.any(|there| there == word))
}

/// Takes out comments and the targets of `[label](here)`.
fn visible(text: &str) -> Cow<'_, str> {
    let text = without_comments(text);
    // The bracket stays, since it parts the label from what follows.
    cut_out(text, "](", ")", 1)
}

/// Leaves out everything from `open` (but for its first `keep` bytes) to `close`; an unclosed part stays for
/// the time being, since its end may still arrive.
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

/// Counts words by UAX 29: between white space, stretches with at least one letter or digit.
fn count_words(text: &str) -> usize {
    // White space always ends a word, so that every token can be counted by itself.
    text.split(|c: char| c.is_ascii_whitespace())
        .map(|token| count_plain_words(token).unwrap_or_else(|| token.unicode_words().count()))
        .sum()
}

/// Finds where the last `count` words (UAX 29) of a text begin, in bytes; `None` where there are
/// fewer.
pub fn last(text: &str, count: usize) -> Option<usize> {
    let mut missing = count;
    let mut end = text.len();
    // Token by token from the end: what lies before the last words is never looked at.
    loop {
        let before = text[..end].rfind(|c: char| c.is_ascii_whitespace());
        let start = before.map_or(0, |at| at + 1);
        let token = &text[start..end];
        let words = count_plain_words(token).unwrap_or_else(|| token.unicode_words().count());
        if let Some(skipped) = words.checked_sub(missing) {
            let first = token.unicode_word_indices().nth(skipped);
            return Some(start + first.map_or(token.len(), |(at, _)| at));
        }
        missing -= words;
        end = before?;
    }
}

/// How a character behaves between others: the classes of UAX 29 (Word_Break) that plain
/// prose in Latin, Greek and Cyrillic letters is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    /// Part of a word, but none by itself.
    Underscore,
    /// Between two letters or two digits: `don't`, `3.14`.
    MidLetterOrDigit,
    MidLetter,
    MidDigit,
    Other,
}

impl Class {
    /// Returns the class of a plain character; `None` for one that needs the general rules.
    fn of(c: char) -> Option<Class> {
        Some(match c {
            'a'..='z' | 'A'..='Z' => Class::Letter,
            '0'..='9' => Class::Digit,
            '_' => Class::Underscore,
            '.' | '\'' | '‘' | '’' => Class::MidLetterOrDigit,
            ':' => Class::MidLetter,
            ',' | ';' => Class::MidDigit,
            '\0'..='\x7f' => Class::Other,
            '“' | '”' | '„' | '«' | '»' | '–' | '—' | '…' | '¿' | '¡' => {
                Class::Other
            }
            'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' => Class::Letter,
            'Α'..='Ρ' | 'Σ'..='Ϋ' | 'ά'..='ώ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ' => Class::Letter,
            _ => return None,
        })
    }

    /// Applies the rules WB6, WB7, WB11 and WB12.
    fn joins(self, before: Option<Class>, after: Option<Class>) -> bool {
        let between = |class| before == Some(class) && after == Some(class);
        match self {
            Class::MidLetterOrDigit => between(Class::Letter) || between(Class::Digit),
            Class::MidLetter => between(Class::Letter),
            Class::MidDigit => between(Class::Digit),
            _ => false,
        }
    }
}

/// Counts the words of a token without white space, or `None` where it needs the general rules.
fn count_plain_words(token: &str) -> Option<usize> {
    // Most of them.
    if token.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(usize::from(!token.is_empty()));
    }
    let mut words = 0;
    let mut in_word = false;
    let mut has_letter_or_digit = false;
    let mut before = None;
    let mut characters = token.chars();
    while let Some(c) = characters.next() {
        let class = Class::of(c)?;
        match class {
            Class::Letter | Class::Digit => (in_word, has_letter_or_digit) = (true, true),
            Class::Underscore => in_word = true,
            _ => {
                let after = characters.clone().next().and_then(Class::of);
                if !in_word || !class.joins(before, after) {
                    words += usize::from(has_letter_or_digit);
                    (in_word, has_letter_or_digit) = (false, false);
                }
            }
        }
        before = Some(class);
    }
    Some(words + usize::from(has_letter_or_digit))
}

/// Takes off a line the marks that markdown puts at its start; nothing of a scene break.
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

/// Counts what a reader takes for characters (grapheme clusters, UAX 29), without white space and
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

/// Recognises letters that never form a cluster with each other: ASCII, kana, ideographs, whole Hangul
/// syllables, and the punctuation that goes with them.
fn stands_alone(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{3000}'..='\u{3029}' | '\u{3030}'..='\u{303f}' | '\u{3041}'..='\u{3096}'
        | '\u{309b}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff9d}')
}
