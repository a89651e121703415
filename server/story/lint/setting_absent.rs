//! `setting-absent`: chunks in a row without any of the setting's own words.
//!
//! The words are those of the Setting section, small words aside; one of them in a chunk is
//! enough, so that only a story that has moved elsewhere is told.
//!
//! Limits: short chunks are passed over, and so are settings with few words of their own. In
//! scripts without blanks only terms of two characters or more, in Han or katakana, count.

use super::super::{SectionKind, Severity};
use super::chunk::LintedChunk;
use super::finding::{Finding, Remark};
use super::fold::{self, KeySet};
use super::reading::Reading;
use super::story::Story;
use super::word::Word;
use crate::story::text::scripts;

const CODE: &str = "setting-absent";

/// Chunks in a row from which on it is told, and from which on it is a warning.
const TOLD: usize = 2;
const SERIOUS: usize = 4;
/// Words (characters) of a chunk below which nothing is expected of it.
const LEAST_LENGTH: usize = 80;
/// The fewest characteristic words that a setting must have.
const LEAST_TERMS: usize = 6;

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let Some(section) = story.brief.section(SectionKind::Setting) else {
        return;
    };
    let terms = Terms::of(&section.text, story);
    if terms.len() < LEAST_TERMS {
        return;
    }
    let mut absent: Vec<usize> = Vec::new();
    for (index, chunk) in story.chunks.iter().enumerate() {
        let long = chunk.facts.reading.words.len() >= LEAST_LENGTH;
        if long && !terms.are_in(chunk) {
            absent.push(index);
        } else {
            report(story, &std::mem::take(&mut absent), findings);
        }
    }
    report(story, &absent, findings);
}

/// The terms that only this setting has.
struct Terms {
    stems: KeySet,
    phrases: Vec<String>,
}

impl Terms {
    fn of(text: &str, story: &Story<'_>) -> Terms {
        let plain = text.replace(['#', '*'], " ");
        let reading = Reading::of(&plain, story.pack);
        let own = |word: &&Word| {
            let text = &plain[word.span()];
            !word.is_unspaced()
                && text.chars().count() >= 4
                && text.chars().all(|c| !c.is_numeric())
                && !story.pack.stop.contains(&word.key)
                && !story.pack.capitals.contains(&word.key)
        };
        Terms {
            stems: reading
                .words
                .iter()
                .filter(own)
                .map(|word| fold::stem(&plain[word.span()]))
                .collect(),
            phrases: unspaced_terms(&plain),
        }
    }

    fn len(&self) -> usize {
        self.stems.len() + self.phrases.len()
    }

    fn are_in(&self, chunk: &LintedChunk<'_>) -> bool {
        let text = chunk.text();
        if self
            .phrases
            .iter()
            .any(|phrase| text.contains(phrase.as_str()))
        {
            return true;
        }
        let mut words = chunk.facts.reading.words.iter();
        words.any(|word| {
            !word.is_unspaced() && self.stems.contains(&fold::stem(chunk.slice(&word.span())))
        })
    }
}

/// Runs of Han or katakana of two characters and more; of long ones their pairs too, since a
/// compound may stand there by its parts.
fn unspaced_terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let characters: Vec<char> = text.chars().collect();
    let kind = |c: &char| match c {
        c if scripts::is_han(*c) => 1,
        c if scripts::is_katakana(*c) => 2,
        _ => 0,
    };
    for run in characters.chunk_by(|one, other| kind(one) == kind(other)) {
        if kind(&run[0]) == 0 || run.len() < 2 {
            continue;
        }
        terms.push(run.iter().collect());
        if kind(&run[0]) == 1 && run.len() > 3 {
            terms.extend(run.chunks_exact(2).map(|pair| pair.iter().collect()));
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

fn report(story: &Story<'_>, absent: &[usize], findings: &mut Vec<Finding>) {
    let [first, rest @ ..] = absent else { return };
    if absent.len() < TOLD {
        return;
    }
    let chunk = &story.chunks[*first];
    let message = format!(
        "Nothing of the brief's setting is in this chunk, nor in the {} after it. If the story has moved, add the new place to the setting.",
        match rest.len() {
            1 => "one".to_owned(),
            more => more.to_string(),
        },
    );
    let mut finding = Remark::information(chunk.head(), CODE, message).in_chunk(chunk.number);
    if absent.len() >= SERIOUS {
        finding.severity = Severity::Warning;
    }
    let others = rest.iter().map(|index| &story.chunks[*index]);
    finding.related = others.map(|chunk| (chunk.number, chunk.head())).collect();
    findings.push(finding);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_without_blanks() {
        assert_eq!(
            unspaced_terms("木造平屋の駅舎。ストーブ、町"),
            ["ストーブ", "平屋", "木造", "木造平屋", "駅舎"]
        );
    }
}
