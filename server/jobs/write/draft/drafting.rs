//! The inputs and the result of drafting a chunk.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::end::{DraftEnd, OldText};
use crate::analysis::written::{Asks, Written};
use crate::jobs::write::job::Job;
use crate::provider::{FinishReason, ProviderError, Usage};
use crate::session::{ChunkView, StoreError};
use crate::writing::accept::{Acceptance, CallEnd, Check, Cut, Fault, once_more};
use crate::writing::continuation;
use crate::writing::prompt::slices::Slices;
use crate::writing::schedule::Tail;

/// The longest time for which arrived text waits to be saved.
pub(crate) const SAVE_EVERY: Duration = Duration::from_millis(700);
/// The duration of a call after which the author is told how far it is.
pub(crate) const SLOW_CALL: Duration = Duration::from_secs(300);

/// A chunk's draft, with the records of how it was made.
#[derive(Debug)]
pub struct Draft {
    pub end: DraftEnd,
    pub prose: String,
    /// The number of bytes of the prose that end with a whole word: they were on disk when the chunk was
    /// begun, and may be the author's.
    pub(crate) whole: usize,
    /// The number of bytes of the prose that were judged before, and stay in any case.
    pub(crate) judged: usize,
    pub old: OldText,
    pub attempts: u32,
    pub usage: Usage,
    pub first_token_ms: Option<u64>,
    pub finish: Option<FinishReason>,
    /// The inputs that its prompts held; where an input changed meanwhile, the earlier one.
    pub inputs: Slices,
    pub last_error: Option<ProviderError>,
    /// The answers that were refused, and why; for the run's records.
    pub refused: Vec<(Fault, String)>,
    /// The parts that were cut from answers; for the run's records.
    pub cuts: Vec<Cut>,
}

impl Draft {
    /// Removes a last word that may be incomplete, so that a continuation writes it anew.
    pub(crate) fn drop_stump(&mut self) {
        let keep = whole_words(&self.prose, self.whole).len();
        self.prose.truncate(keep);
    }
}

/// Returns the prose without a last word that may be incomplete. Unfinished prose is saved like this, since
/// nobody could tell later whether the author typed half a word.
pub(crate) fn whole_words(prose: &str, whole: usize) -> &str {
    &prose[..continuation::resume_point(prose).max(whole.min(prose.len()))]
}

/// The inputs for drafting one chunk.
pub struct Drafting<'a> {
    pub job: &'a Job,
    pub chunk: &'a ChunkView,
    /// The prose of the chunk before, or empty.
    pub preceding: String,
    pub tail: Tail,
    /// The prose that is rewritten, if any. It stays in its place until the first words of the new one
    /// replace it.
    pub replaces: Option<String>,
    /// The reason for the replacement, for history and changelog.
    pub why_replaced: &'static str,
    /// Whether any text has arrived.
    pub begun: AtomicBool,
    pub asks: Asks,
    /// The written part of the story when the draft begins.
    pub written: Arc<Written>,
}

/// The counts of a draft's tries, and the measures for its answers.
pub(crate) struct Tries<'a> {
    pub(crate) acceptance: Acceptance<'a>,
    /// The number of calls that continued an earlier one without a fault.
    pub(crate) continued: u32,
    pub(crate) refused: u32,
    /// What was wrong with the answer that was refused last.
    pub(crate) fault: Option<Check>,
}

impl Tries<'_> {
    /// Returns the line that ends the next prompt, where the same was asked before; else nothing.
    pub(crate) fn again(&self) -> String {
        let refused = self.fault.filter(|_| self.refused > 0);
        refused.map_or_else(String::new, once_more::line)
    }
}

/// The numbers of a failed call, from 1.
pub(crate) struct Attempt {
    /// Its number among the failed answers.
    pub(crate) failures: u32,
    /// Its number among all calls that failed, waits for an unreachable server included.
    pub(crate) calls: u32,
}

pub(crate) enum CallResult {
    Ended(CallEnd),
    Failed(ProviderError),
    Cancelled,
    AuthorEdited,
    Store(StoreError),
}
