//! Checks whether the planned states of the beats carry a story over the places where a chunk is written
//! before the text that it follows. Pure; looked at before anything is sent.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::story::names::CastNames;
use crate::story::problem::line_of;
use crate::story::text::scripts::is_han;
use crate::story::{Beat, Brief, CastEntry, ChunkNumber};

/// A place where one chunk ends and the next begins, and where something is amiss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// The line of the later beat's heading, from 1.
    pub line: usize,
    pub earlier: String,
    pub later: String,
}

/// The boundaries with a problem.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Boundaries where neither beat has a state.
    pub silent: Vec<Boundary>,
    /// The state after the one beat and that before the other have nothing in common.
    pub apart: Vec<Boundary>,
}

/// Looks at the beginning of each of these chunks, which are written without the text before
/// them. `text` is that of the brief.
pub(crate) fn check(
    brief: &Brief,
    text: &str,
    chunks: impl IntoIterator<Item = ChunkNumber>,
) -> Findings {
    let names = CastNames::of(&brief.cast, &brief.language);
    let mut findings = Findings::default();
    for ChunkNumber(number) in chunks {
        let at = (number as usize).saturating_sub(1);
        let before = at.checked_sub(1).and_then(|before| brief.beats.get(before));
        let (Some(earlier), Some(later)) = (before, brief.beats.get(at)) else {
            continue;
        };
        let boundary = || Boundary {
            line: line_of(text, later.heading_span.start),
            earlier: earlier.title.clone(),
            later: later.title.clone(),
        };
        match states(earlier, later) {
            (None, None) => findings.silent.push(boundary()),
            (Some(exit), Some(enter)) if !have_in_common(exit, enter, &names) => {
                findings.apart.push(boundary());
            }
            _ => {}
        }
    }
    findings
}

/// Tells whether the state before a beat takes up the one after the beat before it, by more than the name of
/// a character: then nothing is missing between the two.
pub(crate) fn carries(earlier: &Beat, later: &Beat, cast: &[CastEntry]) -> bool {
    let (Some(exit), Some(enter)) = states(earlier, later) else {
        return false;
    };
    let (exit, enter) = (telling(exit), telling(enter));
    let names = |word: &String| {
        let spelled = cast
            .iter()
            .flat_map(|entry| std::iter::once(&entry.name).chain(&entry.aliases));
        spelled
            .flat_map(|name| name.unicode_words())
            .any(|name| stem(name) == *word)
    };
    exit.intersection(&enter).any(|word| !names(word))
}

fn states<'a>(earlier: &'a Beat, later: &'a Beat) -> (Option<&'a str>, Option<&'a str>) {
    (earlier.exit.as_deref(), later.enter.as_deref())
}

/// Tells whether two texts share a word that says something, or name the same character.
fn have_in_common(one: &str, other: &str, names: &CastNames) -> bool {
    let named = |text: &str| names.named_in(text);
    !telling(one).is_disjoint(&telling(other)) || !named(one).is_disjoint(&named(other))
}

/// Returns the words of a text that are long enough to say something, by their stems; in scripts without
/// spaces, single characters that are words or the beginning of one.
fn telling(text: &str) -> BTreeSet<String> {
    let words = text.unicode_words().filter(|word| {
        let letters = word.chars().count();
        let is_name = word.chars().next().is_some_and(char::is_uppercase);
        letters >= 4 || is_name && letters >= 2 || word.chars().any(is_han)
    });
    words
        .map(stem)
        .filter(|word| !SAY_NOTHING.contains(&word.as_str()))
        .collect()
}

/// Returns the first four letters of a word in lower case, enough to be the same in its inflected forms.
fn stem(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).take(4).collect()
}

/// Stems of English words that any two sentences may share. A word of another language that
/// is missed here only costs a warning.
const SAY_NOTHING: &[&str] = &[
    "the", "that", "this", "with", "have", "been", "from", "they", "thei", "ther", "then", "when",
    "what", "will", "were", "woul", "coul", "does", "into", "onto", "over", "stil", "also", "abou",
    "afte", "befo", "she", "he", "it", "is", "an", "and", "has", "her", "his", "nobo", "ever",
    "some", "who", "wher", "whic", "whil", "now", "no", "not", "but", "by", "at", "in", "on", "of",
    "to", "as", "for", "all", "both", "own", "only", "alre", "agai",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(states: [&str; 4]) -> (Vec<usize>, Vec<usize>) {
        let [first, second, third, fourth] = states;
        let text = format!(
            "# Cast\n## Ana Ruiz\naka: the keeper\nx\n# Outline\n## One\nx\n{first}\n## Two\nx\n{second}\n## Three\nx\n{third}\n## Four\nx\n{fourth}\n"
        );
        let brief = Brief::parse(&text);
        let chunks = [2, 3, 4].map(ChunkNumber);
        let findings = check(&brief, &text, chunks);
        let lines = |found: &[Boundary]| found.iter().map(|place| place.line).collect();
        (lines(&findings.silent), lines(&findings.apart))
    }

    #[test]
    fn one_state_is_enough() {
        assert_eq!(
            found(["Exit: Night.", "Exit: Dawn.", "Exit: Noon.", ""]),
            (vec![], vec![])
        );
        assert_eq!(
            found(["", "Enter: Night.", "Enter: Dawn.", "Enter: Noon."]),
            (vec![], vec![])
        );
        assert_eq!(
            found(["", "", "Enter: Dawn.", "Exit: The end."]),
            (vec![9, 15], vec![])
        );
    }

    #[test]
    fn states_that_have_nothing_in_common_are_told() {
        for (exit, enter, apart) in [
            (
                "Mara has read the entry.",
                "The entries are known to her.",
                false,
            ),
            ("Ana sleeps.", "It is late; Ana is awake.", false),
            ("Ana sleeps.", "The keeper is awake.", false),
            ("The lamp burns.", "Nobody has found that boat.", true),
            ("源蔵は灯をともした。", "灯は消えている。", false),
            ("源蔵は眠っている。", "船が着いた。", true),
        ] {
            let states = [
                "Exit: Night.",
                &format!("Enter: Night.\nExit: {exit}"),
                &format!("Enter: {enter}\nExit: x"),
                "",
            ];
            let (silent, told) = found(states);
            assert!(silent.is_empty(), "{exit}");
            assert_eq!(!told.is_empty(), apart, "{exit} → {enter}: {told:?}");
        }
    }
}
