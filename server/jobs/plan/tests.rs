//! Any outline, and any nonsense of a model: what the author wrote stays, and reads as before.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::story::new_beats::{NewBeat, insert};
use crate::story::{Beat, BeatId, Brief};
use crate::writing::plan::check;
use crate::writing::plan::check::Kind;
use crate::writing::plan::reader::{Piece, Reader};

/// Returns a line of a brief, as authors have them.
fn brief_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("# Outline".to_owned()),
        Just("# Premise".to_owned()),
        Just("# Notes".to_owned()),
        Just("# Rules\n1. No magic.".to_owned()),
        Just("## Act".to_owned()),
        Just("  ## Indented {#in words=90}".to_owned()),
        Just("Setext\n---".to_owned()),
        Just("#### Deep".to_owned()),
        Just("- a list\n  - of things".to_owned()),
        Just("> quoted\nlazy".to_owned()),
        Just("```\n## no beat\n```".to_owned()),
        Just("```".to_owned()),
        Just("<!-- sw: colder -->".to_owned()),
        Just("<!-- no end".to_owned()),
        Just("<div>".to_owned()),
        Just("Enter: Night.".to_owned()),
        Just("Exit: Dawn, and\n".to_owned()),
        "(##|###) [A-E]( \\{#[a-e]\\})?( \\{after=[a-g]\\})?",
        "[a-z .,*_\\[\\]{}#|-]{0,20}",
        "\\PC{0,12}",
    ]
}

fn brief_text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(brief_line(), 0..14);
    let head = prop_oneof![
        Just(String::new()),
        Just("---\ntitle: x\n---\n".to_owned()),
        Just("\u{feff}---\ntitle: x\ntarget_words: 9000\n---\n# Outline\n".to_owned()),
        Just("# Outline\n".to_owned()),
    ];
    (
        head,
        lines,
        prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
        any::<bool>(),
    )
        .prop_map(|(head, lines, line_end, ends)| {
            let mut text = format!("{head}{}", lines.join("\n"));
            if ends {
                text.push('\n');
            }
            text.replace('\n', line_end)
        })
}

/// Returns a line of an answer, as models have them.
fn answer_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("---".to_owned()),
        Just("# Rules".to_owned()),
        Just("```".to_owned()),
        Just("<!-- sw: obey".to_owned()),
        Just("-->".to_owned()),
        Just("<think>".to_owned()),
        Just("</think>".to_owned()),
        Just("===".to_owned()),
        Just("\u{0}\u{b}\u{2028}# x".to_owned()),
        Just("[x]: http://nowhere".to_owned()),
        "## (\\[[0-9]\\]|[A-H]|[a-z]{1,9}|<div>|\\{#a\\}|1\\. x|&amp; y|https://x)",
        "(Enter|Exit|\\*\\*Enter\\*\\*|- Exit): (\\PC{0,9}|Enter: x|# y|- z|<!-- a|[a-z ]{3,20})",
        "[A-Za-z *_#>+=~`|:<&\\[\\](){}.0-9-]{0,30}",
        "\\PC{0,20}",
    ]
}

/// Returns what planning does with an answer, without the calls.
fn plant(text: &str, answer: &str, gaps: &[usize]) -> (String, Vec<NewBeat>) {
    let mut reader = Reader::default();
    let mut pieces = reader.push(answer);
    pieces.extend(reader.end(true));
    let (mut text, mut brief) = (text.to_owned(), Brief::parse(text));
    let (mut fresh, mut planted) = (HashSet::new(), Vec::new());
    let mut gaps = gaps.iter().cycle();
    for piece in pieces {
        let Piece::Beat(told) = piece else { continue };
        if check::judge(&told, &brief, &fresh) != Kind::New {
            continue;
        }
        let mut taken: HashSet<String> = brief.beats.iter().map(|beat| beat.id.0.clone()).collect();
        let after = gaps.next().copied().unwrap_or_default() % (brief.beats.len() + 1);
        let after = after.checked_sub(1);
        for _ in 0..2 {
            let beat = NewBeat {
                id: check::id(&told.title, after.map_or(1, |at| at + 2), &taken),
                title: told.title.clone(),
                text: told.text.clone(),
                enter: told.enter.clone(),
                exit: told.exit.clone(),
            };
            taken.insert(beat.id.0.clone());
            if let Ok(grown) = insert(&text, &brief, after, &beat) {
                (text, brief) = (grown.text, grown.brief);
                fresh.insert(beat.id.clone());
                planted.push(beat);
                break;
            }
        }
    }
    (text, planted)
}

fn said(beat: &Beat) -> (BeatId, String, String, Option<String>, Option<String>) {
    let (enter, exit) = (beat.enter.clone(), beat.exit.clone());
    (
        beat.id.clone(),
        beat.title.clone(),
        beat.text.clone(),
        enter,
        exit,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_the_authors_is_lost_or_read_otherwise(
        text in brief_text(),
        answer in prop::collection::vec(answer_line(), 0..30),
        gaps in prop::collection::vec(0..9_usize, 1..5),
    ) {
        let before = Brief::parse(&text);
        let (grown, planted) = plant(&text, &answer.join("\n"), &gaps);
        let mut bytes = grown.bytes();
        prop_assert!(text.bytes().all(|byte| bytes.any(|other| other == byte)), "{grown}");
        let after = Brief::parse(&grown);
        prop_assert_eq!(&after.front_matter, &before.front_matter);
        prop_assert_eq!(&after.rules.len(), &before.rules.len());
        let new: HashSet<&BeatId> = planted.iter().map(|beat| &beat.id).collect();
        prop_assert_eq!(new.len(), planted.len());
        let kept: Vec<_> = after.beats.iter().filter(|beat| !new.contains(&beat.id)).map(said).collect();
        let known: Vec<_> = before.beats.iter().map(said).collect();
        prop_assert_eq!(kept, known);
        let sections = |brief: &Brief| -> Vec<String> {
            let others = brief.sections.iter().filter(|it| it.kind != crate::story::SectionKind::Outline);
            others.map(|section| format!("{}\n{}", section.title, section.text)).collect()
        };
        prop_assert_eq!(sections(&after), sections(&before));
    }

    #[test]
    fn an_answer_reads_the_same_however_it_arrives(
        answer in prop::collection::vec(answer_line(), 0..20),
        cuts in prop::collection::vec(1..9_usize, 1..6),
    ) {
        let answer = answer.join("\n");
        let mut whole = Reader::default();
        let mut expected = whole.push(&answer);
        expected.extend(whole.end(true));
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        let letters: Vec<char> = answer.chars().collect();
        let (mut at, mut cuts) = (0, cuts.iter().cycle());
        while at < letters.len() {
            let end = (at + cuts.next().copied().unwrap_or(1)).min(letters.len());
            found.extend(reader.push(&letters[at..end].iter().collect::<String>()));
            at = end;
        }
        found.extend(reader.end(true));
        prop_assert_eq!(found, expected);
    }

    /// Most of what a well-meaning model tells finds its place. The words are too long for the
    /// small words by which another language is known.
    #[test]
    fn a_plain_beat_is_taken_as_it_is(
        title in "[A-Z][a-z]{2,8}( [a-z]{5,8}){0,3}",
        text in "[A-Z][a-z]{4,9}( [a-z]{5,8},?){2,12}\\.",
        state in "[A-Z][a-z]{4,9}( [a-z]{5,8}){1,6}\\.",
    ) {
        prop_assume!(crate::story::SectionKind::of(&title) == crate::story::SectionKind::Background);
        let answer = format!("## {title}\n\n{text}\n\nEnter: {state}\nExit: {state}\n");
        let (_, planted) = plant("# Outline\n", &answer, &[0]);
        prop_assert_eq!(planted.len(), 1);
        prop_assert_eq!(&planted[0].text, &text);
        prop_assert_eq!(&planted[0].enter, &Some(state));
    }
}
