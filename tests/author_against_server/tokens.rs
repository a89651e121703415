//! Made-up words that are written once only, and the book that is kept of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

/// Of the author's words.
const HAND: &str = "Hand";
/// Of the author's words in full_story.md.
const FULL: &str = "Full";
/// Of the model's.
const MADE: &str = "Made";
/// Enough for all words of the long form.
const DIGITS: usize = 7;

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A word that the author has not typed before.
pub fn of_author(in_full_story: bool) -> String {
    fresh(if in_full_story { FULL } else { HAND })
}

/// A word that the model has not written before.
pub fn of_model() -> String {
    fresh(MADE)
}

fn fresh(kind: &str) -> String {
    let serial = NEXT.fetch_add(1, Ordering::Relaxed);
    // The end keeps one word from being the beginning of another.
    format!("{kind}{serial:0DIGITS$}z")
}

pub fn is_of_author(token: &str) -> bool {
    !token.starts_with(MADE)
}

pub fn is_of_full_story(token: &str) -> bool {
    token.starts_with(FULL)
}

/// The tokens of a text.
pub fn of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for kind in [HAND, FULL, MADE] {
        for (at, _) in text.match_indices(kind) {
            let end = at + kind.len() + DIGITS;
            let digits = text.get(at + kind.len()..end);
            if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                && text[end..].starts_with('z')
            {
                found.insert(text[at..=end].to_owned());
            }
        }
    }
    found
}

/// Which tokens must be somewhere.
#[derive(Debug, Default)]
pub struct Ledger {
    /// With what made them count.
    followed: BTreeMap<String, String>,
    /// Deleted by the author, or never saved by him.
    dropped: BTreeSet<String>,
    /// All that were ever followed.
    pub typed: usize,
    pub made: usize,
}

impl Ledger {
    /// From here on these have to be somewhere; but not what the author has deleted.
    pub fn follow(&mut self, tokens: impl IntoIterator<Item = String>, why: &str) {
        for token in tokens {
            if self.dropped.contains(&token) || self.followed.contains_key(&token) {
                continue;
            }
            match is_of_author(&token) {
                true => self.typed += 1,
                false => self.made += 1,
            }
            self.followed.insert(token, why.to_owned());
        }
    }

    /// The author did away with these.
    pub fn drop(&mut self, tokens: impl IntoIterator<Item = String>) {
        for token in tokens {
            self.followed.remove(&token);
            self.dropped.insert(token);
        }
    }

    /// What is followed and not found, each with what made it count.
    pub fn missing(&self, found: &BTreeSet<String>) -> Vec<(String, String)> {
        let missing = self
            .followed
            .iter()
            .filter(|(token, _)| !found.contains(*token));
        missing
            .map(|(token, why)| (token.clone(), why.clone()))
            .collect()
    }
}
