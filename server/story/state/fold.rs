//! Folds the states of all chunks before a chunk into one.

use std::collections::BTreeSet;

use super::{CharacterState, ChunkState};
use crate::story::text::terms::terms;

/// Most things that a character is remembered to know; the latest count.
const MOST_KNOWN: usize = 8;

/// The state of the story at a point, folded from the chunks before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoryState {
    /// The time of the story.
    pub time: Option<String>,
    /// The characters in the order of their first appearance.
    pub characters: Vec<CharacterState>,
    /// The open threads in the order in which they were opened.
    pub open_threads: Vec<String>,
    /// The terms of each open thread, by which others are compared with it.
    thread_terms: Vec<BTreeSet<String>>,
}

/// Adds up the states of chunks, in story order.
pub fn fold<'a>(states: impl IntoIterator<Item = &'a ChunkState>) -> StoryState {
    let mut story = StoryState::default();
    for state in states {
        story.take(state);
    }
    story
}

impl StoryState {
    /// Adds what the next chunk in story order tells.
    pub fn take(&mut self, state: &ChunkState) {
        if state.time.is_some() {
            self.time.clone_from(&state.time);
        }
        for character in &state.characters {
            self.take_character(character);
        }
        self.take_threads(&state.threads.opened, &state.threads.closed);
    }

    fn take_character(&mut self, later: &CharacterState) {
        let key = later.name.to_lowercase();
        let known = self
            .characters
            .iter_mut()
            .find(|character| character.name.to_lowercase() == key);
        let Some(known) = known else {
            self.characters.push(later.clone());
            return;
        };
        if later.place.is_some() {
            known.place.clone_from(&later.place);
        }
        if later.condition.is_some() {
            known.condition.clone_from(&later.condition);
        }
        if !later.holds.is_empty() {
            known.holds.clone_from(&later.holds);
        }
        for fact in &later.knows {
            if !known.knows.contains(fact) {
                known.knows.push(fact.clone());
            }
        }
        let too_many = known.knows.len().saturating_sub(MOST_KNOWN);
        known.knows.drain(..too_many);
    }

    /// Tells whether a wording is one of an open thread.
    pub fn has_open(&self, thread: &str) -> bool {
        let thread = terms(thread);
        self.thread_terms.iter().any(|open| same(open, &thread))
    }

    fn take_threads(&mut self, opened: &[String], closed: &[String]) {
        for thread in opened {
            let words = terms(thread);
            if !self.thread_terms.iter().any(|open| same(open, &words)) {
                self.open_threads.push(thread.clone());
                self.thread_terms.push(words);
            }
        }
        for thread in closed {
            let words = terms(thread);
            let mut is_open = self.thread_terms.iter().map(|open| !same(open, &words));
            self.open_threads.retain(|_| is_open.next().unwrap_or(true));
            self.thread_terms.retain(|open| !same(open, &words));
        }
    }
}

/// Tells whether two wordings, by their terms, are of one thread: they share most of the shorter one's words.
pub fn same(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let shared = short.iter().filter(|word| long.contains(*word)).count();
    !short.is_empty() && shared * 3 >= short.len() * 2
}

#[cfg(test)]
mod tests {
    use super::super::{Fact, Threads};
    use super::*;

    fn character(
        name: &str,
        place: Option<&str>,
        holds: &[&str],
        knows: &[&str],
    ) -> CharacterState {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        CharacterState {
            name: name.to_owned(),
            place: place.map(str::to_owned),
            condition: None,
            knows: owned(knows),
            holds: owned(holds),
        }
    }

    #[test]
    fn later_chunks_win_and_earlier_facts_stay() {
        let fact = |quote: &str| Fact {
            subject: "Mara".to_owned(),
            fact: String::new(),
            quote: quote.to_owned(),
        };
        let first = ChunkState {
            time: Some("dusk".to_owned()),
            characters: vec![character(
                "Mara",
                Some("the stair"),
                &["a key"],
                &["the door is shut"],
            )],
            facts: vec![fact("She hid the key."), fact("It rained.")],
            threads: Threads {
                opened: vec![
                    "Who lit the second lamp?".to_owned(),
                    "Where is Ilse?".to_owned(),
                ],
                closed: Vec::new(),
            },
            ..ChunkState::default()
        };
        let second = ChunkState {
            characters: vec![
                character("MARA", Some("the gallery"), &[], &["Ilse is back"]),
                character("Ilse", None, &["a rope"], &[]),
            ],
            facts: vec![fact("It rained.")],
            threads: Threads {
                opened: Vec::new(),
                closed: vec!["It is told where Ilse is.".to_owned()],
            },
            ..ChunkState::default()
        };
        let story = fold([&first, &second]);
        assert_eq!(story.time.as_deref(), Some("dusk"));
        assert_eq!(
            story.characters,
            [
                character(
                    "Mara",
                    Some("the gallery"),
                    &["a key"],
                    &["the door is shut", "Ilse is back"]
                ),
                character("Ilse", None, &["a rope"], &[]),
            ]
        );
        assert_eq!(story.open_threads, ["Who lit the second lamp?"]);
        assert!(story.has_open("It is told who lit the second lamp."));
        assert!(!story.has_open("Where is Ilse?"));
    }
}
