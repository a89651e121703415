//! Checks whether a beat in a model's answer fits this outline. Pure, and without a model.

use std::collections::HashSet;

use super::reader::Told;
use crate::story::slug::beat_slug;
use crate::story::{BeatId, Brief, Language, leftovers, lint};

/// More than this is prose, in characters.
const LONGEST: usize = 3_000;
/// Less than this says nothing, in letters.
const SHORTEST: usize = 4;
/// The most characters of an id, which is shown in a heading.
const LONGEST_ID: usize = 40;

/// The judgement of a beat in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    New,
    /// A beat of the brief, by its index: the author's words for it stay.
    Existing(usize),
    /// No beat; the reason completes the message "this is left out: ".
    Bad(&'static str),
    /// A beat in another language, with its name.
    Foreign(String),
}

/// Looks at a beat. `brief` is the brief with all beats so far, of which those in `fresh` are new.
pub fn judge(told: &Told, brief: &Brief, fresh: &HashSet<BeatId>) -> Kind {
    let slug = beat_slug(&told.title);
    let known = |slug: &str| {
        let of = |title: &str| beat_slug(title);
        brief
            .beats
            .iter()
            .position(|beat| of(&beat.title) == slug || beat.id.as_str() == slug)
    };
    if slug.is_empty() {
        return Kind::Bad("it has no title");
    }
    match known(&slug) {
        Some(at) if fresh.contains(&brief.beats[at].id) => {
            return Kind::Bad("there is a beat of that title already");
        }
        Some(at) => return Kind::Existing(at),
        None => {}
    }
    if stands_in(told) {
        return Kind::Bad("it stands for several beats and tells none of them");
    }
    if letters(&told.text) < SHORTEST {
        return Kind::Bad("it does not say what happens");
    }
    if told.text.chars().count() > LONGEST {
        return Kind::Bad("it is much longer than a beat");
    }
    if told.enter.is_none() && told.exit.is_none() {
        return Kind::Bad("it says neither how things stand before it nor after it");
    }
    if brief.beats.iter().any(|beat| beat.text == told.text) {
        return Kind::Bad("the same happens in another beat");
    }
    foreign(told, &brief.language).map_or(Kind::New, Kind::Foreign)
}

/// Tells whether a beat says no more than that the outline continues: `Parts 11–27`, `continue in the same
/// manner`.
fn stands_in(told: &Told) -> bool {
    let texts = [
        Some(&told.title),
        Some(&told.text),
        told.enter.as_ref(),
        told.exit.as_ref(),
    ];
    let mut texts = texts.into_iter().flatten();
    leftovers::is_span(&told.title) || texts.any(|text| leftovers::stands_in(text))
}

fn foreign(told: &Told, language: &Language) -> Option<String> {
    let states = [&told.enter, &told.exit].into_iter().flatten();
    let texts = [&told.title, &told.text].into_iter().chain(states);
    let texts: Vec<&str> = texts.map(String::as_str).collect();
    lint::foreign(&texts.join("\n\n"), language)
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// Returns an id for a beat of that title that nothing else has; `number` is the beat's, from 1.
pub fn id(title: &str, number: usize, taken: &HashSet<String>) -> BeatId {
    let slug = beat_slug(title);
    let mut stem = String::new();
    for part in slug.split('-') {
        let length = stem.chars().count() + 1 + part.chars().count();
        if !stem.is_empty() {
            if length > LONGEST_ID {
                break;
            }
            stem.push('-');
        }
        stem.extend(part.chars().take(LONGEST_ID));
    }
    // What was cut inside a cluster of characters is another slug.
    let stem = match beat_slug(&stem) {
        stem if stem.is_empty() => format!("beat-{number}"),
        stem => stem,
    };
    let mut id = stem.clone();
    let mut suffix = 2;
    while taken.contains(&id) {
        id = format!("{stem}-{suffix}");
        suffix += 1;
    }
    BeatId(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(title: &str, text: &str) -> Told {
        Told {
            title: title.to_owned(),
            text: text.to_owned(),
            enter: Some("Before.".to_owned()),
            exit: None,
        }
    }

    #[test]
    fn beats_are_told_from_what_is_none() {
        let brief = Brief::parse(
            "# Outline\n## The Door\nIt jams.\n## Old Name {#stair}\ny\n## New One\nFresh.\n",
        );
        let fresh = HashSet::from([BeatId("new-one".to_owned())]);
        let long = "word ".repeat(700);
        let spanish = "La mujer no sabe que el faro está apagado, y cuando lo sabe ya es tarde para \
                       volver, porque el mar se ha llevado la barca y los remos.";
        for (told, expected) in [
            (told("A Key", "She finds it."), "new"),
            (told("THE DOOR", "Again."), "existing 0"),
            (told("Stair", "She climbs."), "existing 1"),
            (told("New One", "Other."), "bad"),
            (told("…", "She finds it."), "bad"),
            (told("A Key", "…"), "bad"),
            (told("A Key", &long), "bad"),
            (told("A Key", "It jams."), "bad"),
            (
                Told {
                    enter: None,
                    ..told("A Key", "She finds it.")
                },
                "bad",
            ),
            (told("La llave", spanish), "foreign"),
            (told("Parts 11–27", "Continue in the same manner."), "bad"),
            (told("11–27", "More of the sea."), "bad"),
            (
                told(
                    "The Rest",
                    "The story goes on in the same manner until dawn.",
                ),
                "bad",
            ),
            (
                told("Teile 4 bis 9", "Auf die gleiche Weise weiter."),
                "bad",
            ),
            (told("Kapitel 4 bis 9", "Es wird kälter."), "bad"),
            (
                told("The Log", "She burns chapters 3 to 5 of the log."),
                "new",
            ),
            (told("The Long Night", "[insert scene here]"), "bad"),
            (
                told("Winter of 1914–1918", "She waits for four years."),
                "new",
            ),
            (
                told("Act and Part", "She continues the log in the same hand."),
                "new",
            ),
        ] {
            let kind = match judge(&told, &brief, &fresh) {
                Kind::New => "new".to_owned(),
                Kind::Existing(at) => format!("existing {at}"),
                Kind::Bad(_) => "bad".to_owned(),
                Kind::Foreign(_) => "foreign".to_owned(),
            };
            assert_eq!(kind, expected, "{told:?}");
        }
    }

    #[test]
    fn ids_are_short_and_their_own() {
        let taken = HashSet::from([
            "storm".to_owned(),
            "storm-2".to_owned(),
            "beat-3".to_owned(),
        ]);
        for (title, expected) in [
            ("Storm", "storm-3"),
            ("The Lamp", "the-lamp"),
            ("?!", "beat-3-2"),
            ("戸口の灯", "戸口の灯"),
            ("الباب", "الباب"),
            (
                "One two three four five six seven eight nine",
                "one-two-three-four-five-six-seven-eight",
            ),
        ] {
            let id = id(title, 3, &taken);
            assert_eq!(id.as_str(), expected);
            assert_eq!(beat_slug(id.as_str()), id.as_str());
        }
        assert_eq!(id(&"x".repeat(99), 1, &taken).as_str().len(), 40);
    }
}
