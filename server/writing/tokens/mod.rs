//! How many tokens a text has, by estimate.
//!
//! Models' tokenizers differ by a factor of ten in most scripts. A first guess goes by the script alone and
//! leans to the high side; what a server tells of its first answers sets it right ([`Rates`]), for
//! the job and for later ones of the session ([`Tokenizers`]).

mod rates;
mod tokenizers;

pub use rates::{Estimator, Rates};
pub use tokenizers::{Answered, Tokenizers, is_own_limit};

use crate::provider::{Request, Usage};
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
    /// So many tokens, by the first guess.
    pub fn of(tokens: u32) -> PromptLimit {
        PromptLimit {
            tokens,
            estimator: Estimator::default(),
            window: None,
        }
    }

    /// What allows how much, as part of a sentence.
    pub fn allowance(&self) -> String {
        match self.window {
            None => format!("context_tokens allows {}", self.tokens),
            Some(window) => format!(
                "the model's window of {window} tokens has room for {} beside an answer",
                self.tokens
            ),
        }
    }

    /// What allows more, as part of a sentence.
    pub fn remedy(&self) -> &'static str {
        match self.window {
            None => "raise context_tokens",
            Some(_) => "give the model a larger window where its server is started",
        }
    }

    /// About how many tokens a text takes.
    pub fn estimate(&self, text: &str) -> u32 {
        self.estimator.estimate(text)
    }
}

/// What a text weighs: the tokens that it takes with a tokenizer that cuts finely.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Weight {
    /// Of ASCII and punctuation, in which tokenizers are much the same.
    plain: f64,
    /// Of everything else, in which they are not.
    script: f64,
}

impl Weight {
    pub fn of(text: &str) -> Weight {
        let (mut narrow, mut script) = (0_u64, 0.0);
        for c in text.chars() {
            match weight(c) {
                None => narrow += 1,
                Some(weight) => script += weight,
            }
        }
        // A token for three and a half letters.
        let plain = narrow as f64 * 2.0 / 7.0;
        Weight { plain, script }
    }

    /// Of several texts together.
    pub fn of_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Weight {
        let weights = texts.into_iter().map(Weight::of);
        weights.fold(Weight::default(), |sum, more| Weight {
            plain: sum.plain + more.plain,
            script: sum.script + more.script,
        })
    }

    /// Of the prompt of a request.
    pub fn of_request(request: &Request) -> Weight {
        let texts = request.user.iter().chain([&request.system]);
        Weight::of_all(texts.map(String::as_str))
    }

    fn total(self) -> f64 {
        self.plain + self.script
    }
}

/// The most tokens that a character takes on average in prose, over the tokenizers that were measured;
/// `None` for what counts like an ASCII letter. Where nothing was measured, a token a byte: no
/// tokenizer makes more.
fn weight(c: char) -> Option<f64> {
    if c.is_ascii() || is_punctuation(c) {
        return None;
    }
    Some(match u32::from(c) {
        // Latin with diacritics: Western, Central European, Vietnamese.
        0x00A0..=0x00FF => 1.5,
        0x0100..=0x024F => 2.0,
        0x1E00..=0x1EFF => 1.5,
        // Combining marks.
        0x0300..=0x036F => 1.0,
        // Greek, Cyrillic.
        0x0370..=0x03FF | 0x1F00..=0x1FFF => 1.25,
        0x0400..=0x052F => 0.9,
        // Armenian, Georgian.
        0x0530..=0x058F => 2.0,
        0x10A0..=0x10FF | 0x1C90..=0x1CBF => 2.2,
        // Hebrew, Arabic.
        0x0590..=0x06FF | 0x0750..=0x077F | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF => 1.25,
        // Devanagari, the other scripts of India, Thai.
        0x0900..=0x097F => 1.4,
        0x0980..=0x0DFF => 2.2,
        0x0E00..=0x0E7F => 2.0,
        // Kana, Han, Hangul, and their punctuation.
        0x3000..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF => {
            1.6
        }
        0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => 2.4,
        _ => c.len_utf8() as f64,
    })
}

/// About how many tokens `text` takes, by the first guess.
pub fn estimate(text: &str) -> u32 {
    Estimator::default().estimate(text)
}

/// About how many tokens so many bytes of Latin text take.
pub fn of_bytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(7).saturating_mul(2)).unwrap_or(u32::MAX)
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}')
}

/// The total usage after a call that had no regular end, where `before` is that before it. Servers tell most of it at
/// the end only, so for what they did not tell the estimates of the prompt (`asked`) and of what was `heard`
/// stand: it was paid for.
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

/// About how many tokens `words` words of prose take (characters for CJK), by the first guess.
pub fn of_words(words: u32, language: &Language) -> u32 {
    let tokens = u64::from(words) * of_ten_words(language) / 10;
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// By the same measure as the weights: more than most models make of them.
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
