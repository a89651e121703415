//! Brings the author's own sentences into the story's person and tense.
//!
//! Outlines are mostly written in the third person and the present tense ("Mara climbs the
//! stairs"), stories mostly are not. What cannot be changed with some certainty stays as the
//! author wrote it.

use super::english;
use super::pack::{Adaptation, Pack};
use super::stage::{Character, Person, Tense};

pub struct Adapter<'a> {
    pub pack: &'a Pack,
    pub person: Person,
    pub tense: Tense,
    pub viewpoint: &'a Character,
    pub cast: &'a [Character],
}

impl<'a> Adapter<'a> {
    pub fn new(
        pack: &'a Pack,
        person: Person,
        tense: Tense,
        viewpoint: &'a Character,
        cast: &'a [Character],
    ) -> Self {
        Adapter {
            pack,
            person,
            tense,
            viewpoint,
            cast,
        }
    }

    /// Adapts sentences that follow each other.
    pub fn adapt(&self, sentences: &[String]) -> Vec<String> {
        match self.pack.reading.adaptation {
            Adaptation::English => english::adapt(self, sentences, english::Still::No),
            Adaptation::Forms => sentences.iter().map(|s| self.by_forms(s)).collect(),
            Adaptation::Endings => sentences.iter().map(|s| self.by_endings(s)).collect(),
        }
    }

    /// The same for a state that lasts from before.
    pub fn adapt_still(&self, sentences: &[String]) -> Vec<String> {
        match self.pack.reading.adaptation {
            Adaptation::English => english::adapt(self, sentences, english::Still::Yes),
            _ => self.adapt(sentences),
        }
    }

    fn by_forms(&self, sentence: &str) -> String {
        sentence.to_owned()
    }

    fn by_endings(&self, sentence: &str) -> String {
        sentence.to_owned()
    }
}
