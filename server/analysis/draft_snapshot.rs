//! A draft of a story as it was at one moment: what is written of it, and what is stale.

use std::sync::{Arc, OnceLock};

use super::snapshot::StorySnapshot;
use super::stale;
use super::stale_reason::StaleReason;
use super::written::Written;
use crate::session::{PlannedChunk, SessionId};

/// A draft as it was at one moment, with the story that it is a draft of.
#[derive(Debug)]
pub struct DraftSnapshot {
    pub read: Arc<StorySnapshot>,
    /// The chunks that the outline asks for.
    pub plan: Vec<PlannedChunk>,
    pub session: SessionId,
    pub written: Written,
    reasons: OnceLock<Vec<Vec<StaleReason>>>,
}

impl DraftSnapshot {
    pub(super) fn new(
        read: Arc<StorySnapshot>,
        plan: Vec<PlannedChunk>,
        session: SessionId,
        written: Written,
    ) -> DraftSnapshot {
        DraftSnapshot {
            read,
            plan,
            session,
            written,
            reasons: OnceLock::new(),
        }
    }

    /// Returns why each chunk is stale, in story order; found out when it is first asked for.
    pub fn stale_reasons(&self) -> &[Vec<StaleReason>] {
        let (story, settings) = (&self.read.story, &self.read.settings);
        self.reasons
            .get_or_init(|| stale::reasons(story, &self.written, settings))
    }
}
