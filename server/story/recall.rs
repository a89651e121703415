//! Finds sentences of the story so far about the things that a beat names.
//!
//! Needs no model: a sentence is found by the terms that it shares with the beat. What is
//! quoted is verbatim, so it can't be wrong; rare terms tell more than common ones.

use std::collections::{BTreeMap, BTreeSet};

use super::ChunkNumber;
use crate::story::text::boundaries;
use crate::story::text::sentences as split;
use crate::story::text::terms::{terms, terms_of_length};
use crate::story::text::white_space::on_one_line;

/// Most sentences that one chunk may bring, and most for one term.
const MOST_OF_A_CHUNK: usize = 6;
const MOST_OF_A_TERM: usize = 3;
/// A sentence that tells less than this share of the most telling one is no help, in per cent;
/// a noted fact always may be.
const LEAST_TELLING: f64 = 40.0;
/// Longer sentences are cut, in bytes: they are quotes, not chapters.
const LONGEST: usize = 360;
/// A term that more than this share of the chunks hold tells nothing, in per cent.
const COMMON: usize = 60;
/// The number of chunks from which on common terms are recognised, so well that short words may be terms.
const ENOUGH_TO_TELL: usize = 4;
const ENOUGH_FOR_SHORT: usize = 8;

/// A sentence of an earlier chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub chunk: ChunkNumber,
    pub text: String,
    /// Known to matter: it was noted as a fact when its chunk was read.
    pub is_fact: bool,
}

/// A text that may be quoted.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    pub chunk: ChunkNumber,
    pub text: &'a str,
    /// Facts noted of it: what each is about, and its words.
    pub facts: Vec<(&'a str, &'a str)>,
}

/// Returns what `sources` say about what `wanted` names, the most telling first.
///
/// Each term gets its most telling sentences before any gets more. Takes time in proportion
/// to the texts.
pub fn recall(wanted: &str, sources: &[Source<'_>]) -> Vec<Quote> {
    let terms = match sources.len() >= ENOUGH_FOR_SHORT {
        true => |text: &str| terms_of_length(text, 3),
        false => terms,
    };
    let wanted = terms(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    let found: Vec<Candidate> = sources
        .iter()
        .flat_map(|source| candidates(source, &wanted, terms))
        .collect();
    let weights = weights(&found, sources.len());
    rank(found, &weights)
}

/// Returns the sentences of a text as they may be quoted.
pub fn sentences(text: &str) -> impl Iterator<Item = String> + '_ {
    split::sentences(text).map(shortened)
}

/// A sentence with the terms that it shares with the beat.
struct Candidate {
    quote: Quote,
    shared: BTreeSet<String>,
}

impl Candidate {
    fn new(chunk: ChunkNumber, text: &str, is_fact: bool, shared: BTreeSet<String>) -> Candidate {
        let quote = Quote {
            chunk,
            text: shortened(text),
            is_fact,
        };
        Candidate { quote, shared }
    }
}

fn candidates(
    source: &Source<'_>,
    wanted: &BTreeSet<String>,
    terms: fn(&str) -> BTreeSet<String>,
) -> Vec<Candidate> {
    let shared =
        |text: &str| -> BTreeSet<String> { terms(text).intersection(wanted).cloned().collect() };
    let mut found: Vec<Candidate> = source
        .facts
        .iter()
        .map(|(subject, quote)| (quote, shared(&format!("{subject} {quote}"))))
        .filter(|(_, shared)| !shared.is_empty())
        .map(|(quote, shared)| Candidate::new(source.chunk, quote, true, shared))
        .collect();
    let facts = found.len();
    for paragraph in source.text.split('\n') {
        // Most sentences name nothing of it, and that is told quicker than their terms.
        let is_telling = |text: &str| {
            let lower = text.to_lowercase();
            wanted.iter().any(|term| lower.contains(term.as_str()))
        };
        if !is_telling(paragraph) {
            continue;
        }
        let sentences = split::sentences(paragraph);
        for sentence in sentences.filter(|sentence| is_telling(sentence)) {
            let shared = shared(sentence);
            let is_known = || {
                let mut known = found[..facts].iter();
                known.any(|fact| sentence.contains(&fact.quote.text))
            };
            if !shared.is_empty() && !is_known() {
                found.push(Candidate::new(source.chunk, sentence, false, shared));
            }
        }
    }
    found
}

/// Returns how much each term tells: the fewer chunks have it, the more. None for what nearly all have.
fn weights(found: &[Candidate], chunks: usize) -> BTreeMap<String, f64> {
    let mut holders: BTreeMap<&str, BTreeSet<ChunkNumber>> = BTreeMap::new();
    for candidate in found {
        for term in &candidate.shared {
            holders
                .entry(term)
                .or_default()
                .insert(candidate.quote.chunk);
        }
    }
    holders
        .into_iter()
        .filter(|(_, holders)| chunks < ENOUGH_TO_TELL || holders.len() * 100 <= chunks * COMMON)
        .map(|(term, holders)| {
            let weight = (1.0 + chunks as f64 / holders.len() as f64).ln();
            (term.to_owned(), weight)
        })
        .collect()
}

fn rank(found: Vec<Candidate>, weights: &BTreeMap<String, f64>) -> Vec<Quote> {
    let score = |candidate: &Candidate| -> f64 {
        let told: f64 = candidate
            .shared
            .iter()
            .filter_map(|term| weights.get(term))
            .sum();
        // A noted fact is worth more than a sentence that happens to have the word; one about
        // somebody whom all chunks name is worth something still.
        if candidate.quote.is_fact {
            told * 2.0 + 0.5
        } else {
            told
        }
    };
    let mut ranked: Vec<(f64, Candidate)> = found
        .into_iter()
        .map(|candidate| (score(&candidate), candidate))
        .filter(|(score, _)| *score > 0.0)
        .collect();
    // Stable: among equals the earlier one, which told it first.
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let said = ranked.iter().find(|(_, it)| !it.quote.is_fact);
    let best = said.map_or(0.0, |(score, _)| *score);
    ranked.retain(|(score, candidate)| {
        candidate.quote.is_fact || score * 100.0 >= best * LEAST_TELLING
    });
    let mut of_chunk: BTreeMap<ChunkNumber, usize> = BTreeMap::new();
    let mut of_term: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (_, candidate) in ranked {
        let count = of_chunk.entry(candidate.quote.chunk).or_default();
        if *count >= MOST_OF_A_CHUNK || !seen.insert(candidate.quote.text.clone()) {
            continue;
        }
        *count += 1;
        let is_needed = candidate.shared.iter().any(|term| {
            weights.contains_key(term) && of_term.get(term).is_none_or(|n| *n < MOST_OF_A_TERM)
        });
        for term in candidate.shared {
            *of_term.entry(term).or_default() += 1;
        }
        if is_needed { &mut first } else { &mut rest }.push(candidate.quote);
    }
    first.append(&mut rest);
    first
}

fn shortened(text: &str) -> String {
    let text = on_one_line(text);
    if text.len() <= LONGEST {
        return text;
    }
    let end = boundaries::floor(&text, LONGEST);
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{} …", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: u32, text: &str) -> Source<'_> {
        Source {
            chunk: ChunkNumber(number),
            text,
            facts: Vec::new(),
        }
    }

    fn texts(quotes: &[Quote]) -> Vec<&str> {
        quotes.iter().map(|quote| quote.text.as_str()).collect()
    }

    #[test]
    fn finds_what_was_said_of_a_thing() {
        let sources = [
            source(
                1,
                "Mara woke. The brass compass pointed to the drowned bell.",
            ),
            source(2, "Mara slept. It rained."),
            source(3, "Mara ate. The gulls were loud."),
            source(4, "Mara read. Nothing moved."),
        ];
        let quotes = recall("Mara takes the compass out", &sources);
        assert_eq!(
            texts(&quotes),
            ["The brass compass pointed to the drowned bell."]
        );
        assert_eq!(quotes[0].chunk, ChunkNumber(1));
        assert!(recall("", &sources).is_empty());
        assert!(recall("compass", &[]).is_empty());
    }

    #[test]
    fn each_thing_is_recalled_before_any_is_recalled_at_length() {
        let often = "The lantern swung. The lantern hissed. A lantern fell. Lanterns burned. \
                     Nobody had a lantern. One lantern more.";
        let mut sources = vec![source(1, often), source(2, "The key was under the stair.")];
        sources.extend((3..10).map(|number| source(number, "The rain and the wind went on.")));
        let quotes = recall("She carries the lantern and the key", &sources);
        let place = texts(&quotes).iter().position(|text| text.contains("key"));
        assert!(
            place.is_some_and(|place| place < MOST_OF_A_TERM + 1),
            "{quotes:?}"
        );
    }

    #[test]
    fn a_noted_fact_comes_first_and_once() {
        let mut noted = source(1, "Ilse limped. Ilse had lost the sight of one eye at sea.");
        noted.facts = vec![("Ilse", "had lost the sight of one eye")];
        let quotes = recall("Ilse comes", &[noted]);
        assert_eq!(
            texts(&quotes),
            ["had lost the sight of one eye", "Ilse limped."]
        );
    }

    #[test]
    fn works_without_spaces_between_words() {
        let sources = [
            source(1, "春子は真鍮の羅針盤を見つけた。雨が降っていた。"),
            source(2, "波は高い。"),
        ];
        let quotes = recall("春子は羅針盤を開く", &sources);
        assert_eq!(texts(&quotes), ["春子は真鍮の羅針盤を見つけた。"]);
    }
}
