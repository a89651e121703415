//! Finds the people of a story in its prose, where the source names none, and how the story is told. No model is asked.

use std::collections::BTreeMap;

use super::imported::{ImportedBook, Person};
use super::person::{self, Telling};
use crate::story::Language;
use crate::story::lint::ChunkFacts;
use crate::story::names::CastNames;

/// The bytes of prose that are looked at, and the shortest stretch of a language that says how it is told.
const LOOKED_AT: usize = 800_000;
/// How often a name comes before it is somebody's, and the most people that are found.
const LEAST_MENTIONS: usize = 4;
const MOST_PEOPLE: usize = 24;

/// Words behind which a name is a place's, in English.
const OF_PLACES: [&str; 10] = [
    "in", "at", "to", "from", "near", "towards", "toward", "through", "into", "across",
];

/// Adds the people whom the prose names to the cast, where it is empty, and returns how the story is told.
pub fn add_people(book: &mut ImportedBook, language: &Language) -> Telling {
    let mut facts = Vec::new();
    let mut bytes = 0;
    for scene in book.chapters.iter().flat_map(|it| &it.scenes) {
        if bytes > LOOKED_AT {
            break;
        }
        bytes += scene.text.len();
        facts.push(ChunkFacts::of(&scene.text, language));
    }
    if facts.is_empty() {
        return Telling::default();
    }
    let looked = person::look(&facts, language.as_str());
    if book.cast.is_empty() {
        let texts: Vec<&str> = facts.iter().map(ChunkFacts::text).collect();
        book.cast = people(&looked.names, &texts);
    }
    looked.telling
}

/// Tells cheaply whether a text can name somebody; letters with marks can be written in two ways.
fn may_name(text: &str, name: &str) -> bool {
    let first = name.split(' ').next().unwrap_or_default();
    !first.is_ascii() || text.contains(first)
}

/// Returns a name with the word that mostly stands before it where that has a capital too: "Brandt" as "Tom Brandt".
fn fuller(name: &str, texts: &[&str]) -> String {
    if name.contains(' ') {
        return name.to_owned();
    }
    let names = CastNames::of_name(name);
    let mut before: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for text in texts.iter().filter(|text| may_name(text, name)) {
        for mention in names.mentions_in(text) {
            all += 1;
            let head = text.get(..mention.span.start).unwrap_or_default();
            let word = head
                .strip_suffix(' ')
                .and_then(|head| head.rsplit([' ', '\n', '“', '"', '*', '_']).next());
            let is_name = |word: &&str| {
                word.chars().count() > 1
                    && word.starts_with(char::is_uppercase)
                    && word.trim_end_matches('.').chars().all(char::is_alphabetic)
            };
            if let Some(word) = word.filter(is_name) {
                *before.entry(word).or_default() += 1;
            }
        }
    }
    match before.into_iter().max_by_key(|(_, count)| *count) {
        Some((word, count)) if count * 5 >= all * 2 => format!("{word} {name}"),
        _ => name.to_owned(),
    }
}

/// Makes people of names: one that is part of a longer one is its bearer's.
fn people(names: &[String], texts: &[&str]) -> Vec<Person> {
    let mut whole: Vec<String> = names.to_vec();
    whole.extend(names.iter().map(|name| fuller(name, texts)));
    whole.sort();
    whole.dedup();
    let mut counted: Vec<(usize, &String)> = whole
        .iter()
        .map(|name| (mentions(name, texts), name))
        .filter(|(count, _)| *count >= LEAST_MENTIONS)
        .collect();
    // The longer ones first, so that the shorter ones find them.
    counted.sort_by_key(|(count, name)| {
        (
            std::cmp::Reverse(name.split(' ').count()),
            std::cmp::Reverse(*count),
        )
    });
    let mut people: Vec<(usize, Person)> = Vec::new();
    for (count, name) in counted {
        let is_part = |person: &Person| person.name.split(' ').any(|word| word == name);
        let mut bearers = people.iter_mut().filter(|(_, person)| is_part(person));
        match (bearers.next(), bearers.next()) {
            (Some((all, person)), None) => {
                *all += count;
                person.aliases.push(name.clone());
            }
            // Of a family, nobody is meant.
            (Some(_), Some(_)) => {}
            (None, _) => people.push((
                count,
                Person {
                    name: name.clone(),
                    ..Person::default()
                },
            )),
        }
    }
    people.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    people.truncate(MOST_PEOPLE);
    people.into_iter().map(|(_, person)| person).collect()
}

/// Counts how often a name stands in texts as somebody's; 0 for a place's.
fn mentions(name: &str, texts: &[&str]) -> usize {
    let names = CastNames::of_name(name);
    let (mut all, mut as_place) = (0, 0);
    for text in texts.iter().filter(|text| may_name(text, name)) {
        for mention in names.mentions_in(text) {
            all += 1;
            let before = text
                .get(..mention.span.start)
                .unwrap_or_default()
                .trim_end();
            let word = before
                .rsplit(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
            as_place += usize::from(OF_PLACES.contains(&word));
        }
    }
    if as_place * 5 > all * 2 { 0 } else { all }
}
