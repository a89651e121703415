//! Takes a snapshot of a session: what is written of its story, and what is stale.

use std::sync::{Arc, OnceLock};

use super::snapshot::StorySnapshot;
use super::stale::{self, StaleMemory};
use super::stale_reason::StaleReason;
use super::written::Written;
use crate::session::{PlannedChunk, SessionId};

/// The snapshot of a session, with the story that it belongs to.
#[derive(Debug)]
pub struct SessionSnapshot {
    pub read: Arc<StorySnapshot>,
    /// The chunks that the outline asks for.
    pub plan: Vec<PlannedChunk>,
    pub session: SessionId,
    pub written: Written,
    reasons: OnceLock<Vec<Vec<StaleReason>>>,
    /// What an earlier snapshot found out for its reasons.
    before: Arc<StaleMemory>,
}

impl SessionSnapshot {
    pub(super) fn new(
        read: Arc<StorySnapshot>,
        plan: Vec<PlannedChunk>,
        session: SessionId,
        written: Written,
        before: Arc<StaleMemory>,
    ) -> SessionSnapshot {
        SessionSnapshot {
            read,
            plan,
            session,
            written,
            reasons: OnceLock::new(),
            before,
        }
    }

    /// Returns the reasons why each chunk is stale, in story order; computed at the first call.
    pub fn stale_reasons(&self) -> &[Vec<StaleReason>] {
        let (story, settings) = (&self.read.story, &self.read.settings);
        let find = || stale::reasons_again(story, &self.written, settings, &self.before);
        self.reasons.get_or_init(find)
    }
}
