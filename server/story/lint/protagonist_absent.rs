//! `protagonist-absent`: chunks in a row that never name the protagonist.
//!
//! By name, part of the name or alias, or as the "I" that tells the chunk; where the story is to be told by "I", a few
//! of them will do, and nothing is said of a language without a pack. Chunks whose beat
//! is told by somebody else, or whose cast leaves the protagonist out, are not expected to.
//!
//! Limits: a chunk that only says "she" counts as absent; that is why it takes two in a row,
//! or a beat that lists the protagonist.

use super::super::{Beat, Severity};
use super::finding::{Finding, Remark};
use super::pov_shift::{self, Person};
use super::story::Story;
use super::voice::Voice;

const CODE: &str = "protagonist-absent";

/// Chunks in a row from which on it is told, and from which on it is a warning.
const TOLD: usize = 2;
const SERIOUS: usize = 3;

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let Some(hero) = &story.lexicon.protagonist else {
        return;
    };
    let mut absent: Vec<usize> = Vec::new();
    for index in 0..story.chunks.len() {
        if is_absent(story, index) {
            absent.push(index);
        } else {
            report(story, &hero.name, &std::mem::take(&mut absent), findings);
        }
    }
    report(story, &hero.name, &absent, findings);
}

fn is_absent(story: &Story<'_>, index: usize) -> bool {
    let chunk = &story.chunks[index];
    let beat = story.beat(chunk);
    let facts = chunk.facts;
    let Some(hero) = &story.lexicon.protagonist else {
        return false;
    };
    let elsewhere = beat.is_some_and(|beat| !beat.cast.is_empty() && !lists_hero(story, beat));
    if facts.reading.words.len() < 20 || elsewhere || !pov_shift::is_narrator(story, chunk) {
        return false;
    }
    let voice = Voice::sum(&facts.voices);
    let tells = match pov_shift::expected(story, beat) {
        Some(Person::Third) => false,
        Some(Person::First) => voice.first > 0 || !pov_shift::knows_persons(story.pack),
        _ => pov_shift::told(&voice, story.pack) == Some(Person::First),
    };
    !tells && !hero.is_in(facts)
}

fn lists_hero(story: &Story<'_>, beat: &Beat) -> bool {
    let name = story.brief.protagonist.as_deref().unwrap_or("");
    let hero = story.brief.character(name);
    beat.cast
        .iter()
        .any(|listed| match (story.brief.character(listed), hero) {
            (Some(listed), Some(hero)) => listed.name == hero.name,
            _ => listed == name,
        })
}

fn report(story: &Story<'_>, hero: &str, absent: &[usize], findings: &mut Vec<Finding>) {
    let Some((first, rest)) = absent.split_first() else {
        return;
    };
    let chunk = &story.chunks[*first];
    let listed = story
        .beat(chunk)
        .is_some_and(|beat| lists_hero(story, beat));
    if absent.len() < TOLD && !listed {
        return;
    }
    let message = if rest.is_empty() {
        format!(
            "The beat lists {hero}, and nothing in this chunk names {hero}. Is it still the same story?"
        )
    } else {
        format!(
            "{hero} is not named in this chunk, nor in the {} after it. Is it still the same story? If it is told by somebody else here, say so with pov=\"…\" or cast=\"…\" in the beat's heading.",
            match rest.len() {
                1 => "one".to_owned(),
                more => more.to_string(),
            },
        )
    };
    let mut finding = Remark::information(chunk.head(), CODE, message).in_chunk(chunk.number);
    if absent.len() >= SERIOUS || (listed && !rest.is_empty()) {
        finding.severity = Severity::Warning;
    }
    let others = rest.iter().map(|index| &story.chunks[*index]);
    finding.related = others.map(|chunk| (chunk.number, chunk.head())).collect();
    findings.push(finding);
}
