//! Finds the people that a part of the story needs: those whom a text names, the protagonist, and those whom
//! the beat lists.

use std::collections::BTreeSet;

use super::{Ground, blocks};
use crate::story::names::CastNames;
use crate::story::{Beat, Brief};

/// The people that a part of the story needs, and the texts that name them.
pub(crate) struct Called<'a> {
    ground: &'a Ground,
    text: String,
    /// Indices into the cast.
    cast: BTreeSet<usize>,
}

impl<'a> Called<'a> {
    /// Finds the people named by the beat itself and by `texts`.
    pub(crate) fn by(
        brief: &Brief,
        ground: &'a Ground,
        beat: Option<&Beat>,
        texts: &[&str],
    ) -> Called<'a> {
        let mut text = beat.map_or_else(String::new, |beat| blocks::called(beat, brief));
        for more in texts {
            text.push('\n');
            text.push_str(more);
        }
        let mut cast = ground.names.named_in(&text);
        let listed = beat.into_iter().flat_map(|beat| &beat.cast);
        // A list of names means them, however they are written.
        let listed = listed.chain(&brief.protagonist);
        cast.extend(listed.filter_map(|name| ground.entry_listed(brief, name)));
        Called { ground, text, cast }
    }

    /// Tells whether an entry of the cast, by its index, is called for.
    pub(crate) fn calls(&self, entry: usize) -> bool {
        self.cast.contains(&entry)
    }

    /// Returns the entries of the cast that are called for, by their indices.
    pub(super) fn entries(&self) -> impl Iterator<Item = usize> {
        self.cast.iter().copied()
    }

    /// Tells whether a part needs a person of that name, of the cast or not.
    pub(crate) fn calls_by_name(&self, name: &str) -> bool {
        match self.ground.entry_named(name) {
            Some(entry) => self.calls(entry),
            None => CastNames::of_name(name).is_in(&self.text),
        }
    }
}
