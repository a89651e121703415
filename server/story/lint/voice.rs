//! Determines person and tense of a paragraph: pronouns and verbs outside speech, counted.

use super::super::Span;
use super::blocks::BlockKind;
use super::fold;
use super::pack::{Pack, Tense};
use super::reading::{Paragraph, Reading};
use super::word::Word;
use crate::story::text::sentences;

/// The narrator's words of one paragraph, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Voice {
    /// Words outside speech, thoughts and quotations.
    pub words: usize,
    /// "I", "me", "my".
    pub first: usize,
    /// "you", "your".
    pub second: usize,
    /// "he", "she", "her".
    pub third: usize,
    /// Verbs in the past.
    pub past: usize,
    /// Verbs in the present, "is" and "has" too.
    pub present: usize,
    /// The verbs of these for what a character does.
    pub acts: usize,
    /// The place of the first word in the first person.
    pub first_span: Option<Span>,
    /// The first verb in the present, and the first in the past.
    pub present_span: Option<Span>,
    pub past_span: Option<Span>,
}

impl Voice {
    pub(super) fn add(&mut self, other: &Voice) {
        self.words += other.words;
        self.first += other.first;
        self.second += other.second;
        self.third += other.third;
        self.past += other.past;
        self.present += other.present;
        self.acts += other.acts;
        let spans = [
            (&mut self.first_span, &other.first_span),
            (&mut self.present_span, &other.present_span),
            (&mut self.past_span, &other.past_span),
        ];
        for (own, other) in spans {
            if own.is_none() {
                own.clone_from(other);
            }
        }
    }

    /// Tells whether the text addresses a person, as in a letter without quotation marks.
    pub(super) fn addresses(&self) -> bool {
        self.second > 0 && self.second * 4 >= self.first
    }

    /// Returns all of them together.
    pub(super) fn sum<'a>(voices: impl IntoIterator<Item = &'a Voice>) -> Voice {
        let mut sum = Voice::default();
        voices.into_iter().for_each(|voice| sum.add(voice));
        sum
    }
}

/// Returns the voice of every paragraph, in their order; of what is no prose, an empty one.
pub(super) fn voices(text: &str, reading: &Reading, pack: &Pack) -> Vec<Voice> {
    let of = |paragraph: &Paragraph| match paragraph.kind {
        BlockKind::Prose => voice(text, reading.words_of(paragraph), pack),
        _ => Voice::default(),
    };
    reading.paragraphs.iter().map(of).collect()
}

fn voice(text: &str, words: &[Word], pack: &Pack) -> Voice {
    let mut voice = Voice::default();
    for (nth, word) in words.iter().enumerate() {
        if !word.is_narrated() {
            continue;
        }
        voice.words += 1;
        if pack.first_person.contains(&word.key) {
            voice.first += 1;
            voice.first_span.get_or_insert_with(|| word.span());
        }
        voice.second += usize::from(pack.second_person.contains(&word.key));
        voice.third += usize::from(pack.third_person.contains(&word.key));
        if let Some(tense) = &pack.tense {
            count_verb(text, words, nth, tense, &mut voice);
        }
    }
    count_phrases(words, pack, &mut voice);
    if let Some(tense) = pack.tense.as_ref().filter(|t| !t.past_sentences.is_empty()) {
        count_sentences(text, words, tense, &mut voice);
    }
    voice
}

fn count_verb(text: &str, words: &[Word], nth: usize, tense: &Tense, voice: &mut Voice) {
    let word = &words[nth];
    let (past, present) = match verb_at(text, words, nth, tense) {
        Some(When::Past) => (1, 0),
        Some(When::Acts) => {
            voice.acts += 1;
            (0, 1)
        }
        Some(When::Present) => (0, 1),
        None => return,
    };
    voice.past += past;
    voice.present += present;
    let span = match past {
        1 => &mut voice.past_span,
        _ => &mut voice.present_span,
    };
    span.get_or_insert_with(|| word.span());
}

enum When {
    Past,
    Present,
    Acts,
}

fn verb_at(text: &str, words: &[Word], nth: usize, tense: &Tense) -> Option<When> {
    let word = &words[nth];
    if tense.past.contains(&word.key) {
        return Some(When::Past);
    }
    if tense.present.contains(&word.key) {
        return Some(When::Present);
    }
    if tense.present_acts.contains(&word.key) {
        return Some(When::Acts);
    }
    if !tense.past_endings.is_empty() && ends_in_past(&text[word.span()], word, tense) {
        return Some(When::Past);
    }
    if tense.plain.is_empty() {
        return None;
    }
    let subject = subject_before(words, nth, tense)?;
    if tense.regular_past.contains(&word.key) {
        return Some(When::Past);
    }
    match subject {
        Subject::Third if tense.third.contains(&word.key) => Some(When::Acts),
        Subject::Plain if tense.plain.contains(&word.key) => Some(When::Acts),
        _ => None,
    }
}

fn ends_in_past(written: &str, word: &Word, tense: &Tense) -> bool {
    let fits = |(ending, least): &(String, usize)| {
        written.ends_with(ending.as_str()) && written.chars().count() >= *least
    };
    !word.is_capital()
        && tense.past_endings.iter().any(fits)
        && !tense.past_exceptions.contains(&word.key)
}

enum Subject {
    /// I, we, they.
    Plain,
    /// He, she, a name.
    Third,
}

/// Returns the person of the subject of the verb at `nth`, if that stands right before it.
fn subject_before(words: &[Word], nth: usize, tense: &Tense) -> Option<Subject> {
    let mut before = nth.checked_sub(1)?;
    if tense.between.contains(&words[before].key) {
        before = before.checked_sub(1)?;
    }
    let subject = &words[before];
    if subject.ends_phrase() || !subject.is_narrated() || subject.is_possessive() {
        return None;
    }
    let inverted = before
        .checked_sub(1)
        .is_some_and(|index| tense.inverters.contains(&words[index].key));
    let third = tense.third_subjects.contains(&subject.key);
    match () {
        () if third => Some(Subject::Third),
        () if tense.subjects.contains(&subject.key) && !inverted => Some(Subject::Plain),
        () if subject.is_capital() && !subject.opens() => Some(Subject::Third),
        () => None,
    }
}

/// Scripts without blanks: pronouns are found with the particle that follows them.
fn count_phrases(words: &[Word], pack: &Pack, voice: &mut Voice) {
    for hit in pack.first_phrases.find(words) {
        let word = &words[hit.words.start];
        if word.is_narrated() {
            voice.first += 1;
            voice.first_span.get_or_insert_with(|| word.span());
        }
    }
    let third = pack.third_phrases.find(words);
    let narrated = third
        .iter()
        .filter(|hit| words[hit.words.start].is_narrated());
    voice.third += narrated.count();
}

/// Languages whose verbs stand last: how the narrator's sentences end.
fn count_sentences(text: &str, words: &[Word], tense: &Tense, voice: &mut Voice) {
    for (nth, word) in words.iter().enumerate() {
        let end = word.span().end;
        let rest = text.get(end..).unwrap_or("");
        let last = rest.starts_with(sentences::is_full_stop)
            || (nth + 1 == words.len() && rest.trim_start().is_empty());
        if !last || !word.is_narrated() {
            continue;
        }
        let ends = |endings: &[String]| endings.iter().any(|e| fold::key(e) == word.key);
        if ends(&tense.past_sentences) {
            voice.past += 1;
            voice.past_span.get_or_insert_with(|| word.span());
        } else if ends(&tense.present_sentences) {
            voice.present += 1;
            voice.acts += 1;
            voice.present_span.get_or_insert_with(|| word.span());
        }
    }
}
