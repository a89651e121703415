//! How long a text is: words by Unicode's rules (UAX 29), characters for CJK.

use unicode_segmentation::UnicodeSegmentation;

use super::Language;

/// The length of `text` in the unit of its language: words, or for Chinese, Japanese and
/// Korean the characters that are not white space.
pub fn count(text: &str, language: &Language) -> u32 {
    let length = if language.counts_characters() {
        text.graphemes(true)
            .filter(|grapheme| !grapheme.chars().all(char::is_whitespace))
            .count()
    } else {
        text.unicode_words().count()
    };
    u32::try_from(length).unwrap_or(u32::MAX)
}
