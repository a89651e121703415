//! Renames a character in a text: in every form in which the text names that character, and in no other word.
//!
//! Pure. A name that somebody else may be meant by stays. English possessives go by themselves, since a name
//! ends before its apostrophe; German genitives and French elisions are made anew.

use std::cmp::Reverse;

use unicode_segmentation::UnicodeSegmentation;

use crate::story::Span;
use crate::story::brief::CastEntry;
use crate::story::text::language::Language;
use crate::story::text::names::{CastNames, telling_parts};
use crate::story::text::scripts::{is_han, is_unspaced};

/// The longest name, in characters.
const LONGEST: usize = 100;
/// What means something in a brief, in its attributes or in its list of aliases.
const SPECIAL: [char; 12] = ['#', '{', '}', '"', '<', '>', ',', '[', ']', '|', '`', '*'];
/// Characters that follow a Japanese name and belong to no other word.
const HONORIFICS: [char; 6] = ['様', '氏', '君', '殿', '先', '達'];

/// A name that can't be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    #[error("a name has at least one letter")]
    Empty,
    #[error("a name has at most {LONGEST} characters")]
    TooLong,
    #[error("a name can't hold {0}, which means something in a brief")]
    Special(String),
    #[error("{0} has that name already")]
    Taken(String),
    #[error("a name of one character can't be told from the words that it is part of")]
    OneCharacter,
}

/// A character's new name, and the forms of the old one that it takes the place of.
#[derive(Debug, Clone)]
pub struct CharacterRename {
    names: CastNames,
    entry: usize,
    /// The whole name or the one word that is renamed.
    old: String,
    new: String,
    /// Words of the old name, each with that of the new one.
    words: Vec<(String, String)>,
    /// In lower case, the words that are names of others.
    others: Vec<String>,
    language: String,
}

impl CharacterRename {
    /// Prepares to give the entry of a cast a new name in place of `old`: its whole name, an alias, or one
    /// word of either.
    ///
    /// # Errors
    /// A name that can't be one, or that another character has.
    pub fn new(
        cast: &[CastEntry],
        entry: usize,
        old: &str,
        new: &str,
        language: &Language,
    ) -> Result<CharacterRename, RenameError> {
        let new = new.trim();
        check(new)?;
        if is_one_sign(old) {
            return Err(RenameError::OneCharacter);
        }
        let mut others = Vec::new();
        for (_, other) in cast.iter().enumerate().filter(|(at, _)| *at != entry) {
            let names = std::iter::once(&other.name).chain(&other.aliases);
            let parts = telling_parts(&other.name, language);
            let all: Vec<String> = names.chain(&parts).map(|name| folded(name)).collect();
            if all.contains(&folded(new)) {
                return Err(RenameError::Taken(other.name.clone()));
            }
            others.extend(all);
        }
        Ok(CharacterRename {
            names: CastNames::of(cast, language),
            entry,
            words: words_of(old, new, language),
            old: old.to_owned(),
            new: new.to_owned(),
            others,
            language: language.primary(),
        })
    }

    /// Returns the text with the new name.
    pub fn renamed(&self, text: &str) -> String {
        apply(text, &self.edits(text))
    }

    /// Finds the spans of a text to replace, in its order, each with its new text.
    pub fn edits(&self, text: &str) -> Vec<(Span, String)> {
        let mentions = self.names.mentions_in(text);
        let mut edits = Vec::new();
        for (at, mention) in mentions.iter().enumerate() {
            let near = mentions.get(at.wrapping_sub(1)).into_iter();
            let mut near = near.chain(mentions.get(at + 1));
            let is_shared = near.any(|other| other.span == mention.span);
            if mention.entry == self.entry
                && !is_shared
                && !self.is_part_of_a_word(text, &mention.span)
            {
                edits.extend(self.edits_of(text, &mention.span));
            }
        }
        edits.extend(self.genitives(text));
        // A genitive is longer than the name in it.
        edits.sort_by_key(|(span, _)| (span.start, Reverse(span.end)));
        edits.dedup_by(|later, first| later.0.start < first.0.end);
        for (span, new) in &mut edits {
            match &*self.language {
                "de" => with_genitive_s(text, span, new),
                "fr" => elide(text, span, new),
                _ => {}
            }
        }
        edits.retain(|(span, new)| text[span.clone()] != **new);
        edits
    }

    /// Finds what to replace in one mention: all of it, or the words of it that change.
    fn edits_of(&self, text: &str, span: &Span) -> Vec<(Span, String)> {
        let said = &text[span.clone()];
        if folded(said) == folded(&self.old) {
            return vec![(span.clone(), in_case_of(said, &self.old, &self.new))];
        }
        let change = |at: usize, word: &str| {
            let is_it = |(old, _): &&(String, String)| folded(old) == folded(word);
            let (old, new) = self.words.iter().find(is_it)?;
            let start = span.start + at;
            Some((start..start + word.len(), in_case_of(word, old, new)))
        };
        // A word of a name may be several by Unicode's rules: "Mary-Ann".
        let pieces = said
            .split_word_bound_indices()
            .filter(|(_, word)| *word == " ");
        let mut starts: Vec<usize> = pieces.map(|(at, _)| at + 1).collect();
        starts.insert(0, 0);
        let changed = starts.into_iter().flat_map(|start| {
            let piece = said[start..].split(' ').next().unwrap_or_default();
            let words = piece.split_word_bound_indices();
            let inner = words.filter_map(|(at, word)| change(start + at, word));
            match change(start, piece) {
                Some(whole) => vec![whole],
                None => inner.collect::<Vec<_>>(),
            }
        });
        changed.collect()
    }

    /// Finds the German genitives of the name: "Maras", and "Jonas’" where it ends in an s by itself.
    fn genitives(&self, text: &str) -> Vec<(Span, String)> {
        if self.language != "de" {
            return Vec::new();
        }
        let pairs = self.words.iter().cloned();
        let whole = (self.old.clone(), self.new.clone());
        let pairs: Vec<(String, String)> = pairs.chain([whole]).collect();
        let mut edits = Vec::new();
        for (old, new) in pairs.iter().filter(|(old, _)| !takes_apostrophe(old)) {
            let form = format!("{old}s");
            if self.others.contains(&folded(&form)) {
                continue;
            }
            let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            for (start, found) in text.match_indices(&form) {
                let end = start + found.len();
                let before = text[..start].chars().next_back();
                if !is_letter(before) && !is_letter(text[end..].chars().next()) {
                    edits.push((start..end, genitive(new, text)));
                }
            }
        }
        edits
    }

    /// Tells whether a name in a script without blanks is only the beginning, middle or end of another word.
    /// Chinese writes all of its words so.
    fn is_part_of_a_word(&self, text: &str, span: &Span) -> bool {
        let name = &text[span.clone()];
        let (Some(first), Some(last)) = (name.chars().next(), name.chars().next_back()) else {
            return true;
        };
        if self.language == "zh" || !name.chars().any(is_unspaced) {
            return false;
        }
        let before = text[..span.start].chars().next_back();
        let after = text[span.end..].chars().next();
        let goes_on = |near: Option<char>, own: char| {
            near.is_some_and(|near| {
                (is_han(near) && is_han(own) && !HONORIFICS.contains(&near))
                    || (is_katakana(near) && is_katakana(own))
            })
        };
        goes_on(before, first) || goes_on(after, last)
    }
}

/// Returns a text with spans of it replaced.
pub fn apply(text: &str, edits: &[(Span, String)]) -> String {
    let mut made = String::with_capacity(text.len());
    let mut from = 0;
    for (span, new) in edits.iter().filter(|(span, _)| span.start <= span.end) {
        if span.start >= from {
            made.push_str(&text[from..span.start]);
            made.push_str(new);
            from = span.end;
        }
    }
    made.push_str(&text[from..]);
    made
}

fn check(new: &str) -> Result<(), RenameError> {
    if !new.chars().any(char::is_alphabetic) {
        return Err(RenameError::Empty);
    }
    if new.chars().count() > LONGEST {
        return Err(RenameError::TooLong);
    }
    let special = new.chars().find(|c| SPECIAL.contains(c) || c.is_control());
    match special {
        Some(c) if c.is_control() => Err(RenameError::Special("a control character".to_owned())),
        Some(c) => Err(RenameError::Special(format!("“{c}”"))),
        None if is_one_sign(new) => Err(RenameError::OneCharacter),
        None => Ok(()),
    }
}

/// Tells whether a name is one character of a script without blanks.
fn is_one_sign(name: &str) -> bool {
    name.chars().count() == 1 && name.chars().all(is_unspaced)
}

/// Pairs the words of two names: one by one where they are as many, else the first and the last.
fn words_of(old: &str, new: &str, language: &Language) -> Vec<(String, String)> {
    let (olds, news): (Vec<&str>, Vec<&str>) = (
        old.split_whitespace().collect(),
        new.split_whitespace().collect(),
    );
    if olds.len() < 2 {
        return vec![(old.to_owned(), new.to_owned())];
    }
    let telling = telling_parts(old, language);
    let of = |at: usize| match news.len() {
        count if count == olds.len() => news.get(at),
        _ if at == 0 => news.first(),
        _ if at + 1 == olds.len() => news.last(),
        _ => None,
    };
    let words = olds.iter().enumerate().filter_map(|(at, word)| {
        let is_telling = telling.iter().any(|part| part == word);
        Some(((*word).to_owned(), (*of(at)?).to_owned())).filter(|_| is_telling)
    });
    words.collect()
}

/// Returns a name in lower case and with one kind of apostrophe.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace('’', "'")
}

/// Writes a new name as the old one is written at a place: in capitals, if it is.
fn in_case_of(said: &str, old: &str, new: &str) -> String {
    let letters = || said.chars().filter(|c| c.is_alphabetic());
    let is_shouted = letters().count() > 1 && letters().all(char::is_uppercase);
    match is_shouted && said != old {
        true => new.to_uppercase(),
        false => new.to_owned(),
    }
}

/// Tells whether a German name takes an apostrophe for its genitive.
fn takes_apostrophe(name: &str) -> bool {
    name.ends_with(['s', 'ß', 'x', 'z']) || name.ends_with("ce")
}

fn genitive(name: &str, text: &str) -> String {
    match takes_apostrophe(name) {
        true => format!("{name}{}", apostrophe_of(text)),
        false => format!("{name}s"),
    }
}

/// Returns the apostrophe that a text uses.
fn apostrophe_of(text: &str) -> char {
    match !text.contains('’') && text.contains('\'') {
        true => '\'',
        false => '’',
    }
}

/// Makes "Maras Lampe" of "Jonas’ Lampe".
fn with_genitive_s(text: &str, span: &mut Span, new: &mut String) {
    let rest = &text[span.end..];
    let Some(mark) = rest.chars().next().filter(|c| matches!(c, '’' | '\'')) else {
        return;
    };
    let follows = rest[mark.len_utf8()..].strip_prefix(' ');
    let is_genitive = follows.is_some_and(|next| next.starts_with(char::is_alphabetic));
    if is_genitive && takes_apostrophe(&text[span.clone()]) && !takes_apostrophe(new) {
        span.end += mark.len_utf8();
        new.push('s');
    }
}

/// Makes "de Mara" of "d’Ilse", and the other way round.
fn elide(text: &str, span: &mut Span, new: &mut String) {
    let vowel = |name: &str| {
        let first = name.chars().next().into_iter();
        let first = first.flat_map(char::to_lowercase).next();
        first.is_some_and(|c| "aeiouyàâäæéèêëîïôöœùûü".contains(c))
    };
    let (was, is) = (vowel(&text[span.clone()]), vowel(new));
    let before = &text[..span.start];
    let is_word = |rest: &str| !rest.ends_with(char::is_alphabetic);
    for (short, long) in [("d", "de"), ("D", "De"), ("qu", "que"), ("Qu", "Que")] {
        let long_ending = format!("{long} ");
        let elided = ['’', '\''].map(|mark| format!("{short}{mark}"));
        let stands = |ending: &String| before.strip_suffix(ending.as_str()).is_some_and(is_word);
        let found = match (was, is) {
            (true, false) => elided.into_iter().find(stands).map(|it| (it, long_ending)),
            (false, true) if stands(&long_ending) => {
                Some((long_ending, format!("{short}{}", apostrophe_of(text))))
            }
            _ => None,
        };
        if let Some((ending, instead)) = found {
            span.start -= ending.len();
            new.insert_str(0, &instead);
            return;
        }
    }
}

fn is_katakana(c: char) -> bool {
    ('\u{30a1}'..='\u{30fa}').contains(&c) || c == 'ー'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(names: &[&str]) -> Vec<CastEntry> {
        let entry = |name: &&str| {
            let (name, aliases) = name.split_once(" / ").unwrap_or((name, ""));
            CastEntry {
                name: name.to_owned(),
                aliases: aliases
                    .split(", ")
                    .filter(|it| !it.is_empty())
                    .map(str::to_owned)
                    .collect(),
                text: String::new(),
                name_span: 0..0,
                span: 0..0,
            }
        };
        names.iter().map(entry).collect()
    }

    fn rename(
        language: &str,
        names: &[&str],
        old: &str,
        new: &str,
    ) -> Result<CharacterRename, RenameError> {
        let language = Language::parse(language).unwrap();
        CharacterRename::new(&cast(names), 0, old, new, &language)
    }

    /// Renames the first of a cast there and back.
    #[track_caller]
    fn check(language: &str, names: &[&str], (old, new): (&str, &str), before: &str, after: &str) {
        let there = rename(language, names, old, new).unwrap();
        assert_eq!(there.renamed(before), after, "{before}");
        let mut renamed: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        renamed[0] = there.renamed(&renamed[0]);
        let renamed: Vec<&str> = renamed.iter().map(String::as_str).collect();
        let back = rename(language, &renamed, new, old).unwrap();
        assert_eq!(back.renamed(after), before, "{after}");
    }

    #[test]
    fn every_form_of_a_name_is_renamed_and_no_neighbour() {
        let mara = ["Mara Voss / Mara, the keeper", "Ilse Voss", "Maras Lund"];
        let whole = ("Mara Voss", "Nora Lind");
        for (before, after) in [
            ("Mara Voss lit it.", "Nora Lind lit it."),
            ("Mara’s lamp, MARA!", "Nora’s lamp, NORA!"),
            (
                "Mara's and mara and marathon",
                "Nora's and mara and marathon",
            ),
            ("Ilse Voss and Maras Lund", "Ilse Voss and Maras Lund"),
            ("Voss said no.", "Voss said no."),
            ("The keeper, Mara-like", "The keeper, Nora-like"),
            ("MARA VOSS", "NORA LIND"),
        ] {
            check("en", &mara, whole, before, after);
        }
        check(
            "en",
            &mara,
            ("Mara", "Nora"),
            "Mara Voss, Mara.",
            "Nora Voss, Nora.",
        );
        let warden = rename("en", &mara, "the keeper", "the warden").unwrap();
        assert_eq!(warden.renamed("Mara, the keeper."), "Mara, the warden.");
    }

    #[test]
    fn endings_of_a_language_go_with_the_name() {
        let ilse = ["Ilse / Ilse Brandt", "Ilses Hund"];
        let mara = ["Mara", "Ilse"];
        check(
            "de",
            &mara,
            ("Mara", "Nora"),
            "Maras Lampe, Maraschino",
            "Noras Lampe, Maraschino",
        );
        check(
            "de",
            &mara,
            ("Mara", "Jonas"),
            "Maras Lampe",
            "Jonas’ Lampe",
        );
        check(
            "de",
            &ilse,
            ("Ilse", "Rosa"),
            "Ilse und Ilses Hund",
            "Rosa und Ilses Hund",
        );
        check(
            "en",
            &["Ilse", "Mara"],
            ("Ilse", "Rosa"),
            "Ilse and Ilses",
            "Rosa and Ilses",
        );
        check(
            "fr",
            &["Ilse", "Mara"],
            ("Ilse", "Nora"),
            "la lampe d’Ilse, qu’Ilse",
            "la lampe de Nora, que Nora",
        );
        check(
            "es",
            &["Ilse", "Mara"],
            ("Ilse", "Nora"),
            "la casa de Ilse",
            "la casa de Nora",
        );
    }

    /// Any name of a cast, given to any other and back, leaves every byte as it was, and no other word changes on
    /// the way.
    #[test]
    fn a_name_that_comes_back_leaves_no_trace() {
        let languages: [(&str, &[&str], &[&str], &str); 4] = [
            (
                "en",
                &[
                    "Mara Voss",
                    "Ilse",
                    "Seán O’Brien",
                    "Zoë Lind",
                    "Jean-Luc Roy",
                ],
                &["Nora Lund", "Ida Hale", "Mary-Ann Poe", "Ökla Berg"],
                "{}’s lamp. “{}!” said nobody; {}-like, <>ish. marathon Marathon ilsebill The {}",
            ),
            (
                "de",
                &["Mara Voß", "Ilse", "Jürgen Lenz", "Anna-Lena Kern"],
                &["Nora Lind", "Jonas Ott", "Käthe Busch", "Fritz Moll"],
                "{} ging. {}s Lampe, <>sche Art, MARATHON, Ilsebill; „{}?“ fragte {}.",
            ),
            (
                "es",
                &["María Vega", "Inés", "Íñigo Sáez", "Ana Belén Ruiz"],
                &["Nora Lara", "Ósca Gil", "Eva Mora"],
                "—{} —dijo {}. La lámpara de {} y marianela; ¡{}!",
            ),
            (
                "fr",
                &["Marie Dubois", "Ilse", "Élodie Roux", "Jean-Luc Roy"],
                &["Nora Petit", "Anne Martin", "Octave Blanc"],
                "{} partit. « {} ? » La lampe de la mariée, chez {}, avec {}.",
            ),
        ];
        for (language, cast, others, sentence) in languages {
            for (index, name) in cast.iter().enumerate() {
                for new in others.iter().filter(|new| words(new) == words(name)) {
                    let mut cast: Vec<&str> = cast.to_vec();
                    cast.swap(0, index);
                    let first = name.split(' ').next().unwrap();
                    let new_first = new.split(' ').next().unwrap();
                    for (said, new_said) in [(*name, *new), (first, new_first)] {
                        let sentence = sentence.replace("<>", first);
                        let with = |said: &str| {
                            let owned = format!("{} ", genitive(said, "’"));
                            sentence.replace("{}s ", &owned).replace("{}", said)
                        };
                        let text = with(said);
                        let there = rename(language, &cast, name, new).unwrap();
                        let renamed = there.renamed(&text);
                        assert_eq!(renamed, with(new_said), "{language} {new}");
                        cast[0] = new;
                        let back = rename(language, &cast, new, name).unwrap();
                        assert_eq!(back.renamed(&renamed), text, "{language} {new}");
                        cast[0] = name;
                    }
                }
            }
        }
    }

    fn words(name: &str) -> usize {
        name.split(' ').count()
    }

    #[test]
    fn a_name_in_a_script_without_blanks_is_no_part_of_a_word() {
        let cast = ["真理", "マリ"];
        check(
            "ja",
            &cast,
            ("真理", "由美"),
            "真理は真理様と真理子を見た。",
            "由美は由美様と真理子を見た。",
        );
        check(
            "ja",
            &["マリ"],
            ("マリ", "ユミ"),
            "マリはマリアを見た。",
            "ユミはマリアを見た。",
        );
        assert_eq!(
            rename("ja", &["真"], "真", "実花").unwrap_err(),
            RenameError::OneCharacter
        );
    }

    #[test]
    fn what_is_no_name_or_that_of_another_is_refused() {
        let cast = ["Mara Voss", "Ilse Brandt / the clerk"];
        let refused = |new: &str| {
            rename("en", &cast, "Mara Voss", new)
                .unwrap_err()
                .to_string()
        };
        for (new, why) in [
            ("", "a name has at least one letter"),
            ("Ilse", "Ilse Brandt has that name already"),
            ("ilse brandt", "Ilse Brandt has that name already"),
            ("The Clerk", "Ilse Brandt has that name already"),
            (
                "Nora, Ida",
                "a name can't hold “,”, which means something in a brief",
            ),
            (
                "Nora\nIda",
                "a name can't hold a control character, which means something in a brief",
            ),
        ] {
            assert_eq!(refused(new), why);
        }
    }
}
