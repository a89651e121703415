//! Chooses what is quoted of all sentences that have a term in common with what is wanted.
//!
//! Takes time that depends on how many sentences are looked at, which is bounded for each term.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::index::{Index, SHORTEST, Source, Taken, Term, TextId};
use super::quote::{Quote, shortened};
use crate::story::ChunkNumber;
use crate::story::text::terms::{terms, terms_of_length};

/// Most sentences that one chunk may bring, and most for one term.
const MOST_OF_A_CHUNK: usize = 6;
const MOST_OF_A_TERM: usize = 3;
/// Of a term that more sentences have, about so many of the latest and of the first are looked at.
const LATEST_LOOKED_AT: usize = 60;
const FIRST_LOOKED_AT: usize = 20;
/// Most sentences that are returned; nobody has room for more.
const MOST_QUOTES: usize = 150;
/// A sentence that tells less than this share of the most telling one is no help, in per cent;
/// a noted fact always may be.
const LEAST_TELLING: f64 = 40.0;
/// A term of which more than this share of the chunks say something of their own tells nothing, in per cent.
const COMMON: f64 = 60.0;
/// The number of chunks from which on common terms are recognised, so well that short words may be terms.
const ENOUGH_TO_TELL: usize = 4;
const ENOUGH_FOR_SHORT: usize = 8;
/// What is said of a thing this often in much the same way is a habit.
const LEAST_HABIT: usize = 4;
/// The share of the words of a sentence, in per cent, that make it a repetition where another one has them.
const REPETITION: usize = 75;

impl Index {
    /// Returns what `sources` (in story order) say about what `wanted` names, the most telling first.
    ///
    /// Rare terms come before common ones. For each the sentence that tells most, the latest among equals,
    /// comes first, then what was said first, then what was said last. What repeats another sentence is left
    /// out, and of what is said again and again (“rubbed his right hand”) only the first time counts, so that
    /// a change (“lost his right hand”) stands out.
    pub fn recall(&self, wanted: &str, sources: &[Source<'_>]) -> Vec<Quote> {
        let search = Search {
            index: self,
            sources,
            terms: self.wanted(wanted, sources),
        };
        if search.terms.is_empty() {
            return Vec::new();
        }
        let mut found = search.look();
        search.weigh(&mut found);
        search.choose(found)
    }

    /// Returns the terms of what is wanted that the sources have, the rarest first.
    fn wanted(&self, wanted: &str, sources: &[Source<'_>]) -> Vec<WantedTerm> {
        let wanted: BTreeSet<String> = match sources.len() >= ENOUGH_FOR_SHORT {
            true => terms_of_length(wanted, SHORTEST),
            false => terms(wanted),
        };
        let mut places: HashMap<TextId, usize> = HashMap::new();
        for (place, source) in sources.iter().enumerate() {
            places.insert(source.taken, place);
            places.extend(source.taken_facts.map(|facts| (facts, place)));
        }
        let known = wanted.iter().filter_map(|term| self.known(term));
        let mut terms: Vec<WantedTerm> = known
            .map(|term| {
                let holders = self.holders(term).iter();
                let holders: BTreeSet<usize> =
                    holders.filter_map(|id| places.get(id).copied()).collect();
                WantedTerm {
                    term,
                    holders: holders.into_iter().collect(),
                }
            })
            .filter(|wanted| !wanted.holders.is_empty())
            .collect();
        // Stable: among equals by the alphabet.
        terms.sort_by_key(|wanted| wanted.holders.len());
        terms
    }
}

/// A term of what is wanted.
struct WantedTerm {
    term: Term,
    /// The sources that have it, by their index, in story order.
    holders: Vec<usize>,
}

/// A sentence that may be quoted.
struct Candidate<'a> {
    /// The source, by its index; whether the sentence is of its text rather than a noted fact; and which it is.
    place: (usize, bool, usize),
    text: &'a str,
    is_fact: bool,
    /// The terms that it shares with what is wanted, by their indices.
    shared: Vec<usize>,
    /// All its terms, in ascending order.
    terms: &'a [Term],
    score: f64,
}

/// The candidates, and for each term those to choose from, in story order.
struct Found<'a> {
    candidates: Vec<Candidate<'a>>,
    of_term: Vec<Vec<usize>>,
}

struct Search<'a> {
    index: &'a Index,
    sources: &'a [Source<'a>],
    terms: Vec<WantedTerm>,
}

impl<'a> Search<'a> {
    /// Finds the sentences that have a term.
    fn look(&self) -> Found<'a> {
        let by_term: HashMap<Term, usize> = (self.terms.iter().enumerate())
            .map(|(place, wanted)| (wanted.term, place))
            .collect();
        let mut known: HashMap<(TextId, usize), usize> = HashMap::new();
        let mut candidates: Vec<Candidate<'a>> = Vec::new();
        let mut of_term = Vec::new();
        for wanted in &self.terms {
            let mut looked_at: Vec<usize> = Vec::new();
            let mut look_at = |source: usize| {
                let holder = &self.sources[source];
                let texts = [(Some(holder.taken), false), (holder.taken_facts, true)];
                for (id, is_fact) in texts {
                    let Some((id, taken)) = id.and_then(|id| Some((id, self.index.text(id)?)))
                    else {
                        continue;
                    };
                    for sentence in taken.with(wanted.term) {
                        let candidate = *known.entry((id, sentence)).or_insert_with(|| {
                            candidates.push(candidate(
                                source, holder, taken, sentence, is_fact, &by_term,
                            ));
                            candidates.len() - 1
                        });
                        looked_at.push(candidate);
                    }
                }
                looked_at.len()
            };
            let mut left = wanted.holders.as_slice();
            while let [before @ .., last] = left {
                left = before;
                if look_at(*last) >= LATEST_LOOKED_AT {
                    break;
                }
            }
            for first in left {
                if look_at(*first) >= LATEST_LOOKED_AT + FIRST_LOOKED_AT {
                    break;
                }
            }
            // In story order, a noted fact before the sentence that says it.
            looked_at.sort_by_key(|it| candidates[*it].place);
            of_term.push(looked_at);
        }
        let mut found = Found {
            candidates,
            of_term,
        };
        found.leave_out_noted();
        found
    }

    /// Finds out how much each term tells, and with it each sentence: the fewer chunks say something of their
    /// own about a term, the more it tells.
    fn weigh(&self, found: &mut Found<'a>) {
        let chunks = self.sources.len();
        let wanted: HashSet<Term> = self.terms.iter().map(|wanted| wanted.term).collect();
        let mut weights = Vec::new();
        for (place, term) in self.terms.iter().enumerate() {
            let of_term = &found.of_term[place];
            let looked_at = sources_of(&found.candidates, of_term);
            let repeats = self.repeats(term, &found.candidates, of_term, &wanted);
            found.of_term[place].retain(|candidate| !repeats.contains(candidate));
            let distinct = sources_of(&found.candidates, &found.of_term[place]);
            // Of a common one not all were looked at.
            let share = distinct as f64 / looked_at.max(1) as f64;
            let holders = (term.holders.len() as f64 * share).max(1.0);
            let is_common = chunks >= ENOUGH_TO_TELL && holders * 100.0 > chunks as f64 * COMMON;
            weights.push((!is_common).then(|| (1.0 + chunks as f64 / holders).ln()));
        }
        for candidate in &mut found.candidates {
            let told: f64 = candidate.shared.iter().filter_map(|it| weights[*it]).sum();
            // A noted fact is worth more than a sentence that happens to have the word; one about
            // somebody whom all chunks name is worth something still.
            candidate.score = match candidate.is_fact {
                true => told * 2.0 + 0.5,
                false => told,
            };
        }
        for (of_term, weight) in found.of_term.iter_mut().zip(weights) {
            // A common one tells nothing, but of facts.
            of_term.retain(|it| weight.is_some() || found.candidates[*it].is_fact);
        }
    }

    /// Finds the sentences about a term that tell of a habit, but for the first of each: those with a word
    /// that many of them have and that is hardly anywhere else.
    fn repeats(
        &self,
        term: &WantedTerm,
        candidates: &[Candidate<'a>],
        of_term: &[usize],
        wanted: &HashSet<Term>,
    ) -> HashSet<usize> {
        let mut repeats = HashSet::new();
        let least = LEAST_HABIT.max(of_term.len() / 3);
        if of_term.len() <= least || !self.index.is_meaningful(term.term) {
            return repeats;
        }
        let mut counts: BTreeMap<Term, usize> = BTreeMap::new();
        for candidate in of_term {
            for word in candidates[*candidate].terms {
                *counts.entry(*word).or_default() += 1;
            }
        }
        counts.retain(|word, count| {
            *count >= least && !wanted.contains(word) && self.index.is_meaningful(*word)
        });
        let places: HashSet<TextId> = self.sources.iter().map(|source| source.taken).collect();
        counts.retain(|word, _| {
            let holders = self.index.holders(*word).iter();
            let holders = holders.filter(|id| places.contains(id)).count();
            holders * 10 <= self.sources.len() * 9 && holders * 4 <= term.holders.len() * 5
        });
        let mut told = HashSet::new();
        for candidate in of_term {
            let words = candidates[*candidate].terms.iter();
            let habits: Vec<&Term> = words.filter(|word| counts.contains_key(word)).collect();
            let is_first = habits.iter().filter(|word| told.insert(***word)).count() > 0;
            if !habits.is_empty() && !is_first {
                repeats.insert(*candidate);
            }
        }
        repeats
    }

    /// Returns the quotes in the order of how much they tell, each thing before any at length.
    fn choose(&self, mut found: Found<'a>) -> Vec<Quote> {
        let candidates = &found.candidates;
        let said = candidates.iter().filter(|it| !it.is_fact);
        let best = said.map(|it| it.score).fold(0.0, f64::max);
        for of_term in &mut found.of_term {
            of_term.retain(|it| {
                let candidate = &candidates[*it];
                candidate.is_fact || candidate.score * 100.0 >= best * LEAST_TELLING
            });
        }
        let mut chosen = Chosen::default();
        let mut rest: Vec<usize> = Vec::new();
        for of_term in &found.of_term {
            rest.extend(of_term);
        }
        rest.sort_unstable();
        rest.dedup();
        by_telling(&mut rest, candidates);
        rest.truncate(MOST_QUOTES * 2);
        for round in 0..MOST_OF_A_TERM {
            for of_term in &mut found.of_term {
                // What another term brought, or what says nothing new, is none of its turns.
                while let Some(next) = take_next(of_term, round, candidates) {
                    if chosen.add(next, candidates, self.sources) {
                        break;
                    }
                }
            }
        }
        for candidate in rest {
            chosen.add(candidate, candidates, self.sources);
        }
        chosen.quotes
    }
}

impl Found<'_> {
    /// Leaves out sentences of which a noted fact quotes the telling part.
    fn leave_out_noted(&mut self) {
        let candidates = &self.candidates;
        let mut noted: HashMap<usize, Vec<&str>> = HashMap::new();
        for candidate in candidates.iter().filter(|it| it.is_fact) {
            noted
                .entry(candidate.source())
                .or_default()
                .push(candidate.text);
        }
        for of_term in &mut self.of_term {
            of_term.retain(|it| {
                let candidate = &candidates[*it];
                let facts = noted.get(&candidate.source());
                let mut facts = facts.into_iter().flatten();
                candidate.is_fact || !facts.any(|fact| candidate.text.contains(*fact))
            });
        }
    }
}

/// The quotes that are chosen.
#[derive(Default)]
struct Chosen {
    quotes: Vec<Quote>,
    candidates: Vec<usize>,
    of_chunk: HashMap<ChunkNumber, usize>,
    texts: HashSet<String>,
}

impl Chosen {
    /// Adds a sentence, unless it is there, says nothing new or its chunk has brought enough.
    fn add(&mut self, place: usize, candidates: &[Candidate<'_>], sources: &[Source<'_>]) -> bool {
        let candidate = &candidates[place];
        let chunk = sources[candidate.source()].chunk;
        let count = self.of_chunk.entry(chunk).or_default();
        let is_there = |it: &usize| *it == place || candidate.repeats(&candidates[*it]);
        if *count >= MOST_OF_A_CHUNK
            || self.quotes.len() >= MOST_QUOTES
            || self.candidates.iter().any(is_there)
        {
            return false;
        }
        let text = shortened(candidate.text);
        if !self.texts.insert(text.clone()) {
            return false;
        }
        *count += 1;
        self.candidates.push(place);
        self.quotes.push(Quote {
            chunk,
            text,
            is_fact: candidate.is_fact,
        });
        true
    }
}

impl Candidate<'_> {
    fn source(&self) -> usize {
        self.place.0
    }

    /// Tells whether this sentence says nothing that the other does not say: it names the same things, and
    /// nearly all of its other words are there, too.
    fn repeats(&self, other: &Candidate<'_>) -> bool {
        let is_there = |term: &&Term| other.terms.binary_search(term).is_ok();
        let own = self.terms.len() - self.shared.len();
        let shared = self.terms.iter().filter(is_there).count();
        let (Some(told), true) = (
            shared.checked_sub(self.shared.len()),
            self.shared.iter().all(|term| other.shared.contains(term)),
        ) else {
            return false;
        };
        told * 100 >= own * REPETITION
    }
}

fn candidate<'a>(
    source_place: usize,
    source: &Source<'a>,
    taken: &'a Taken,
    sentence: usize,
    is_fact: bool,
    by_term: &HashMap<Term, usize>,
) -> Candidate<'a> {
    let terms = taken.terms_of(sentence);
    let mut shared: Vec<usize> = terms
        .iter()
        .filter_map(|it| by_term.get(it))
        .copied()
        .collect();
    shared.sort_unstable();
    let text = match is_fact {
        true => source
            .facts
            .get(sentence)
            .map_or("", |fact| fact.quote.as_str()),
        false => taken.words_of(sentence, source.text),
    };
    Candidate {
        place: (source_place, !is_fact, sentence),
        text,
        is_fact,
        shared,
        terms,
        score: 0.0,
    }
}

/// Counts the sources of some candidates, which are in story order.
fn sources_of(candidates: &[Candidate<'_>], of_term: &[usize]) -> usize {
    let sources: BTreeSet<usize> = of_term.iter().map(|it| candidates[*it].source()).collect();
    sources.len()
}

/// Sorts by how much is told; among equals the latest come first.
fn by_telling(places: &mut [usize], candidates: &[Candidate<'_>]) {
    places.sort_by(|a, b| {
        let (a, b) = (&candidates[*a], &candidates[*b]);
        let by_score = b.score.total_cmp(&a.score);
        by_score.then(b.source().cmp(&a.source()))
    });
}

/// Takes the next sentence about a term: the most telling in the first round, then the first, then the last.
fn take_next(
    of_term: &mut Vec<usize>,
    round: usize,
    candidates: &[Candidate<'_>],
) -> Option<usize> {
    let place = match round {
        0 => {
            let scores = of_term.iter().map(|it| candidates[*it].score).enumerate();
            // The latest among equals.
            scores.max_by(|a, b| a.1.total_cmp(&b.1))?.0
        }
        1 => 0,
        _ => of_term.len().checked_sub(1)?,
    };
    (place < of_term.len()).then(|| of_term.remove(place))
}
