//! Joins a continuation to the text that it continues.
//!
//! A stream that broke is gone on with from its last words. Models start such an answer with a
//! fresh word, with white space or without, and often repeat some words first. Everything here
//! is pure.

use unicode_segmentation::UnicodeSegmentation;

/// Characters of a continuation that are looked at before the seam is closed.
pub const LOOK_AHEAD: usize = 240;

/// Most words that are searched for a repetition.
const MOST_REPEATED: usize = 60;

/// How much of a broken text is kept to continue from, in bytes: without a last word that may
/// have been cut in half. A text that ends in white space, punctuation or a script without
/// spaces is kept whole.
pub fn resume_point(text: &str) -> usize {
    let Some(last) = text.chars().next_back() else {
        return 0;
    };
    if !last.is_alphanumeric() || is_unspaced(last) {
        return text.len();
    }
    let word_start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_word_part(*c))
        .last()
        .map_or(0, |(index, _)| index);
    // A "word" of half a page is no word; keep it.
    if text.len() - word_start > 100 {
        text.len()
    } else {
        word_start
    }
}

/// What to append to `kept` so that `continuation`, the beginning of a new answer, goes on
/// from its end: without the words that it repeats, and with just the white space that fits.
pub fn join(kept: &str, continuation: &str) -> String {
    if kept.trim().is_empty() {
        return continuation.trim_start().to_owned();
    }
    let fresh = &continuation[repeated(kept, continuation)..];
    let paragraph = leading_white(fresh).contains('\n');
    let fresh = fresh.trim_start();
    if fresh.is_empty() {
        return String::new();
    }
    let mut joined = String::with_capacity(fresh.len() + 2);
    if !kept.ends_with(char::is_whitespace) {
        if paragraph {
            joined.push_str("\n\n");
        } else if needs_space(kept, fresh) {
            joined.push(' ');
        }
    }
    joined.push_str(fresh);
    joined
}

fn leading_white(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

fn needs_space(kept: &str, fresh: &str) -> bool {
    let (Some(before), Some(after)) = (kept.chars().next_back(), fresh.chars().next()) else {
        return false;
    };
    let opens = matches!(
        before,
        '“' | '‘' | '«' | '(' | '[' | '—' | '–' | '-' | '¿' | '¡' | '「' | '『'
    );
    let closes = matches!(
        after,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '”'
            | '’'
            | '»'
            | ')'
            | ']'
            | '…'
            | '—'
            | '–'
            | '、'
            | '。'
            | '」'
    );
    !opens && !closes && !is_unspaced(before) && !is_unspaced(after)
}

/// Bytes at the start of `continuation` that repeat the end of `kept`.
fn repeated(kept: &str, continuation: &str) -> usize {
    let before: Vec<String> = last_words(kept, MOST_REPEATED);
    let after: Vec<(usize, String)> = continuation
        .unicode_word_indices()
        .take(MOST_REPEATED)
        .map(|(start, word)| (start + word.len(), word.to_lowercase()))
        .collect();
    let mid_sentence = kept
        .trim_end()
        .chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, ',' | ';' | '、'));
    let least = if mid_sentence { 1 } else { 3 };
    let most = before.len().min(after.len());
    for length in (least..=most).rev() {
        let tail = &before[before.len() - length..];
        let head = after[..length].iter().map(|(_, word)| word);
        if tail.iter().eq(head) {
            return punctuation_end(kept, continuation, after[length - 1].0);
        }
    }
    0
}

/// Past the repeated words, also past the punctuation that closes them in both texts.
fn punctuation_end(kept: &str, continuation: &str, end: usize) -> usize {
    let closing: String = {
        let tail: Vec<char> = kept
            .trim_end()
            .chars()
            .rev()
            .take_while(|c| !c.is_alphanumeric() && !c.is_whitespace())
            .collect();
        tail.into_iter().rev().collect()
    };
    if !closing.is_empty() && continuation[end..].starts_with(&closing) {
        end + closing.len()
    } else {
        end
    }
}

fn last_words(text: &str, most: usize) -> Vec<String> {
    // The end of the text is enough: most words are short.
    let mut start = text.len().saturating_sub(most * 40);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let mut words: Vec<String> = text[start..]
        .unicode_words()
        .map(str::to_lowercase)
        .collect();
    words.split_off(words.len().saturating_sub(most))
}

fn is_word_part(c: char) -> bool {
    (c.is_alphanumeric() && !is_unspaced(c))
        || matches!(c, '\'' | '’' | '-' | '\u{0300}'..='\u{036F}')
}

/// Scripts that are written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3000}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_whole_words_to_continue_from() {
        for (text, kept) in [
            ("", ""),
            ("She opened the do", "She opened the "),
            ("She opened the ", "She opened the "),
            ("She opened the door.", "She opened the door."),
            ("It was Mara’", "It was Mara’"),
            ("It was Mara’s", "It was "),
            ("灯をともし", "灯をともし"),
            ("Él abrió la puer", "Él abrió la "),
            ("فتحت البا", "فتحت "),
        ] {
            assert_eq!(&text[..resume_point(text)], kept, "{text}");
        }
    }

    #[test]
    fn joins_without_repeating_or_losing_words() {
        for (kept, continuation, expected) in [
            ("She opened the ", "door.", "She opened the door."),
            ("She opened the ", " door.", "She opened the door."),
            ("She opened the", "door.", "She opened the door."),
            ("She opened the ", "the door.", "She opened the door."),
            (
                "She opened the ",
                "She opened the door.",
                "She opened the door.",
            ),
            (
                "It rained.",
                "The lamp went out.",
                "It rained. The lamp went out.",
            ),
            ("It rained.", "\n\nThe lamp.", "It rained.\n\nThe lamp."),
            ("It rained.\n\n", "The lamp.", "It rained.\n\nThe lamp."),
            (
                "It rained all night.",
                "It rained all night. Then not.",
                "It rained all night. Then not.",
            ),
            ("He said, “", "Go.”", "He said, “Go.”"),
            ("“Go", ",” he said.", "“Go,” he said."),
            ("彼女は扉を", "開けた。", "彼女は扉を開けた。"),
            ("彼女は扉を", "扉を開けた。", "彼女は扉を開けた。"),
            ("فتحت ", "الباب.", "فتحت الباب."),
            ("", "  The lamp.", "The lamp."),
            // Two sentences may well begin alike.
            ("The end. The ", "lamp.", "The end. The lamp."),
            ("I saw it.", "It saw me.", "I saw it. It saw me."),
        ] {
            let joined = format!("{kept}{}", join(kept, continuation));
            assert_eq!(joined, expected, "{kept:?} + {continuation:?}");
        }
    }
}
