//! Searches for many phrases at once, word by word.

use super::super::Span;
use super::fold::{self, Key, KeyMap};
use super::word::Word;
use crate::story::text::scripts;

/// Stands for any one word in a phrase.
const ANY: &str = "_";

/// A tree of words; every phrase is a way down.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    next: KeyMap<u32>,
    any: Option<u32>,
    /// The phrase that ends here.
    phrase: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// The index of the phrase in the list.
    pub phrase: usize,
    /// Indices into the words that were searched.
    pub words: Span,
}

impl Phrases {
    pub(super) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Phrases {
        let mut tree = Phrases {
            nodes: vec![Node::default()],
        };
        for (index, phrase) in phrases.into_iter().enumerate() {
            let mut node = 0;
            for word in words_of(phrase) {
                node = tree.step(node, &word);
            }
            if node != 0 {
                tree.nodes[node].phrase.get_or_insert(index);
            }
        }
        tree
    }

    fn step(&mut self, node: usize, word: &str) -> usize {
        let new = self.nodes.len();
        let slot = if word == ANY {
            *self.nodes[node].any.get_or_insert(new as u32)
        } else {
            let next = &mut self.nodes[node].next;
            *next.entry(fold::key(word)).or_insert(new as u32)
        } as usize;
        if slot == new {
            self.nodes.push(Node::default());
        }
        slot
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.len() < 2
    }

    /// Returns the phrases in `words`, the longest at each place, none inside another.
    pub(super) fn find(&self, words: &[Word]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut start = 0;
        while start < words.len() {
            match self.longest(0, &words[start..]) {
                Some((phrase, length)) => {
                    hits.push(Hit {
                        phrase,
                        words: start..start + length,
                    });
                    start += length;
                }
                None => start += 1,
            }
        }
        hits
    }

    /// Returns the longest phrase at the start of `words` below a node of the tree; depth is bounded by the
    /// longest phrase, and so are the ways that wild cards open.
    fn longest(&self, node: usize, words: &[Word]) -> Option<(usize, usize)> {
        let node = self.nodes.get(node)?;
        let deeper = words.split_first().and_then(|(word, rest)| {
            let named = node.next.get(&(word.key as Key)).copied();
            [named, node.any]
                .into_iter()
                .flatten()
                .filter_map(|next| self.longest(next as usize, rest))
                .map(|(phrase, length)| (phrase, length + 1))
                .max_by_key(|(_, length)| *length)
        });
        deeper.or(node.phrase.map(|phrase| (phrase, 0)))
    }
}

/// Returns a phrase in the units that a reading has: words, or characters where there are no blanks.
fn words_of(phrase: &str) -> Vec<String> {
    let mut words = Vec::new();
    for token in phrase.split([' ', '-']).filter(|token| !token.is_empty()) {
        if token.chars().any(scripts::is_unspaced) {
            words.extend(token.chars().map(String::from));
        } else {
            words.push(token.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::super::Language;
    use super::super::pack::Pack;
    use super::super::reading::Reading;
    use super::*;

    #[test]
    fn the_longest_phrase_is_found() {
        let phrases = Phrases::new([
            "let out a breath",
            "let out a breath _ didn't know",
            "息を呑",
        ]);
        let found = |tag: &str, text: &str| -> Vec<usize> {
            let language = Language::parse(tag).unwrap();
            let reading = Reading::of(text, Pack::of(&language));
            let hits = phrases.find(&reading.words);
            hits.into_iter().map(|hit| hit.phrase).collect()
        };
        assert_eq!(found("en", "She let out a breath."), [0]);
        assert_eq!(found("en", "She let out a breath she didn’t know."), [1]);
        assert_eq!(
            found("en", "Let out a. A breath let out."),
            [] as [usize; 0]
        );
        assert_eq!(found("ja", "澪は息を呑んだ。"), [2]);
    }
}
