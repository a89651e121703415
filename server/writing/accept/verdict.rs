//! Defines how a call ends, and what is done with its draft.

use super::check::Fault;
use crate::provider::FinishReason;

/// How a call ended, as far as acceptance is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// The provider's own word.
    Finished(FinishReason),
    /// We stopped it, since it had gone far beyond its length.
    RanLong,
}

/// The verdict on a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The draft is complete.
    Accept,
    /// The draft is to be continued: too short, cut off by a limit, or an unfinished sentence.
    Continue(Fault),
    /// This answer is no prose of the story, or not enough of it.
    Refuse(Fault),
}
