//! Estimates how many tokens a text has.
//!
//! Models' tokenizers differ by a factor of ten in most scripts. A first guess goes by the script alone and
//! leans to the high side; what a server tells of its first answers sets it right ([`Rates`]), for
//! the job and for later ones of the session ([`Tokenizers`]).

mod rates;
mod tokenizers;
mod weight;

pub use rates::{Estimator, Rates};
pub use tokenizers::{Answered, Tokenizers, is_own_limit};
pub use weight::Weight;

use crate::provider::Usage;
use crate::story::Language;

/// The most tokens that one prompt may have, and how they are estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromptLimit {
    pub tokens: u32,
    pub estimator: Estimator,
    /// The window of the model, where that allows less than the settings do.
    pub window: Option<u32>,
}

impl PromptLimit {
    /// Makes a limit of so many tokens, by the first guess.
    pub fn of(tokens: u32) -> PromptLimit {
        PromptLimit {
            tokens,
            estimator: Estimator::default(),
            window: None,
        }
    }

    /// Returns the name of the limit and its size, as part of a sentence.
    pub fn allowance(&self) -> String {
        match self.window {
            None => format!("context_tokens allows {}", self.tokens),
            Some(window) => format!(
                "the model's window of {window} tokens has room for {} beside an answer",
                self.tokens
            ),
        }
    }

    /// Returns the setting that raises the limit, as part of a sentence.
    pub fn remedy(&self) -> &'static str {
        match self.window {
            None => "raise context_tokens",
            Some(_) => "give the model a larger window where its server is started",
        }
    }

    /// Estimates how many tokens a text takes.
    pub fn estimate(&self, text: &str) -> u32 {
        self.estimator.estimate(text)
    }
}

/// Estimates how many tokens `text` takes, by the first guess.
pub fn estimate(text: &str) -> u32 {
    Estimator::default().estimate(text)
}

/// Estimates how many tokens so many bytes of Latin text take.
pub fn of_bytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(7).saturating_mul(2)).unwrap_or(u32::MAX)
}

/// Estimates the total usage after a call that had no regular end, where `before` is the usage before it.
/// Servers tell most of it at the end only, so for what they did not tell the estimates of the prompt
/// (`asked`) and of what was `heard` stand: it was paid for.
pub fn with_unreported(usage: Usage, before: Usage, asked: u32, heard: u32) -> Usage {
    if heard == 0 {
        return usage;
    }
    let estimate = before.plus(Usage {
        input_tokens: Some(asked.into()),
        cached_tokens: None,
        output_tokens: Some(heard.into()),
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

/// Estimates how many tokens `words` words of prose take (characters for CJK), by the first guess.
pub fn of_words(words: u32, language: &Language) -> u32 {
    let tokens = u64::from(words) * of_ten_words(language) / 10;
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// Estimates ten words by the same measure as the weights: more than most models make of them.
fn of_ten_words(language: &Language) -> u64 {
    match language.primary().as_str() {
        "en" => 14,
        "zh" | "ja" | "yue" | "wuu" | "cmn" | "th" => 15,
        "ko" => 20,
        "my" | "km" | "lo" => 22,
        "es" | "fr" | "de" | "it" | "pt" | "nl" | "sv" | "da" | "nb" | "no" => 18,
        "ru" | "uk" | "be" | "bg" | "sr" | "mk" | "kk" | "ky" | "mn" => 42,
        "el" => 50,
        "ar" | "fa" | "ur" | "he" | "yi" | "ps" | "ug" | "sd" => 48,
        "hi" | "mr" | "ne" | "sa" => 50,
        "bn" | "as" | "gu" | "pa" | "or" | "si" => 85,
        "ta" | "te" | "kn" | "ml" => 110,
        "am" | "ti" | "ka" | "hy" | "bo" | "dz" => 110,
        _ => 35,
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
                with_unreported(told, before, 600, estimate(heard)),
                expected,
                "{told:?}"
            );
        }
    }

    #[test]
    fn a_first_guess_goes_by_the_script() {
        for (text, least, most) in [
            ("", 0, 0),
            ("The lamp went out, and she waited.", 9, 11),
            ("“Wait,” she said…", 5, 6),
            ("Zażółć gęślą jaźń", 20, 40),
            ("Она ждала у двери.", 14, 18),
            ("அவள் கதவருகே காத்திருந்தாள்.", 50, 65),
            ("彼女は扉のそばで待った。", 18, 24),
            // A script of which nothing is known.
            ("ᠮᠣᠩᠭᠣᠯ", 18, 18),
            ("\u{10330}\u{10331}", 8, 8),
        ] {
            let estimate = estimate(text);
            assert!((least..=most).contains(&estimate), "{text}: {estimate}");
            assert!(estimate as usize <= text.len() + 1, "{text}: {estimate}");
        }
    }
}
