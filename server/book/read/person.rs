//! Finds person and tense of a text as the lint counts them: what the brief then says is what the lint finds kept.

use crate::story::lint::{BriefWords, ChunkFacts, LintedChunk, lint_facts};
use crate::story::{BeatId, Brief, ChunkNumber};

/// What is found of how a story is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Telling {
    /// "first person" or "third person"; `None` where it is not plain.
    pub pov: Option<&'static str>,
    /// "past" or "present".
    pub tense: Option<&'static str>,
}

/// The names that the lint does not know, and how a text is told.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub telling: Telling,
    /// Names as they are written, in the order in which they come.
    pub names: Vec<String>,
}

/// Looks at the scenes of a story.
pub(super) fn look(facts: &[ChunkFacts], language: &str) -> Looked {
    let beat = BeatId("imported".to_owned());
    let chunks: Vec<LintedChunk<'_>> = (1..)
        .zip(facts)
        .map(|(number, facts)| LintedChunk {
            number: ChunkNumber(number),
            beat: &beat,
            target_words: facts.length(),
            facts,
        })
        .collect();
    let found = |pov: &str, tense: &str| {
        let text = format!(
            "---\ntitle: x\nlanguage: {language}\npov: {pov} person\ntense: {tense}\n---\n"
        );
        let brief = Brief::parse(&text);
        lint_facts(&brief, &BriefWords::of(&brief), &chunks)
    };
    let (first, third) = (found("first", "past"), found("third", "present"));
    // The chunks that are told otherwise than a brief asks.
    let against = |findings: &[crate::story::lint::Finding], code: &str| {
        let mut chunks: Vec<ChunkNumber> = findings
            .iter()
            .filter(|it| it.code == code)
            .map(|it| it.chunk)
            .collect();
        chunks.dedup();
        chunks.len()
    };
    let is_plain = |kept: usize, broken: usize| {
        kept * 5 <= chunks.len() && broken * 2 >= chunks.len() && broken > 0
    };
    let either = |code: &str, one: &'static str, other: &'static str| {
        let (one_broken, other_broken) = (against(&first, code), against(&third, code));
        if is_plain(one_broken, other_broken) {
            Some(one)
        } else if is_plain(other_broken, one_broken) {
            Some(other)
        } else {
            None
        }
    };
    let named = first
        .iter()
        .filter(|it| it.code == "unknown-name")
        .filter_map(|finding| {
            let number = usize::try_from(finding.chunk.0).ok()?.checked_sub(1)?;
            facts.get(number)?.text().get(finding.span.clone())
        });
    let mut names: Vec<String> = Vec::new();
    for name in named {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Looked {
        telling: Telling {
            pov: either("pov-shift", "first person", "third person"),
            tense: either("tense-shift", "past", "present"),
        },
        names,
    }
}
