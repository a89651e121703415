//! Computes once what the prompts of all parts of a story share: a brief may be large, and the cost of a part
//! must not grow with it.

use std::collections::{BTreeSet, HashMap};

use super::blocks;
use super::outline::Outline;
use super::slices::{self, Slice, Slices};
use super::templates::Templates;
use crate::story::names::CastNames;
use crate::story::terms::terms;
use crate::story::{Brief, SectionKind};
use crate::writing::tokens::Weight;

/// The parts of a brief that every prompt uses. Made for one brief with its templates, and of no use with
/// another.
#[derive(Debug)]
pub struct Ground {
    pub(crate) names: CastNames,
    /// Indices into the cast by whole names and aliases, in lower case.
    named: HashMap<String, usize>,
    /// The index in the cast for each name in the brief's lists; `None` where it is nobody of the cast.
    listed: HashMap<String, Option<usize>>,
    /// The slices that are the same for every beat, with their digests.
    pub(crate) shared: Slices,
    /// The slices that every prompt holds.
    pub(crate) always: Vec<Slice>,
    pub(crate) contract: Weighed,
    pub(crate) facts: Weighed,
    pub(crate) rules: Weighed,
    pub(crate) outline: Weighed,
    /// The list of the beats, for those near one.
    beats: Outline,
    pub(crate) roster: Weighed,
    /// The background sections in their order.
    pub(crate) background: Vec<Background>,
}

/// A text with what it weighs.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub text: String,
    pub weight: Weight,
}

/// A section of the author's own naming.
#[derive(Debug)]
pub(crate) struct Background {
    /// Index into the sections of the brief.
    pub section: usize,
    /// The weight of its text in a prompt.
    pub weight: Weight,
    /// Terms of its title: what calls for it.
    pub terms: BTreeSet<String>,
}

impl Weighed {
    fn new(text: String) -> Weighed {
        let weight = Weight::of(&text);
        Weighed { text, weight }
    }
}

impl Ground {
    /// Reads a brief through, in time in proportion to it.
    pub fn of(brief: &Brief, templates: &Templates) -> Ground {
        let mut beats = Outline::of(brief);
        let sections = brief.sections.iter().enumerate();
        let background = sections
            .filter(|(_, it)| it.kind == SectionKind::Background && !it.text.is_empty())
            .map(|(section, it)| Background {
                section,
                weight: Weight::of(&blocks::background_text(it)),
                terms: terms(&it.title),
            });
        Ground {
            names: CastNames::of(&brief.cast, &brief.language),
            named: named(brief),
            listed: listed(brief),
            shared: slices::shared(brief, templates),
            always: slices::always(brief),
            contract: Weighed::new(blocks::contract(brief, templates)),
            facts: Weighed::new(blocks::facts(brief)),
            rules: Weighed::new(blocks::rules(brief)),
            outline: Weighed::new(std::mem::take(&mut beats.text)),
            beats,
            roster: Weighed::new(blocks::roster(brief)),
            background: background.collect(),
        }
    }

    /// Returns the block of the beats near a beat; `None` where the outline lists all beats.
    pub(crate) fn nearby(&self, brief: &Brief, beat: usize) -> Option<String> {
        self.beats.nearby(brief, beat)
    }

    /// Returns the entry of the cast that has a name or alias, as an index.
    pub(crate) fn entry_named(&self, name: &str) -> Option<usize> {
        self.named.get(&name.to_lowercase()).copied()
    }

    /// Returns the entry of the cast that a name of a list means, as an index.
    pub(crate) fn entry_listed(&self, brief: &Brief, name: &str) -> Option<usize> {
        let known = self.listed.get(name).copied();
        known.unwrap_or_else(|| entry(brief, name))
    }

    /// Returns the present slices of a beat that are `held` or in every prompt, and those that name the
    /// neighbouring beats.
    pub(crate) fn of_beat(
        &self,
        brief: &Brief,
        beat: usize,
        templates: &Templates,
        held: &BTreeSet<Slice>,
    ) -> Slices {
        let shared = held.iter().chain(&self.always);
        let shared = shared.filter_map(|slice| self.shared.get_key_value(slice));
        let mut slices: Slices = shared
            .map(|(slice, digest)| (slice.clone(), digest.clone()))
            .collect();
        // Which beats are beside this one says why something about them is another.
        let is_told = |slice: &Slice| {
            let is_beside = matches!(slice, Slice::Precedes(_) | Slice::Follows(_));
            is_beside || held.contains(slice) || self.always.contains(slice)
        };
        let own = slices::own(brief, beat, templates).into_iter();
        slices.extend(own.filter(|(slice, _)| is_told(slice)));
        slices
    }
}

fn named(brief: &Brief) -> HashMap<String, usize> {
    let mut named = HashMap::new();
    for (index, entry) in brief.cast.iter().enumerate() {
        for name in std::iter::once(&entry.name).chain(&entry.aliases) {
            named.entry(name.to_lowercase()).or_insert(index);
        }
    }
    named
}

fn listed(brief: &Brief) -> HashMap<String, Option<usize>> {
    let mut found = HashMap::new();
    let listed = brief.beats.iter().flat_map(|beat| &beat.cast);
    for name in listed.chain(&brief.protagonist) {
        if !found.contains_key(name) {
            found.insert(name.clone(), entry(brief, name));
        }
    }
    found
}

fn entry(brief: &Brief, name: &str) -> Option<usize> {
    let meant = brief.character(name)?;
    let mut entries = brief.cast.iter();
    entries.position(|entry| std::ptr::eq(entry, meant))
}
