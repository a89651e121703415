//! Writes a whole story in one call, whose answer is cut into chunks while it arrives.
//!
//! Whether to is decided once, before anything is sent ([`choose`]). From then on the call is
//! the source of what the first call for each chunk would bring ([`SingleCall`]): chunks are
//! begun, saved, judged and completed as ever. As soon as the call is no longer to be relied
//! on it is left, and the story goes on one call a beat from where it stands.
//!
//! Neither knows of files or editors.

mod call;

use std::time::Duration;

use crate::analysis::lineup::Lineup;
use crate::analysis::mode::{Choice, Facts, choose};
use crate::analysis::story_file::StoryFile;
use crate::jobs::run::connected_model::ConnectedModel;
use crate::provider::output_limit;
use crate::session::{ChunkRecord, ChunkStatus, ChunkView, SessionView};
use crate::settings::Settings;
use crate::writing::schedule::in_force;
use crate::writing::size::Measured;

pub(crate) use call::{PartEnd, SingleCall, Source};

/// The state of a story before a job writes it.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub parts: usize,
    /// Whether the job writes all chunks of the story, and there is nothing of any of them.
    pub is_fresh: bool,
    /// The length of the story, in words (characters for CJK).
    words: u32,
    pub measured: Measured,
}

impl Beginning {
    pub fn of(lineup: &Lineup, view: &SessionView, model: &ConnectedModel) -> Beginning {
        let chunks = &view.chunks;
        let missing = |chunk: &ChunkView| chunk.status == ChunkStatus::Missing;
        let records = chunks.iter().filter_map(|chunk| chunk.record.as_deref());
        Beginning {
            parts: chunks.len(),
            is_fresh: lineup.tasks.len() == chunks.len() && chunks.iter().all(missing),
            words: chunks.iter().map(|chunk| chunk.target_words).sum(),
            measured: measured(records, model.kind.as_str(), model.asked()),
        }
    }

    pub fn choose(&self, story: &StoryFile, settings: &Settings, model: &ConnectedModel) -> Choice {
        choose(&Facts {
            settings,
            order: in_force(settings.order, &story.brief),
            is_fresh: self.is_fresh,
            parts: self.parts,
            words: self.words,
            tokens: model
                .tokenizers
                .of_words(&model.name, self.words, &story.brief.language),
            output_limit: output_limit(model.kind, &model.name),
            pace: self.measured.pace(),
        })
    }
}

/// Measures a model by the last of these chunks that it wrote in one call.
fn measured<'a>(
    records: impl Iterator<Item = &'a ChunkRecord>,
    provider: &str,
    model: &str,
) -> Measured {
    let measured = Measured::default();
    let same = |record: &&ChunkRecord| {
        record.attempts == 1
            && record.provider.as_deref() == Some(provider)
            && record.asked_model() == Some(model)
    };
    let mut records: Vec<&ChunkRecord> = records.filter(same).collect();
    records.sort_by_key(|record| record.finished);
    let last = records.into_iter().rev().find_map(|record| {
        let elapsed = Duration::from_millis(record.elapsed_ms?);
        let first = Duration::from_millis(record.first_token_ms?);
        Some((record.words, first, elapsed.checked_sub(first)?))
    });
    if let Some((words, first, writing)) = last {
        measured.heard(words, Some(first), writing);
    }
    measured
}
