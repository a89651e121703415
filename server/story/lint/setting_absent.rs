//! `setting-absent`: chunks in a row without any of the setting's own words.
//!
//! The words are those of the Setting section, small words aside; one of them in a chunk is
//! enough, so that only a story that has moved elsewhere is told. Where chunks mostly have many of
//! them, a long row with next to none is told as well: a door and a desk are in every setting.
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
/// How many words of the setting the richest chunks must have for a few to be next to none, and how many times as
/// many as those.
const FEWER: usize = 6;
const MANY: usize = 6;

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let Some(section) = story.brief.section(SectionKind::Setting) else {
        return;
    };
    let terms = Terms::of(&section.text, story);
    if terms.len() < LEAST_TERMS {
        return;
    }
    let is_long = |chunk: &LintedChunk<'_>| chunk.facts.reading.words.len() >= LEAST_LENGTH;
    let counts: Vec<Option<usize>> = story
        .chunks
        .iter()
        .map(|chunk| is_long(chunk).then(|| terms.count_in(chunk)))
        .collect();
    let without = |most: usize| rows(&counts, |count| count <= most);
    let mut told: Vec<Vec<usize>> = without(0);
    told.retain(|row| row.len() >= TOLD);
    if let Some(next_to_none) = next_to_none(&counts) {
        let longer = without(next_to_none).into_iter();
        let longer: Vec<Vec<usize>> = longer.filter(|row| row.len() >= SERIOUS).collect();
        told.retain(|row| !longer.iter().any(|other| other.contains(&row[0])));
        told.extend(longer);
    }
    for row in told {
        report(story, &row, findings);
    }
}

/// Returns the most different words of the setting that are next to none, where chunks mostly have many.
fn next_to_none(counts: &[Option<usize>]) -> Option<usize> {
    let mut known: Vec<usize> = counts.iter().flatten().copied().collect();
    known.sort_unstable();
    let usual = known.get((known.len() * 9 / 10).min(known.len().saturating_sub(1)))?;
    (*usual >= MANY).then_some(usual / FEWER)
}

/// Finds the rows of neighbouring chunks whose count is of a kind.
fn rows(counts: &[Option<usize>], is_of_it: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for (index, count) in counts.iter().enumerate() {
        match (count.is_some_and(&is_of_it), rows.last_mut()) {
            (true, Some(row)) => row.push(index),
            _ => rows.push(Vec::new()),
        }
    }
    rows.retain(|row| !row.is_empty());
    rows
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

    /// Counts the different terms that a chunk has.
    fn count_in(&self, chunk: &LintedChunk<'_>) -> usize {
        let text = chunk.text();
        let phrases = self.phrases.iter();
        let phrases = phrases.filter(|phrase| text.contains(phrase.as_str()));
        let words = chunk.facts.reading.words.iter();
        let stems = words
            .filter(|word| !word.is_unspaced())
            .map(|word| fold::stem(chunk.slice(&word.span())));
        let there: KeySet = stems.filter(|stem| self.stems.contains(stem)).collect();
        phrases.count() + there.len()
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
    let chunk = &story.chunks[*first];
    let message = format!(
        "Next to nothing of the brief's setting is in this chunk, nor in the {} after it. If the story has moved, add the new place to the setting.",
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
    fn a_few_words_are_next_to_none_where_there_are_many() {
        let counts: Vec<Option<usize>> = [12, 9, 14, 10, 2, 1, 0, 2, 1].map(Some).to_vec();
        assert_eq!(next_to_none(&counts), Some(2));
        let few: Vec<Option<usize>> = [3, 2, 4, 1, 0].map(Some).to_vec();
        assert_eq!(next_to_none(&few), None);
        assert_eq!(next_to_none(&[]), None);
        assert_eq!(
            rows(&[Some(1), Some(0), None, Some(0), Some(0)], |count| count
                == 0),
            [vec![1], vec![3, 4]]
        );
    }

    #[test]
    fn terms_without_blanks() {
        assert_eq!(
            unspaced_terms("木造平屋の駅舎。ストーブ、町"),
            ["ストーブ", "平屋", "木造", "木造平屋", "駅舎"]
        );
    }
}
