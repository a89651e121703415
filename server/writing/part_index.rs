//! Keeps the parts of a story taken apart, so that what a chunk costs does not grow with the story.
//!
//! A part is taken apart when it is first asked for, and again only once its text or its noted facts are others.
//! The index holds places and hashes, no texts. The caller says which parts count; the answer
//! depends on these alone, not on what else was taken apart before.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::accept::{Runs, RunsId, Told};
use super::prompt::Earlier;
use crate::story::state::{ChunkState, StoryState};
use crate::story::{BeatId, Digest};
use crate::writing::recall::{Index, Quote, Source, TextId};

/// The parts of a story taken apart. Made for one job or one look at a session.
#[derive(Debug, Default)]
pub struct PartIndex(Mutex<Parts>);

#[derive(Debug, Default)]
struct Parts {
    known: HashMap<BeatId, Part>,
    index: Index,
    /// Shared with the measures of the chunks that are being written.
    runs: Arc<Mutex<Runs>>,
    sum: Sum,
}

/// What is known of the text of a beat.
#[derive(Debug)]
struct Part {
    digest: Digest,
    /// The length of the text in bytes, since the digest leaves white space around it out.
    length: usize,
    text: Option<TextId>,
    runs: Option<RunsId>,
    facts: Option<Facts>,
}

/// The facts that were noted of a part.
#[derive(Debug)]
struct Facts {
    state: Arc<ChunkState>,
    taken: TextId,
}

/// The sum of states, and what it is the sum of.
#[derive(Debug, Default)]
struct Sum {
    of: Vec<Arc<ChunkState>>,
    state: StoryState,
}

impl PartIndex {
    /// Returns what the `earlier` parts say about what `wanted` names, the most telling first; see
    /// [`Index::recall`]. Takes time in proportion to the parts that are new or changed.
    pub fn recall(&self, wanted: &str, earlier: &[Earlier<'_>]) -> Vec<Quote> {
        let mut parts = self.lock();
        parts.take_texts(earlier);
        let sources: Vec<Source<'_>> = earlier
            .iter()
            .filter_map(|part| {
                let known = parts.known.get(part.beat)?;
                Some(Source {
                    chunk: part.number,
                    text: part.text,
                    taken: known.text?,
                    facts: part.state.map_or(&[], |state| &state.facts),
                    taken_facts: known.facts.as_ref().map(|facts| facts.taken),
                })
            })
            .collect();
        parts.index.recall(wanted, &sources)
    }

    /// Returns what an answer is compared with: the `earlier` parts, and the text right before it. Takes time
    /// in proportion to the parts that are new or changed, and to that text.
    pub fn told(&self, earlier: &[Earlier<'_>], preceding: &str) -> Told {
        let mut parts = self.lock();
        parts.take_runs(earlier);
        let known = earlier.iter();
        let before: HashSet<RunsId> = known
            .filter_map(|part| parts.known.get(part.beat)?.runs)
            .collect();
        Told::of(preceding).with(Arc::clone(&parts.runs), before)
    }

    /// Returns what is made of the sum of the states of the `earlier` parts; `None` where none is known. Adds up
    /// only what comes after the parts that were added up the last time.
    pub fn of_state<T>(
        &self,
        earlier: &[Earlier<'_>],
        make: impl FnOnce(&StoryState) -> T,
    ) -> Option<T> {
        let states: Vec<&Arc<ChunkState>> = earlier.iter().filter_map(|part| part.state).collect();
        let mut parts = self.lock();
        (!states.is_empty()).then(|| make(parts.sum.up_to(&states)))
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    /// Takes apart the texts and facts that are new or changed, for quotes. Returns how many.
    fn take_texts(&mut self, earlier: &[Earlier<'_>]) -> usize {
        let mut taken = 0;
        for part in earlier {
            self.follow(part);
            let Some(known) = self.known.get_mut(part.beat) else {
                continue;
            };
            if known.text.is_none() {
                known.text = Some(self.index.take(part.text));
                taken += 1;
            }
            let state = part.state.filter(|state| !state.facts.is_empty());
            if let (Some(facts), Some(state)) = (&mut known.facts, state)
                && (Arc::ptr_eq(&facts.state, state) || facts.state.facts == state.facts)
            {
                // The next time one look tells that they are the same.
                facts.state = Arc::clone(state);
                continue;
            }
            if let Some(facts) = known.facts.take() {
                self.index.forget(facts.taken);
            }
            if let Some(state) = state {
                known.facts = Some(Facts {
                    state: Arc::clone(state),
                    taken: self.index.take_facts(&state.facts),
                });
                taken += 1;
            }
        }
        taken
    }

    /// Takes apart the texts that are new or changed, to find copies of them. Returns how many.
    fn take_runs(&mut self, earlier: &[Earlier<'_>]) -> usize {
        let mut taken = 0;
        for part in earlier {
            self.follow(part);
            if let Some(known) = self.known.get_mut(part.beat)
                && known.runs.is_none()
            {
                known.runs = Some(lock(&self.runs).take(part.text));
                taken += 1;
            }
        }
        taken
    }

    /// Forgets what is known of another text of the same beat.
    fn follow(&mut self, part: &Earlier<'_>) {
        let known = self.known.get_mut(part.beat);
        let is_same =
            |known: &Part| known.digest == *part.digest && known.length == part.text.len();
        match known {
            Some(known) if is_same(known) => {}
            Some(known) => {
                known
                    .text
                    .take()
                    .into_iter()
                    .for_each(|text| self.index.forget(text));
                known
                    .runs
                    .take()
                    .into_iter()
                    .for_each(|text| lock(&self.runs).forget(text));
                known.digest = part.digest.clone();
                known.length = part.text.len();
            }
            None => {
                let known = Part {
                    digest: part.digest.clone(),
                    length: part.text.len(),
                    text: None,
                    runs: None,
                    facts: None,
                };
                self.known.insert(part.beat.clone(), known);
            }
        }
    }
}

impl Sum {
    /// Returns the sum of these states, in story order.
    fn up_to(&mut self, states: &[&Arc<ChunkState>]) -> &StoryState {
        let mut known = self.of.iter_mut().zip(states);
        let is_begun = known.all(|(known, state)| {
            let is_same = Arc::ptr_eq(known, state) || known == *state;
            // The next time one look tells that they are the same.
            *known = Arc::clone(state);
            is_same
        });
        if !is_begun || self.of.len() > states.len() {
            *self = Sum::default();
        }
        for state in &states[self.of.len()..] {
            self.state.take(state);
            self.of.push(Arc::clone(state));
        }
        &self.state
    }
}

fn lock(runs: &Mutex<Runs>) -> MutexGuard<'_, Runs> {
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::ChunkNumber;
    use crate::story::state::{Fact, Threads};

    struct Written {
        beat: BeatId,
        text: String,
        digest: Digest,
        state: Option<Arc<ChunkState>>,
    }

    /// A part with a thing of its own, and a state that opens a question.
    fn part(number: usize, thing: &str) -> Written {
        let words: Vec<String> = (0..60).map(|word| format!("w{number}x{word}")).collect();
        let text = format!("The {thing} lay in room {number}. {}.", words.join(" "));
        let state = ChunkState {
            facts: vec![Fact {
                subject: thing.to_owned(),
                fact: String::new(),
                quote: format!("The {thing} lay in room {number}"),
            }],
            threads: Threads {
                opened: vec![format!("{thing}?")],
                closed: Vec::new(),
            },
            ..ChunkState::default()
        };
        Written {
            beat: BeatId(format!("beat-{number}")),
            digest: Digest::of(&text),
            text,
            state: Some(Arc::new(state)),
        }
    }

    fn earlier(written: &[Written]) -> Vec<Earlier<'_>> {
        let parts = written.iter().zip(1..);
        parts
            .map(|(part, number)| Earlier {
                number: ChunkNumber(number),
                beat: &part.beat,
                title: "A part",
                digest: &part.digest,
                text: &part.text,
                state: part.state.as_ref(),
            })
            .collect()
    }

    /// A word of its own for each number.
    fn thing(number: usize) -> String {
        let letter = |of: usize| char::from(b'a' + u8::try_from(of % 26).unwrap());
        format!("{}{}gear", letter(number / 26), letter(number))
    }

    fn story(parts: usize) -> Vec<Written> {
        (1..=parts)
            .map(|number| part(number, &thing(number)))
            .collect()
    }

    /// What each chunk takes apart, however many parts are before it: the one that is new.
    #[test]
    fn a_chunk_takes_one_part_apart() {
        let story = story(300);
        let mut parts = Parts::default();
        for written in 1..=story.len() {
            let earlier = earlier(&story[..written]);
            // The text and its facts.
            assert_eq!(parts.take_texts(&earlier), 2, "{written}");
            assert_eq!(parts.take_runs(&earlier), 1, "{written}");
            let states: Vec<&Arc<ChunkState>> = earlier.iter().filter_map(|it| it.state).collect();
            parts.sum.up_to(&states);
            assert_eq!(parts.sum.of.len(), written);
            // A second call for the same chunk takes nothing apart.
            assert_eq!(parts.take_texts(&earlier), 0, "{written}");
            assert_eq!(parts.take_runs(&earlier), 0, "{written}");
        }
    }

    #[test]
    fn a_text_that_changed_is_taken_apart_anew_and_its_old_one_forgotten() {
        let mut story = story(40);
        let mut parts = Parts::default();
        parts.take_texts(&earlier(&story));
        parts.take_runs(&earlier(&story));
        let new = Written {
            beat: story[2].beat.clone(),
            ..part(99, "sextant")
        };
        let old = std::mem::replace(&mut story[2], new);
        assert_eq!(parts.take_texts(&earlier(&story)), 2);
        assert_eq!(parts.take_runs(&earlier(&story)), 1);
        let index = PartIndex(Mutex::new(parts));
        let found = |wanted: &str| index.recall(wanted, &earlier(&story));
        assert_eq!(found(&thing(3)), []);
        assert_eq!(found("sextant")[0].text, "The sextant lay in room 99");
        // Nothing of the text that was replaced counts as a copy any more.
        let copies = |of: &str| {
            let told = index.told(&earlier(&story), "");
            told.has_copies(of)
        };
        assert!(!copies(&old.text));
        assert!(copies(&story[2].text) && copies(&story[39].text));
    }

    #[test]
    fn only_the_parts_that_count_are_found() {
        let story = story(60);
        let index = PartIndex::default();
        let [all, few] = [&story[..], &story[..12]].map(earlier);
        assert_eq!(index.recall(&thing(40), &all).len(), 1);
        assert_eq!(index.recall(&thing(40), &few), []);
        let fresh = PartIndex::default();
        for wanted in ["lay".to_owned(), thing(7), thing(11) + " " + &thing(12)] {
            assert_eq!(index.recall(&wanted, &few), fresh.recall(&wanted, &few));
        }
        assert!(index.told(&all, "").has_copies(&story[40].text));
        assert!(!index.told(&few, "").has_copies(&story[40].text));
        let open = |parts: &[Earlier<'_>]| index.of_state(parts, |it| it.open_threads.len());
        assert_eq!(
            [open(&all), open(&few), open(&all)],
            [Some(60), Some(12), Some(60)]
        );
        assert_eq!(open(&[]), None);
    }
}
