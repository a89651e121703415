//! `pov-shift`: a story told by "I" that goes on about "she", and the reverse.
//!
//! Counted outside speech, thoughts in italics and quotations: in a third-person story hardly
//! any "I" is left there. What is expected is what the brief or the beat says; where neither
//! does, what nearly all chunks do.
//!
//! Limits: a passage of some length is needed, and one that speaks to "you" is taken for a
//! letter. Who the third person is about is not known, so
//! a slip from one head into another is missed; so is "you".

use super::super::{Beat, Span};
use super::chunk::LintedChunk;
use super::finding::{Finding, Remark};
use super::pack::Pack;
use super::story::Story;
use super::voice::Voice;
use crate::story::text::sentences::first_sentence;

const CODE: &str = "pov-shift";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    First,
    Third,
    /// Second person, or several: nothing is expected.
    Other,
}

/// How authors name points of view, in the languages of the packs and some more.
const FIRST: [&str; 15] = [
    "first",
    "1st",
    "primera",
    "première",
    "premiere",
    "erste",
    "ich-",
    "prima persona",
    "primeira",
    "一人称",
    "المتكلم",
    "eerste",
    "первое",
    "первого",
    "pierwsz",
];
const THIRD: [&str; 17] = [
    "third",
    "3rd",
    "tercera",
    "troisième",
    "troisieme",
    "dritte",
    "terza",
    "terceira",
    "三人称",
    "الغائب",
    "derde",
    "третье",
    "третьего",
    "trzeci",
    "omnisc",
    "limited",
    "personal",
];
const SECOND: [&str; 8] = [
    "second",
    "2nd",
    "segunda",
    "deuxième",
    "zweite",
    "seconda",
    "二人称",
    "المخاطب",
];

/// Returns the person that a brief's or a beat's `pov` asks for; `None` where it says something else, such as
/// a name.
fn asked(pov: &str) -> Option<Person> {
    let pov = pov.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| pov.contains(word));
    match (names(&FIRST), names(&THIRD), names(&SECOND)) {
        (false, false, false) => None,
        (true, false, false) => Some(Person::First),
        (false, true, false) => Some(Person::Third),
        _ => Some(Person::Other),
    }
}

/// Returns the person in which a chunk should be told.
pub(super) fn expected(story: &Story<'_>, beat: Option<&Beat>) -> Option<Person> {
    let own = beat.and_then(|beat| beat.pov.as_deref()).and_then(asked);
    own.or_else(|| story.brief.pov.as_deref().and_then(asked))
}

/// Shares of the narrator's words: at the first a chunk is told by "I", below the second
/// it is not.
const TOLD_BY_I: f64 = 0.012;
const HARDLY_I: f64 = 0.002;
/// Narrated words that a chunk needs to be judged by.
const LEAST_WORDS: f64 = 50.0;

/// Returns how many narrated words there are; about three characters to a word without blanks.
fn narrated(voice: &Voice, pack: &Pack) -> f64 {
    let unspaced = pack.first_person.is_empty();
    voice.words as f64 / if unspaced { 3.0 } else { 1.0 }
}

/// Returns the person in which a text is told, where that is plain.
pub(super) fn told(voice: &Voice, pack: &Pack) -> Option<Person> {
    let words = narrated(voice, pack);
    let share = |count: usize| count as f64 / words.max(1.0);
    if words < LEAST_WORDS {
        None
    } else if share(voice.first) >= TOLD_BY_I && voice.first >= 3 {
        Some(Person::First)
    } else if share(voice.first) <= HARDLY_I {
        Some(Person::Third)
    } else {
        None
    }
}

/// Tells whether a pack has the words for "I" of its language.
pub(super) fn knows_persons(pack: &Pack) -> bool {
    !pack.first_person.is_empty() || !pack.first_phrases.is_empty()
}

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let pack = story.pack;
    if !knows_persons(pack) {
        return;
    }
    let sums: Vec<Voice> = story
        .chunks
        .iter()
        .map(|chunk| Voice::sum(&chunk.facts.voices))
        .collect();
    let usual = usual(&sums, pack);
    for (chunk, sum) in story.chunks.iter().zip(&sums) {
        let beat = story.beat(chunk);
        match expected(story, beat).or(usual) {
            Some(Person::Third) => findings.extend(told_by_i(story, chunk)),
            Some(Person::First) => findings.extend(told_about(story, chunk, sum)),
            _ => {}
        }
    }
}

/// Returns what all chunks but a quarter at most do, if there are three or more.
fn usual(sums: &[Voice], pack: &Pack) -> Option<Person> {
    let count = |person| {
        sums.iter()
            .filter(|sum| told(sum, pack) == Some(person))
            .count()
    };
    let most = |person| count(person) >= 3 && count(person) * 4 >= sums.len() * 3;
    [Person::First, Person::Third]
        .into_iter()
        .find(|person| most(*person))
}

/// Reports "I" in a third-person story: all of a chunk, or some paragraphs of it; letters aside.
fn told_by_i(story: &Story<'_>, chunk: &LintedChunk<'_>) -> Option<Finding> {
    const DENSE: f64 = 0.03;
    const LEAST: usize = 4;
    let voices = chunk.facts.voices.iter();
    let all = Voice::sum(voices.filter(|voice| !voice.addresses()));
    let passage = if told(&all, story.pack) == Some(Person::First) {
        all
    } else {
        let run = densest(chunk, |voice| {
            voice.first >= 2
                && !voice.addresses()
                && voice.first as f64 >= narrated(voice, story.pack) * DENSE
        });
        run.filter(|run| run.voice.first >= LEAST)?.voice
    };
    let (first, count) = (passage.first_span?, passage.first);
    let message = format!(
        "The story is told in the third person, and here the narrator says `{}` ({count} times in this passage, outside speech). Tell it from outside again, or put it into quotation marks or italics if somebody speaks, writes or thinks it.",
        chunk.slice(&first),
    );
    Some(Remark::warning(first, CODE, message).in_chunk(chunk.number))
}

/// Reports a chunk without "I" in a first-person story, where the narrator is spoken of by name.
fn told_about(story: &Story<'_>, chunk: &LintedChunk<'_>, sum: &Voice) -> Option<Finding> {
    const LEAST_NAMED: usize = 2;
    let hero = story.lexicon.protagonist.as_ref()?;
    if !is_narrator(story, chunk) {
        return None;
    }
    let reading = &chunk.facts.reading;
    let named = |index: usize| -> usize {
        let paragraph = &reading.paragraphs[index];
        let words = reading.words_of(paragraph);
        // Runs of narrated words, so that a name in speech does not count.
        words
            .chunk_by(|one, other| one.is_narrated() == other.is_narrated())
            .filter(|run| run[0].is_narrated())
            .map(|run| hero.count_in(chunk.text(), run))
            .sum()
    };
    let whole = told(sum, story.pack) == Some(Person::Third) && sum.third * 50 >= sum.words;
    let run = densest(chunk, |voice| voice.first == 0 && voice.words >= 8)?;
    let in_run: usize = run.paragraphs.clone().map(named).sum();
    let passage = narrated(&run.voice, story.pack) >= LEAST_WORDS && in_run > LEAST_NAMED;
    let in_chunk = || (0..reading.paragraphs.len()).map(named).sum::<usize>();
    if !(passage || whole && in_chunk() >= LEAST_NAMED) {
        return None;
    }
    let start = run.paragraphs.clone().find(|index| named(*index) > 0)?;
    let span = first_sentence(chunk.text(), &reading.paragraphs[start].span);
    let message = format!(
        "The story is told in the first person by {}, and this passage speaks of {} from outside, without any “I”. Tell it in the first person again.",
        hero.name, hero.name,
    );
    Some(Remark::warning(span, CODE, message).in_chunk(chunk.number))
}

/// Tells whether a chunk is told by the protagonist: its beat names no other point of view.
pub(super) fn is_narrator(story: &Story<'_>, chunk: &LintedChunk<'_>) -> bool {
    let own = story.beat(chunk).and_then(|beat| beat.pov.as_deref());
    let Some(pov) = own.filter(|pov| asked(pov).is_none()) else {
        return true;
    };
    let hero = story.brief.protagonist.as_deref().unwrap_or("");
    match (story.brief.character(pov), story.brief.character(hero)) {
        (Some(one), Some(other)) => one.name == other.name,
        _ => false,
    }
}

/// Paragraphs in a row of which something holds.
struct Run {
    paragraphs: Span,
    voice: Voice,
}

/// Returns the run with the most narrated words. A paragraph without narration does not end one.
fn densest(chunk: &LintedChunk<'_>, holds: impl Fn(&Voice) -> bool) -> Option<Run> {
    let mut best: Option<Run> = None;
    let mut open: Option<Run> = None;
    let voices = &chunk.facts.voices;
    for (index, voice) in voices.iter().enumerate() {
        if holds(voice) {
            let run = open.get_or_insert_with(|| Run {
                paragraphs: index..index,
                voice: Voice::default(),
            });
            run.paragraphs.end = index + 1;
            run.voice.add(voice);
        } else if voice.words > 3 {
            best = longer(best, open.take());
        }
    }
    longer(best, open)
}

fn longer(one: Option<Run>, other: Option<Run>) -> Option<Run> {
    let words = |run: &Option<Run>| run.as_ref().map_or(0, |run| run.voice.words);
    if words(&other) > words(&one) {
        other
    } else {
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_view_are_understood() {
        for (pov, person) in [
            ("first person", Some(Person::First)),
            ("Close third", Some(Person::Third)),
            ("primera persona", Some(Person::First)),
            ("三人称一視点", Some(Person::Third)),
            ("ضمير المتكلم", Some(Person::First)),
            ("second person", Some(Person::Other)),
            ("first and third, alternating", Some(Person::Other)),
            ("Ilse", None),
        ] {
            assert_eq!(asked(pov), person, "{pov}");
        }
    }
}
