//! Brings the author's own sentences into the story's person and tense.
//!
//! Outlines are mostly written in the third person and the present tense ("Mara climbs the
//! stairs"), stories mostly are not. What cannot be changed with some certainty stays as the
//! author wrote it.

use super::english;
use super::forms;
use super::pack::{Adaptation, Pack};
use super::stage::{Character, Person, Tense};

/// Whether sentences tell a state that lasts from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Still {
    Yes,
    No,
}

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
            Adaptation::English => english::adapt(self, sentences, Still::No),
            Adaptation::Forms => forms::adapt(self, sentences, Still::No),
            Adaptation::Endings => sentences.iter().map(|s| self.by_endings(s)).collect(),
        }
    }

    /// The same for a state that lasts from before.
    pub fn adapt_still(&self, sentences: &[String]) -> Vec<String> {
        match self.pack.reading.adaptation {
            Adaptation::English => english::adapt(self, sentences, Still::Yes),
            Adaptation::Forms => forms::adapt(self, sentences, Still::Yes),
            Adaptation::Endings => {
                let still = |sentence| format!("{}{sentence}", self.pack.reading.still_prefix);
                self.adapt(sentences).into_iter().map(still).collect()
            }
        }
    }

    /// Languages whose sentences end with the verb: its ending carries the tense.
    fn by_endings(&self, sentence: &str) -> String {
        let reading = &self.pack.reading;
        let mut text = sentence.to_owned();
        if self.person != Person::Third {
            let [first, ..] = &self.pack.pronouns.first;
            for name in [&self.viewpoint.full, &self.viewpoint.name] {
                text = text.replace(name.as_str(), first);
            }
        }
        if self.tense == Tense::Present {
            return text;
        }
        let Some(bare) = text.strip_suffix(self.pack.layout.stop.as_str()) else {
            return text;
        };
        let past = reading.endings.iter().find_map(|[present, past]| {
            let stem = bare.strip_suffix(present.as_str())?;
            Some(format!("{stem}{past}{}", self.pack.layout.stop))
        });
        past.unwrap_or(text)
    }
}
