//! What sentences are adapted to: the story's person and tense, and who is in it.

use super::character::{Character, Person, Tense};
use super::pack::Pack;

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
}
