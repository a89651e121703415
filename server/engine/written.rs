//! What of a story is written, with what is known of each part.

use super::prompt::Earlier;
use super::settings::{Settings, Switch};
use super::story_file::StoryFile;
use crate::session::{
    self, ChunkStatus, Disk, KnownStates, Notice, Owners, PlannedChunk, Session, SessionId,
    SessionView, StoreError,
};
use crate::story::ChunkNumber;
use crate::story::state::ChunkState;

/// A session with the states of its chunks.
#[derive(Debug, Clone)]
pub struct Written {
    pub view: SessionView,
    /// One a chunk of the view, in its order; `None` where nothing is known.
    pub states: Vec<Option<ChunkState>>,
    /// State files that can't be used, and why.
    pub notices: Vec<Notice>,
}

impl Written {
    /// What is written, from disk and open editors. Writes nothing.
    pub fn read(
        story: &StoryFile,
        id: &SessionId,
        plan: &[PlannedChunk],
        settings: &Settings,
        owners: &dyn Owners,
        disk: &Disk,
    ) -> Result<Written, StoreError> {
        let (folder, brief) = (&story.folder, &story.brief);
        let view = session::read_session(folder, id, plan, &brief.language, owners, disk)?;
        let known = (settings.state == Switch::On)
            .then(|| session::read_states(folder, id, &view, &brief.cast, owners, disk));
        Ok(Written::new(view, known))
    }

    /// As [`Written::read`], from the session that a job has open.
    pub fn of_session(
        session: &Session,
        story: &StoryFile,
        settings: &Settings,
    ) -> Result<Written, StoreError> {
        let view = session.view()?;
        let known =
            (settings.state == Switch::On).then(|| session.states(&view, &story.brief.cast));
        Ok(Written::new(view, known))
    }

    /// Off is off: with `state = "off"` nothing is known, whatever files there are.
    fn new(view: SessionView, known: Option<KnownStates>) -> Written {
        let mut written = Written {
            states: vec![None; view.chunks.len()],
            view,
            notices: Vec::new(),
        };
        if let Some(known) = known {
            let states = known.chunks.into_iter();
            written.states = states
                .map(|known| Some(known?.state).filter(|it| !it.is_empty()))
                .collect();
            written.notices = known.notices;
        }
        written
    }

    /// The parts before chunk `number` that are complete, in story order.
    pub fn before(&self, number: ChunkNumber) -> Vec<Earlier<'_>> {
        let parts = self.view.chunks.iter().zip(&self.states);
        parts
            .filter(|(chunk, _)| chunk.number < number && chunk.status == ChunkStatus::Complete)
            .map(|(chunk, state)| Earlier {
                number: chunk.number,
                beat: &chunk.beat,
                title: &chunk.title,
                text: &chunk.text,
                state: state.as_ref(),
            })
            .collect()
    }
}
