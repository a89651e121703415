//! Which chunks no longer fit what they were written from, and why.
//!
//! Pure. What a chunk's prompt held is in its record, slice by slice; a slice that it never
//! held is no reason.

use std::collections::BTreeMap;

use super::known_slices::Others;
use super::prompt::slices::{self, OfOther};
use super::settings::{ProviderChoice, Role, Settings};
use super::story_file::StoryFile;
use super::written::Written;
use crate::provider::ProviderKind;
use crate::session::{ChunkRecord, ChunkStatus, ChunkView, SessionView};
use crate::story::Digest;

/// Fewer chunks are not worth a thread of their own.
const FEWEST_AT_ONCE: usize = 60;

/// The reasons for which each chunk of a session is stale, in the order of its chunks; none
/// for a chunk that is fresh or not complete.
pub fn reasons(story: &StoryFile, written: &Written, settings: &Settings) -> Vec<Vec<String>> {
    let chunks = written.view.chunks.len();
    let now = Now {
        story,
        written,
        shared: slices::shared(&story.brief, &story.templates),
        always: slices::always(&story.brief),
        model: ConfiguredModel::of(settings),
        others: Others::new(story, written, chunks),
    };
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let share = chunks.div_ceil(at_once).max(FEWEST_AT_ONCE);
    if share >= chunks {
        return (0..chunks).map(|index| of_chunk(&now, index)).collect();
    }
    std::thread::scope(|scope| {
        let shares: Vec<_> = (0..chunks)
            .step_by(share)
            .map(|first| {
                let (now, indices) = (&now, first..chunks.min(first + share));
                scope.spawn(move || indices.map(|at| of_chunk(now, at)).collect::<Vec<_>>())
            })
            .collect();
        let shares = shares.into_iter().map(|share| match share.join() {
            Ok(reasons) => reasons,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        shares.flatten().collect()
    })
}

/// The slices that a chunk's text would be recorded with, were it written now and as it is.
pub fn current_inputs(
    story: &StoryFile,
    written: &Written,
    index: usize,
) -> BTreeMap<String, Digest> {
    let view = &written.view;
    let record = view
        .chunks
        .get(index)
        .and_then(|chunk| chunk.record.as_ref());
    let held = record
        .map(|record| record.inputs.clone())
        .unwrap_or_default();
    let always = slices::always(&story.brief);
    let mut inputs: BTreeMap<String, Digest> =
        slices::of_beat(&story.brief, index, &story.templates)
            .into_iter()
            .filter(|(name, _)| held.contains_key(name) || always.contains(name))
            .collect();
    if held.contains_key(slices::PRECEDING) {
        inputs.insert(
            slices::PRECEDING.to_owned(),
            slices::preceding(preceding(view, index)),
        );
    }
    let others = Others::new(story, written, index);
    for (name, digest) in held {
        let now = OfOther::parse(&name).and_then(|slice| others.now(&slice, index, &digest));
        inputs.extend(now.map(|now| (name, now)));
    }
    inputs
}

/// What chunks would be written from now.
struct Now<'a> {
    story: &'a StoryFile,
    written: &'a Written,
    /// The slices of every beat: of a long story they are worth working out only once.
    shared: BTreeMap<String, Digest>,
    always: Vec<String>,
    model: ConfiguredModel,
    others: Others<'a>,
}

fn of_chunk(now: &Now, index: usize) -> Vec<String> {
    let view = &now.written.view;
    let chunk = &view.chunks[index];
    let Some(record) = chunk
        .record
        .as_ref()
        .filter(|record| chunk.status == ChunkStatus::Complete && !record.inputs.is_empty())
    else {
        return Vec::new();
    };
    let own = slices::own(&now.story.brief, index, &now.story.templates);
    let current = |slice: &str| own.get(slice).or_else(|| now.shared.get(slice));
    let mut reasons: Vec<String> = record
        .inputs
        .iter()
        .filter_map(|(name, digest)| match name.as_str() {
            slices::PRECEDING => preceding_reason(view, index, digest),
            slices::MODEL => None,
            _ => match OfOther::parse(name) {
                Some(slice) => now.others.reason(&slice, index, digest),
                None => changed(name, digest, current(name)),
            },
        })
        .collect();
    // Several sentences of one chunk are one reason.
    reasons.dedup();
    // What every prompt holds and this one did not hold was added since.
    let always = now.always.iter();
    let added =
        always.filter(|slice| current(slice).is_some() && !record.inputs.contains_key(*slice));
    reasons.extend(added.map(|slice| format!("{slice} was added")));
    reasons.extend(now.model.reason(record));
    reasons
}

fn changed(slice: &str, then: &Digest, now: Option<&Digest>) -> Option<String> {
    match now {
        Some(now) if now == then => None,
        Some(_) => Some(format!("{slice} changed")),
        None => Some(format!("{slice} was removed")),
    }
}

/// Only the words that the prompt repeated count: a change before them has no effect.
fn preceding_reason(view: &SessionView, index: usize, then: &Digest) -> Option<String> {
    let before = before(view, index);
    // While it is not whole there is nothing to fit.
    if before.is_some_and(|before| before.status != ChunkStatus::Complete) {
        return None;
    }
    if slices::is_preceding(then, preceding(view, index)) {
        return None;
    }
    Some(match before {
        Some(before) if before.edited => format!("chunk {} was edited", before.number),
        Some(before) => format!("chunk {} was rewritten", before.number),
        None => "it is the first chunk now".to_owned(),
    })
}

fn before(view: &SessionView, index: usize) -> Option<&ChunkView> {
    view.chunks.get(index.checked_sub(1)?)
}

fn preceding(view: &SessionView, index: usize) -> &str {
    before(view, index).map_or("", |before| before.text.as_str())
}

/// What the settings say about the model; what they leave open is no reason.
struct ConfiguredModel {
    provider: Option<ProviderKind>,
    model: Option<String>,
}

impl ConfiguredModel {
    fn of(settings: &Settings) -> ConfiguredModel {
        ConfiguredModel {
            provider: match settings.provider {
                ProviderChoice::Fixed(kind) => Some(kind),
                ProviderChoice::Auto => None,
            },
            model: settings.model_for(Role::Draft).map(str::to_owned),
        }
    }

    fn reason(&self, record: &ChunkRecord) -> Option<String> {
        let provider = record.provider.as_deref()?;
        let model = record.model.as_deref()?;
        let other_provider = self.provider.is_some_and(|kind| kind.as_str() != provider);
        let other_model = self.model.as_deref().is_some_and(|name| name != model);
        (other_provider || other_model)
            .then(|| format!("model changed (it was {provider}/{model})"))
    }
}
