//! Defines the slices that a prompt may hold, by name, and their digests.
//!
//! A chunk is stale when a slice that its prompt held differs from what it is now; so the names
//! are part of what a manifest records. What is only context and changes as a book grows (the
//! list of beats and of the cast, the number of parts, headings of parts, the title) is no slice.

use std::collections::BTreeMap;

use super::blocks;
use super::tail::{TAIL_WORDS, tail};
use super::templates::Templates;
use crate::story::{BeatId, Brief, Digest, SectionKind};

/// Raise it whenever the words of the blocks that are in no template change what a model is
/// told.
const BLOCKS_VERSION: &str = "2";
/// The content of the next beat's slice for the last beat.
const LAST: &str = "the last part";

/// One input of a chunk's prompt, whose change makes the chunk stale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slice {
    Language,
    PointOfView,
    Tense,
    Protagonist,
    Premise,
    Setting,
    /// Rules that are no numbered list.
    Rules,
    Rule(u32),
    Style,
    Cast(String),
    /// A section of the author's own naming, by its title.
    Background(String),
    Beat,
    /// The text of the beat after this one; a fixed text for the last.
    NextBeat,
    /// The id of the beat after this one.
    Precedes(BeatId),
    /// The planned end of the beat before.
    PreviousBeat,
    /// The end of the text before.
    Preceding,
    /// The beat that the text before belongs to.
    Follows(BeatId),
    /// The summary of the chunk of a beat.
    Summary(BeatId),
    /// The state after the chunk of a beat.
    State(BeatId),
    /// A sentence of the chunk of a beat; the second part tells several of one chunk apart.
    Quote(BeatId, String),
    Template,
    Model,
    /// Title, point of view, tense, protagonist, premise and setting in one, as earlier versions
    /// recorded them.
    Facts,
}

pub type Slices = BTreeMap<Slice, Digest>;

const PLAIN: [(&str, Slice); 15] = [
    ("language", Slice::Language),
    ("pov", Slice::PointOfView),
    ("tense", Slice::Tense),
    ("protagonist", Slice::Protagonist),
    ("premise", Slice::Premise),
    ("setting", Slice::Setting),
    ("rules", Slice::Rules),
    ("style", Slice::Style),
    ("beat", Slice::Beat),
    ("next beat", Slice::NextBeat),
    ("previous beat", Slice::PreviousBeat),
    ("preceding text", Slice::Preceding),
    ("template", Slice::Template),
    ("model", Slice::Model),
    ("facts", Slice::Facts),
];

impl Slice {
    /// Parses the name of a slice in a manifest; `None` for a slice that is no longer compared, such as the
    /// list of beats.
    pub fn parse(name: &str) -> Option<Slice> {
        if let Some((_, slice)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Some(slice.clone());
        }
        let (kind, rest) = name.split_once(' ')?;
        let beat = || BeatId(rest.to_owned());
        Some(match kind {
            "rule" => Slice::Rule(rest.parse().ok()?),
            "cast" => Slice::Cast(rest.to_owned()),
            "background" => Slice::Background(rest.to_owned()),
            "precedes" => Slice::Precedes(beat()),
            "follows" => Slice::Follows(beat()),
            "summary" => Slice::Summary(beat()),
            "state" => Slice::State(beat()),
            "quote" => {
                let (id, which) = rest.rsplit_once(':')?;
                Slice::Quote(BeatId(id.to_owned()), which.to_owned())
            }
            _ => return None,
        })
    }

    /// Returns the name of the slice in manifests.
    pub fn name(&self) -> String {
        if let Some((plain, _)) = PLAIN.iter().find(|(_, slice)| slice == self) {
            return (*plain).to_owned();
        }
        match self {
            Slice::Rule(number) => format!("rule {number}"),
            Slice::Cast(name) => format!("cast {name}"),
            Slice::Background(title) => format!("background {title}"),
            Slice::Precedes(beat) => format!("precedes {beat}"),
            Slice::Follows(beat) => format!("follows {beat}"),
            Slice::Summary(beat) => format!("summary {beat}"),
            Slice::State(beat) => format!("state {beat}"),
            Slice::Quote(beat, which) => format!("quote {beat}:{which}"),
            // In the table above.
            _ => String::new(),
        }
    }

    /// Tells whether a partial text is discarded when this slice changes.
    pub fn is_foundation(&self) -> bool {
        matches!(
            self,
            Slice::Language
                | Slice::PointOfView
                | Slice::Tense
                | Slice::Protagonist
                | Slice::Premise
                | Slice::Setting
                | Slice::Rules
                | Slice::Rule(_)
                | Slice::Beat
        )
    }
}

/// Returns the slice and digest of a sentence that a prompt repeats.
pub fn quote(beat: &BeatId, text: &str) -> (Slice, Digest) {
    let digest = Digest::of(text);
    (
        Slice::Quote(beat.clone(), digest.short().to_owned()),
        digest,
    )
}

/// Slices as a manifest records them.
pub fn recorded(slices: &Slices) -> BTreeMap<String, Digest> {
    let named = slices.iter();
    named
        .map(|(slice, digest)| (slice.name(), digest.clone()))
        .collect()
}

/// Returns the slices of a record, without those that nothing is compared with.
pub fn of_record<'a>(inputs: impl Iterator<Item = (&'a str, &'a Digest)>) -> Slices {
    inputs
        .filter_map(|(name, digest)| Some((Slice::parse(name)?, digest.clone())))
        .collect()
}

/// Tells whether `text` ends with the words that a prompt repeated; how many it repeated depended on the
/// room.
pub fn is_preceding(then: &Digest, text: &str) -> bool {
    let mut ends = TAIL_WORDS.iter().map(|words| tail(text, *words));
    ends.any(|end| Digest::of(end) == *then)
}

/// Returns the digest of as much of the text before as a prompt repeats at most.
pub fn preceding(text: &str) -> Digest {
    Digest::of(tail(text, TAIL_WORDS[0]))
}

/// Returns the digests of all ends of a text that a prompt may have repeated, in an order of their own.
pub fn ends(text: &str) -> impl Iterator<Item = Digest> + '_ {
    TAIL_WORDS
        .iter()
        .map(move |words| Digest::of(tail(text, *words)))
}

/// Returns the slices that every prompt of a brief holds.
pub fn always(brief: &Brief) -> Vec<Slice> {
    let mut slices: Vec<Slice> = facts(brief).into_keys().collect();
    slices.extend([Slice::Style, Slice::Beat, Slice::Template]);
    slices.extend(rules(brief).into_keys());
    slices
}

/// Returns all slices that a prompt of one beat could hold, as they are now.
pub fn of_beat(brief: &Brief, beat: usize, templates: &Templates) -> Slices {
    let mut slices = shared(brief, templates);
    slices.extend(own(brief, beat, templates));
    slices
}

/// Returns the slices that are the same for every beat.
pub fn shared(brief: &Brief, templates: &Templates) -> Slices {
    let mut slices = facts(brief);
    slices.extend(rules(brief));
    let mut add = |slice: Slice, text: &str| slices.insert(slice, Digest::of(text));
    add(
        Slice::Template,
        &format!("{BLOCKS_VERSION} {}", templates.digest().0),
    );
    if let Some(style) = brief.section(SectionKind::Style) {
        add(Slice::Style, &style.text);
    }
    for entry in &brief.cast {
        add(Slice::Cast(entry.name.clone()), &blocks::cast_entry(entry));
    }
    for section in &brief.sections {
        if section.kind == SectionKind::Background {
            let slice = Slice::Background(section.title.clone());
            add(slice, &blocks::background_text(section));
        }
    }
    slices
}

/// Returns the slices that are a beat's own.
pub fn own(brief: &Brief, beat: usize, templates: &Templates) -> Slices {
    let mut slices = Slices::new();
    let next = brief.beats.get(beat.saturating_add(1));
    let told = match next {
        Some(_) => Digest::of(&blocks::next(brief, beat, templates)),
        None => Digest::of(LAST),
    };
    slices.insert(Slice::NextBeat, told);
    slices.extend(next.map(|next| (Slice::Precedes(next.id.clone()), Digest::of(&next.id.0))));
    let before = beat
        .checked_sub(1)
        .and_then(|before| brief.beats.get(before));
    if let Some(before) = before {
        let told = Digest::of(&blocks::previous_block(before));
        slices.insert(Slice::PreviousBeat, told);
        let follows = Slice::Follows(before.id.clone());
        slices.insert(follows, Digest::of(&before.id.0));
    }
    if let Some(beat) = brief.beats.get(beat) {
        slices.insert(Slice::Beat, Digest::of(&blocks::beat_slice(beat)));
    }
    slices
}

/// Returns what is true in every part of the story, one slice a fact.
fn facts(brief: &Brief) -> Slices {
    let section = |kind| {
        let section = brief.section(kind);
        section
            .map(|it| it.text.as_str())
            .filter(|text| !text.is_empty())
    };
    let facts = [
        (Slice::Language, Some(brief.language.as_str())),
        (Slice::PointOfView, brief.pov.as_deref()),
        (Slice::Tense, brief.tense.as_deref()),
        (Slice::Protagonist, brief.protagonist.as_deref()),
        (Slice::Premise, section(SectionKind::Premise)),
        (Slice::Setting, section(SectionKind::Setting)),
    ];
    let facts = facts.into_iter();
    facts
        .filter_map(|(slice, text)| Some((slice, Digest::of(text?))))
        .collect()
}

/// Tells whether the facts were told just so, by the one digest that earlier versions recorded.
pub fn is_facts(then: &Digest, brief: &Brief) -> bool {
    Digest::of(&blocks::facts(brief)) == *then
}

/// Tells whether what comes next was told just so. Earlier versions recorded for the last part how many there
/// are, and the title.
pub fn is_next(then: &Digest, brief: &Brief, beat: usize, templates: &Templates) -> bool {
    let is_last = beat.saturating_add(1) >= brief.beats.len();
    is_last && was_last(then) || Digest::of(&blocks::next(brief, beat, templates)) == *then
}

/// Tells whether a digest of what comes next says that nothing does.
pub fn was_last(then: &Digest) -> bool {
    Digest::of(LAST) == *then
}

/// Returns the rules by number; one slice where the section holds no numbered list.
fn rules(brief: &Brief) -> Slices {
    if let Some(section) = brief
        .section(SectionKind::Rules)
        .filter(|_| brief.rules.is_empty())
    {
        return Slices::from([(Slice::Rules, Digest::of(&section.text))]);
    }
    let rules = brief.rules.iter();
    rules
        .map(|it| (Slice::Rule(it.number), Digest::of(&it.text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slice_is_read_by_its_name() {
        let beat = || BeatId("the log: 2".to_owned());
        let named = [
            Slice::Rule(3),
            Slice::Cast("Mara Voss".to_owned()),
            Slice::Background("Tides and winds".to_owned()),
            Slice::Precedes(beat()),
            Slice::Follows(beat()),
            Slice::Summary(beat()),
            Slice::State(beat()),
            quote(&beat(), "The lamp was out.").0,
        ];
        let plain = PLAIN.into_iter().map(|(_, slice)| slice);
        for slice in plain.chain(named) {
            assert_eq!(Slice::parse(&slice.name()), Some(slice));
        }
        for name in ["outline", "rule x", "mood", ""] {
            assert_eq!(Slice::parse(name), None, "{name}");
        }
    }
}
