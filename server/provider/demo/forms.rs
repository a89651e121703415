//! Person and tense by a table of verb forms, for languages whose verbs carry the person.
//!
//! The pack lists present forms with what becomes of them. A verb is the viewpoint
//! character's when the name stands beside it, or when it is joined to such a verb. Where
//! the name stands in another place the sentence is quoted instead of changed.

use super::adapter::{Adapter, Still};
use super::chance::seed_of;
use super::character::{Character, Person, Tense, find_name};
use super::lines;

/// Adapts sentences that follow each other: the subject may be the one of the sentence before.
pub fn adapt(adapter: &Adapter, sentences: &[String], still: Still) -> Vec<String> {
    let mut of_viewpoint = false;
    sentences
        .iter()
        .map(|sentence| {
            let mut line = Line::read(adapter, sentence, of_viewpoint);
            let adapted = line.adapt(still);
            of_viewpoint = line.of_viewpoint;
            adapted.unwrap_or_else(|| reported(adapter, sentence))
        })
        .collect()
}

/// Returns the author's sentence as it is, in a frame that explains its person and tense.
fn reported(adapter: &Adapter, sentence: &str) -> String {
    let frames = &adapter.pack.reading.reported;
    let index = seed_of([sentence]) as usize % frames.len().max(1);
    match frames.get(index) {
        Some(frame) => {
            let bare = sentence.strip_suffix(adapter.pack.layout.stop.as_str());
            frame.replace("{}", bare.unwrap_or(sentence))
        }
        None => sentence.to_owned(),
    }
}

struct Line<'a> {
    adapter: &'a Adapter<'a>,
    /// Words and what stands between them, in turn; words have even places.
    parts: Vec<String>,
    /// The subject of the last verb was the viewpoint character.
    of_viewpoint: bool,
}

impl<'a> Line<'a> {
    fn read(adapter: &'a Adapter<'a>, sentence: &str, of_viewpoint: bool) -> Self {
        // A name of several words has to be one word here.
        let viewpoint = adapter.viewpoint;
        let sentence = sentence.replace(&viewpoint.full, &viewpoint.name);
        let mut parts = vec![String::new()];
        let mut in_word = true;
        for c in sentence.chars() {
            let letter = c.is_alphanumeric() || lines::is_mark_on_letter(c);
            if letter != in_word {
                parts.push(String::new());
                in_word = letter;
            }
            if let Some(part) = parts.last_mut() {
                part.push(c);
            }
        }
        Line {
            adapter,
            parts,
            of_viewpoint,
        }
    }

    fn word(&self, at: usize) -> &str {
        self.parts.get(at).map_or("", String::as_str)
    }

    /// Tells whether only a space lies behind the word at `at`.
    fn is_close(&self, at: usize) -> bool {
        self.word(at + 1) == " "
    }

    fn is(&self, at: usize, character: &Character) -> bool {
        !character.name.is_empty() && self.word(at) == character.name
    }

    fn is_somebody_else(&self, at: usize) -> bool {
        let others = self.adapter.cast.iter();
        let mut others = others.filter(|other| other.full != self.adapter.viewpoint.full);
        others.any(|other| self.is(at, other) || find_name(&other.full, self.word(at)).is_some())
            && !self.word(at).is_empty()
    }

    /// Returns the table's forms for a word (past, past of the first person, present of the first), with the
    /// joining letters that it begins with, if any.
    fn forms(&self, word: &str) -> Option<(&'a str, &'a [String; 3])> {
        let pack = self.adapter.pack;
        let lower = word.to_lowercase();
        let found = |prefix: &'a str| {
            let forms = pack.forms.get(lower.strip_prefix(prefix)?)?;
            Some((prefix, forms))
        };
        let prefixes = pack.reading.prefixes.iter();
        found("").or_else(|| prefixes.map(String::as_str).find_map(found))
    }

    /// Returns the sentence in the story's person and tense; `None` where that is not safe.
    fn adapt(&mut self, still: Still) -> Option<String> {
        let adapter = self.adapter;
        let reading = &adapter.pack.reading;
        let first = adapter.person != Person::Third;
        let mut still_due = still == Still::Yes;
        let mut told_of_viewpoint = false;
        let mut dropped = Vec::new();
        for at in (0..self.parts.len()).step_by(2) {
            let Some((prefix, [past, past_first, first_form])) = self.forms(self.word(at)) else {
                continue;
            };
            if self.follows_article(at) {
                continue;
            }
            let name = self.subject(at, !prefix.is_empty());
            dropped.extend(name.filter(|_| first));
            let mine = first && self.of_viewpoint;
            let tense = if self.keeps_present(at) {
                Tense::Present
            } else {
                adapter.tense
            };
            let form = match (tense, mine) {
                (Tense::Past, true) => past_first,
                (Tense::Past, false) => past,
                (Tense::Present, true) => first_form,
                (Tense::Present, false) => self.word(at).trim_start_matches(prefix),
            };
            let new = format!("{prefix}{form}");
            if let Some(part) = self.parts.get_mut(at) {
                *part = new;
            }
            if mine {
                told_of_viewpoint = true;
                self.own_words_around(at);
            }
            if std::mem::take(&mut still_due) {
                self.put_before(at, &reading.still);
            }
        }
        let named = |at: &usize| self.is(*at, adapter.viewpoint) && !dropped.contains(at);
        let stays = (0..self.parts.len()).step_by(2).any(|at| named(&at));
        if first && stays {
            return None;
        }
        for at in dropped {
            if let Some(part) = self.parts.get_mut(at) {
                part.clear();
            }
        }
        let text = self.parts.concat();
        let text = text
            .split(' ')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>();
        let mut text = text.join(" ").replace(" ,", ",").replace(" .", ".");
        if told_of_viewpoint {
            let phrases = reading
                .own
                .iter()
                .filter(|(phrase, _)| phrase.contains(' '));
            for (phrase, own) in phrases {
                text = text.replace(phrase.as_str(), own);
            }
        }
        if still_due {
            text = format!("{}{text}", reading.still_prefix);
        }
        Some(super::polish::capitalised(text.trim(), true))
    }

    /// Settles whose verb stands at `at`; the place of the viewpoint's name, if that is beside.
    fn subject(&mut self, at: usize, joined: bool) -> Option<usize> {
        let reading = &self.adapter.pack.reading;
        let next = Some(at + 2).filter(|_| self.is_close(at));
        let mut before = at.checked_sub(2).filter(|before| self.is_close(*before));
        while let Some(place) = before.filter(|place| self.is_clitic(*place)) {
            before = place.checked_sub(2).filter(|before| self.is_close(*before));
        }
        for beside in [before, next].into_iter().flatten() {
            if self.is(beside, self.adapter.viewpoint) {
                self.of_viewpoint = true;
                return Some(beside);
            }
        }
        if [before, next]
            .into_iter()
            .flatten()
            .any(|place| self.is_somebody_else(place))
        {
            self.of_viewpoint = false;
            return None;
        }
        let word = before.map_or("", |place| self.word(place)).to_lowercase();
        let is_joiner = reading.joiners.contains(&word);
        // At the start of a sentence or behind "and" the subject is the one before.
        if !(joined || is_joiner || before.is_none() || self.keeps_present(at)) {
            self.of_viewpoint = false;
        }
        None
    }

    /// Puts a word before a verb and the small words that belong to it.
    fn put_before(&mut self, at: usize, word: &str) {
        let mut place = at;
        while let Some(before) = place
            .checked_sub(2)
            .filter(|before| self.is_clitic(*before))
        {
            place = before;
        }
        if let Some(part) = self.parts.get_mut(place).filter(|_| !word.is_empty()) {
            *part = format!("{word} {}", part.to_lowercase());
        }
    }

    fn follows(&self, at: usize, words: &[String]) -> bool {
        let before = at.checked_sub(2).map(|before| self.word(before));
        before.is_some_and(|word| words.contains(&word.to_lowercase()))
    }

    /// Tells whether an article stands before the word at `at`: "la marca" is a noun.
    fn follows_article(&self, at: usize) -> bool {
        self.follows(at, &self.adapter.pack.reading.before_nouns)
    }

    fn keeps_present(&self, at: usize) -> bool {
        self.follows(at, &self.adapter.pack.reading.keeps_present)
    }

    fn is_clitic(&self, at: usize) -> bool {
        let word = self.word(at).to_lowercase();
        self.adapter.pack.reading.clitics.contains(&word)
    }

    /// Replaces "se" before and "su" behind a verb of the viewpoint by its own words.
    fn own_words_around(&mut self, at: usize) {
        let own = &self.adapter.pack.reading.own;
        let end = (at + 12).min(self.parts.len());
        let before = at.saturating_sub(4)..at;
        let clitics: Vec<usize> = before.filter(|place| self.is_clitic(*place)).collect();
        let behind = (at..end).filter(|place| !self.is_clitic(*place));
        for place in clitics.into_iter().chain(behind.collect::<Vec<_>>()) {
            let mine = self.parts.get(place).and_then(|part| own.get(part));
            if let (Some(mine), Some(part)) = (mine, self.parts.get_mut(place)) {
                part.clone_from(mine);
            }
        }
    }
}
