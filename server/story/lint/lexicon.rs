//! Collects the names of a story's brief, and the words of brief and story.

use std::sync::Arc;

use super::super::brief::CastEntry;
use super::super::{Brief, Language, SectionKind};
use super::brief_words::BriefWords;
use super::chunk::LintedChunk;
use super::facts::ChunkFacts;
use super::fold::{self, Key, KeySet};
use super::pack::Pack;
use super::reading::Reading;
use super::word::Word;
use crate::story::text::names::{split_unspaced, telling_parts};
use crate::story::text::scripts;

/// A person, or a thing with a name.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub name: String,
    /// Ways to name it, each a sequence of words; a word may come in several forms.
    forms: Vec<Vec<Vec<Key>>>,
    /// The forms of the name in unspaced scripts.
    unspaced: Vec<String>,
}

/// A word of a character's name or alias that can be misspelt.
#[derive(Debug)]
pub(super) struct NamePart {
    pub text: String,
    pub key: Key,
    pub letters: Vec<char>,
    /// The character, as an index into the cast.
    pub entry: usize,
    /// Whether the word is of a name with more than one word.
    pub of_several: bool,
}

#[derive(Debug, Default)]
pub(super) struct Lexicon {
    /// Every word of the brief, notes and headings included.
    pub known: Arc<KeySet>,
    /// The words that stand somewhere in the story without a capital.
    pub lower: KeySet,
    pub parts: Vec<NamePart>,
    pub protagonist: Option<Person>,
}

impl Lexicon {
    pub(super) fn of(
        brief: &Brief,
        words: &BriefWords,
        pack: &Pack,
        chunks: &[LintedChunk<'_>],
    ) -> Lexicon {
        let mut lower = KeySet::default();
        for chunk in chunks {
            let words = chunk.facts.vocabulary.iter();
            lower.extend(words.filter(|(_, lower)| *lower).map(|(key, _)| *key));
        }
        Lexicon {
            known: words.known(),
            parts: name_parts(brief, pack, &lower),
            protagonist: protagonist(brief, pack),
            lower,
        }
    }

    pub(super) fn is_known(&self, word: &Word) -> bool {
        self.known.contains(&word.key)
    }
}

fn names(entry: &CastEntry) -> impl Iterator<Item = &str> {
    [entry.name.as_str()]
        .into_iter()
        .chain(entry.aliases.iter().map(String::as_str))
}

fn protagonist(brief: &Brief, pack: &Pack) -> Option<Person> {
    let name = brief.protagonist.as_deref()?.trim();
    let mut person = match brief.character(name) {
        Some(entry) => called(
            &entry.name,
            names(entry).chain([name]),
            &brief.language,
            pack,
        ),
        None => called(name, [name], &brief.language, pack),
    };
    name.clone_into(&mut person.name);
    let nameless = person.forms.is_empty() && person.unspaced.is_empty();
    (!nameless).then_some(person)
}

fn called<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
    language: &Language,
    pack: &Pack,
) -> Person {
    let mut person = Person {
        name: name.to_owned(),
        ..Person::default()
    };
    for (nth, name) in names.into_iter().enumerate() {
        if name.chars().any(scripts::is_unspaced) {
            let parts: Vec<&str> = split_unspaced(name).collect();
            person.unspaced.push(parts.concat());
            person
                .unspaced
                .extend(parts.iter().map(|p| (*p).to_owned()));
            continue;
        }
        let forms = forms_of_all(name, pack);
        // By a part of the name too, where that says who is meant.
        if nth == 0 && forms.len() > 1 {
            let parts = telling_parts(name, language);
            person
                .forms
                .extend(parts.iter().map(|part| forms_of_all(part, pack)));
        }
        if !forms.is_empty() {
            person.forms.push(forms);
        }
    }
    person
}

/// Returns the keys of each word of a name.
fn forms_of_all(name: &str, pack: &Pack) -> Vec<Vec<Key>> {
    let words = Reading::of(name, pack).words;
    words.iter().map(|w| forms_of(&name[w.span()], w)).collect()
}

/// Returns the keys under which a word of a name may stand in a text.
pub(super) fn forms_of(text: &str, word: &Word) -> Vec<Key> {
    if fold::is_arabic(text) {
        fold::arabic_forms(text)
            .map(|form| fold::key(&form))
            .collect()
    } else {
        vec![word.key]
    }
}

impl Person {
    /// Tells whether a chunk names it at all.
    pub(super) fn is_in(&self, facts: &ChunkFacts) -> bool {
        let has = |form: &Vec<Vec<Key>>| {
            let all = form
                .iter()
                .all(|keys| keys.iter().any(|key| facts.has_word(*key)));
            all && (form.len() == 1 || self.stands_in(&facts.reading.words, form))
        };
        self.unspaced
            .iter()
            .any(|name| facts.text().contains(name.as_str()))
            || self.forms.iter().any(has)
    }

    fn stands_in(&self, words: &[Word], form: &[Vec<Key>]) -> bool {
        words.windows(form.len()).any(|window| {
            let mut pairs = window.iter().zip(form);
            pairs.all(|(word, keys)| keys.contains(&word.key))
        })
    }

    /// Returns how often some words name it.
    pub(super) fn count_in(&self, text: &str, words: &[Word]) -> usize {
        let in_words = words.iter().enumerate().filter(|(index, _)| {
            self.forms.iter().any(|form| {
                let window = words[*index..].iter().take(form.len());
                window.len() == form.len()
                    && window
                        .zip(form)
                        .all(|(word, keys)| keys.contains(&word.key))
            })
        });
        let by_characters = || {
            let (Some(first), Some(last)) = (words.first(), words.last()) else {
                return 0;
            };
            let text = text.get(first.span().start..last.span().end).unwrap_or("");
            let counts = self
                .unspaced
                .iter()
                .map(|name| text.matches(name.as_str()).count());
            counts.max().unwrap_or(0)
        };
        in_words.count() + by_characters()
    }
}

/// Returns the words of names that a slip can be told from. Words that also are ordinary ones ("the keeper",
/// "the Inspector") are not among them.
fn name_parts(brief: &Brief, pack: &Pack, lower: &KeySet) -> Vec<NamePart> {
    let ordinary = ordinary_words(brief, pack);
    let mut parts: Vec<NamePart> = Vec::new();
    for (entry, character) in brief.cast.iter().enumerate() {
        for name in names(character) {
            let words = Reading::of(name, pack).words;
            for word in &words {
                let text = &name[word.span()];
                let letters: Vec<char> = fold::folded(text).chars().collect();
                let skip = !word.is_capital()
                    || word.is_unspaced()
                    || letters.len() < 3
                    || pack.stop.contains(&word.key)
                    || pack.titles.contains(&word.key)
                    || pack.capitals.contains(&word.key)
                    || ordinary.contains(&word.key)
                    || lower.contains(&word.key)
                    || parts.iter().any(|part| part.key == word.key);
                if !skip {
                    parts.push(NamePart {
                        text: text.to_owned(),
                        key: word.key,
                        letters,
                        entry,
                        of_several: words.len() > 1,
                    });
                }
            }
        }
    }
    parts
}

/// Returns the words that the brief also uses without a capital.
fn ordinary_words(brief: &Brief, pack: &Pack) -> KeySet {
    let mut ordinary = KeySet::default();
    let notes = |kind: SectionKind| kind == SectionKind::Notes;
    for section in brief.sections.iter().filter(|section| !notes(section.kind)) {
        let reading = Reading::of(&section.text.replace('#', " "), pack);
        let lower = reading.words.iter().filter(|word| !word.is_capital());
        ordinary.extend(lower.map(|word| word.key));
    }
    ordinary
}
