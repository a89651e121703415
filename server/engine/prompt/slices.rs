//! The slices of a brief that a prompt may hold, by name, and their digests.
//!
//! A chunk is stale when a slice that its prompt held differs from what it is now; so the names
//! are part of what a manifest records.

use std::collections::BTreeMap;

use super::assemble::TAIL_WORDS;
use super::tail::tail;
use super::{Templates, blocks};
use crate::story::{BeatId, Brief, Digest, SectionKind};

pub const FACTS: &str = "facts";
pub const STYLE: &str = "style";
pub const OUTLINE: &str = "outline";
pub const BEAT: &str = "beat";
pub const NEXT: &str = "next beat";
pub const PRECEDING: &str = "preceding text";
pub const MODEL: &str = "model";
pub const TEMPLATE: &str = "template";
const SUMMARY: &str = "summary ";
const STATE: &str = "state ";
const QUOTE: &str = "quote ";
pub const PREVIOUS: &str = "previous beat";

/// Raise it whenever the words of the blocks that are in no template change what a model is
/// told.
const BLOCKS_VERSION: &str = "2";

pub fn rule(number: u32) -> String {
    format!("rule {number}")
}

pub fn cast(name: &str) -> String {
    format!("cast {name}")
}

pub fn background(title: &str) -> String {
    format!("background {title}")
}

pub fn summary(beat: &BeatId) -> String {
    format!("{SUMMARY}{beat}")
}

/// How things stood after the chunk of a beat.
pub fn state(beat: &BeatId) -> String {
    format!("{STATE}{beat}")
}

/// A sentence of a beat's chunk; the name tells several of one chunk apart.
pub fn quote(beat: &BeatId, text: &str) -> (String, Digest) {
    let digest = Digest::of(text);
    (format!("{QUOTE}{beat}:{}", digest.short()), digest)
}

/// A slice that is about another chunk than the one that held it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfOther {
    Summary(BeatId),
    State(BeatId),
    Quote(BeatId),
}

impl OfOther {
    pub fn parse(name: &str) -> Option<OfOther> {
        let beat = |id: &str| BeatId(id.to_owned());
        if let Some(id) = name.strip_prefix(SUMMARY) {
            Some(OfOther::Summary(beat(id)))
        } else if let Some(id) = name.strip_prefix(STATE) {
            Some(OfOther::State(beat(id)))
        } else {
            let (id, _) = name.strip_prefix(QUOTE)?.rsplit_once(':')?;
            Some(OfOther::Quote(beat(id)))
        }
    }
}

/// Whether a prompt that repeated the end of `text` had the same words in it; how many it
/// repeated depended on the room.
pub fn is_preceding(then: &Digest, text: &str) -> bool {
    let mut ends = TAIL_WORDS.iter().map(|words| tail(text, *words));
    ends.any(|end| Digest::of(end) == *then)
}

/// The digest of as much of the text before as a prompt repeats at most.
pub fn preceding(text: &str) -> Digest {
    Digest::of(tail(text, TAIL_WORDS[0]))
}

/// The names of the slices that every prompt of a brief holds.
pub fn always(brief: &Brief) -> Vec<String> {
    let mut names: Vec<String> = [FACTS, STYLE, BEAT, TEMPLATE].map(str::to_owned).into();
    names.extend(rules(brief).into_keys());
    names
}

/// All slices that a prompt of one beat could hold, as they are now.
pub fn of_beat(brief: &Brief, beat: usize, templates: &Templates) -> BTreeMap<String, Digest> {
    let mut slices = shared(brief, templates);
    slices.extend(own(brief, beat, templates));
    slices
}

/// The slices that are the same for every beat.
pub fn shared(brief: &Brief, templates: &Templates) -> BTreeMap<String, Digest> {
    let mut slices = rules(brief);
    let mut add = |name: String, text: &str| slices.insert(name, Digest::of(text));
    add(
        TEMPLATE.to_owned(),
        &format!("{BLOCKS_VERSION} {}", templates.digest().0),
    );
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
pub fn own(brief: &Brief, beat: usize, templates: &Templates) -> BTreeMap<String, Digest> {
    let next = Digest::of(&blocks::next(brief, beat, templates));
    let mut slices = BTreeMap::from([(NEXT.to_owned(), next)]);
    if let Some(before) = beat
        .checked_sub(1)
        .and_then(|before| brief.beats.get(before))
    {
        slices.insert(
            PREVIOUS.to_owned(),
            Digest::of(&blocks::previous_block(before)),
        );
    }
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
