//! Phrases of the brief that are worth coming back to: "the lamp room", "the logbook".
//!
//! Only phrases whose borders are certain are taken; missing one costs nothing, a wrong one
//! would show.

use std::collections::HashSet;

use super::character::Character;
use super::pack::{MotifStyle, Pack};
use super::scene::Scene;

/// Enough for a chunk; more would dilute the beat's own.
const MOST: usize = 14;

/// Motifs of the beat first, then of the setting and the premise.
pub fn of(scene: &Scene, pack: &Pack, cast: &[Character]) -> Vec<String> {
    let texts = [
        scene.beat_text.as_str(),
        scene.enter.as_deref().unwrap_or_default(),
        scene.exit.as_deref().unwrap_or_default(),
        scene.setting.as_str(),
        scene.premise.as_str(),
    ];
    let mut seen = HashSet::new();
    let mut motifs = Vec::new();
    for text in texts {
        let found = match pack.reading.motifs {
            MotifStyle::Determiner => after_determiners(text, pack),
            MotifStyle::Runs => runs(text, pack),
            MotifStyle::Prefix => prefixed(text, pack),
        };
        for motif in found {
            let names_somebody = cast.iter().any(|character| {
                motif.contains(&character.name) || character.name.contains(&motif)
            });
            if !names_somebody && motifs.len() < MOST && seen.insert(motif.clone()) {
                motifs.push(motif);
            }
        }
    }
    motifs
}

/// Returns a word with whether a mark follows it.
fn words(text: &str) -> Vec<(&str, bool)> {
    text.split_whitespace()
        .map(|raw| {
            let bare = raw.trim_end_matches(|c: char| !c.is_alphanumeric());
            let word = bare.trim_start_matches(|c: char| !c.is_alphanumeric());
            (word, bare.len() < raw.len() || word.len() < bare.len())
        })
        .collect()
}

fn after_determiners(text: &str, pack: &Pack) -> Vec<String> {
    let reading = &pack.reading;
    let small = |word: &str| reading.small_words.iter().any(|small| small == word);
    let words = words(text);
    let mut motifs = Vec::new();
    for (at, (word, _)) in words.iter().enumerate() {
        let Some(article) = reading.determiners.get(word.to_lowercase().as_str()) else {
            continue;
        };
        let mut phrase = Vec::new();
        let mut bounded = false;
        for (next, mark) in words.iter().skip(at + 1) {
            if small(next) {
                bounded = true;
                break;
            }
            phrase.push(*next);
            if *mark {
                bounded = true;
                break;
            }
        }
        let plain = |word: &&str| is_plain_noun(word, pack);
        // "The stairs lead", "the book open": the second of two must not be a verb as well.
        let second = phrase
            .get(1)
            .is_some_and(|word| pack.verbs.past_of(word).is_some());
        bounded &= !second;
        if bounded && (1..=2).contains(&phrase.len()) && phrase.iter().all(plain) {
            motifs.push(format!("{article} {}", phrase.join(" ")));
        }
    }
    motifs
}

fn is_plain_noun(word: &str, pack: &Pack) -> bool {
    let reading = &pack.reading;
    let dull = reading.dull.iter().any(|dull| dull == word);
    let verbal = pack.verbs.base_of_third(word).is_some()
        || pack.verbs.past_of(word).is_some() && !pack.verbs.is_noun_too(word)
        || ["ly", "ed", "ing"]
            .iter()
            .any(|end| word.ends_with(end) && word.len() > 5);
    let lower = word.chars().all(|c| c.is_lowercase());
    lower && word.chars().count() > 2 && !dull && !verbal && !pack.forms.contains_key(word)
}

/// Finds runs of two to six kanji or katakana, followed by a particle.
fn runs(text: &str, pack: &Pack) -> Vec<String> {
    let is_kanji = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c) || c == '々';
    let is_katakana = |c: char| ('\u{30a1}'..='\u{30fc}').contains(&c) && c != '・';
    let mut motifs = Vec::new();
    let mut run = String::new();
    for c in text.chars() {
        if is_kanji(c) || is_katakana(c) {
            let mixed = run
                .chars()
                .last()
                .is_some_and(|last| is_kanji(last) != is_kanji(c));
            if mixed {
                run.clear();
            }
            run.push(c);
            continue;
        }
        let whole = (2..=6).contains(&run.chars().count());
        let counts = run.starts_with(|c| "一二三四五六七八九十百千".contains(c));
        if whole
            && !counts
            && "のをがにはでとへも、。".contains(c)
            && !pack.reading.dull.contains(&run)
        {
            motifs.push(run.clone());
        }
        run.clear();
    }
    motifs
}

/// Finds single words with the article ال that no other such word stands beside.
fn prefixed(text: &str, pack: &Pack) -> Vec<String> {
    let has_article = |word: &str| word.starts_with("ال") && word.chars().count() >= 5;
    let words = words(text);
    let mut motifs = Vec::new();
    for (at, (word, mark)) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let after = words.get(at + 1).filter(|_| !mark);
        let beside = before.is_some_and(|(word, mark)| has_article(word) && !mark)
            || after.is_some_and(|(word, _)| has_article(word));
        let inflected = ["ون", "ين", "ان"].iter().any(|end| word.ends_with(end));
        let dull = pack.reading.dull.iter().any(|dull| dull == word);
        if has_article(word) && !beside && !inflected && !dull {
            motifs.push((*word).to_owned());
        }
    }
    motifs
}
