//! Keeps what was answered about chunks (`.work/from_text.json` of the session), so that no answer is paid twice.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::session::{ChunkView, Disk, SessionId, StoreError, StoryFolder, make_work_folder};
use crate::story::{BeatId, Digest};
use crate::writing::plan::from_text::answer::Told;

const NAME: &str = "from_text.json";

/// The answers about the chunks of a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    #[serde(default)]
    answers: BTreeMap<BeatId, Answered>,
    /// The beats whose words were replaced by a job that is not finished.
    #[serde(default)]
    overwritten: BTreeSet<BeatId>,
}

/// An answer about one chunk.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answered {
    text_sha256: Digest,
    model: String,
    told: Told,
    /// Whether what stands of it is in the brief.
    done: bool,
}

impl Memory {
    /// Reads it; one that is not there or can't be read has no answers.
    pub fn read(folder: &StoryFolder, session: &SessionId, disk: &Disk) -> Memory {
        let path = folder.session_work(session).join(NAME);
        let bytes = disk.read(&path).ok().flatten();
        let memory = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        memory.unwrap_or_default()
    }

    /// Writes it.
    pub fn write(
        &self,
        folder: &StoryFolder,
        session: &SessionId,
        disk: &Disk,
    ) -> Result<(), StoreError> {
        let disk = disk.within(folder.root());
        let work = folder.session_work(session);
        make_work_folder(&work, &disk)?;
        // Plain values always serialise.
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        disk.write(&work.join(NAME), text.as_bytes())
    }

    /// Tells whether what a model said of the text of a chunk is in the brief; `None`: any model.
    pub fn is_done(&self, chunk: &ChunkView, model: Option<&str>) -> bool {
        let answer = self.answers.get(&chunk.beat);
        answer.is_some_and(|it| it.done && it.is_about(chunk, model))
    }

    /// Returns an answer that is paid and not in the brief yet.
    pub fn waiting(&self, chunk: &ChunkView, model: &str) -> Option<Told> {
        let answer = self.answers.get(&chunk.beat)?;
        (!answer.done && answer.is_about(chunk, Some(model))).then(|| answer.told.clone())
    }

    /// Keeps an answer.
    pub fn keep(&mut self, chunk: &ChunkView, model: &str, told: &Told) {
        let answer = Answered {
            text_sha256: chunk.digest.clone(),
            model: model.to_owned(),
            told: told.clone(),
            done: false,
        };
        self.answers.insert(chunk.beat.clone(), answer);
    }

    /// Notes that what stands of an answer is in the brief.
    pub fn note_done(&mut self, chunk: &ChunkView, overwritten: bool) {
        if let Some(answer) = self.answers.get_mut(&chunk.beat) {
            answer.done = true;
        }
        if overwritten {
            self.overwritten.insert(chunk.beat.clone());
        }
    }

    /// Tells whether a job that is not finished has replaced the words of a chunk's beat.
    pub fn is_overwritten(&self, chunk: &ChunkView) -> bool {
        self.overwritten.contains(&chunk.beat)
    }

    /// Notes that a job which replaces words is finished: the next one begins anew.
    pub fn end_overwriting(&mut self) {
        self.overwritten.clear();
    }
}

impl Answered {
    fn is_about(&self, chunk: &ChunkView, model: Option<&str>) -> bool {
        self.text_sha256 == chunk.digest && model.is_none_or(|model| model == self.model)
    }
}
