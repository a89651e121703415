//! Person and tense by a table of verb forms, for languages whose verbs carry the person.
//!
//! The pack lists present forms with what becomes of them. A verb is the viewpoint
//! character's when the name stands beside it, or when it is joined to such a verb. Where
//! the name stands in another place the sentence is quoted instead of changed.

use super::adapt::Adapter;
use super::chance::seed_of;
use super::lines;
use super::stage::{Character, Person, Tense, find_name};

/// Adapts sentences that follow each other: the subject may be the one of the sentence before.
pub fn adapt(adapter: &Adapter, sentences: &[String]) -> Vec<String> {
    let mut of_viewpoint = false;
    sentences
        .iter()
        .map(|sentence| {
            let mut line = Line::read(adapter, sentence, of_viewpoint);
            let adapted = line.adapt();
            of_viewpoint = line.of_viewpoint;
            adapted.unwrap_or_else(|| reported(adapter, sentence))
        })
        .collect()
}

/// The author's sentence as it is, in a frame that explains its person and tense.
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

/// The forms that the table gives for one present form.
struct Forms<'a> {
    past: &'a str,
    past_first: &'a str,
    first: &'a str,
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

    /// Whether only a space lies behind the word at `at`.
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

    /// The table's forms for a word, with the joining letter that it begins with, if any.
    fn forms(&self, word: &str) -> Option<(&'a str, Forms<'a>)> {
        let reading = &self.adapter.pack.reading;
        let lower = word.to_lowercase();
        let found = |prefix: &'a str| {
            let forms = reading.forms.get(lower.strip_prefix(prefix)?)?;
            let mut forms = forms.split_whitespace();
            let forms = Forms {
                past: forms.next()?,
                past_first: forms.next()?,
                first: forms.next()?,
            };
            Some((prefix, forms))
        };
        found("").or_else(|| reading.prefixes.iter().find_map(|prefix| found(prefix)))
    }

    /// The sentence in the story's person and tense; `None` where that is not safe.
    fn adapt(&mut self) -> Option<String> {
        let adapter = self.adapter;
        let first = adapter.person != Person::Third;
        let mut dropped = Vec::new();
        let mut any = false;
        for at in (0..self.parts.len()).step_by(2) {
            let Some((prefix, forms)) = self.forms(self.word(at)) else {
                continue;
            };
            any = true;
            let name = self.subject(at, !prefix.is_empty());
            dropped.extend(name.filter(|_| first));
            let mine = first && self.of_viewpoint;
            let form = match (adapter.tense, mine) {
                (Tense::Past, true) => forms.past_first,
                (Tense::Past, false) => forms.past,
                (Tense::Present, true) => forms.first,
                (Tense::Present, false) => continue,
            };
            let new = format!("{prefix}{form}");
            if let Some(part) = self.parts.get_mut(at) {
                *part = new;
            }
            if mine {
                self.own_words_around(at);
            }
        }
        let named = |at: &usize| self.is(*at, adapter.viewpoint) && !dropped.contains(at);
        let stays = (0..self.parts.len()).step_by(2).any(|at| named(&at));
        if first && stays || !any && adapter.tense == Tense::Past && first {
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
        let text = text.join(" ").replace(" ,", ",").replace(" .", ".");
        Some(super::english::capitalised(text.trim(), true))
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
        if !(joined || is_joiner || before.is_none()) {
            self.of_viewpoint = false;
        }
        None
    }

    fn is_clitic(&self, at: usize) -> bool {
        let word = self.word(at).to_lowercase();
        self.adapter.pack.reading.clitics.contains(&word)
    }

    /// "Se" before and "su" after a verb of the viewpoint become its own.
    fn own_words_around(&mut self, at: usize) {
        let own = &self.adapter.pack.reading.own;
        let end = (at + 12).min(self.parts.len());
        let start = at.saturating_sub(2);
        for part in self.parts.get_mut(start..end).unwrap_or_default() {
            if let Some(mine) = own.get(part.as_str()) {
                part.clone_from(mine);
            }
        }
    }
}
