//! Which entries of the cast a text calls for: by name or alias, as whole words.

use unicode_segmentation::UnicodeSegmentation;

use crate::story::CastEntry;
use crate::story::terms::{is_unspaced, without_possessive};

/// Whether `text` names the entry: its whole name, an alias, or a word of its name that is
/// long enough to tell. Without regard to case; as whole words where the script has them.
pub fn names(text: &str, entry: &CastEntry) -> bool {
    let words = text.unicode_words().count();
    entry_names(entry).any(|name| contains_name(text, words, &name))
}

fn entry_names(entry: &CastEntry) -> impl Iterator<Item = String> + '_ {
    let whole = std::iter::once(entry.name.clone()).chain(entry.aliases.iter().cloned());
    let parts = entry
        .name
        .split_whitespace()
        .filter(|part| part.chars().count() >= 3 && part.chars().any(char::is_uppercase))
        .map(str::to_owned);
    whole.chain(parts)
}

fn contains_name(text: &str, words: usize, name: &str) -> bool {
    if name.trim().is_empty() {
        return false;
    }
    let name_words: Vec<String> = name.unicode_words().map(str::to_lowercase).collect();
    if words == 0 || name_words.is_empty() || name.chars().any(is_unspaced) {
        return text.contains(name);
    }
    let mut window: Vec<String> = Vec::with_capacity(name_words.len());
    for word in text.unicode_words() {
        if window.len() == name_words.len() {
            window.remove(0);
        }
        window.push(without_possessive(word).to_lowercase());
        if window == name_words {
            return true;
        }
    }
    false
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
            assert_eq!(names(text, &mara), expected, "{text}");
        }
    }

    #[test]
    fn finds_names_in_scripts_without_spaces() {
        let haru = entry("春子", &[]);
        assert!(names("その夜、春子は灯をともした。", &haru));
        assert!(!names("その夜、秋子は灯をともした。", &haru));
    }
}
