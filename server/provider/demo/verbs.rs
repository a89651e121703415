//! English inflection: from a verb to its forms, and from a form back to its verb.
//!
//! Regular verbs follow the spelling rules; the others stand in the pack.

use std::collections::HashMap;

/// The forms of a verb in one tense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    pub first: String,
    pub masculine: String,
    pub feminine: String,
    pub plural: String,
}

/// Forms in the order first, masculine, feminine, plural.
pub fn quartet(forms: [&str; 4]) -> Forms {
    let [first, masculine, feminine, plural] = forms.map(str::to_owned);
    Forms {
        first,
        masculine,
        feminine,
        plural,
    }
}

/// The verbs that a pack knows, by form.
#[derive(Debug, Clone, Default)]
pub struct Verbs {
    /// Base form to past tense.
    past: HashMap<String, String>,
    /// Third person singular to base form.
    third: HashMap<String, String>,
    /// Bases whose third person is a plural noun too ("hands", "steps").
    ambiguous: std::collections::HashSet<String>,
}

impl Verbs {
    /// Makes the verbs of a pack; `words` are bases, each with its past tense after a space where that is
    /// irregular or doubles a consonant; a leading `?` marks those that are nouns as well.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Verbs {
        let mut verbs = Verbs::default();
        for entry in words {
            let noun = entry.starts_with('?');
            let mut parts = entry.trim_start_matches('?').split_whitespace();
            let Some(base) = parts.next() else { continue };
            let past = parts
                .next()
                .map_or_else(|| regular_past(base), str::to_owned);
            verbs.third.insert(third_person(base), base.to_owned());
            verbs.past.insert(base.to_owned(), past);
            if noun {
                verbs.ambiguous.insert(base.to_owned());
            }
        }
        verbs
    }

    /// Returns past and present of a base form; `None` for a verb that the pack does not list.
    pub fn forms(&self, base: &str) -> Option<(Forms, Forms)> {
        Some(match base {
            "be" => (
                quartet(["was", "was", "was", "were"]),
                quartet(["am", "is", "is", "are"]),
            ),
            "can" => (quartet(["could"; 4]), quartet(["can"; 4])),
            "will" => (quartet(["would"; 4]), quartet(["will"; 4])),
            "must" => (
                quartet(["had to"; 4]),
                quartet(["have to", "has to", "has to", "have to"]),
            ),
            _ => {
                let past = self.past.get(base)?;
                let third = third_person(base);
                (quartet([past; 4]), quartet([base, &third, &third, base]))
            }
        })
    }

    pub fn past_of(&self, base: &str) -> Option<&str> {
        self.past.get(base).map(String::as_str)
    }

    pub fn base_of_third(&self, third: &str) -> Option<&str> {
        self.third.get(third).map(String::as_str)
    }

    /// Tells whether the third person of `base` may just as well be a plural noun.
    pub fn is_noun_too(&self, base: &str) -> bool {
        self.ambiguous.contains(base)
    }

    /// Returns the past tense of a third-person form, by the spelling rules where the verb is unknown.
    pub fn past_of_third(&self, third: &str) -> String {
        let base = self.base_of(third);
        self.past_of(&base)
            .map_or_else(|| regular_past(&base), str::to_owned)
    }

    /// Returns the base of a third-person form, by the spelling rules where the verb is unknown.
    pub fn base_of(&self, third: &str) -> String {
        if let Some(base) = self.base_of_third(third) {
            return base.to_owned();
        }
        let stem = |suffix: &str| third.strip_suffix(suffix);
        if let Some(stem) = stem("ies").filter(|stem| stem.len() > 1) {
            return format!("{stem}y");
        }
        for ending in ["ches", "shes", "sses", "xes", "zzes", "oes"] {
            if third.ends_with(ending) {
                return stem("es").unwrap_or(third).to_owned();
            }
        }
        stem("s").unwrap_or(third).to_owned()
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// Forms the third person: `carry` gives `carries`, `watch` gives `watches`.
fn third_person(base: &str) -> String {
    match base {
        "have" => return "has".to_owned(),
        "do" => return "does".to_owned(),
        "go" => return "goes".to_owned(),
        _ => {}
    }
    if let Some(stem) = consonant_y(base) {
        return format!("{stem}ies");
    }
    if ["s", "x", "z", "ch", "sh", "o"]
        .iter()
        .any(|end| base.ends_with(end))
    {
        return format!("{base}es");
    }
    format!("{base}s")
}

/// Forms the past tense: `carry` gives `carried`, `move` gives `moved`, `grab` gives `grabbed`.
fn regular_past(base: &str) -> String {
    if let Some(stem) = consonant_y(base) {
        return format!("{stem}ied");
    }
    if base.ends_with('e') {
        return format!("{base}d");
    }
    let letters: Vec<char> = base.chars().collect();
    let vowels = letters.iter().filter(|c| is_vowel(**c)).count();
    if let [.., before, vowel, last] = letters.as_slice() {
        let doubles = !is_vowel(*last) && !matches!(last, 'w' | 'x' | 'y' | 'h');
        if vowels == 1 && is_vowel(*vowel) && !is_vowel(*before) && doubles {
            return format!("{base}{last}ed");
        }
    }
    format!("{base}ed")
}

fn consonant_y(base: &str) -> Option<&str> {
    base.strip_suffix('y')
        .filter(|stem| stem.chars().last().is_some_and(|c| !is_vowel(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflects_by_rule_and_by_list() {
        let verbs = Verbs::new([
            "climb",
            "carry",
            "grab",
            "find found",
            "?watch",
            "?hand",
            "open",
        ]);
        for (third, past) in [
            ("climbs", "climbed"),
            ("carries", "carried"),
            ("grabs", "grabbed"),
            ("finds", "found"),
            ("watches", "watched"),
            ("opens", "opened"),
            ("unscrews", "unscrewed"),
            ("snaps", "snapped"),
            ("fixes", "fixed"),
            ("hisses", "hissed"),
        ] {
            assert_eq!(verbs.past_of_third(third), past);
        }
        assert!(verbs.is_noun_too("hand"));
        assert!(verbs.forms("juggle").is_none());
    }
}
