//! Extracts the terms of a text, by which another text on the same matter is found.
//!
//! Works in any script without a dictionary: endings are cut off, so that inflected forms
//! meet; scripts without spaces are told by pairs of characters.

use std::borrow::Cow;
use std::collections::BTreeSet;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation;

use super::scripts::{is_han_or_kana, is_hiragana};

/// Letters of a word that count: what differs beyond them is taken for an ending.
const STEM: usize = 6;
/// Shorter words say too little, but for names and numbers.
const SHORTEST: usize = 4;

/// Collects the terms of a text, each once.
pub fn terms(text: &str) -> BTreeSet<String> {
    terms_of_length(text, SHORTEST)
}

/// Collects the terms as [`terms`] does, with words of at least `shortest` letters: where something else tells a key
/// from an article.
pub fn terms_of_length(text: &str, shortest: usize) -> BTreeSet<String> {
    let text = match text.is_ascii() {
        true => Cow::Borrowed(text),
        false => ComposingNormalizerBorrowed::new_nfc().normalize(text),
    };
    let mut terms = BTreeSet::new();
    let mut run = Vec::new();
    for word in text.unicode_words() {
        if word.chars().all(is_han_or_kana) {
            run.extend(word.chars());
            continue;
        }
        take_run(&mut run, &mut terms);
        terms.extend(term(word, shortest));
    }
    take_run(&mut run, &mut terms);
    terms
}

/// Makes the term of one word, if it says enough to have one.
fn term(word: &str, shortest: usize) -> Option<String> {
    let word = without_possessive(word);
    let word = without_arabic_article(word);
    let is_marked = word.chars().any(|c| c.is_uppercase() || c.is_numeric());
    let length = word.chars().count();
    (length >= shortest || (is_marked && length >= 2)).then(|| {
        word.chars()
            .flat_map(char::to_lowercase)
            .take(STEM)
            .collect()
    })
}

/// Takes the pairs of ideographs and katakana; hiragana is mostly grammar.
fn take_run(run: &mut Vec<char>, terms: &mut BTreeSet<String>) {
    for pair in run.windows(2) {
        if !pair.iter().any(|c| is_hiragana(*c)) {
            terms.insert(pair.iter().collect());
        }
    }
    run.clear();
}

/// Takes an English or typographic `'s` off a word.
pub fn without_possessive(word: &str) -> &str {
    ["'s", "’s", "'S", "’S"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))
        .unwrap_or(word)
}

fn without_arabic_article(word: &str) -> &str {
    ["وال", "بال", "كال", "فال", "ال"]
        .iter()
        .find_map(|article| word.strip_prefix(article))
        .filter(|rest| rest.chars().count() >= 2)
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet_in_one_term() {
        for (a, b) in [
            ("the keeper", "Keepers of lamps"),
            ("Mara’s lantern", "MARA had lanterns"),
            ("la lámpara", "las lámparas"),
            ("灯台守の鍵", "その灯台守は"),
            ("المنارة", "منارة"),
            ("No. 7B", "cabin 7b"),
            ("Al went", "with Al"),
        ] {
            let (a_terms, b_terms) = (terms(a), terms(b));
            assert!(
                !a_terms.is_disjoint(&b_terms),
                "{a}: {a_terms:?}, {b}: {b_terms:?}"
            );
        }
    }

    #[test]
    fn small_words_and_grammar_are_no_terms() {
        for text in [
            "",
            "and so it is on the",
            "それはどこにもない",
            "— … !",
            "a I",
        ] {
            assert!(terms(text).is_empty(), "{text}: {:?}", terms(text));
        }
    }
}
