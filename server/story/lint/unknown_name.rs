//! `unknown-name`: a proper name that stands nowhere in the brief.
//!
//! A name is what has a capital inside a sentence, never stands without one in this story,
//! and comes twice or has several words. A warning only where it is used so often that it
//! may belong to another story; most new names are meant.
//!
//! Limits: silent in scripts without capitals, and in German, whose nouns all have one.

use super::super::{ChunkNumber, Severity, Span};
use super::facts::ChunkFacts;
use super::finding::{Finding, Remark};
use super::fold::{self, Key, KeyMap, KeySet};
use super::story::Story;
use super::word::Word;

const CODE: &str = "unknown-name";

/// Mentions from which on a name is too important to be missing in the brief, and the words
/// of a story that allow one more.
const IMPORTANT: usize = 6;
const WORDS_A_MENTION: usize = 8_000;
/// Mentions of a single word below which nothing is said, and the words that allow one more.
const LEAST: usize = 2;
const WORDS_A_HINT: usize = 60_000;
/// Longer runs of capitals are no name.
const MOST_WORDS: usize = 5;
/// The most other places that a finding names.
const MOST_RELATED: usize = 5;

pub(super) fn check(story: &Story<'_>, drifted: &KeySet, findings: &mut Vec<Finding>) {
    if story.pack.nouns_have_capitals || story.brief.language.counts_characters() {
        return;
    }
    let names = collect(story, drifted);
    let mentions = mentions(story, &names);
    let alone: KeySet = names
        .iter()
        .filter(|name| name.keys.len() == 1)
        .map(|name| name.keys[0])
        .collect();
    let words: usize = story
        .chunks
        .iter()
        .map(|chunk| chunk.facts.reading.words.len())
        .sum();
    let important = IMPORTANT.max(words / WORDS_A_MENTION);
    let least = LEAST.max(words / WORDS_A_HINT);
    let mut told = KeySet::default();
    let all = names.iter().zip(&mentions);
    // Two that stand beside each other once, and each by itself elsewhere: "had made Steelkilt Charlemagne".
    let is_one = |name: &Name| name.certain > 1 || !name.keys.iter().all(|key| alone.contains(key));
    let mut several: Vec<(&Name, &Mentions)> = all
        .clone()
        .filter(|(name, _)| name.keys.len() > 1 && is_one(name))
        .collect();
    several.sort_by_key(|(name, _)| std::cmp::Reverse(name.keys.len()));
    for (name, places) in several {
        if name.keys.iter().all(|key| !told.contains(key)) {
            // A compound is another name than its words.
            if !name.is_compound() {
                told.extend(&name.keys);
            }
            findings.extend(name.finding(places, important));
        }
    }
    for (name, places) in all.filter(|(name, _)| name.keys.len() == 1) {
        if name.certain >= least && told.insert(name.keys[0]) {
            findings.extend(name.finding(places, important));
        }
    }
}

/// The places of a name in the story.
type Mentions = Vec<(ChunkNumber, Span)>;

/// A word, or several in a row, that may be a name.
struct Name {
    keys: Vec<Key>,
    text: String,
    /// How often it stands where a capital can only mean a name.
    certain: usize,
}

/// Returns the names in the order in which they come.
fn collect(story: &Story<'_>, drifted: &KeySet) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    let mut places: KeyMap<usize> = KeyMap::default();
    for chunk in &story.chunks {
        let words = &chunk.facts.reading.words;
        let mut nth = 0;
        while nth < words.len() {
            let run = run_at(story, chunk.facts, &words[nth..], drifted);
            if run == 0 {
                nth += 1;
                continue;
            }
            let keys: Vec<Key> = words[nth..nth + run].iter().map(|word| word.key).collect();
            let whole = keys.iter().fold(0u64, |all, key| all.rotate_left(7) ^ key);
            let place = *places.entry(whole).or_insert_with(|| {
                let span = chunk.facts.reading.span_of(nth..nth + run);
                names.push(Name {
                    keys,
                    text: chunk
                        .slice(&span)
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" "),
                    certain: 0,
                });
                names.len() - 1
            });
            names[place].certain += 1;
            nth += run;
        }
    }
    names
}

/// Returns how many of the first words form an unknown name; 0 where they form none.
fn run_at(story: &Story<'_>, facts: &ChunkFacts, words: &[Word], drifted: &KeySet) -> usize {
    let is_new = |word: &Word| {
        word.is_capital() && !word.is_all_caps() && is_unknown(story, facts, word, drifted)
    };
    let begins = words
        .first()
        .is_some_and(|word| is_new(word) && !word.opens());
    if !begins {
        return 0;
    }
    let rest = words[1..]
        .iter()
        .take(MOST_WORDS - 1)
        .take_while(|word| word.is_joined() && !word.opens() && is_new(word));
    1 + rest.count()
}

fn is_unknown(story: &Story<'_>, facts: &ChunkFacts, word: &Word, drifted: &KeySet) -> bool {
    let (pack, lexicon) = (story.pack, &story.lexicon);
    word.span().len() >= 2
        && !word.is_unspaced()
        && !lexicon.is_known(word)
        && !lexicon.lower.contains(&word.key)
        && !drifted.contains(&word.key)
        && !pack.stop.contains(&word.key)
        && !pack.capitals.contains(&word.key)
        && !pack.titles.contains(&word.key)
        && !is_plural_of_known(story, facts.slice(word.span()))
}

/// Tells whether a word is a family name in the plural: the Brandts, the Vosses.
fn is_plural_of_known(story: &Story<'_>, written: &str) -> bool {
    let known = |name: &str| story.lexicon.known.contains(&fold::key(name));
    let endings = ["s", "es"]
        .iter()
        .filter_map(|ending| written.strip_suffix(ending));
    endings.filter(|name| name.len() > 2).any(known)
}

/// Finds where each name stands in the story, whole or by its first word alone.
fn mentions(story: &Story<'_>, names: &[Name]) -> Vec<Mentions> {
    let mut by_first: KeyMap<Vec<usize>> = KeyMap::default();
    for (place, name) in names.iter().enumerate() {
        by_first.entry(name.keys[0]).or_default().push(place);
    }
    let mut mentions = vec![Vec::new(); names.len()];
    for chunk in &story.chunks {
        let words = &chunk.facts.reading.words;
        for (nth, word) in words.iter().enumerate() {
            let places = by_first.get(&word.key).filter(|_| word.is_capital());
            for place in places.into_iter().flatten() {
                if names[*place].is_meant_by(&words[nth..]) {
                    mentions[*place].push((chunk.number, word.span()));
                }
            }
        }
    }
    mentions
}

impl Name {
    fn is_compound(&self) -> bool {
        self.text.contains('-')
    }

    /// Tells whether words that begin with its first one name it: the whole name, or that word by itself. A compound
    /// is named by all of it: not every Cape is a Cape-Horner.
    fn is_meant_by(&self, words: &[Word]) -> bool {
        let is_whole = || {
            let mut rest = self.keys.iter().zip(words).skip(1);
            words.len() >= self.keys.len()
                && rest.all(|(key, word)| word.is_joined() && word.key == *key)
        };
        let goes_on = |word: &Word| word.is_joined() && word.is_capital();
        let is_alone = || !self.is_compound() && !words.get(1).is_some_and(goes_on);
        self.keys.len() == 1 || is_whole() || is_alone()
    }

    fn finding(&self, places: &[(ChunkNumber, Span)], important: usize) -> Option<Finding> {
        let (chunk, span) = places.first().cloned()?;
        let count = places.len();
        let times = match count {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            _ => format!("{count} times"),
        };
        let message = format!(
            "`{}` is named {times}, and the brief does not know the name. If it belongs to the story, add it to the cast or the setting, so that every chunk knows it.",
            self.text
        );
        let mut finding = Remark::information(span, CODE, message).in_chunk(chunk);
        if count >= important {
            finding.severity = Severity::Warning;
        }
        finding.related = places.iter().skip(1).take(MOST_RELATED).cloned().collect();
        Some(finding)
    }
}
