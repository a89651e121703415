//! How many tokens a text has, by estimate: the models' own counts differ, so this one leans
//! to the high side.

use crate::provider::Usage;
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

/// About how many tokens so many bytes of Latin text take.
pub fn of_bytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(7).saturating_mul(2)).unwrap_or(u32::MAX)
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}')
}

/// The total usage after a call that had no regular end, where `before` is that before it. Servers tell most of it at the end only, so
/// what they did not tell is estimated from the prompt and from what was heard: it was paid for.
pub fn with_unreported(usage: Usage, before: Usage, asked: u32, heard: &str) -> Usage {
    if heard.is_empty() {
        return usage;
    }
    let estimate = before.plus(Usage {
        input_tokens: Some(asked.into()),
        cached_tokens: None,
        output_tokens: Some(estimate(heard).into()),
    });
    let told = usage.input_tokens != before.input_tokens;
    Usage {
        input_tokens: if told {
            usage.input_tokens
        } else {
            estimate.input_tokens
        },
        output_tokens: usage.output_tokens.max(estimate.output_tokens),
        ..usage
    }
}

/// About how many tokens `words` words of prose take (characters for CJK).
pub fn of_words(words: u32, language: &Language) -> u32 {
    let tokens = u64::from(words) * of_ten_words(language) / 10;
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// About how many words (characters for CJK) so many tokens are.
pub fn words_in(tokens: u32, language: &Language) -> u32 {
    let words = u64::from(tokens) * 10 / of_ten_words(language);
    u32::try_from(words).unwrap_or(u32::MAX)
}

fn of_ten_words(language: &Language) -> u64 {
    match language.primary().as_str() {
        "en" => 14,
        "zh" | "ja" | "ko" | "yue" | "wuu" => 15,
        "es" | "fr" | "de" | "it" | "pt" | "nl" | "sv" | "da" | "nb" | "no" => 18,
        _ => 30,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_did_not_tell_is_estimated() {
        let usage = |input, output| Usage {
            input_tokens: input,
            cached_tokens: None,
            output_tokens: output,
        };
        let before = usage(Some(500), Some(200));
        let heard = "Seven b".repeat(50);
        for (told, heard, expected) in [
            (before, heard.as_str(), usage(Some(1100), Some(300))),
            (
                usage(Some(1050), Some(201)),
                heard.as_str(),
                usage(Some(1050), Some(300)),
            ),
            (
                usage(Some(1050), Some(390)),
                heard.as_str(),
                usage(Some(1050), Some(390)),
            ),
            (before, "", before),
        ] {
            assert_eq!(
                with_unreported(told, before, 600, heard),
                expected,
                "{told:?}"
            );
        }
    }
}
