//! Finds the chunks that no longer fit what they were written from, and why.
//!
//! Pure. What a chunk's prompt held is in its record, slice by slice; a slice that it never
//! held is no reason.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::stale_by_other_chunks::Others;
use super::stale_reason::StaleReason;
use super::story_file::StoryFile;
use super::written::Written;
use crate::session::{ChunkRecord, ChunkStatus, ChunkView, Renames, SharedRecord, map_at_once};
use crate::settings::model_name::recorded_model;
use crate::settings::{ProviderChoice, Role, Settings};
use crate::story::{Digest, SharedText};
use crate::writing::prompt::named_cast;
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::{Slice, Slices};

/// The fewest chunks for which a thread is worth its cost.
const FEWEST_AT_ONCE: usize = 60;

/// What follows from the records of a session, kept while those do not change.
#[derive(Debug, Default)]
pub(crate) struct StaleMemory(Mutex<Vec<Option<Arc<Known>>>>);

/// What follows from the record of one chunk.
#[derive(Debug)]
struct Known {
    record: SharedRecord,
    /// The slices that its prompt held.
    held: Slices,
    /// The text before that was looked at last, the digest that it was compared with, and whether that is its own.
    follows: Mutex<Option<(SharedText, Digest, bool)>>,
}

impl Known {
    fn of(record: &SharedRecord) -> Known {
        Known {
            record: record.clone(),
            held: slices::of_record(record.inputs.iter()),
            follows: Mutex::default(),
        }
    }

    /// Tells whether a text is the one before, by the digest of what the prompt held of that.
    fn is_behind(&self, text: &SharedText, then: &Digest) -> bool {
        let mut follows = lock(&self.follows);
        if let Some((looked_at, digest, answer)) = follows.as_ref()
            && looked_at == text
            && digest == then
        {
            return *answer;
        }
        let answer = slices::is_preceding(then, text);
        *follows = Some((text.clone(), then.clone(), answer));
        answer
    }
}

/// Returns the reasons for which each chunk of a session is stale, in the order of its chunks; none for a
/// chunk that is fresh or not complete.
pub fn reasons(story: &StoryFile, written: &Written, settings: &Settings) -> Vec<Vec<StaleReason>> {
    reasons_again(story, written, settings, &StaleMemory::default())
}

/// Returns the reasons, as [`reasons`]; what a record says is taken from the memory where the record is the same.
pub(crate) fn reasons_again(
    story: &StoryFile,
    written: &Written,
    settings: &Settings,
    memory: &StaleMemory,
) -> Vec<Vec<StaleReason>> {
    let chunks = &written.view.chunks;
    let now = Now {
        story,
        written,
        shared: &story.ground().shared,
        always: &story.ground().always,
        model: ConfiguredModel::of(settings),
        others: Others::new(story, written, chunks.len()),
    };
    let mut known = lock(&memory.0);
    known.resize(chunks.len(), None);
    let before: Vec<(usize, Option<Arc<Known>>)> = known.drain(..).enumerate().collect();
    let found = map_at_once(&before, FEWEST_AT_ONCE, |(index, before)| {
        let record = chunks[*index].record.as_ref()?;
        let same = before.as_ref().filter(|known| known.record.is_same(record));
        let known = same.map_or_else(|| Arc::new(Known::of(record)), Arc::clone);
        let reasons = now.reasons_of(*index, &known);
        Some((known, reasons))
    });
    let (kept, reasons) = found
        .into_iter()
        .map(|found| match found {
            Some((known, reasons)) => (Some(known), reasons),
            None => (None, Vec::new()),
        })
        .unzip();
    *known = kept;
    reasons
}

/// Locks what is kept. That of a poisoned lock is still whole: each holder changes it in one step, and what a panic
/// left out is found out again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the slices that the texts of chunks would be recorded with, were they written now and as they are.
pub struct CurrentInputs<'a> {
    story: &'a StoryFile,
    written: &'a Written,
    model: ConfiguredModel,
    others: Others<'a>,
}

impl<'a> CurrentInputs<'a> {
    /// Reads the states of all chunks once.
    pub fn new(story: &'a StoryFile, written: &'a Written, settings: &Settings) -> Self {
        CurrentInputs {
            story,
            written,
            model: ConfiguredModel::of(settings),
            others: Others::new(story, written, written.view.chunks.len()),
        }
    }

    /// Returns the slices of the chunk at an index, as a manifest records them.
    pub fn of(&self, index: usize) -> BTreeMap<String, Digest> {
        let (story, written) = (self.story, self.written);
        let chunk = written.view.chunks.get(index);
        let record = chunk.and_then(|chunk| chunk.record.as_ref());
        let held = record.map(|record| slices::of_record(record.inputs.iter()));
        let held = held.unwrap_or_default();
        let ground = story.ground();
        let mut always = ground.always.clone();
        always.extend(named_cast(&story.brief, ground, index));
        let mut inputs = slices::of_beat(&story.brief, index, &story.templates);
        inputs.retain(|slice, _| {
            matches!(slice, Slice::Precedes(_) | Slice::Follows(_))
                || held.contains_key(slice)
                || always.contains(slice)
        });
        for (slice, digest) in held {
            let now = match &slice {
                Slice::Preceding => Some(slices::preceding(written.preceding(index))),
                Slice::Model => record.and_then(|record| self.model.wanted(record)),
                _ => self.others.now(&slice, index, &digest),
            };
            inputs.extend(now.map(|now| (slice, now)));
        }
        slices::recorded(&inputs)
    }
}

/// Returns the changes of an unfinished text's foundations since it was begun: its beat, the facts, the
/// rules, person, tense or language. Empty where the inputs of its beginning are unknown.
pub fn changed_since_begun(
    story: &StoryFile,
    renames: &Renames,
    chunk: &ChunkView,
) -> Vec<StaleReason> {
    let begun = chunk
        .record
        .as_ref()
        .and_then(|record| record.begun.as_ref());
    let Some(begun) = begun.filter(|_| chunk.status != ChunkStatus::Complete) else {
        return Vec::new();
    };
    let index = (chunk.number.0 as usize).saturating_sub(1);
    let mut then = slices::of_record(begun.inputs.iter());
    then.retain(|slice, _| slice.is_foundation());
    let own = slices::own(&story.brief, index, &story.templates);
    let now = story.ground().shared.iter().chain(&own);
    let now: BTreeMap<&Slice, &Digest> = now.filter(|(slice, _)| slice.is_foundation()).collect();
    let gone = then.iter();
    let mut reasons: Vec<StaleReason> = gone
        .filter_map(|(slice, digest)| {
            let reason = changed(slice, digest, now.get(slice).copied())?;
            let mut later = renames.of_text(digest);
            let is_same = later.any(|later| now.get(slice) == Some(&later));
            (!is_same).then_some(reason)
        })
        .collect();
    let added = now.into_keys().filter(|slice| !then.contains_key(*slice));
    reasons.extend(added.cloned().map(StaleReason::Added));
    reasons
}

/// A chunk with the slices that its prompt held, and those of its beat now.
struct Recorded<'a> {
    index: usize,
    known: &'a Known,
    held: &'a Slices,
    own: &'a Slices,
}

/// The inputs from which chunks would be written now.
struct Now<'a> {
    story: &'a StoryFile,
    written: &'a Written,
    /// The slices that all beats share, computed once.
    shared: &'a Slices,
    always: &'a [Slice],
    model: ConfiguredModel,
    others: Others<'a>,
}

impl Now<'_> {
    fn reasons_of(&self, index: usize, known: &Known) -> Vec<StaleReason> {
        let chunk = &self.written.view.chunks[index];
        let record = &known.record;
        let own = self.story.own_slices().get(index);
        let Some(own) =
            own.filter(|_| chunk.status == ChunkStatus::Complete && !record.inputs.is_empty())
        else {
            return Vec::new();
        };
        let chunk = Recorded {
            index,
            known,
            held: &known.held,
            own,
        };
        let Recorded { held, own, .. } = chunk;
        let mut reasons: Vec<StaleReason> = held
            .iter()
            .filter_map(|(slice, then)| self.reason_under_any_name(&chunk, slice, then))
            .collect();
        // Several sentences of one chunk are one reason.
        reasons.dedup();
        // What every prompt holds and this one did not hold was added since. Earlier versions
        // held the facts as one.
        let is_told = |slice: &Slice| {
            let is_fact = slice.is_foundation()
                && !matches!(slice, Slice::Beat | Slice::Rule(_) | Slice::Rules);
            held.contains_key(slice) || is_fact && held.contains_key(&Slice::Facts)
        };
        let is_now = |slice: &Slice| own.contains_key(slice) || self.shared.contains_key(slice);
        let added = self.always.iter();
        let added = added.filter(|slice| is_now(slice) && !is_told(slice));
        reasons.extend(added.cloned().map(StaleReason::Added));
        reasons.extend(self.model.reason(record, held.get(&Slice::Model)));
        reasons
    }

    /// Returns the reason for which a slice makes the chunk stale; none where only a name in it is another.
    fn reason_under_any_name(
        &self,
        chunk: &Recorded<'_>,
        slice: &Slice,
        then: &Digest,
    ) -> Option<StaleReason> {
        let reason = self.reason(chunk, slice, then)?;
        let mut renamed = under_later_names(&self.written.view.renames, slice, then);
        let is_same = renamed.any(|(slice, then)| self.reason(chunk, &slice, &then).is_none());
        (!is_same).then_some(reason)
    }

    fn reason(&self, chunk: &Recorded<'_>, slice: &Slice, then: &Digest) -> Option<StaleReason> {
        let Recorded {
            index, held, own, ..
        } = *chunk;
        match slice {
            // They only say why something is another.
            Slice::Model | Slice::Follows(_) | Slice::Precedes(_) => None,
            Slice::Facts => (!slices::is_facts(then, &self.story.brief))
                .then_some(StaleReason::Changed(Slice::Facts)),
            Slice::Preceding => self.preceding_reason(chunk, then),
            Slice::NextBeat if own.get(slice) == Some(then) => None,
            Slice::NextBeat => self.next_reason(index, held, then),
            Slice::Summary(_) | Slice::State(_) | Slice::Quote(..) => {
                self.others.reason(slice, index, then)
            }
            _ => changed(
                slice,
                then,
                own.get(slice).or_else(|| self.shared.get(slice)),
            ),
        }
    }

    /// Returns the reason that the chunk before changed; only the words that the prompt repeated count.
    fn preceding_reason(&self, chunk: &Recorded<'_>, then: &Digest) -> Option<StaleReason> {
        let Recorded {
            index, held, known, ..
        } = *chunk;
        let chunks = &self.written.view.chunks;
        let before = index.checked_sub(1).and_then(|before| chunks.get(before));
        // While it is not whole there is nothing to fit.
        if before.is_some_and(|before| before.status != ChunkStatus::Complete) {
            return None;
        }
        let is_behind = match before {
            Some(before) => known.is_behind(&before.text, then),
            None => slices::is_preceding(then, ""),
        };
        if is_behind {
            return None;
        }
        let Some(before) = before else {
            return Some(StaleReason::IsFirst);
        };
        let follows = held.keys().find_map(|slice| match slice {
            Slice::Follows(beat) => Some(beat),
            _ => None,
        });
        let is_same = follows.map(|beat| self.others.is_at(beat, index.checked_sub(1)));
        Some(match is_same {
            Some(false) => StaleReason::FollowsAnother(before.number),
            _ if before.edited => StaleReason::Edited(before.number),
            Some(true) => StaleReason::Rewritten(before.number),
            // Earlier versions did not record what came before.
            None => StaleReason::Changed(Slice::Preceding),
        })
    }

    fn next_reason(&self, index: usize, held: &Slices, then: &Digest) -> Option<StaleReason> {
        let (brief, templates) = (&self.story.brief, &self.story.templates);
        if slices::is_next(then, brief, index, templates) {
            return None;
        }
        let precedes = held.keys().find_map(|slice| match slice {
            Slice::Precedes(beat) => Some(beat),
            _ => None,
        });
        let next = index
            .checked_add(1)
            .filter(|next| *next < brief.beats.len());
        Some(match (precedes, next) {
            (Some(_), None) => StaleReason::IsLast,
            // Earlier versions recorded for the last part what is no reason: the title and how
            // many parts there are.
            (None, None) => return None,
            (Some(beat), next) if self.others.is_at(beat, next) => {
                StaleReason::Changed(Slice::NextBeat)
            }
            (Some(_), _) => StaleReason::PrecedesAnother,
            (None, _) if slices::was_last(then) => StaleReason::IsNotLast,
            (None, _) => StaleReason::Changed(Slice::NextBeat),
        })
    }
}

/// A slice as it was recorded, under the names that its text and its character got since.
fn under_later_names<'a>(
    renames: &'a Renames,
    slice: &'a Slice,
    then: &'a Digest,
) -> impl Iterator<Item = (Slice, Digest)> + 'a {
    let character = match slice {
        Slice::Cast(name) => Some(name),
        _ => None,
    };
    let names = character
        .into_iter()
        .flat_map(|name| renames.of_character(name));
    let slices = std::iter::once(slice.clone()).chain(names.cloned().map(Slice::Cast));
    slices.flat_map(move |slice| {
        let digests = std::iter::once(then).chain(renames.of_text(then));
        digests.map(move |digest| (slice.clone(), digest.clone()))
    })
}

fn changed(slice: &Slice, then: &Digest, now: Option<&Digest>) -> Option<StaleReason> {
    match now {
        Some(now) if now == then => None,
        Some(_) => Some(StaleReason::Changed(slice.clone())),
        None => Some(StaleReason::Removed(slice.clone())),
    }
}

/// The model of the settings; what they leave open is no reason.
struct ConfiguredModel {
    provider: Option<&'static str>,
    model: Option<String>,
}

impl ConfiguredModel {
    fn of(settings: &Settings) -> ConfiguredModel {
        ConfiguredModel {
            provider: match settings.provider {
                ProviderChoice::Fixed(kind) => Some(kind.as_str()),
                ProviderChoice::Auto => None,
            },
            model: settings.model_for(Role::Draft).map(str::to_owned),
        }
    }

    /// Returns the digest of the model that would write a chunk anew; what the settings leave open is taken
    /// from the record.
    fn wanted(&self, record: &ChunkRecord) -> Option<Digest> {
        let provider = self.provider.or(record.provider.as_deref())?;
        let model = self.model.as_deref().map(recorded_model);
        let model = model.or(record.asked_model())?;
        Some(Digest::of(&format!("{provider}/{model}")))
    }

    /// Tells whether a digest is that of the model that would write a chunk anew. Earlier versions recorded
    /// paths as they are.
    fn is_wanted(&self, digest: &Digest, record: &ChunkRecord) -> Option<bool> {
        let wanted = self.wanted(record)?;
        let provider = self.provider.or(record.provider.as_deref())?;
        let as_it_is = self.model.as_deref().or(record.asked_model())?;
        Some(*digest == wanted || *digest == Digest::of(&format!("{provider}/{as_it_is}")))
    }

    /// Returns the reason that the model changed; `held` is the digest of the model that wrote the chunk's
    /// beginning, or that the author kept it for.
    fn reason(&self, record: &ChunkRecord, held: Option<&Digest>) -> Option<StaleReason> {
        let provider = record.provider.as_deref()?;
        let model = record.model.as_deref()?;
        let is_open = self.provider.is_none() && self.model.is_none();
        let asked = record.asked_model()?;
        let own = Digest::of(&format!("{provider}/{asked}"));
        if is_open || self.is_wanted(held.unwrap_or(&own), record)? {
            return None;
        }
        Some(match self.is_wanted(&own, record)? {
            true => StaleReason::BegunByAnotherModel,
            false => StaleReason::Model {
                provider: provider.to_owned(),
                model: model.to_owned(),
            },
        })
    }
}
