//! How many tokens a text has, by estimate: the models' own counts differ, so this one leans
//! to the high side.

use crate::story::Language;

/// About how many tokens `text` takes: a token for three and a half Latin letters, one and a
/// half tokens for a character of scripts that tokenizers cut finer.
pub fn estimate(text: &str) -> u32 {
    let mut narrow = 0_u64;
    let mut wide = 0_u64;
    for c in text.chars() {
        if c.is_ascii() || ('\u{00C0}'..='\u{024F}').contains(&c) || is_punctuation(c) {
            narrow += 1;
        } else {
            wide += 1;
        }
    }
    u32::try_from(narrow.div_ceil(7).saturating_mul(2) + wide.saturating_mul(3).div_ceil(2))
        .unwrap_or(u32::MAX)
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}')
}

/// About how many tokens `words` words of prose take (characters for CJK).
pub fn of_words(words: u32, language: &Language) -> u32 {
    let (tokens, unit) = match language.primary().as_str() {
        "en" => (14, 10),
        "zh" | "ja" | "ko" | "yue" | "wuu" => (15, 10),
        "es" | "fr" | "de" | "it" | "pt" | "nl" | "sv" | "da" | "nb" | "no" => (18, 10),
        _ => (30, 10),
    };
    let tokens = u64::from(words) * tokens / unit;
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
