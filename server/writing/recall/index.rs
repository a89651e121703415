//! Holds texts taken apart into sentences and terms, so that each is read once however often it is searched.
//!
//! It holds no text: sentences are places in texts that the caller has.

use std::collections::HashMap;
use std::ops::Range;

use crate::story::ChunkNumber;
use crate::story::state::Fact;
use crate::story::text::scripts::is_han_or_kana;
use crate::story::text::sentences;
use crate::story::text::terms::terms_of_length;

/// The fewest letters of a word that is a term. Who asks for longer ones finds no shorter.
pub(super) const SHORTEST: usize = 3;

/// Texts taken apart.
#[derive(Debug, Default)]
pub struct Index {
    ids: HashMap<Box<str>, Term>,
    /// The texts that hold each term, in the order in which they were taken.
    holders: Vec<Vec<TextId>>,
    /// Whether each term is of a word that is long enough to mean something.
    meaningful: Vec<bool>,
    /// `None` for a text that was forgotten.
    texts: Vec<Option<Taken>>,
}

/// A text in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextId(u32);

/// A term, by its number in an index.
pub(super) type Term = u32;

/// A chunk that may be quoted.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub chunk: ChunkNumber,
    pub text: &'a str,
    /// That text in the index.
    pub taken: TextId,
    /// The facts noted of it.
    pub facts: &'a [Fact],
    /// Those facts in the index; `None` where there are none.
    pub taken_facts: Option<TextId>,
}

/// A text, sentence by sentence.
#[derive(Debug, Default)]
pub(super) struct Taken {
    sentences: Vec<Sentence>,
    /// The terms of all sentences, those of each in ascending order.
    terms: Vec<Term>,
}

#[derive(Debug)]
struct Sentence {
    /// Bytes of the text; nothing for a fact.
    place: Range<u32>,
    /// The end of its terms, which begin where those of the sentence before end.
    terms_end: u32,
}

impl Index {
    /// Takes a text apart, in time in proportion to it.
    pub fn take(&mut self, text: &str) -> TextId {
        let places = sentences::spans(text);
        let pieces = places.map(|place| (span(&place), &text[place]));
        self.take_pieces(pieces)
    }

    /// Takes noted facts apart.
    pub fn take_facts(&mut self, facts: &[Fact]) -> TextId {
        let said: Vec<String> = facts
            .iter()
            .map(|fact| format!("{} {}", fact.subject, fact.quote))
            .collect();
        self.take_pieces(said.iter().map(|fact| (0..0, fact.as_str())))
    }

    fn take_pieces<'t>(&mut self, pieces: impl Iterator<Item = (Range<u32>, &'t str)>) -> TextId {
        let id = TextId(number(self.texts.len()));
        let mut taken = Taken::default();
        for (place, piece) in pieces {
            let start = taken.terms.len();
            for term in terms_of_length(piece, SHORTEST) {
                let term = self.term(term);
                taken.terms.push(term);
            }
            taken.terms[start..].sort_unstable();
            taken.sentences.push(Sentence {
                place,
                terms_end: number(taken.terms.len()),
            });
        }
        for term in distinct(&taken.terms) {
            self.holders[term as usize].push(id);
        }
        taken.terms.shrink_to_fit();
        taken.sentences.shrink_to_fit();
        self.texts.push(Some(taken));
        id
    }

    /// Forgets a text that is no longer part of the story.
    pub fn forget(&mut self, id: TextId) {
        let Some(taken) = self.texts.get_mut(id.0 as usize).and_then(Option::take) else {
            return;
        };
        for term in distinct(&taken.terms) {
            self.holders[term as usize].retain(|holder| *holder != id);
        }
    }

    /// Returns the number of a term, if any text that was taken has it.
    pub(super) fn known(&self, term: &str) -> Option<Term> {
        self.ids.get(term).copied()
    }

    /// Returns the texts that hold a term.
    pub(super) fn holders(&self, term: Term) -> &[TextId] {
        self.holders.get(term as usize).map_or(&[], Vec::as_slice)
    }

    /// Tells whether a term is of a word that is long enough to mean something by itself.
    pub(super) fn is_meaningful(&self, term: Term) -> bool {
        self.meaningful.get(term as usize).copied().unwrap_or(false)
    }

    pub(super) fn text(&self, id: TextId) -> Option<&Taken> {
        self.texts.get(id.0 as usize)?.as_ref()
    }

    fn term(&mut self, term: String) -> Term {
        if let Some(known) = self.ids.get(term.as_str()) {
            return *known;
        }
        let id = number(self.holders.len());
        self.holders.push(Vec::new());
        let is_long = term.chars().count() > SHORTEST;
        self.meaningful
            .push(is_long || term.chars().all(is_han_or_kana));
        self.ids.insert(term.into_boxed_str(), id);
        id
    }
}

impl Taken {
    /// Returns the sentences that hold a term, in their order.
    pub(super) fn with(&self, term: Term) -> Vec<usize> {
        let places = self.terms.iter().enumerate();
        let places = places
            .filter(|(_, it)| **it == term)
            .map(|(place, _)| place);
        let of = |place| {
            let ends = &self.sentences;
            ends.partition_point(|sentence| sentence.terms_end as usize <= place)
        };
        places.map(of).collect()
    }

    /// Returns the terms of a sentence, in ascending order.
    pub(super) fn terms_of(&self, sentence: usize) -> &[Term] {
        let end_of = |at: usize| self.sentences.get(at).map_or(0, |it| it.terms_end as usize);
        let start = sentence.checked_sub(1).map_or(0, end_of);
        self.terms.get(start..end_of(sentence)).unwrap_or_default()
    }

    /// Returns the words of a sentence of `text`, which is the text that was taken.
    pub(super) fn words_of<'t>(&self, sentence: usize, text: &'t str) -> &'t str {
        let place = self.sentences.get(sentence).map(|it| it.place.clone());
        let place = place.map(|place| place.start as usize..place.end as usize);
        place.and_then(|place| text.get(place)).unwrap_or_default()
    }
}

/// Returns each number once, in ascending order.
fn distinct(terms: &[Term]) -> Vec<Term> {
    let mut terms = terms.to_vec();
    terms.sort_unstable();
    terms.dedup();
    terms
}

fn span(place: &Range<usize>) -> Range<u32> {
    number(place.start)..number(place.end)
}

/// Converts a number of things in memory; nothing that is read is larger than four gigabytes.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_by_its_terms_until_it_is_forgotten() {
        let mut index = Index::default();
        let text = "The lamp went out.\nMara lit the lamp. Rain fell.";
        let first = index.take(text);
        let second = index.take("A lamp, too.");
        let lamp = index.known("lamp").unwrap();
        assert_eq!(index.holders(lamp), [first, second]);
        let taken = index.text(first).unwrap();
        assert_eq!(taken.with(lamp), [0, 1]);
        assert_eq!(taken.words_of(1, text), "Mara lit the lamp.");
        assert_eq!(taken.terms_of(2).len(), 2);
        assert_eq!(taken.terms_of(3), [] as [Term; 0]);
        index.forget(first);
        index.forget(first);
        assert_eq!(index.holders(lamp), [second]);
        assert!(index.text(first).is_none());
        assert_eq!(index.known("rope"), None);
    }
}
