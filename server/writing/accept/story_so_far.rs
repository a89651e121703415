//! Holds the text of the story before a chunk, for comparison.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::runs::{RUN, Runs, RunsId};
use super::wording::Wording;

/// Words of the text before that its repetition is looked for in.
pub(crate) const TAIL: usize = 400;

/// The text of the story before a chunk, to be compared with an answer.
#[derive(Debug, Default, Clone)]
pub struct Told {
    /// The runs of words of the text right before.
    own: HashSet<u64>,
    /// Those of all texts of the story, and which of them come before.
    story: Option<(Arc<Mutex<Runs>>, HashSet<RunsId>)>,
    pub(crate) tail: Vec<u64>,
}

impl Told {
    /// Takes the text before an answer: its end is what an answer repeats most often. Takes time in proportion
    /// to the text.
    pub fn of(text: &str) -> Told {
        let wording = Wording::of(text);
        Told {
            own: wording.shingles(wording.grain(RUN)).into_iter().collect(),
            story: None,
            tail: tail_of(&wording).to_vec(),
        }
    }

    /// Adds texts of earlier chunks, which were taken apart before.
    pub fn with(mut self, runs: Arc<Mutex<Runs>>, before: HashSet<RunsId>) -> Told {
        self.story = (!before.is_empty()).then_some((runs, before));
        self
    }

    /// Tells whether nothing was told.
    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.story.is_none()
    }

    /// Tells whether all runs of words of a text were told.
    #[cfg(test)]
    pub(crate) fn has_copies(&self, of: &str) -> bool {
        let wording = Wording::of(of);
        let told = self.have(&wording.shingles(wording.grain(RUN)));
        !told.is_empty() && told.into_iter().all(|it| it)
    }

    /// Tells, for the hash of each run of words, whether an earlier text has that run.
    pub(super) fn have(&self, runs: &[u64]) -> Vec<bool> {
        let story = self.story.as_ref().map(|(story, before)| {
            let story = story.lock().unwrap_or_else(PoisonError::into_inner);
            (story, before)
        });
        let is_told = |run: &u64| {
            let in_story = story
                .as_ref()
                .is_some_and(|(story, before)| story.have(*run, |text| before.contains(&text)));
            in_story || self.own.contains(run)
        };
        runs.iter().map(is_told).collect()
    }
}

/// Gives the last words of a text, by their keys.
pub(crate) fn tail_of(wording: &Wording) -> &[u64] {
    let keys = wording.keys();
    &keys[keys.len().saturating_sub(TAIL)..]
}
