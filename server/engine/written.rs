//! What of a story is written, with what is known of each part.

use crate::engine::prompt::Earlier;
use crate::session::{ChunkStatus, SessionView};
use crate::story::ChunkNumber;
use crate::story::state::ChunkState;

/// A session with the states of its chunks.
#[derive(Debug, Clone)]
pub struct Written {
    pub view: SessionView,
    /// One a chunk of the view, in its order; `None` where nothing is known.
    pub states: Vec<Option<ChunkState>>,
}

impl Written {
    /// A session of which nothing but the texts is known.
    pub fn new(view: SessionView) -> Written {
        let states = vec![None; view.chunks.len()];
        Written { view, states }
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
