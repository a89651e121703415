//! `name-drift`: a name that is spelt almost like one of the cast: Mara, Maria, Marra.
//!
//! Limits: only names in scripts with capitals (see `name_drift_unspaced` for the others). A
//! name that is an ordinary word too (Rose, Mark) is left alone where the story uses the word;
//! so is a slip that makes an ordinary word (Hale, hall). In languages whose names have cases,
//! differences in the last two letters are endings. What the brief spells otherwise is right.

use strsim::generic_damerau_levenshtein;

use super::super::{ChunkNumber, Severity, Span};
use super::finding::{Finding, Remark};
use super::fold::{self, Key, KeyMap, KeySet};
use super::lexicon::NamePart;
use super::story::Story;
use super::word::Word;

const CODE: &str = "name-drift";

/// One slip is reported in so many places; who spells a name otherwise all through the story
/// has understood by then.
const MOST_PLACES: usize = 100;

/// Looks at every word with a capital that the brief does not know. Returns the words that
/// were taken for slips, so that nobody reports them as new names.
pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) -> KeySet {
    let mut drifted = KeySet::default();
    if story.lexicon.parts.is_empty() {
        return drifted;
    }
    for (key, suspect) in suspects(story) {
        let Some(part) = closest(&suspect, story) else {
            continue;
        };
        drifted.insert(key);
        let sure = suspect.certain || suspect.beside.is_some();
        let severity = match sure && !is_pet_form(&suspect.letters, &part.letters) {
            true => Severity::Warning,
            false => Severity::Information,
        };
        for place in suspect.places.iter().take(MOST_PLACES) {
            findings.push(Finding {
                severity,
                ..finding(story, part, place)
            });
        }
    }
    check_surnames(story, &mut drifted, findings);
    drifted
}

/// An unknown word with a capital, and where it stands.
struct Suspect {
    letters: Vec<char>,
    places: Vec<Place>,
    /// Somewhere a capital can only mean a name.
    certain: bool,
    /// The entry of the cast that a neighbouring word names somewhere.
    beside: Option<usize>,
    /// Whether a name that is not of the cast follows somewhere: Anne Cox is not Anna.
    of_another: bool,
}

struct Place {
    /// Index of the chunk in the story.
    chunk: usize,
    word: usize,
}

fn suspects(story: &Story<'_>) -> KeyMap<Suspect> {
    let mut suspects: KeyMap<Suspect> = KeyMap::default();
    for (index, chunk) in story.chunks.iter().enumerate() {
        let words = &chunk.facts.reading.words;
        for (nth, word) in words.iter().enumerate() {
            if !word.is_capital() || !may_be_name(story, word) {
                continue;
            }
            let before = nth.checked_sub(1).and_then(|before| words.get(before));
            let before = before.filter(|_| word.is_joined());
            let after = words.get(nth + 1).filter(|after| after.is_joined());
            let beside = [before, after].into_iter().flatten();
            let beside = beside.filter_map(|other| owner(story, other)).next();
            // 'Arry is how somebody says Harry. "The Hall" is a place; names have no article.
            let text = chunk.text().get(..word.span().start).unwrap_or("");
            if text.ends_with(['\'', '’']) {
                continue;
            }
            if beside.is_none() && before.is_some_and(|b| story.pack.determiners.contains(&b.key)) {
                continue;
            }
            let suspect = suspects.entry(word.key).or_insert_with(|| Suspect {
                letters: fold::folded(chunk.facts.word(nth)).chars().collect(),
                places: Vec::new(),
                certain: false,
                beside: None,
                of_another: false,
            });
            suspect.of_another |= beside.is_none()
                && after.is_some_and(|after| {
                    let written = chunk.facts.word(nth + 1);
                    names_another(story, after, written)
                });
            suspect.certain |= !word.is_all_caps() && (!word.opens() || acts(story, word, after));
            suspect.beside = suspect.beside.or(beside);
            suspect.places.push(Place {
                chunk: index,
                word: nth,
            });
        }
    }
    suspects
}

fn may_be_name(story: &Story<'_>, word: &Word) -> bool {
    let (pack, lexicon) = (story.pack, &story.lexicon);
    !word.is_unspaced()
        && word.span().len() >= 3
        && !lexicon.is_known(word)
        && !lexicon.lower.contains(&word.key)
        && !pack.stop.contains(&word.key)
        && !pack.capitals.contains(&word.key)
        && !pack.titles.contains(&word.key)
}

/// Tells whether a word is a name that is not of the cast, not even misspelt.
fn names_another(story: &Story<'_>, word: &Word, written: &str) -> bool {
    let is_name = word.is_capital() && !word.opens() && !word.is_all_caps();
    if !is_name || !may_be_name(story, word) {
        return false;
    }
    let letters: Vec<char> = fold::folded(written).chars().collect();
    let mut parts = story.lexicon.parts.iter();
    !parts.any(|part| distance(&letters, part, story).is_some_and(|distance| distance <= 1))
}

/// Tells whether a word at the start of a sentence is used as a name is: it owns something, is
/// addressed, does something, or another name follows.
fn acts(story: &Story<'_>, word: &Word, after: Option<&Word>) -> bool {
    let Some(after) = after else {
        return word.is_possessive() || word.ends_phrase();
    };
    let verb = story.pack.tense.as_ref().is_some_and(|tense| {
        [
            &tense.past,
            &tense.regular_past,
            &tense.present,
            &tense.present_acts,
            &tense.third,
        ]
        .iter()
        .any(|verbs| verbs.contains(&after.key))
    });
    let full_name = after.is_capital() && !after.opens();
    word.is_possessive() || verb || full_name || story.pack.stop.contains(&after.key)
}

/// Returns the character that a word belongs to by its name.
fn owner(story: &Story<'_>, word: &Word) -> Option<usize> {
    let part = story
        .lexicon
        .parts
        .iter()
        .find(|part| part.key == word.key)?;
    part.of_several.then_some(part.entry)
}

/// Returns the name that a suspect is a slip of.
fn closest<'a>(suspect: &Suspect, story: &'a Story<'_>) -> Option<&'a NamePart> {
    if suspect.of_another && suspect.beside.is_none() {
        return None;
    }
    let parts = story.lexicon.parts.iter();
    parts
        .filter_map(|part| {
            let beside = suspect.beside == Some(part.entry) && part.of_several;
            let starts = suspect.letters.first() == part.letters.first();
            // At the start of sentences alone it may be any word, so it has to be long.
            if !suspect.certain && !beside && (part.letters.len() < 5 || !starts) {
                return None;
            }
            let distance = distance(&suspect.letters, part, story)?;
            let most = tolerance(&suspect.letters, part, beside);
            let nouns = story.pack.nouns_have_capitals && !beside && part.letters.len() < 5;
            (distance <= most && !nouns).then_some((distance, !beside, part))
        })
        .min_by_key(|(distance, not_beside, _)| (*distance, *not_beside))
        .map(|(_, _, part)| part)
}

/// Returns by how many letters a slip may differ.
fn tolerance(letters: &[char], part: &NamePart, beside: bool) -> usize {
    let same_start = letters.first() == part.letters.first();
    match part.letters.len() {
        // Tom and Tim are two people; Tom and Thom may be one.
        0..=3 if letters.len() == part.letters.len() => 0,
        0..=3 => usize::from(same_start),
        4 if !same_start => usize::from(beside),
        4 => 1 + usize::from(beside),
        5..=7 => 1 + usize::from(beside),
        // Bernardo is not Fernando.
        _ => 1 + usize::from(beside || same_start),
    }
}

/// Tells whether one name is a pet form of the other, as Bill and Billy, Ann and Annie: perhaps what somebody
/// is called.
fn is_pet_form(one: &[char], other: &[char]) -> bool {
    let (short, long) = match one.len() < other.len() {
        true => (one, other),
        false => (other, one),
    };
    let rest = long.strip_prefix(short);
    rest.is_some_and(|rest| matches!(rest, ['y'] | ['i', 'e']))
}

/// Returns how many letters differ, or `None` where it can't be a slip: endings, or far too many.
fn distance(letters: &[char], part: &NamePart, story: &Story<'_>) -> Option<usize> {
    let name = &part.letters;
    if letters.len().abs_diff(name.len()) > 2 || differing(letters, name) > 4 {
        return None;
    }
    let shared = letters.iter().zip(name).take_while(|(a, b)| a == b).count();
    // The Brandts, the Vosses, Napoleonic; and where names have cases, any ending of two.
    if shared == name.len() && matches!(letters[shared..], ['s'] | [_, _, ..]) {
        return None;
    }
    let longest = letters.len().max(name.len());
    if story.pack.names_inflect && shared + 2 >= longest.min(name.len()) && shared >= 3 {
        return None;
    }
    Some(generic_damerau_levenshtein(letters, name))
}

/// Returns a quick lower bound of the letters that differ: letters of one that the other lacks, counted by
/// bits. A letter that is replaced counts twice.
fn differing(one: &[char], other: &[char]) -> u32 {
    let bits = |letters: &[char]| {
        letters
            .iter()
            .fold(0u64, |bits, c| bits | 1 << (u32::from(*c) % 64))
    };
    (bits(one) ^ bits(other)).count_ones()
}

fn finding(story: &Story<'_>, part: &NamePart, place: &Place) -> Finding {
    let chunk = &story.chunks[place.chunk];
    let written = chunk.facts.word(place.word);
    let right = in_case_of(written, &part.text);
    let entry = &story.brief.cast[part.entry];
    let character = &entry.name;
    let message = format!(
        "`{written}` is almost {}, but the brief does not know this spelling. Write `{right}`, or add it to the cast: as an `aka:` of {character}, or as somebody else.",
        if *character == part.text {
            format!("`{character}`")
        } else {
            format!("`{}` of {character}", part.text)
        },
    );
    let span = chunk.facts.reading.words[place.word].span();
    let remark = Remark::warning(span, CODE, message).suggesting(right);
    Finding {
        in_brief: Some(entry.name_span.clone()),
        ..remark.in_chunk(chunk.number)
    }
}

/// Returns the right name in capitals where the wrong one is in capitals.
fn in_case_of(written: &str, name: &str) -> String {
    let letters = written.chars().filter(|c| c.is_alphabetic());
    if letters.clone().count() > 1 && letters.clone().all(char::is_uppercase) {
        name.to_uppercase()
    } else {
        name.to_owned()
    }
}

/// Reports a cast member's first name with another family name as information, since there may be two people:
/// `Mara Linden`, where the brief has Mara Voss.
fn check_surnames(story: &Story<'_>, drifted: &mut KeySet, findings: &mut Vec<Finding>) {
    let full_names = story.full_names();
    let mut first_seen: KeyMap<(ChunkNumber, Span)> = KeyMap::default();
    for chunk in &story.chunks {
        for (nth, pair) in chunk.facts.reading.words.windows(2).enumerate() {
            let [first, last] = pair else { continue };
            let follows = last.is_joined() && last.is_capital() && !last.is_all_caps();
            if !follows || first.is_possessive() || !may_be_name(story, last) {
                continue;
            }
            let Some((_, surname, entry)) = full_names.iter().find(|(key, _, _)| *key == first.key)
            else {
                continue;
            };
            if drifted.contains(&last.key) && !first_seen.contains_key(&last.key) {
                continue;
            }
            let written = chunk.facts.word(nth + 1);
            let message = format!(
                "{} is {} in the brief, and `{} {written}` here. Write `{surname}`, or add the other name to the cast.",
                chunk.facts.word(nth),
                story.brief.cast[*entry].name,
                chunk.facts.word(nth),
            );
            let span = last.span();
            let mut found = Remark::information(span.clone(), CODE, message)
                .suggesting(surname.clone())
                .in_chunk(chunk.number);
            found.in_brief = Some(story.brief.cast[*entry].name_span.clone());
            found.related = first_seen.get(&last.key).cloned().into_iter().collect();
            first_seen.entry(last.key).or_insert((chunk.number, span));
            drifted.insert(last.key);
            findings.push(found);
        }
    }
}

impl Story<'_> {
    /// Returns for each name of two words or more the key of the first word, the second word, and the index
    /// of its character; only where no other character has the same first name.
    fn full_names(&self) -> Vec<(Key, String, usize)> {
        let mut names: Vec<(Key, String, usize)> = Vec::new();
        let mut shared = KeySet::default();
        for (entry, character) in self.brief.cast.iter().enumerate() {
            let words: Vec<&str> = character.name.split_whitespace().collect();
            let [first, surname, ..] = words.as_slice() else {
                continue;
            };
            let key = fold::key(first);
            let is_part = self.lexicon.parts.iter().any(|part| part.key == key);
            let capital = surname.starts_with(char::is_uppercase);
            if names.iter().any(|(other, _, _)| *other == key) {
                shared.insert(key);
            } else if is_part && capital {
                names.push((key, (*surname).to_owned(), entry));
            }
        }
        names.retain(|(key, _, _)| !shared.contains(key));
        names
    }
}
