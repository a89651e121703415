//! The briefs in fixtures/: good ones have no problems at all, the bad one has many.

use super::super::{SizeDefaults, beat_count, plan_sizes};
use super::{listed, parse};

const LAMP_KEEPER: &str = include_str!("../../../fixtures/briefs/lamp-keeper/story.md");
const PREDECESSOR: &str = include_str!("../../../fixtures/briefs/predecessor/story.md");
const SPANISH: &str = include_str!("../../../fixtures/briefs/es/story.md");
const JAPANESE: &str = include_str!("../../../fixtures/briefs/ja/story.md");
const ARABIC: &str = include_str!("../../../fixtures/briefs/ar/story.md");
const BAD: &str = include_str!("../../../fixtures/briefs/bad/story.md");

pub(super) const GOOD: [(&str, &str); 5] = [
    ("lamp-keeper", LAMP_KEEPER),
    ("predecessor", PREDECESSOR),
    ("es", SPANISH),
    ("ja", JAPANESE),
    ("ar", ARABIC),
];

#[test]
fn good_briefs_have_no_problems() {
    for (name, text) in GOOD {
        let brief = parse(text);
        assert_eq!(listed(text, &brief.problems), "", "{name}");
        assert!(brief.rules.len() >= 5, "{name}");
        assert!(brief.cast.len() >= 4, "{name}");
        let states = brief
            .beats
            .iter()
            .all(|beat| beat.enter.is_some() && beat.exit.is_some());
        assert!(states, "{name}");
    }
}

#[test]
fn good_briefs_have_their_beats() {
    let ids = |text| {
        parse(text)
            .beats
            .iter()
            .map(|beat| beat.id.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    insta::assert_snapshot!(ids(LAMP_KEEPER), @"relief logbook crank peppermints inspector voice four-minutes brass-board");
    insta::assert_snapshot!(ids(PREDECESSOR), @"ten-to-six loan monitor-five deaccession label flooded-store temi-comes ward signature lender six");
    insta::assert_snapshot!(ids(JAPANESE), @"daichou hikidashi kantoku nagi kippu niji-roppun");
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing_but_places() {
    for (name, text) in GOOD {
        let plain = parse(text);
        for other in [
            text.replace('\n', "\r\n"),
            format!("\u{feff}{text}"),
            text.replace('\n', "\r"),
        ] {
            let brief = parse(&other);
            assert_eq!(listed(&other, &brief.problems), "", "{name}");
            let texts = |brief: &super::Brief| {
                let beats = brief
                    .beats
                    .iter()
                    .map(|beat| (beat.id.clone(), beat.text.clone(), beat.enter.clone()));
                let rules = brief.rules.iter().map(|rule| rule.text.clone());
                let cast = brief.cast.iter().map(|entry| {
                    (
                        entry.name.clone(),
                        entry.aliases.clone(),
                        entry.text.clone(),
                    )
                });
                (
                    beats.collect::<Vec<_>>(),
                    rules.collect::<Vec<_>>(),
                    cast.collect::<Vec<_>>(),
                )
            };
            assert_eq!(texts(&brief), texts(&plain), "{name}");
        }
    }
}

#[test]
fn good_briefs_are_planned_evenly() {
    for (name, text) in GOOD {
        let brief = parse(text);
        let defaults = SizeDefaults::default();
        let sizes = plan_sizes(&brief, defaults);
        let target = brief.target_words.unwrap_or(0);
        assert_eq!(sizes.iter().sum::<u32>(), target, "{name}");
        let count = beat_count(target, brief.chunk_words.unwrap_or(defaults.chunk_words));
        assert_eq!(count as usize, brief.beats.len(), "{name}");
    }
}

#[test]
fn the_bad_brief() {
    insta::assert_snapshot!(listed(BAD, &parse(BAD).problems));
}
