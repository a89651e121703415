//! Reads contradictions out of a model's answer, and keeps those whose quotes exist. Pure.
//!
//! Nothing is believed unseen: both quotes have to be where they are said to be, to the letter.

use serde_json::{Map, Value};

use crate::story::contradiction::{Contradiction, Source, place_in_brief};
use crate::story::quote::has_quote;
use crate::story::{BeatId, Brief, ChunkNumber};
use crate::writing::json;

/// Most findings of a chunk, and most characters of a quote and of a reason: nonsense has no end.
const MOST: usize = 24;
const LONGEST_QUOTE: usize = 400;
const LONGEST_WHY: usize = 300;

/// A finding as the model reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub source: String,
    pub said: String,
    pub quote: String,
    pub why: String,
}

/// Reads the findings in an answer; `None` where it has not the shape that was asked for; an empty list has
/// it. What is cut off is left out.
pub fn read(answer: &str) -> Option<Vec<Told>> {
    let has_list =
        |fields: &Map<String, Value>| fields.get("findings").is_some_and(Value::is_array);
    let object = json::find_object(answer, has_list).or_else(|| {
        // The list alone, as some models answer.
        let list = &answer[answer.find('[')?..];
        json::find_object(&format!("{{\"findings\": {list}}}"), has_list)
    })?;
    let findings = object.get("findings")?.as_array()?;
    let looked_at = findings.iter().take(MOST);
    let told: Vec<Told> = looked_at.filter_map(Value::as_object).map(told).collect();
    // That there is nothing is believed of a list that was closed; a list of something else is
    // no answer.
    let is_answer = match told.is_empty() {
        true => findings.is_empty() && answer.contains(']'),
        false => told.len() == findings.len().min(MOST),
    };
    is_answer.then_some(told)
}

fn told(fields: &Map<String, Value>) -> Told {
    let text = |name: &str| {
        let value = fields.get(name);
        let text = match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    Told {
        source: text("source"),
        said: text("said"),
        quote: text("quote"),
        why: text("why"),
    }
}

/// The text of one chunk, of those that a finding may quote.
#[derive(Debug, Clone, Copy)]
pub struct Quotable<'a> {
    pub number: ChunkNumber,
    pub beat: &'a BeatId,
    pub text: &'a str,
}

/// Returns the findings of `told` that stand: each once, with both quotes where they are said to be. `brief`
/// is the parsed `brief_text`, `chunks` are all of the story, and `number` is the one asked about.
pub fn standing(
    told: Vec<Told>,
    number: ChunkNumber,
    chunks: &[Quotable<'_>],
    brief: &Brief,
    brief_text: &str,
) -> Vec<Contradiction> {
    let text_of = |number: ChunkNumber| chunks.iter().find(|chunk| chunk.number == number);
    let Some(chunk) = text_of(number) else {
        return Vec::new();
    };
    let mut kept: Vec<Contradiction> = Vec::new();
    for told in told {
        let is_short = |quote: &str| quote.chars().count() <= LONGEST_QUOTE;
        let source = match part(&told.source) {
            None => place_in_brief(brief, brief_text, &told.said).map(|_| Source::Brief),
            Some(part) if part < number => text_of(part)
                .filter(|earlier| has_quote(earlier.text, &told.said))
                .map(|earlier| Source::Chunk(earlier.beat.clone())),
            Some(_) => None,
        };
        let Some(source) = source.filter(|_| {
            has_quote(chunk.text, &told.quote)
                && is_short(&told.quote)
                && is_short(&told.said)
                && told.quote != told.said
        }) else {
            continue;
        };
        let is_known = |known: &Contradiction| known.quote == told.quote && known.said == told.said;
        if !kept.iter().any(is_known) {
            kept.push(Contradiction {
                source,
                said: told.said,
                quote: told.quote,
                why: reason(&told.why),
            });
        }
    }
    kept
}

/// Returns the number in "part 3" or "3"; nothing in "brief" or "rule 2".
fn part(source: &str) -> Option<ChunkNumber> {
    let source = source.to_lowercase();
    let rest = ["part", "chunk"]
        .iter()
        .find_map(|word| source.strip_prefix(word))
        .unwrap_or(&source);
    let number = rest.trim_start_matches([' ', '_', '#', ':']);
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(ChunkNumber)
}

fn reason(why: &str) -> String {
    why.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_WHY)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_the_shapes_that_models_choose() {
        let one = Told {
            source: "part 3".to_owned(),
            said: "a b".to_owned(),
            quote: "c".to_owned(),
            why: String::new(),
        };
        let object = r#"{"source": "part 3", "said": "a\n b", "quote": "c", "why": null}"#;
        for (answer, expected) in [
            (
                format!("{{\"findings\": [{object}]}}"),
                Some(vec![one.clone()]),
            ),
            (
                format!("```json\n{{\"findings\": [{object}]}}\n```"),
                Some(vec![one.clone()]),
            ),
            (
                format!("Here {{it}} is: [{object}]"),
                Some(vec![one.clone()]),
            ),
            ("{\"findings\": []}".to_owned(), Some(Vec::new())),
            ("No contradictions.".to_owned(), None),
            ("[1, 2]".to_owned(), None),
            ("{\"findings\": \"none\"}".to_owned(), None),
            (
                format!("{{'findings': [{object},]}} // that is all"),
                Some(vec![one.clone()]),
            ),
            (
                format!("{{\"findings\": [{object}, {{\"source\": \"par"),
                Some(vec![one.clone(), Told::default()]),
            ),
            ("{\"findings\": [".to_owned(), None),
            ("[".repeat(100_000), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&answer), expected, "{:.80}", answer);
        }
        let many = format!("[{}]", vec![object; 1_000].join(","));
        assert_eq!(read(&many).map(|told| told.len()), Some(MOST));
    }

    #[test]
    fn a_source_is_a_part_or_the_brief() {
        for (source, expected) in [
            ("part 3", Some(3)),
            ("Part 12, the storm", Some(12)),
            ("3", Some(3)),
            ("chunk_02", Some(2)),
            ("brief", None),
            ("rule 3", None),
            ("Rules, 2", None),
            ("", None),
            ("99999999999", None),
        ] {
            assert_eq!(part(source), expected.map(ChunkNumber), "{source}");
        }
    }
}
