//! Holds which texts have which runs of words, so that a copy of any of them is found by look-ups.

use std::collections::HashMap;

use super::wording::Wording;

/// Neighbouring words that are compared at once; fewer meet by chance.
pub(crate) const RUN: usize = 24;

/// The runs of words of many texts. It holds none of the texts.
#[derive(Debug, Default)]
pub struct Runs {
    /// The first text that has a run, by half of the run's hash. That some run of an answer meets another one's
    /// by chance is likely in a large book; that two neighbouring ones do is not, and one alone is no copy.
    first: HashMap<u32, RunsId>,
    /// The other texts that have it.
    more: HashMap<u32, Vec<RunsId>>,
    /// The number of texts that were taken.
    taken: u32,
}

/// A text whose runs are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunsId(u32);

impl Runs {
    /// Takes a text apart, in time in proportion to it.
    pub fn take(&mut self, text: &str) -> RunsId {
        let id = RunsId(self.taken);
        self.taken += 1;
        let wording = Wording::of(text);
        for run in wording.shingles(wording.grain(RUN)) {
            let run = key(run);
            let first = *self.first.entry(run).or_insert(id);
            if first != id {
                let more = self.more.entry(run).or_default();
                if more.last() != Some(&id) {
                    more.push(id);
                }
            }
        }
        id
    }

    /// Forgets a text that is no longer part of the story, in time in proportion to all texts.
    pub fn forget(&mut self, id: RunsId) {
        self.more.retain(|_, texts| {
            texts.retain(|text| *text != id);
            !texts.is_empty()
        });
        let more = &mut self.more;
        self.first.retain(|run, first| {
            if *first != id {
                return true;
            }
            let Some(mut texts) = more.remove(run) else {
                return false;
            };
            *first = texts.remove(0);
            if !texts.is_empty() {
                more.insert(*run, texts);
            }
            true
        });
    }

    /// Tells whether one of the texts for which `counts` holds has a run, by its hash.
    pub(super) fn have(&self, run: u64, counts: impl Fn(RunsId) -> bool) -> bool {
        let run = key(run);
        let Some(first) = self.first.get(&run) else {
            return false;
        };
        let more = self.more.get(&run).into_iter().flatten();
        [first].into_iter().chain(more).any(|text| counts(*text))
    }
}

fn key(run: u64) -> u32 {
    // The lower half of a sum of products says less.
    (run >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &str) -> String {
        let words: Vec<String> = (0..60).map(|word| format!("{of}{word}")).collect();
        words.join(" ")
    }

    fn run_of(text: &str) -> u64 {
        Wording::of(text).shingles(RUN)[3]
    }

    #[test]
    fn a_run_is_known_until_all_texts_that_have_it_are_forgotten() {
        let (lamp, rope) = (text("lamp"), text("rope"));
        let mut runs = Runs::default();
        let [first, second, third] = [
            runs.take(&lamp),
            runs.take(&format!("{rope} {lamp}")),
            runs.take(&lamp),
        ];
        let run = run_of(&lamp);
        assert!(runs.have(run, |text| text == third));
        assert!(runs.have(run, |text| text < second));
        assert!(!runs.have(run, |_| false));
        runs.forget(first);
        assert!(!runs.have(run, |text| text == first));
        assert!(runs.have(run, |text| text == second));
        runs.forget(third);
        assert!(runs.have(run, |_| true));
        runs.forget(second);
        assert!(!runs.have(run, |_| true));
        assert!(runs.first.is_empty() && runs.more.is_empty());
    }
}
