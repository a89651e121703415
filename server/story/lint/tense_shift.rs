//! `tense-shift`: a story told in the past that goes on in the present, and the reverse.
//!
//! Verbs are counted outside speech, thoughts and quotations, and a passage is told only where
//! nearly all of them are in the wrong tense and people do things in it: "the tower is of
//! granite" may always stand in the present, "she walks to the tower" may not.
//!
//! Limits: languages with a pack for it (English, Spanish, Japanese). In a story told in the
//! present only whole chunks are judged, since what happened before is rightly in the past.

use super::super::Span;
use super::chunk::LintedChunk;
use super::finding::{Finding, Remark};
use super::story::Story;
use super::voice::Voice;
use crate::story::text::sentences;

const CODE: &str = "tense-shift";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tense {
    Past,
    Present,
}

/// How authors name tenses, in the languages of the packs and some more.
const PAST: [&str; 12] = [
    "past",
    "preterit",
    "pasado",
    "pretérito",
    "passé",
    "imparfait",
    "vergangen",
    "präteritum",
    "passato",
    "過去",
    "الماضي",
    "прошед",
];
const PRESENT: [&str; 8] = [
    "present",
    "presente",
    "présent",
    "gegenwart",
    "präsens",
    "現在",
    "المضارع",
    "настоящ",
];

fn asked(tense: &str) -> Option<Tense> {
    let tense = tense.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| tense.contains(word));
    match (names(&PAST), names(&PRESENT)) {
        (true, false) => Some(Tense::Past),
        (false, true) => Some(Tense::Present),
        _ => None,
    }
}

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let Some(pack) = &story.pack.tense else {
        return;
    };
    // Sentence ends are a weaker sign than verbs, and mix more freely.
    let by_sentences = !pack.past_sentences.is_empty();
    let declared = story.brief.tense.as_deref();
    let sums = story
        .chunks
        .iter()
        .map(|chunk| Voice::sum(&chunk.facts.voices));
    let sums: Vec<Voice> = sums.collect();
    let expected = match declared {
        Some(tense) => asked(tense),
        None => usual(&sums),
    };
    for (chunk, sum) in story.chunks.iter().zip(&sums) {
        let found = match expected {
            Some(Tense::Past) if by_sentences => all_in_present(chunk, sum),
            Some(Tense::Past) => told_now(chunk, sum),
            Some(Tense::Present) => told_then(chunk, sum),
            None => None,
        };
        findings.extend(found);
    }
}

/// Returns what all chunks but a quarter at most do, if there are three or more.
fn usual(sums: &[Voice]) -> Option<Tense> {
    let told = |sum: &Voice, tense| match tense {
        Tense::Past => sum.past >= 8 && sum.past >= 4 * sum.present,
        Tense::Present => sum.acts >= 4 && sum.present >= 2 * sum.past,
    };
    let holds = |tense: &Tense| {
        let count = sums.iter().filter(|sum| told(sum, *tense)).count();
        count >= 3 && count * 4 >= sums.len() * 3
    };
    [Tense::Past, Tense::Present].into_iter().find(holds)
}

/// Returns a passage in the present: a whole chunk, or paragraphs in a row.
fn told_now(chunk: &LintedChunk<'_>, sum: &Voice) -> Option<Finding> {
    let mostly = |voice: &Voice| voice.present > 2 * voice.past;
    if mostly(sum) && sum.acts >= 4 && sum.present >= 8 {
        return now(chunk, sum, 0);
    }
    let voices = &chunk.facts.voices;
    let mut open: Option<(Voice, usize)> = None;
    let mut best: Option<(Voice, usize)> = None;
    for (index, voice) in voices.iter().enumerate() {
        if voice.present > 0 && voice.present > 2 * voice.past {
            open.get_or_insert_with(|| (Voice::default(), index))
                .0
                .add(voice);
        } else if voice.past > 0 {
            best = richer(best, open.take());
        }
    }
    let (passage, start) = richer(best, open)?;
    (passage.acts >= 3 && passage.present >= 4 && passage.present >= 4 * passage.past)
        .then(|| now(chunk, &passage, start))?
}

fn richer(one: Option<(Voice, usize)>, other: Option<(Voice, usize)>) -> Option<(Voice, usize)> {
    let acts = |run: &Option<(Voice, usize)>| run.as_ref().map_or(0, |(voice, _)| voice.acts);
    if acts(&other) > acts(&one) {
        other
    } else {
        one
    }
}

fn now(chunk: &LintedChunk<'_>, voice: &Voice, start: usize) -> Option<Finding> {
    let verb = voice.present_span.clone()?;
    let paragraph = &chunk.facts.reading.paragraphs.get(start)?.span;
    let span = span_from(chunk, paragraph, &verb);
    let message = format!(
        "The story is told in the past, and this passage in the present (`{}` and {} more verbs). Put it into the past, unless it is meant to stand out.",
        chunk.slice(&verb),
        voice.present.saturating_sub(1),
    );
    Some(Remark::warning(span, CODE, message).in_chunk(chunk.number))
}

/// Returns the sentence of the first verb that is out of place; it names the place better than the start of a
/// paragraph does.
fn span_from(chunk: &LintedChunk<'_>, paragraph: &Span, verb: &Span) -> Span {
    let sentence = sentences::around(chunk.text(), verb.start);
    if sentence.contains(&verb.start) {
        sentence
    } else {
        sentences::first_sentence(chunk.text(), paragraph)
    }
}

fn told_then(chunk: &LintedChunk<'_>, sum: &Voice) -> Option<Finding> {
    let verb = sum.past_span.clone()?;
    if sum.past < 8 || sum.past <= 3 * sum.present {
        return None;
    }
    let span = span_from(chunk, &verb, &verb);
    let message = format!(
        "The story is told in the present, and this chunk in the past (`{}` and {} more verbs). Put it into the present, unless all of it is a memory.",
        chunk.slice(&verb),
        sum.past - 1,
    );
    Some(Remark::warning(span, CODE, message).in_chunk(chunk.number))
}

/// Reports a chunk told all in the present; Japanese mixes endings, so that only one without nearly any past
/// ending counts.
fn all_in_present(chunk: &LintedChunk<'_>, sum: &Voice) -> Option<Finding> {
    let enough = sum.present >= 6 && sum.past * 6 <= sum.present;
    enough.then(|| now(chunk, sum, 0))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenses_are_understood() {
        for (text, tense) in [
            ("past", Some(Tense::Past)),
            ("Present tense", Some(Tense::Present)),
            ("pasado", Some(Tense::Past)),
            ("過去形", Some(Tense::Past)),
            ("past, with present interludes", None),
            ("", None),
        ] {
            assert_eq!(asked(text), tense, "{text}");
        }
    }
}
