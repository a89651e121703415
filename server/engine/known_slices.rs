//! What prompts told of other chunks, and whether it is the same now.
//!
//! Pure. A chunk whose state is gone is no reason: nothing is known that would contradict.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use super::prompt::slices::OfOther;
use super::prompt::state_text;
use super::story_file::StoryFile;
use super::written::Written;
use crate::session::{ChunkStatus, ChunkView, Standing};
use crate::story::recall;
use crate::story::state::{ChunkState, StoryState};
use crate::story::{BeatId, Digest};

/// The chunks of a session, as sources of what others were told.
pub(super) struct Others<'a> {
    story: &'a StoryFile,
    written: &'a Written,
    /// The index of each beat's chunk.
    places: HashMap<&'a BeatId, usize>,
    /// The digest of how things stand after a beat, as each chunk that was told of it would be
    /// told now.
    stands: HashMap<(&'a BeatId, usize), Digest>,
    /// Digests of the sentences of a chunk, once they are asked for.
    sentences: Mutex<BTreeMap<usize, BTreeSet<Digest>>>,
}

impl<'a> Others<'a> {
    /// For the chunks up to index `until`, that one included.
    pub(super) fn new(story: &'a StoryFile, written: &'a Written, until: usize) -> Others<'a> {
        let chunks = written.view.chunks.iter();
        let mut others = Others {
            story,
            written,
            places: chunks
                .enumerate()
                .map(|(index, chunk)| (&chunk.beat, index))
                .collect(),
            stands: HashMap::new(),
            sentences: Mutex::default(),
        };
        others.fold_states(until);
        others
    }

    /// Walks through the story once and notes how things stand wherever a chunk was told of it.
    fn fold_states(&mut self, until: usize) {
        let chunks = &self.written.view.chunks;
        let mut told: HashMap<BeatId, Vec<usize>> = HashMap::new();
        for (index, chunk) in chunks.iter().enumerate().take(until.saturating_add(1)) {
            let inputs = chunk.record.iter().flat_map(|record| record.inputs.keys());
            for slice in inputs.filter_map(|name| OfOther::parse(name)) {
                if let OfOther::State(beat) = slice {
                    told.entry(beat).or_default().push(index);
                }
            }
        }
        if told.is_empty() {
            return;
        }
        let mut state = StoryState::default();
        for (chunk, known) in chunks.iter().zip(&self.written.states) {
            let Some(known) = known else {
                continue;
            };
            state.take(chunk.number, known);
            for reader in told.get(&chunk.beat).into_iter().flatten() {
                let text = state_text(&state, &self.story.brief, *reader);
                self.stands
                    .insert((&chunk.beat, *reader), Digest::of(&text));
            }
        }
    }

    fn of_beat(&self, beat: &BeatId) -> Option<(usize, &'a ChunkView, Option<&'a ChunkState>)> {
        let index = *self.places.get(beat)?;
        let state = self.written.states.get(index).and_then(Option::as_ref);
        Some((index, self.written.view.chunks.get(index)?, state))
    }

    /// Why the chunk at `reader` does not fit what it was told, if it does not.
    pub(super) fn reason(&self, slice: &OfOther, reader: usize, then: &Digest) -> Option<String> {
        let (OfOther::Summary(beat) | OfOther::State(beat) | OfOther::Quote(beat)) = slice;
        let Some((index, source, state)) = self.of_beat(beat) else {
            return Some(format!(
                "the chunk of `{beat}`, which it goes back to, was removed"
            ));
        };
        if source.status != ChunkStatus::Complete {
            // While it is not whole there is nothing to fit.
            return None;
        }
        let may_differ = match slice {
            OfOther::Summary(_) => state.is_some() && self.may_be_told_anew(index, reader),
            OfOther::State(_) => {
                let mut before = 0..=index;
                state.is_some() && before.any(|index| self.may_be_told_anew(index, reader))
            }
            OfOther::Quote(_) => true,
        };
        if !may_differ {
            return None;
        }
        let now = self.now(slice, reader, then)?;
        if now == *then {
            return None;
        }
        let number = source.number;
        Some(match slice {
            OfOther::Summary(_) => format!("what happened in chunk {number} changed"),
            OfOther::State(_) => format!("how things stand after chunk {number} changed"),
            OfOther::Quote(_) => {
                format!("a sentence of chunk {number} that it goes back to changed")
            }
        })
    }

    /// The digest of a slice as it is now; for a sentence that is gone, that of its whole chunk.
    pub(super) fn now(&self, slice: &OfOther, reader: usize, then: &Digest) -> Option<Digest> {
        match slice {
            OfOther::Summary(beat) => {
                let (_, _, state) = self.of_beat(beat)?;
                Some(Digest::of(state?.summary.trim()))
            }
            OfOther::State(beat) => self.stands.get(&(beat, reader)).cloned(),
            OfOther::Quote(beat) => {
                let (index, source, _) = self.of_beat(beat)?;
                if !self.may_have_changed(index, reader) || self.has_sentence(index, then) {
                    return Some(then.clone());
                }
                Some(source.digest.clone())
            }
        }
    }

    /// Whether a state may differ from what its reader was told for a reason that is the
    /// story's: that a model reads the same events in other words is none.
    fn may_be_told_anew(&self, source: usize, reader: usize) -> bool {
        let standing = self.written.standings.get(source).copied().flatten();
        match standing {
            Some(Standing::Edited) => true,
            // It is about to be read again.
            Some(Standing::Outdated) => false,
            _ => self.may_have_changed(source, reader),
        }
    }

    /// Whether the source was written or edited after its reader was written. Looking at each
    /// sentence of a long story takes long.
    fn may_have_changed(&self, source: usize, reader: usize) -> bool {
        let chunks = &self.written.view.chunks;
        let finished = |index: usize| {
            let record = chunks.get(index)?.record.as_ref()?;
            record.finished
        };
        chunks[source].edited
            || match (finished(source), finished(reader)) {
                (Some(source), Some(reader)) => source > reader,
                _ => true,
            }
    }

    fn has_sentence(&self, source: usize, digest: &Digest) -> bool {
        let mut sentences = self
            .sentences
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = sentences.entry(source).or_insert_with(|| {
            let text = recall::sentences(&self.written.view.chunks[source].text);
            let state = self.written.states.get(source).and_then(Option::as_ref);
            let facts = state.map(|state| state.facts.iter().map(|fact| fact.quote.clone()));
            text.chain(facts.into_iter().flatten())
                .map(|sentence| Digest::of(&sentence))
                .collect()
        });
        known.contains(digest)
    }
}
