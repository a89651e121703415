//! Reads the written part of a story, with the states of its chunks.

use std::sync::Arc;

use super::story_file::StoryFile;
use crate::session::{
    self, BegunNote, ChunkStatus, ChunkView, Disk, KnownStates, Notice, Owners, PlannedChunk,
    Session, SessionId, SessionMemory, SessionView, Standing, StoreError,
};
use crate::settings::{Role, Settings, Switch};
use crate::story::comments::comments;
use crate::story::counted::counted;
use crate::story::margin_notes::placed_notes;
use crate::story::state::ChunkState;
use crate::story::{Brief, ChunkNumber, Language, words};
use crate::writing::accept::replan::{Size, replan};
use crate::writing::part_index::PartIndex;
use crate::writing::prompt::{Earlier, PlannedPart, Prompt, PromptInputs, TooLarge, WholeStory};
use crate::writing::tokens::{PromptLimit, Tokenizers};

/// The written part of a session, with the states of its chunks.
#[derive(Debug, Clone)]
pub struct Written {
    pub view: SessionView,
    /// The states in the order of the view's chunks; `None` where nothing is known.
    pub states: Vec<Option<Arc<ChunkState>>>,
    /// The standing of each state file, in the same order.
    pub standings: Vec<Option<Standing>>,
    /// The state files that can't be used, and why.
    pub notices: Vec<Notice>,
    /// The texts taken apart, as far as prompts needed it.
    pub index: Arc<PartIndex>,
}

impl Written {
    /// Reads the written part from disk and open editors. Writes nothing.
    pub fn read(
        story: &StoryFile,
        id: &SessionId,
        plan: &[PlannedChunk],
        settings: &Settings,
        owners: &dyn Owners,
        disk: &Disk,
    ) -> Result<Written, StoreError> {
        let memory = &mut SessionMemory::default();
        Written::read_again(story, id, plan, settings, owners, (disk, memory))
    }

    /// Reads the written part, as [`Written::read`], and of its files only what changed since the look that the
    /// memory is of.
    pub fn read_again(
        story: &StoryFile,
        id: &SessionId,
        plan: &[PlannedChunk],
        settings: &Settings,
        owners: &dyn Owners,
        (disk, memory): (&Disk, &mut SessionMemory),
    ) -> Result<Written, StoreError> {
        let (folder, brief) = (&story.folder, &story.brief);
        let language = &brief.language;
        let view = session::read_session_again(folder, id, plan, language, owners, disk, memory)?;
        let known = (settings.state == Switch::On)
            .then(|| session::read_states(folder, id, &view, &brief.cast, owners, disk));
        Ok(Written::new(view, known))
    }

    /// Reads the written part, as [`Written::read`], from the session that a job has open.
    pub fn of_session(
        session: &Session,
        story: &StoryFile,
        settings: &Settings,
    ) -> Result<Written, StoreError> {
        let view = session.view()?;
        Ok(Written::of_view(view, session, story, settings))
    }

    /// Reads the states of the chunks of a view of the session that a job has open.
    pub fn of_view(
        view: SessionView,
        session: &Session,
        story: &StoryFile,
        settings: &Settings,
    ) -> Written {
        let known =
            (settings.state == Switch::On).then(|| session.states(&view, &story.brief.cast));
        Written::new(view, known)
    }

    /// Makes it; with `state = "off"` no state is known, whatever files there are.
    fn new(view: SessionView, known: Option<KnownStates>) -> Written {
        let mut written = Written {
            states: vec![None; view.chunks.len()],
            standings: vec![None; view.chunks.len()],
            view,
            notices: Vec::new(),
            index: Arc::default(),
        };
        if let Some(known) = known {
            let standings = known.chunks.iter();
            written.standings = standings
                .map(|known| known.as_ref().map(|known| known.standing))
                .collect();
            let states = known.chunks.into_iter();
            written.states = states
                .map(|known| Some(known?.state).filter(|it| !it.is_empty()))
                .map(|state| state.map(Arc::new))
                .collect();
            written.notices = known.notices;
        }
        written
    }

    /// Returns it with an index that was used for earlier readings of the session, so that texts which are
    /// still the same are not taken apart again.
    pub fn with_index(self, index: &Arc<PartIndex>) -> Written {
        let index = Arc::clone(index);
        Written { index, ..self }
    }

    /// Returns the prompt of a chunk.
    ///
    /// # Errors
    /// [`TooLarge`], as [`Prompt::build`].
    pub fn prompt(
        &self,
        story: &StoryFile,
        limit: PromptLimit,
        chunk: &ChunkView,
        call: &Call<'_>,
    ) -> Result<Prompt, TooLarge> {
        Prompt::build(&PromptInputs {
            brief: &story.brief,
            templates: &story.templates,
            ground: story.ground(),
            beat: (chunk.number.0 as usize).saturating_sub(1),
            target_words: chunk.target_words,
            earlier: &self.before(chunk.number),
            index: &self.index,
            preceding: call.preceding,
            so_far: call.so_far,
            remaining_words: call.words,
            notes: call.notes,
            limit,
        })
    }

    /// Returns the prompt of the whole story in one call.
    ///
    /// # Errors
    /// [`TooLarge`] where it does not fit.
    pub fn whole_prompt(&self, story: &StoryFile, limit: PromptLimit) -> Result<Prompt, TooLarge> {
        let chunks = self.view.chunks.iter();
        let parts: Vec<PlannedPart> = chunks
            .map(|chunk| PlannedPart {
                words: chunk.target_words,
                notes: margin_notes(&story.brief, chunk.number),
            })
            .collect();
        Prompt::whole(&WholeStory {
            brief: &story.brief,
            templates: &story.templates,
            parts: &parts,
            limit,
        })
    }

    /// Returns the token estimates that earlier jobs of the session learned, and the model that a job would
    /// most likely ask.
    pub fn tokenizers(
        &self,
        story: &StoryFile,
        settings: &Settings,
        disk: &Disk,
    ) -> (Tokenizers, String) {
        let kept = session::read_tokenizers(&story.folder, &self.view.id, disk);
        let tokenizers = Tokenizers::default();
        tokenizers.begin(&story.brief.language, kept.as_deref());
        let records = self.view.chunks.iter().rev();
        let last = || {
            records
                .clone()
                .find_map(|chunk| chunk.record.as_ref()?.model.clone())
        };
        let model = settings
            .model_for(Role::Draft)
            .map(str::to_owned)
            .or_else(last);
        (tokenizers, model.unwrap_or_default())
    }

    /// Returns it without these chunks, as if nothing of them was written.
    pub fn without(mut self, numbers: &[ChunkNumber]) -> Written {
        for chunk in &mut self.view.chunks {
            if numbers.contains(&chunk.number) {
                chunk.status = ChunkStatus::Missing;
            }
        }
        self
    }

    /// Returns the length that a chunk is asked for, in words (characters for CJK): its planned length, and
    /// its share of the complete chunks' deviation from theirs.
    pub fn target(&self, brief: &Brief, chunk: &ChunkView) -> u32 {
        let sizes: Vec<Size> = self
            .view
            .chunks
            .iter()
            .map(|chunk| Size {
                target: chunk.target_words,
                written: (chunk.status == ChunkStatus::Complete).then_some(chunk.words),
                fixed: brief
                    .beats
                    .get((chunk.number.0 as usize).saturating_sub(1))
                    .is_some_and(|beat| beat.words.is_some()),
            })
            .collect();
        let place = self
            .view
            .chunks
            .iter()
            .position(|it| it.number == chunk.number);
        let target = place.and_then(|place| replan(&sizes).get(place).copied());
        target.unwrap_or(chunk.target_words)
    }

    /// Returns the text before the chunk at an index; empty for the first.
    pub fn preceding(&self, index: usize) -> &str {
        let before = index.checked_sub(1);
        let before = before.and_then(|before| self.view.chunks.get(before));
        before.map_or("", |before| before.text.as_str())
    }

    /// Returns the parts before chunk `number` that are complete, in story order.
    pub fn before(&self, number: ChunkNumber) -> Vec<Earlier<'_>> {
        let parts = self.view.chunks.iter().zip(&self.states);
        parts
            .filter(|(chunk, _)| chunk.number < number && chunk.status == ChunkStatus::Complete)
            .map(|(chunk, state)| Earlier {
                number: chunk.number,
                beat: &chunk.beat,
                title: &chunk.title,
                text: &chunk.text,
                digest: &chunk.digest,
                state: state.as_ref(),
            })
            .collect()
    }
}

/// The part of a chunk that one call writes.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The written text of the chunk.
    pub so_far: &'a str,
    /// The text before the chunk.
    pub preceding: &'a str,
    /// The author's notes.
    pub notes: &'a [String],
    /// The length to ask for, in words (characters for CJK).
    pub words: u32,
}

impl<'a> Call<'a> {
    /// Makes the call for all of a chunk.
    pub fn whole(chunk: &ChunkView, preceding: &'a str, notes: &'a [String]) -> Call<'a> {
        Call {
            so_far: "",
            preceding,
            notes,
            words: chunk.target_words,
        }
    }
}

/// Returns the length that a chunk still needs after `so_far`, in words (characters for CJK).
pub fn still_wanted(chunk: &ChunkView, so_far: &str, language: &Language) -> u32 {
    let (target, written) = (chunk.target_words, words::count(so_far, language));
    // A nearly full chunk still needs room to end its last sentence.
    target.saturating_sub(written).max(target / 20).max(10)
}

/// The author's notes on a chunk that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asks {
    /// The notes as the author wrote them.
    pub notes: Vec<String>,
    /// The notes as they are sent: a note in the text that is replaced with its place.
    pub sent: Vec<String>,
    /// The notes whose place is in the text that is replaced, or was there when its rewrite was begun, and what the
    /// author said for the rewrite alone.
    pub placed: Vec<BegunNote>,
    /// The number of other comments there.
    pub left: usize,
}

impl Asks {
    /// Returns the margin notes of a chunk's beat, of the prose that is to be `replaced`, and of the prose
    /// that an earlier job began to replace; with `only`, those with just that text, or that one where it stands
    /// nowhere: what the author says now.
    pub fn of(
        brief: &Brief,
        chunk: &ChunkView,
        replaced: Option<&str>,
        only: Option<&str>,
    ) -> Asks {
        let prose = replaced.unwrap_or_default();
        let wanted = |note: &str| only.is_none_or(|only| only == note);
        let mut notes = margin_notes(brief, chunk.number);
        notes.retain(|note| wanted(note));
        let mut sent = notes.clone();
        let found = placed_notes(prose).into_iter();
        let found = found.map(|note| BegunNote {
            text: note.text,
            behind: Some(note.behind),
        });
        let mut placed: Vec<BegunNote> = found.collect();
        placed.retain(|note| wanted(&note.text));
        let left = comments(prose).len() - placed.len();
        let record = chunk.record.as_ref();
        let begun = record.and_then(|record| record.begun.as_ref());
        for note in begun.into_iter().flat_map(|begun| &begun.notes) {
            if wanted(&note.text) && !placed.contains(note) {
                placed.push(note.clone());
            }
        }
        if let Some(only) = only.filter(|_| notes.is_empty() && placed.is_empty()) {
            placed.push(BegunNote {
                text: only.to_owned(),
                behind: None,
            });
        }
        sent.extend(placed.iter().map(|note| match note.behind.as_deref() {
            None => note.text.clone(),
            Some("") => format!(
                "at the beginning of the text that this one replaces: {}",
                note.text
            ),
            Some(behind) => format!(
                "after “{behind}” in the text that this one replaces: {}",
                note.text
            ),
        }));
        notes.extend(placed.iter().map(|note| note.text.clone()));
        Asks {
            notes,
            sent,
            placed,
            left,
        }
    }

    /// Returns a message for the time after the replacement, if the text had comments of the author's.
    pub fn message(&self, number: ChunkNumber) -> Option<String> {
        let comments = |count: usize| match count {
            1 => "1 other comment".to_owned(),
            count => format!("{count} other comments"),
        };
        let kept = "with the text that was replaced, in history/";
        let quoted: Vec<String> = self.notes.iter().map(|note| format!("“{note}”")).collect();
        let used = format!(
            "chunk {number} was written with your notes {}",
            quoted.join(", ")
        );
        let used = used.replacen(
            "your notes",
            if quoted.len() == 1 {
                "your note"
            } else {
                "your notes"
            },
            1,
        );
        let in_text = self.placed.iter().filter(|note| note.behind.is_some());
        match (in_text.count(), self.left) {
            (0, 0) => None,
            (0, left) => Some(format!(
                "chunk {number} had {} of yours; {} {kept}",
                counted(left, "comment"),
                if left == 1 { "it is" } else { "they are" }
            )),
            (_, 0) => Some(format!(
                "{used}; what stood in its text is done and is {kept}"
            )),
            (_, left) => Some(format!(
                "{used}; what stood in its text is done and is, like {}, {kept}",
                comments(left)
            )),
        }
    }
}

/// Returns the author's margin notes on a chunk's beat.
pub fn margin_notes(brief: &Brief, number: ChunkNumber) -> Vec<String> {
    let beat = brief.beats.get((number.0 as usize).saturating_sub(1));
    beat.map_or_else(Vec::new, |beat| {
        beat.notes.iter().map(|note| note.text.clone()).collect()
    })
}
