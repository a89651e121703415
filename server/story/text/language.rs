//! Parses the language of a story, a BCP 47 tag.

use std::fmt;

/// A well-formed BCP 47 language tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Language(oxilangtag::LanguageTag<String>);

/// Every language of ISO 639-1, two letters each.
const TWO_LETTER_CODES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Mistaken codes: names of languages, and codes of countries.
const MISTAKEN: [(&str, &str); 46] = [
    ("english", "en"),
    ("inglés", "en"),
    ("英語", "en"),
    ("spanish", "es"),
    ("español", "es"),
    ("castellano", "es"),
    ("sp", "es"),
    ("german", "de"),
    ("deutsch", "de"),
    ("ger", "de"),
    ("french", "fr"),
    ("français", "fr"),
    ("italian", "it"),
    ("italiano", "it"),
    ("portuguese", "pt"),
    ("português", "pt"),
    ("dutch", "nl"),
    ("nederlands", "nl"),
    ("japanese", "ja"),
    ("日本語", "ja"),
    ("jp", "ja"),
    ("chinese", "zh"),
    ("中文", "zh"),
    ("cn", "zh"),
    ("korean", "ko"),
    ("한국어", "ko"),
    ("arabic", "ar"),
    ("العربية", "ar"),
    ("عربي", "ar"),
    ("russian", "ru"),
    ("русский", "ru"),
    ("polish", "pl"),
    ("polski", "pl"),
    ("swedish", "sv"),
    ("svenska", "sv"),
    ("danish", "da"),
    ("dk", "da"),
    ("greek", "el"),
    ("gr", "el"),
    ("czech", "cs"),
    ("cz", "cs"),
    ("ukrainian", "uk"),
    ("ua", "uk"),
    ("thai", "th"),
    ("hindi", "hi"),
    ("vn", "vi"),
];

impl Language {
    /// Reads a tag such as `en`, `pt-BR` or `zh-Hant`; `None` where it is not well-formed.
    ///
    /// Language subtags of more than three letters are refused: the grammar (RFC 5646, 2.1)
    /// keeps room for them, but none was ever registered, and who writes `english` means `en`.
    pub fn parse(tag: &str) -> Option<Language> {
        oxilangtag::LanguageTag::parse(tag.trim().to_owned())
            .ok()
            .map(Language)
            .filter(|language| language.primary().len() <= 3 || language.is_special())
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the primary subtag in lower case: `pt` of `pt-BR`.
    pub fn primary(&self) -> String {
        self.0.primary_language().to_ascii_lowercase()
    }

    /// Tells whether the language may exist: every two-letter code is checked, longer ones and private tags
    /// (`x-elvish`) are accepted.
    pub fn is_known(&self) -> bool {
        let primary = self.primary();
        primary.len() != 2 || TWO_LETTER_CODES.split(' ').any(|code| code == primary)
    }

    /// Tells whether a tag is a private or grandfathered one, `x-…` or `i-…`.
    fn is_special(&self) -> bool {
        let tag = self.as_str().to_ascii_lowercase();
        tag.starts_with("x-") || tag.starts_with("i-")
    }

    /// Tells whether length is counted in characters instead of words: Chinese, Japanese and
    /// Korean, and the languages that are written without blanks between words, where
    /// Unicode's rules (UAX 29, section 4) find no words without a dictionary.
    pub fn counts_characters(&self) -> bool {
        // Romanised text has blanks like any other.
        let romanised = self.0.script().is_some_and(|script| {
            script.eq_ignore_ascii_case("Latn") || script.eq_ignore_ascii_case("Cyrl")
        });
        let primary = self.primary();
        let chinese = matches!(
            primary.as_str(),
            "zh" | "yue" | "wuu" | "cmn" | "nan" | "hak" | "gan" | "hsn" | "cjy" | "lzh"
        );
        let unspaced = matches!(primary.as_str(), "ja" | "ko" | "th" | "lo" | "km" | "my");
        (chinese || unspaced) && !romanised
    }

    /// Returns the noun for the unit of length, for messages: "words" or "characters".
    pub fn unit(&self) -> &'static str {
        if self.counts_characters() {
            "characters"
        } else {
            "words"
        }
    }
}

/// Guesses the tag that an author meant who wrote `text`.
pub(crate) fn suggest(text: &str) -> Option<String> {
    let wanted = text.trim().to_lowercase();
    if let Some((_, tag)) = MISTAKEN.iter().find(|(mistaken, _)| *mistaken == wanted) {
        return Some((*tag).to_owned());
    }
    // pt_BR, en US: the parts are right, the mark between them is not.
    let parts: Vec<&str> = text
        .split(['_', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    let joined = Language::parse(&parts.join("-")).filter(Language::is_known);
    let plain_part = |part: &&str| part.len() <= 4 && part.is_ascii();
    joined
        .filter(|_| parts.len() > 1 && parts.iter().all(plain_part))
        .map(|language| language.to_string())
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
