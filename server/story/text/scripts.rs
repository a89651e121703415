//! Determines the script of a text, and the scripts of its language.

use super::language::Language;
use crate::story::Span;

/// A script that texts are written in, as far as the lint tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Devanagari,
    Han,
    Kana,
    Hangul,
    Thai,
}

const ALL: [Script; 10] = [
    Script::Latin,
    Script::Cyrillic,
    Script::Greek,
    Script::Arabic,
    Script::Hebrew,
    Script::Devanagari,
    Script::Han,
    Script::Kana,
    Script::Hangul,
    Script::Thai,
];

impl Script {
    /// Finds the script of a letter.
    pub fn of(c: char) -> Option<Script> {
        Some(match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
            '\u{400}'..='\u{52f}' => Script::Cyrillic,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Script::Greek,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Script::Arabic,
            '\u{590}'..='\u{5ff}' => Script::Hebrew,
            '\u{900}'..='\u{97f}' => Script::Devanagari,
            '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => Script::Hangul,
            '\u{e00}'..='\u{e7f}' => Script::Thai,
            c if is_kana(c) => Script::Kana,
            c if is_han(c) => Script::Han,
            _ => return None,
        })
    }

    /// Names the script in a message.
    pub fn name(self) -> &'static str {
        match self {
            Script::Latin => "Latin letters",
            Script::Cyrillic => "Cyrillic",
            Script::Greek => "Greek letters",
            Script::Arabic => "Arabic script",
            Script::Hebrew => "Hebrew letters",
            Script::Devanagari => "Devanagari",
            Script::Han => "Chinese characters",
            Script::Kana => "Japanese kana",
            Script::Hangul => "Hangul",
            Script::Thai => "Thai letters",
        }
    }
}

/// Tells whether a character is of a script that is written without blanks between words, so that every
/// character counts as a word: Han, kana, Thai, Lao, Myanmar, Khmer.
pub fn is_unspaced(c: char) -> bool {
    is_han_or_kana(c)
        // Thai, Lao; Myanmar; Khmer.
        || matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Tells whether a character is of an unspaced script or one of its punctuation marks and full-width
/// forms, so that no space belongs beside it.
pub fn takes_no_space(c: char) -> bool {
    is_unspaced(c) || matches!(c, '\u{3000}'..='\u{30ff}' | '\u{ff00}'..='\u{ffef}')
}

/// Tells whether a character is one of those that Chinese and Japanese are written in.
pub fn is_han_or_kana(c: char) -> bool {
    is_han(c) || is_kana(c)
}

/// Tells whether a character is a Chinese one, or a mark that stands for one.
pub fn is_han(c: char) -> bool {
    matches!(c, '々' | '〆' | '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Tells whether a character is hiragana or katakana, halfwidth too.
pub fn is_kana(c: char) -> bool {
    is_hiragana(c)
        || is_katakana(c)
        || matches!(c, '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}')
}

/// Tells whether a character is hiragana.
pub fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
}

/// Tells whether a character is katakana of full width.
pub fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}')
}

/// Tells whether a character is a syllable of Hangul.
pub fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// Finds the scripts that a language is written in; `None` where that is not known here.
pub fn expected(language: &Language) -> Option<&'static [Script]> {
    use Script::{Arabic, Cyrillic, Devanagari, Greek, Han, Hangul, Hebrew, Kana, Latin, Thai};
    let subtag = language
        .as_str()
        .split('-')
        .skip(1)
        .find(|part| part.len() == 4 && part.chars().all(|c| c.is_ascii_alphabetic()));
    if let Some(subtag) = subtag {
        return match subtag.to_ascii_lowercase().as_str() {
            "latn" => Some(&[Latin]),
            "cyrl" => Some(&[Cyrillic]),
            "arab" => Some(&[Arabic]),
            "hans" | "hant" | "hani" => Some(&[Han]),
            _ => None,
        };
    }
    Some(match language.primary().as_str() {
        "en" | "es" | "fr" | "de" | "it" | "pt" | "nl" | "sv" | "da" | "no" | "nb" | "nn"
        | "fi" | "pl" | "cs" | "sk" | "sl" | "hr" | "hu" | "ro" | "tr" | "id" | "ms" | "vi"
        | "et" | "lv" | "lt" | "ca" | "gl" | "eu" | "is" | "ga" | "cy" | "af" | "sq" | "sw"
        | "tl" | "mt" | "la" | "eo" | "lb" | "oc" => &[Latin],
        "ru" | "uk" | "be" | "bg" | "mk" => &[Cyrillic],
        "sr" | "bs" => &[Cyrillic, Latin],
        "el" => &[Greek],
        "ar" | "fa" | "ur" | "ps" => &[Arabic],
        "he" | "yi" => &[Hebrew],
        "hi" | "mr" | "ne" | "sa" => &[Devanagari],
        "ja" => &[Kana, Han],
        "zh" => &[Han],
        "ko" => &[Hangul, Han],
        "th" => &[Thai],
        _ => return None,
    })
}

/// How many letters of each script a text has.
#[derive(Debug, Default, Clone, Copy)]
pub struct Letters {
    counts: [usize; ALL.len()],
}

impl Letters {
    pub fn of(text: &str) -> Letters {
        let mut letters = Letters::default();
        for script in text.chars().filter_map(Script::of) {
            letters.counts[script as usize] += 1;
        }
        letters
    }

    pub fn all(&self) -> usize {
        self.counts.iter().sum()
    }

    pub fn count(&self, scripts: &[Script]) -> usize {
        scripts
            .iter()
            .map(|script| self.counts[*script as usize])
            .sum()
    }

    pub fn add(&mut self, other: &Letters) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }

    /// Weighs how much the letters say: one where a character is a word counts as three.
    pub fn weight(&self) -> usize {
        let dense = self.count(&[Script::Han, Script::Kana, Script::Hangul]);
        self.all() + 2 * dense
    }

    /// Finds the script with the most letters.
    pub fn main(&self) -> Option<Script> {
        let most = ALL
            .iter()
            .max_by_key(|script| self.counts[**script as usize])?;
        (self.counts[*most as usize] > 0).then_some(*most)
    }
}

/// Finds the stretches of words that hold no letter of the `expected` scripts, but of another; `words` are
/// bytes of `text`, in order.
pub fn runs(text: &str, words: impl Iterator<Item = Span>, expected: &[Script]) -> Vec<Span> {
    let mut runs: Vec<Span> = Vec::new();
    let mut open = false;
    for word in words {
        let letters = Letters::of(text.get(word.clone()).unwrap_or_default());
        if letters.all() == 0 {
            continue;
        }
        let is_foreign = letters.count(expected) == 0;
        match runs.last_mut() {
            Some(last) if is_foreign && open => last.end = word.end,
            _ if is_foreign => runs.push(word),
            _ => {}
        }
        open = is_foreign;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_blanks_are_known_by_their_characters() {
        for c in "春々〇〆はルｱสລမខ𠀀".chars() {
            assert!(is_unspaced(c) && takes_no_space(c), "{c}");
        }
        for c in "。・「１！\u{3000}".chars() {
            assert!(!is_unspaced(c) && takes_no_space(c), "{c}");
        }
        for c in "aéЖ한ा1. ".chars() {
            assert!(!is_unspaced(c) && !takes_no_space(c), "{c}");
        }
    }
}
