//! Joins a continuation to the text that it continues.
//!
//! A stream that broke is gone on with from its last words. Models start such an answer with a
//! fresh word, with white space or without, and often repeat some words first. Everything here
//! is pure.

use unicode_segmentation::UnicodeSegmentation;

use crate::story::text::boundaries;
use crate::story::text::scripts::takes_no_space;

mod spacing;

/// Characters of a continuation that are looked at before the seam is closed.
pub const LOOK_AHEAD: usize = 240;

/// Most words that are searched for a repetition.
const MOST_REPEATED: usize = 60;

/// Returns how much of a broken text is kept to continue from, in bytes: without a last word that may have
/// been cut in half. A text that ends in white space, punctuation or a script without spaces is kept whole.
pub fn resume_point(text: &str) -> usize {
    let start = word_start(text);
    // A "word" of half a page is no word; keep it.
    if text.len() - start > 100 {
        text.len()
    } else {
        start
    }
}

/// Finds where the last word begins; the end, where the text does not end with a part of one.
fn word_start(text: &str) -> usize {
    let mut graphemes = text.grapheme_indices(true).rev();
    let is_letter = |c: char| c.is_alphanumeric() && !takes_no_space(c);
    let mut start = match graphemes.next() {
        Some((at, last)) if last.starts_with(is_letter) => at,
        _ => return text.len(),
    };
    for (at, grapheme) in graphemes {
        if !grapheme.starts_with(|c| is_letter(c) || matches!(c, '\'' | '’' | '-')) {
            break;
        }
        start = at;
    }
    start
}

/// Returns what to append to `kept` for a continuation: `continuation`, the beginning of a new answer,
/// without the words that it repeats and with the white space that fits.
pub fn join(kept: &str, continuation: &str) -> String {
    if kept.trim().is_empty() {
        return continuation.trim_start().to_owned();
    }
    let fresh = &continuation[repeated(kept, continuation)..];
    let white = leading_white(fresh);
    let fresh = fresh.trim_start();
    if fresh.is_empty() {
        return String::new();
    }
    let mut joined = String::with_capacity(fresh.len() + 2);
    if kept.ends_with(char::is_whitespace) {
        let is_line_end = kept.ends_with('\n') && !kept.ends_with("\n\n");
        if is_line_end && white.contains('\n') {
            joined.push('\n');
        }
    } else {
        if white.contains('\n') {
            joined.push_str("\n\n");
        } else if !white.is_empty() && spacing::takes_space(kept, fresh)
            || spacing::needs_space(kept, fresh)
        {
            joined.push(' ');
        }
    }
    joined.push_str(fresh);
    joined
}

fn leading_white(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

/// Bytes at the start of `continuation` that repeat the end of `kept`.
fn repeated(kept: &str, continuation: &str) -> usize {
    let before: Vec<String> = last_words(kept, MOST_REPEATED);
    let after: Vec<(usize, &str)> = parts(continuation).take(MOST_REPEATED).collect();
    let least = match kept.trim_end().chars().next_back() {
        // Some words are made of a letter twice over.
        Some(last) if last.is_alphanumeric() && takes_no_space(last) => 2,
        Some(last) if last.is_alphanumeric() => 1,
        // Sentences may begin alike, and "No, no" is said.
        _ => 3,
    };
    let most = before.len().min(after.len());
    for length in (least..=most).rev() {
        let tail = &before[before.len() - length..];
        let (Some(last), Some((start, again))) = (tail.last(), after.get(length - 1)) else {
            break;
        };
        let head = after[..length - 1]
            .iter()
            .map(|(_, word)| word.to_lowercase());
        if !tail[..length - 1].iter().cloned().eq(head) {
            continue;
        }
        if *last == again.to_lowercase() {
            return punctuation_end(kept, continuation, start + again.len());
        }
        // Cut off between a letter and the marks on it.
        if length > 2
            && last.chars().all(takes_no_space)
            && continuation[*start..].starts_with(last.as_str())
        {
            return start + last.len();
        }
    }
    0
}

/// Returns the offset after the repeated words and the marks that close them in both texts, whatever the
/// white space.
fn punctuation_end(kept: &str, continuation: &str, end: usize) -> usize {
    let last = parts(kept).last();
    let closing = last.map_or("", |(start, word)| &kept[start + word.len()..]);
    let mut after = continuation[end..]
        .char_indices()
        .filter(|(_, c)| !c.is_whitespace());
    let mut past = end;
    for expected in closing.chars().filter(|c| !c.is_whitespace()) {
        match after.next() {
            Some((at, c)) if c == expected => past = end + at + c.len_utf8(),
            _ => return end,
        }
    }
    past
}

/// Returns the words of a text, each with where it begins. What an apostrophe joins is apart: a text can be
/// cut off behind one.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.unicode_word_indices().flat_map(|(start, word)| {
        let mut at = start;
        word.split_inclusive(['\'', '’']).filter_map(move |part| {
            let begins = at;
            at += part.len();
            let bare = part.trim_end_matches(['\'', '’']);
            (!bare.is_empty()).then_some((begins, bare))
        })
    })
}

fn last_words(text: &str, most: usize) -> Vec<String> {
    // The end of the text is enough: most words are short.
    let start = boundaries::ceil(text, text.len().saturating_sub(most * 40));
    let mut words: Vec<String> = parts(&text[start..])
        .map(|(_, word)| word.to_lowercase())
        .collect();
    words.split_off(words.len().saturating_sub(most))
}

#[cfg(test)]
mod tests;
