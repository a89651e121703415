//! The language that a story is written in, as a BCP 47 tag.

use std::fmt;

/// A well-formed BCP 47 language tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Language(oxilangtag::LanguageTag<String>);

impl Language {
    /// Reads a tag such as `en`, `pt-BR` or `zh-Hant`; `None` where it is not well-formed.
    pub fn parse(tag: &str) -> Option<Language> {
        oxilangtag::LanguageTag::parse(tag.trim().to_owned())
            .ok()
            .map(Language)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The primary subtag in lower case: `pt` of `pt-BR`.
    pub fn primary(&self) -> String {
        self.0.primary_language().to_ascii_lowercase()
    }

    /// Whether length is counted in characters (Chinese, Japanese, Korean) instead of words.
    pub fn counts_characters(&self) -> bool {
        matches!(self.primary().as_str(), "zh" | "ja" | "ko" | "yue" | "wuu")
    }

    /// What length is counted in, for messages: "words" or "characters".
    pub fn unit(&self) -> &'static str {
        if self.counts_characters() {
            "characters"
        } else {
            "words"
        }
    }
}

impl Default for Language {
    fn default() -> Self {
        // "en" is a well-formed tag.
        Language::parse("en").expect("a well-formed tag")
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
