//! `worn-phrase`: phrases that are used up, when a story uses them again and again.
//!
//! A first use is nobody's business; what is told is the second and every further one (for a
//! few, the first). A long story may have some more. Only phrases of the language's pack, in
//! the forms that stand there.

use super::super::{ChunkNumber, Severity, Span};
use super::finding::{Finding, Remark};
use super::story::Story;
use crate::story::text::sentences;

const CODE: &str = "worn-phrase";

/// One more use of a phrase is free for every so many words of a story.
const FREE_EVERY: u64 = 20_000;
/// The use from which on a phrase is more than a hint.
const MANY: usize = 5;

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let words: u64 = story
        .chunks
        .iter()
        .map(|chunk| u64::from(chunk.facts.length))
        .sum();
    let free = usize::try_from(words / FREE_EVERY).unwrap_or(usize::MAX);
    let from = &story.pack.worn.from;
    let mut uses: Vec<Vec<(ChunkNumber, Span)>> = vec![Vec::new(); from.len()];
    for chunk in &story.chunks {
        for hit in &chunk.facts.worn {
            let Some(earlier) = uses.get_mut(hit.phrase) else {
                continue;
            };
            let span = chunk.facts.reading.span_of(hit.words.clone());
            let nth = earlier.len() + 1;
            if nth >= from[hit.phrase].saturating_add(free) {
                let message = message(chunk.slice(&span), nth);
                let mut finding = Remark::hint(span.clone(), CODE, message).in_chunk(chunk.number);
                if nth >= MANY.saturating_add(free) {
                    finding.severity = Severity::Information;
                }
                finding.related = earlier.iter().rev().take(3).cloned().collect();
                findings.push(finding);
            }
            earlier.push((chunk.number, span));
        }
    }
}

fn message(phrase: &str, nth: usize) -> String {
    let phrase = sentences::quoted(phrase);
    match nth {
        1 => format!("“{phrase}” is a worn phrase. Say it in the story's own words."),
        _ => format!(
            "“{phrase}” is a worn phrase, and this is its {} use in the story. Say it in the story's own words.",
            ordinal(nth)
        ),
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_order() {
        let shown: Vec<String> = [2, 3, 4, 11, 21, 112].map(ordinal).to_vec();
        assert_eq!(shown, ["2nd", "3rd", "4th", "11th", "21st", "112th"]);
    }
}
