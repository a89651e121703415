//! Which entries of the cast a text calls for: by name or alias, as whole words.

use unicode_segmentation::UnicodeSegmentation;

use crate::story::CastEntry;
use crate::story::terms::{is_unspaced, without_possessive};

/// A text that names entries of the cast, or does not. Cut into words once, however many
/// entries are looked for.
pub struct Naming<'a> {
    text: &'a str,
    /// Lower case, without a possessive.
    words: Vec<String>,
}

impl<'a> Naming<'a> {
    pub fn new(text: &'a str) -> Naming<'a> {
        let words = text.unicode_words();
        Naming {
            text,
            words: words
                .map(|word| without_possessive(word).to_lowercase())
                .collect(),
        }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether it names the entry: its whole name, an alias, or a word of its name that is
    /// long enough to tell. Without regard to case; as whole words where the script has them.
    pub fn names(&self, entry: &CastEntry) -> bool {
        entry_names(entry).any(|name| self.contains(name))
    }

    fn contains(&self, name: &str) -> bool {
        if name.trim().is_empty() {
            return false;
        }
        let words: Vec<String> = name.unicode_words().map(str::to_lowercase).collect();
        if self.words.is_empty() || words.is_empty() || name.chars().any(is_unspaced) {
            return self.text.contains(name);
        }
        self.words
            .windows(words.len())
            .any(|window| window == words)
    }
}

fn entry_names(entry: &CastEntry) -> impl Iterator<Item = &str> {
    let whole = std::iter::once(&entry.name).chain(&entry.aliases);
    let parts = entry
        .name
        .split_whitespace()
        .filter(|part| part.chars().count() >= 3 && part.chars().any(char::is_uppercase));
    whole.map(String::as_str).chain(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, aliases: &[&str]) -> CastEntry {
        CastEntry {
            name: name.to_owned(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            text: String::new(),
            name_span: 0..0,
            span: 0..0,
        }
    }

    #[test]
    fn finds_names_as_whole_words() {
        let mara = entry("Mara Voss", &["the keeper"]);
        for (text, expected) in [
            ("Mara lit the lamp.", true),
            ("MARA'S lamp", true),
            ("It was Mara’s.", true),
            ("Old Voss said no.", true),
            ("Then the keeper came.", true),
            ("A keeper came.", false),
            ("Marathon", false),
            ("", false),
        ] {
            assert_eq!(Naming::new(text).names(&mara), expected, "{text}");
        }
    }

    #[test]
    fn finds_names_in_scripts_without_spaces() {
        let haru = entry("春子", &[]);
        assert!(Naming::new("その夜、春子は灯をともした。").names(&haru));
        assert!(!Naming::new("その夜、秋子は灯をともした。").names(&haru));
    }
}
