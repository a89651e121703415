//! Finds where sentences end, in any script.

use unicode_segmentation::UnicodeSegmentation;

use crate::story::text::sentences::{is_closing, is_finished};

/// Finds the end of the last finished sentence, in bytes; `None` where there is none.
pub fn finished_end(prose: &str) -> Option<usize> {
    let trimmed = prose.trim_end();
    if is_finished(trimmed) {
        return Some(trimmed.len());
    }
    let mut end = None;
    for (start, sentence) in trimmed.split_sentence_bound_indices() {
        let sentence = sentence.trim_end();
        if is_finished(sentence) {
            end = Some(start + sentence.len());
        }
    }
    end
}

/// Tells whether a text may well be meant to end here, where the model itself said that it is done: with a
/// finished sentence, a signature, a line of verse, a sign, or in a script that has no full stops.
pub(crate) fn may_end(text: &str) -> bool {
    let text = text.trim_end();
    if is_finished(text) || ends_in_script_without_stops(text) {
        return true;
    }
    let mut lines = text.lines().rev();
    let last = lines.next().unwrap_or_default().trim();
    if last.ends_with([',', ';', '、', '،', '，']) {
        return false;
    }
    let before = lines.find(|line| !line.trim().is_empty());
    is_sign(last) || (is_signature(last) && before.is_some()) || is_verse(text)
}

/// Tells whether a line has no letters: `* * *`, `♪`.
fn is_sign(line: &str) -> bool {
    !line.is_empty() && !line.contains(char::is_alphanumeric)
}

/// Words that begin a sentence, not a signature or a sign; a noun with a capital may follow.
const BEGINNINGS: [&str; 38] = [
    "and",
    "then",
    "but",
    "so",
    "now",
    "when",
    "as",
    "if",
    "or",
    "while",
    "und",
    "dann",
    "aber",
    "doch",
    "da",
    "der",
    "die",
    "das",
    "ein",
    "eine",
    "als",
    "et",
    "puis",
    "mais",
    "alors",
    "y",
    "entonces",
    "pero",
    "e",
    "ma",
    "poi",
    "mas",
    "então",
    "и",
    "но",
    "а",
    "потом",
    "тогда",
];

/// Tells whether a short last line is a name, a date or capitals: below a letter, on a sign. `With love,
/// Mara` is one, and `And then Mara` the beginning of a sentence.
fn is_signature(line: &str) -> bool {
    const MOST_WORDS: usize = 6;
    /// "de", "von", "of the": may be small in a name.
    const LONGEST_SMALL: usize = 3;
    let words: Vec<&str> = line.unicode_words().collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let large = |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
    if words.len() > MOST_WORDS || !large(last) {
        return false;
    }
    if line.chars().any(char::is_lowercase)
        && words.len() > 1
        && BEGINNINGS.contains(&first.to_lowercase().as_str())
    {
        return false;
    }
    let small = |word: &&str| large(word) || word.chars().count() <= LONGEST_SMALL;
    let parted = line.rsplit_once([',', '–', '—', '،']);
    words.iter().all(small)
        || parted.is_some_and(|(_, name)| name.unicode_words().all(|word| small(&word)))
}

/// Tells whether a text ends with verse: three or more short lines under each other.
fn is_verse(text: &str) -> bool {
    const LINES: usize = 3;
    const MOST_LETTERS: usize = 60;
    let block = text.rsplit("\n\n").next().unwrap_or_default();
    let short = |line: &str| line.chars().nth(MOST_LETTERS).is_none();
    block.lines().count() >= LINES && block.lines().rev().take(LINES).all(short)
}

/// Tells whether a text ends in Thai or Lao, which part sentences by blanks.
fn ends_in_script_without_stops(text: &str) -> bool {
    text.trim_end_matches(is_closing)
        .ends_with(|c: char| matches!(c, '\u{e00}'..='\u{eff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_finished_sentences_of_many_scripts() {
        for (text, finished) in [
            ("The lamp went out.", true),
            ("“Go!”", true),
            ("*It was over.*", true),
            ("The lamp went", false),
            ("彼女は扉を開けた。", true),
            ("「行け。」", true),
            ("「行け」", true),
            ("彼女は扉を", false),
            ("هل انتهى الأمر؟", true),
            ("Se acabó.", true),
            ("„Geh.“", true),
            ("“But I—”", true),
            ("And then—", false),
            ("It was over.\n\n* * *", true),
            ("And then he said that—*", true),
            ("“Hold on,", false),
            ("", false),
            ("”", false),
        ] {
            assert_eq!(is_finished(text), finished, "{text}");
        }
    }

    #[test]
    fn knows_ends_that_need_no_full_stop() {
        for (text, may) in [
            ("Come soon.\n\nYours,\nMara", true),
            ("He read it.\n\nPort Ellary, 14 October 1911", true),
            ("The board said:\n\nNO LANDING", true),
            ("It was over.\n\n* * *", true),
            ("O lamp\nO stair\nO sea that\nnever slept", true),
            ("ฝนตกทั้งคืน ทะเลเงียบ", true),
            ("It was over.\n\nAnd then she", false),
            ("It was over. And then Mara", false),
            ("It was over.\n\nAnd then Mara", false),
            ("Es war vorbei.\n\nUnd dann die Laterne", false),
            ("It was over.\n\nThen Mara", false),
            ("Come soon.\n\nWith love, Mara", true),
            ("Come soon.\n\nMara van der Voss", true),
            ("It was over.\n\nThe End", true),
            ("It was over.\n\nAND THEN NOTHING", true),
            ("It was over.\n\nShe looked at Mara", false),
            ("She took the lamp,", false),
            ("one,\ntwo,\nthree,", false),
        ] {
            assert_eq!(may_end(text), may, "{text}");
        }
    }
}
