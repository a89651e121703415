//! Whom a part of the story calls for: those whom a text names, the protagonist, and those whom
//! the beat lists.

use std::collections::BTreeSet;

use super::blocks;
use crate::story::names::CastNames;
use crate::story::{Beat, Brief};

/// Whom a part of the story calls for, and by which text.
pub(super) struct Called<'a> {
    brief: &'a Brief,
    text: String,
    /// Indices into the cast.
    cast: BTreeSet<usize>,
}

impl<'a> Called<'a> {
    /// By the beat itself and by `texts`.
    pub(super) fn by(
        brief: &'a Brief,
        names: &CastNames,
        beat: Option<&Beat>,
        texts: &[&str],
    ) -> Called<'a> {
        let mut text = beat.map_or_else(String::new, |beat| blocks::called(beat, brief));
        for more in texts {
            text.push('\n');
            text.push_str(more);
        }
        let mut cast = names.named_in(&text);
        let listed = beat.into_iter().flat_map(|beat| &beat.cast);
        // A list of names means them, however they are written.
        for name in listed.chain(&brief.protagonist) {
            let meant = brief.character(name);
            cast.extend(meant.and_then(|meant| {
                let mut entries = brief.cast.iter();
                entries.position(|entry| std::ptr::eq(entry, meant))
            }));
        }
        Called { brief, text, cast }
    }

    /// Whether an entry of the cast, by its index, is called for.
    pub(super) fn calls(&self, entry: usize) -> bool {
        self.cast.contains(&entry)
    }

    /// Whether somebody of that name is called for, of the cast or not.
    pub(super) fn calls_by_name(&self, name: &str) -> bool {
        let entry = self.brief.cast.iter().position(|entry| {
            let mut names = std::iter::once(&entry.name).chain(&entry.aliases);
            names.any(|own| own.to_lowercase() == name.to_lowercase())
        });
        match entry {
            Some(entry) => self.calls(entry),
            None => CastNames::of_name(name).is_in(&self.text),
        }
    }
}
