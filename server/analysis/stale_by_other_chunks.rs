//! Compares what the prompt of a chunk said of earlier chunks with what those chunks hold now.
//!
//! Pure. A chunk whose state is gone is no reason: nothing is known that would contradict. Nor
//! is one that came, left or moved: that is told to its neighbours alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use super::stale_reason::StaleReason;
use super::story_file::StoryFile;
use super::written::Written;
use crate::session::{ChunkStatus, ChunkView, Standing};
use crate::story::state::{ChunkState, StoryState};
use crate::story::{BeatId, Digest};
use crate::writing::prompt::slices::Slice;
use crate::writing::prompt::state_text;
use crate::writing::recall;

/// The chunks of a session, as sources of what other chunks were told.
pub(crate) struct Others<'a> {
    story: &'a StoryFile,
    written: &'a Written,
    /// The index of each beat's chunk, by every id that the beat goes by or went by.
    places: HashMap<BeatId, usize>,
    /// The digest of the story's state after a beat, by that beat and the index of the chunk whose prompt states
    /// it: the text that this prompt would hold now.
    stands: HashMap<(BeatId, usize), Digest>,
    /// The digests of the sentences of a chunk, computed at the first use.
    sentences: Mutex<BTreeMap<usize, BTreeSet<Digest>>>,
}

impl<'a> Others<'a> {
    /// Makes it for the chunks up to index `until`, that one included.
    pub(crate) fn new(story: &'a StoryFile, written: &'a Written, until: usize) -> Others<'a> {
        let mut others = Others {
            story,
            written,
            places: places(written),
            stands: HashMap::new(),
            sentences: Mutex::default(),
        };
        others.fold_states(until);
        others
    }

    /// Adds up the states of the chunks in story order, and stores the digest wherever a prompt held the sum.
    fn fold_states(&mut self, until: usize) {
        let chunks = &self.written.view.chunks;
        let mut told: HashMap<usize, Vec<(BeatId, usize)>> = HashMap::new();
        for (index, chunk) in chunks.iter().enumerate().take(until.saturating_add(1)) {
            let inputs = chunk.record.iter().flat_map(|record| record.inputs.iter());
            let states = inputs
                .map(|(name, _)| name)
                .filter(|name| name.starts_with("state "));
            for slice in states.filter_map(Slice::parse) {
                if let Slice::State(beat) = slice
                    && let Some(source) = self.places.get(&beat)
                {
                    told.entry(*source).or_default().push((beat, index));
                }
            }
        }
        if told.is_empty() {
            return;
        }
        let brief = &self.story.brief;
        let ground = self.story.ground();
        let mut state = StoryState::default();
        for (index, known) in self.written.states.iter().enumerate() {
            let Some(known) = known else {
                continue;
            };
            state.take(known);
            for (beat, reader) in told.remove(&index).into_iter().flatten() {
                let text = state_text(&state, brief, ground, reader);
                self.stands.insert((beat, reader), Digest::of(&text));
            }
        }
    }

    /// Tells whether a beat, by any id that it had, is the one at an index.
    pub(crate) fn is_at(&self, beat: &BeatId, index: Option<usize>) -> bool {
        index.is_some() && self.places.get(beat).copied() == index
    }

    fn of_beat(&self, beat: &BeatId) -> Option<(usize, &'a ChunkView, Option<&'a ChunkState>)> {
        let index = *self.places.get(beat)?;
        let state = self.written.states.get(index)?.as_deref();
        Some((index, self.written.view.chunks.get(index)?, state))
    }

    /// Returns the reason why the chunk at `reader` does not fit what it was told, if there is one.
    pub(crate) fn reason(
        &self,
        slice: &Slice,
        reader: usize,
        then: &Digest,
    ) -> Option<StaleReason> {
        let (Slice::Summary(beat) | Slice::State(beat) | Slice::Quote(beat, _)) = slice else {
            return None;
        };
        let (index, source, state) = self.of_beat(beat)?;
        if source.status != ChunkStatus::Complete || index >= reader {
            // While it is not whole there is nothing to fit, nor to what comes later by now.
            return None;
        }
        let may_differ = match slice {
            Slice::Summary(_) => state.is_some() && self.may_be_told_anew(index, reader),
            Slice::State(_) => {
                let mut before = 0..=index;
                state.is_some()
                    && before.any(|index| {
                        self.was_there(index, reader) && self.may_be_told_anew(index, reader)
                    })
            }
            _ => true,
        };
        if !may_differ || self.now(slice, reader, then)? == *then {
            return None;
        }
        let number = source.number;
        Some(match slice {
            Slice::Summary(_) => StaleReason::Summary(number),
            Slice::State(_) => StaleReason::State(number),
            _ => StaleReason::Quote(number),
        })
    }

    /// Returns the present digest of a slice; for a sentence that is gone, that of its whole chunk.
    pub(crate) fn now(&self, slice: &Slice, reader: usize, then: &Digest) -> Option<Digest> {
        match slice {
            Slice::Summary(beat) => {
                let (_, _, state) = self.of_beat(beat)?;
                Some(Digest::of(state?.summary.trim()))
            }
            Slice::State(beat) => self.stands.get(&(beat.clone(), reader)).cloned(),
            Slice::Quote(beat, _) => {
                let (index, source, _) = self.of_beat(beat)?;
                if !self.may_have_changed(index, reader) || self.has_sentence(index, then) {
                    return Some(then.clone());
                }
                Some(source.digest.clone())
            }
            _ => None,
        }
    }

    /// Tells whether a state may differ from what its reader was told for a reason in the story; another
    /// wording of the same events is none.
    fn may_be_told_anew(&self, source: usize, reader: usize) -> bool {
        let standing = self.written.standings.get(source).copied().flatten();
        match standing {
            Some(Standing::Edited) => true,
            // It is about to be read again.
            Some(Standing::Outdated) => false,
            _ => self.may_have_changed(source, reader),
        }
    }

    /// Tells whether the source was written or edited after its reader was begun; checked first, since
    /// comparing each sentence of a long story is slow.
    fn may_have_changed(&self, source: usize, reader: usize) -> bool {
        let (source, reader) = (self.chunk(source), self.chunk(reader));
        let record = |chunk: Option<&'a ChunkView>| chunk?.record.as_ref();
        let finished = record(source).and_then(|record| record.finished);
        let begun = record(reader).and_then(|record| record.started.or(record.finished));
        source.is_some_and(|source| source.edited)
            || match (finished, begun) {
                (Some(finished), Some(begun)) => finished > begun,
                _ => true,
            }
    }

    /// Tells whether the source was whole, in whatever form, before its reader was begun.
    fn was_there(&self, source: usize, reader: usize) -> bool {
        let record = |index| self.chunk(index)?.record.as_ref();
        let first = record(source).and_then(|record| record.first_finished());
        let begun = record(reader).and_then(|record| record.started.or(record.finished));
        match (first, begun) {
            (Some(first), Some(begun)) => first <= begun,
            _ => true,
        }
    }

    fn chunk(&self, index: usize) -> Option<&'a ChunkView> {
        self.written.view.chunks.get(index)
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

/// Returns the index of each beat's chunk. An id that a beat had once leads to it, unless another goes by it
/// now.
fn places(written: &Written) -> HashMap<BeatId, usize> {
    let chunks = || written.view.chunks.iter().enumerate();
    let mut places = HashMap::new();
    for (index, chunk) in chunks() {
        let record = chunk.record.iter();
        for beat in record.flat_map(|record| record.beats()) {
            places.insert(beat.clone(), index);
        }
    }
    for (index, chunk) in chunks() {
        places.insert(chunk.beat.clone(), index);
    }
    places
}
