//! A scene as the writer sees it: who is there, what happens, what is worth naming.

use std::collections::{HashMap, HashSet};

use super::adapt::{adapt, adapt_still};
use super::adapter::Adapter;
use super::character::{Character, Gender, Person, Tense, find_name};
use super::lines;
use super::motifs;
use super::pack::Pack;
use super::scene::Scene;

/// What the writer works from. Its sentences are in the story's person and tense already.
#[derive(Debug)]
pub struct Stage {
    pub person: Person,
    pub tense: Tense,
    pub viewpoint: Character,
    /// Others who are in this beat.
    pub others: Vec<Character>,
    /// Others of the cast.
    pub absent: Vec<Character>,
    pub enter: Vec<String>,
    pub events: Vec<String>,
    pub exit: Vec<String>,
    /// One sentence of the setting, another one in each chunk.
    pub place: Option<String>,
    pub motifs: Vec<String>,
    /// Indices of the pack's topics that the brief touches.
    pub topics: Vec<usize>,
}

impl Stage {
    pub fn of(scene: &Scene, pack: &Pack) -> Stage {
        let person = person_of(scene, pack);
        let tense = tense_of(scene, pack);
        let cast = cast_of(scene, pack);
        let beat = beat_text(scene);
        let viewpoint = viewpoint_of(scene, pack, &cast, &beat, person);
        let present = |character: &Character| {
            character.full != viewpoint.full
                && (names_any(&scene.beat_cast, character) || mentions(&beat, character))
        };
        let others: Vec<Character> = cast.iter().filter(|c| present(c)).cloned().collect();
        let absent = cast
            .iter()
            .filter(|c| c.full != viewpoint.full && !others.contains(c))
            .cloned()
            .collect();
        let adapter = Adapter::new(pack, person, tense, &viewpoint, &cast);
        let stop = pack.layout.stop.as_str();
        let told = |text: &str| -> Vec<String> {
            let mut sentences = lines::sentences(text, stop);
            sentences.retain(|sentence| !is_direction(sentence, pack));
            sentences
        };
        let adapted = |text: &str| adapt(&adapter, &told(text));
        let enter = told(scene.enter.as_deref().unwrap_or_default());
        let enter = if scene.chunk > 1 {
            // The chunk before ended in this very state; "still" keeps it from being an echo.
            adapt_still(&adapter, &enter)
        } else {
            adapt(&adapter, &enter)
        };
        Stage {
            enter,
            events: adapted(&scene.beat_text),
            exit: adapted(scene.exit.as_deref().unwrap_or_default()),
            place: adapted(&scene.setting)
                .into_iter()
                .nth(scene.chunk.saturating_sub(1) as usize),
            motifs: motifs::of(scene, pack, &cast),
            topics: topics_of(scene, pack),
            person,
            tense,
            viewpoint,
            others,
            absent,
        }
    }
}

/// Returns all that the brief says of this beat, in one text.
fn beat_text(scene: &Scene) -> String {
    let enter = scene.enter.as_deref().unwrap_or_default();
    let exit = scene.exit.as_deref().unwrap_or_default();
    [&scene.beat_title, &scene.beat_text, enter, exit].join("\n")
}

fn holds_any(text: &str, words: &[String]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word.as_str()))
}

fn person_of(scene: &Scene, pack: &Pack) -> Person {
    let pov = scene.pov.as_deref().unwrap_or_default();
    if holds_any(pov, &pack.reading.first_person) {
        Person::First
    } else if pack.pronouns.second.is_some() && holds_any(pov, &pack.reading.second_person) {
        Person::Second
    } else if pov.is_empty() && scene.cast.is_empty() && scene.protagonist.is_none() {
        // Nobody has a name, so somebody has to say "I".
        Person::First
    } else {
        Person::Third
    }
}

fn tense_of(scene: &Scene, pack: &Pack) -> Tense {
    if holds_any(
        scene.tense.as_deref().unwrap_or_default(),
        &pack.reading.present_tense,
    ) {
        Tense::Present
    } else {
        Tense::Past
    }
}

fn cast_of(scene: &Scene, pack: &Pack) -> Vec<Character> {
    let shorts: Vec<String> = scene
        .cast
        .iter()
        .map(|(name, _)| short_name(name, pack))
        .collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for short in &shorts {
        *counts.entry(short.as_str()).or_default() += 1;
    }
    let is_unique = |name: &String| counts.get(name.as_str()) == Some(&1);
    let mut cast: Vec<Character> = Vec::new();
    let mut seen = HashSet::new();
    for ((full, known), short) in scene.cast.iter().zip(&shorts) {
        let full = full.trim();
        if full.is_empty() || !seen.insert(full) {
            continue;
        }
        let name = if is_unique(short) { short } else { full };
        cast.push(Character {
            full: full.to_owned(),
            name: name.to_owned(),
            gender: gender_of(full, name, known, scene, pack),
        });
    }
    cast
}

/// Returns the first name, unless it is a title.
fn short_name(full: &str, pack: &Pack) -> String {
    let full = full.trim();
    let mut words = full.split_whitespace();
    let first = words.next().unwrap_or(full);
    let is_title = |title: &String| title.eq_ignore_ascii_case(first.trim_end_matches('.'));
    if first.ends_with('.') || pack.reading.titles.iter().any(is_title) {
        full.to_owned()
    } else {
        first.trim_end_matches(',').to_owned()
    }
}

fn gender_of(full: &str, name: &str, known: &str, scene: &Scene, pack: &Pack) -> Gender {
    let reading = &pack.reading;
    let tally = |text: &str| {
        let text = text.to_lowercase();
        let words = || text.split(|c: char| !c.is_alphanumeric());
        let count = |list: &[String]| {
            words()
                .filter(|word| list.iter().any(|w| w == word))
                .count()
        };
        (count(&reading.female), count(&reading.male))
    };
    let told = |(female, male): (usize, usize)| match female.cmp(&male) {
        std::cmp::Ordering::Greater => Some(Gender::Feminine),
        std::cmp::Ordering::Less => Some(Gender::Masculine),
        std::cmp::Ordering::Equal => None,
    };
    let from_name = || {
        let name = name.to_lowercase();
        let ends = |list: &[String]| list.iter().any(|end| name.ends_with(end.as_str()));
        if ends(&reading.male_names) {
            Some(Gender::Masculine)
        } else if ends(&reading.female_names) {
            Some(Gender::Feminine)
        } else {
            None
        }
    };
    // A sentence of the brief that names nobody else tells by its pronouns.
    let from_brief = || {
        let text = [scene.premise.as_str(), scene.beat_text.as_str()].join("\n");
        let alone = |sentence: &String| {
            sentence.contains(name)
                && scene.cast.iter().all(|(other, _)| {
                    other.trim() == full || !sentence.contains(&short_name(other, pack))
                })
        };
        let mine = lines::sentences(&text, ".").into_iter().filter(alone);
        told(tally(&mine.collect::<Vec<_>>().join(" ")))
    };
    let fallback = match pack.pronouns.they {
        Some(_) => Gender::Unknown,
        None => Gender::Masculine,
    };
    told(tally(known))
        .or_else(from_brief)
        .or_else(from_name)
        .unwrap_or(fallback)
}

/// Tells whether a text names a character; names in scripts without spaces need no word borders.
fn mentions(text: &str, character: &Character) -> bool {
    [&character.full, &character.name]
        .into_iter()
        .any(|name| !name.is_empty() && find_name(text, name).is_some())
}

fn names_any(names: &[String], character: &Character) -> bool {
    names.iter().any(|name| {
        let name = name.trim().to_lowercase();
        name == character.full.to_lowercase() || name == character.name.to_lowercase()
    })
}

fn viewpoint_of(
    scene: &Scene,
    pack: &Pack,
    cast: &[Character],
    beat: &str,
    person: Person,
) -> Character {
    let pov = scene.pov.as_deref().unwrap_or_default();
    let protagonist = scene.protagonist.as_deref().unwrap_or_default().trim();
    let named = cast.iter().find(|c| mentions(pov, c));
    let hero = cast
        .iter()
        .find(|c| names_any(&[protagonist.to_owned()], c));
    let in_beat = |c: &&Character| names_any(&scene.beat_cast, c) || mentions(beat, c);
    // A beat that the hero is not in is told through somebody who is.
    let stand_in = match person {
        Person::Third if !hero.is_some_and(|hero| in_beat(&hero)) => cast.iter().find(in_beat),
        _ => None,
    };
    if let Some(found) = named.or(stand_in).or(hero) {
        return found.clone();
    }
    let unlisted = |name: &str| Character {
        full: name.to_owned(),
        name: short_name(name, pack),
        gender: gender_of(name, &short_name(name, pack), "", scene, pack),
    };
    match cast.first() {
        _ if !protagonist.is_empty() => unlisted(protagonist),
        Some(first) => first.clone(),
        None => unlisted(&pack.layout.nameless),
    }
}

/// "Show her fear. End on the door." is addressed to the writer, not to the reader.
fn is_direction(sentence: &str, pack: &Pack) -> bool {
    let lower = sentence.to_lowercase();
    let starts = |words: &String| {
        lower
            .strip_prefix(words.as_str())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    pack.reading.stage_directions.iter().any(starts) || holds_any(&lower, &pack.reading.about_text)
}

fn topics_of(scene: &Scene, pack: &Pack) -> Vec<usize> {
    let text = [
        &scene.setting,
        &scene.premise,
        &scene.beat_text,
        &scene.title,
    ];
    let text = text.map(String::as_str).join("\n").to_lowercase();
    let spaced = pack.layout.join.is_empty();
    let has = |key: &String| {
        if spaced {
            return text.contains(key.as_str());
        }
        text.match_indices(key.as_str()).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().last());
            !before.is_some_and(char::is_alphanumeric)
        })
    };
    let touched =
        |(index, topic): (usize, &super::pack::Topic)| topic.keys.iter().any(has).then_some(index);
    pack.topics.iter().enumerate().filter_map(touched).collect()
}
