//! The slices of a brief that a prompt may hold, by name, and their digests.
//!
//! A chunk is stale when a slice that its prompt held differs from what it is now; so the names
//! are part of what a manifest records.

use std::collections::BTreeMap;

use super::blocks;
use crate::story::{Brief, Digest, SectionKind};

pub const FACTS: &str = "facts";
pub const STYLE: &str = "style";
pub const OUTLINE: &str = "outline";
pub const BEAT: &str = "beat";
pub const NEXT: &str = "next beat";
pub const PRECEDING: &str = "preceding text";
pub const MODEL: &str = "model";
pub const TEMPLATE: &str = "template";

/// Raise it whenever the fixed words of the blocks change what a model is told.
const TEMPLATE_VERSION: &str = "1";

pub fn rule(number: u32) -> String {
    format!("rule {number}")
}

pub fn cast(name: &str) -> String {
    format!("cast {name}")
}

pub fn background(title: &str) -> String {
    format!("background {title}")
}

/// The digest of as much of the text before as a prompt repeats.
pub fn preceding(text: &str) -> Digest {
    Digest::of(blocks::tail(text, blocks::TAIL_WORDS[0]))
}

/// The names of the slices that every prompt of a brief holds.
pub fn always(brief: &Brief) -> Vec<String> {
    let mut names: Vec<String> = [FACTS, STYLE, BEAT, TEMPLATE].map(str::to_owned).into();
    names.extend(rules(brief).into_keys());
    names
}

/// All slices that a prompt of one beat could hold, as they are now.
pub fn of_beat(brief: &Brief, beat: usize) -> BTreeMap<String, Digest> {
    let mut slices = shared(brief);
    slices.extend(own(brief, beat));
    slices
}

/// The slices that are the same for every beat.
pub fn shared(brief: &Brief) -> BTreeMap<String, Digest> {
    let mut slices = rules(brief);
    let mut add = |name: String, text: &str| slices.insert(name, Digest::of(text));
    add(TEMPLATE.to_owned(), TEMPLATE_VERSION);
    add(FACTS.to_owned(), &blocks::facts(brief));
    add(OUTLINE.to_owned(), &blocks::outline(brief));
    if let Some(style) = brief.section(SectionKind::Style) {
        add(STYLE.to_owned(), &style.text);
    }
    for entry in &brief.cast {
        add(cast(&entry.name), &blocks::cast_entry(entry));
    }
    for section in &brief.sections {
        if section.kind == SectionKind::Background {
            add(
                background(&section.title),
                &blocks::background_text(section),
            );
        }
    }
    slices
}

/// The slices that are a beat's own.
pub fn own(brief: &Brief, beat: usize) -> BTreeMap<String, Digest> {
    let next = (NEXT.to_owned(), Digest::of(&blocks::next(brief, beat)));
    let mut slices = BTreeMap::from([next]);
    if let Some(beat) = brief.beats.get(beat) {
        slices.insert(BEAT.to_owned(), Digest::of(&blocks::beat_slice(beat)));
    }
    slices
}

/// The rules by number; one slice where the section holds no numbered list.
fn rules(brief: &Brief) -> BTreeMap<String, Digest> {
    if let Some(section) = brief
        .section(SectionKind::Rules)
        .filter(|_| brief.rules.is_empty())
    {
        return BTreeMap::from([("rules".to_owned(), Digest::of(&section.text))]);
    }
    let rules = brief.rules.iter();
    rules
        .map(|it| (rule(it.number), Digest::of(&it.text)))
        .collect()
}
