//! What a draft is made from, and what it is at the end.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::end::{DraftEnd, OldText};
use crate::analysis::written::{Asks, Written};
use crate::jobs::write::job::Job;
use crate::provider::{FinishReason, ProviderError, Usage};
use crate::session::{ChunkView, StoreError};
use crate::writing::accept::{Acceptance, CallEnd, Cut, Fault};
use crate::writing::continuation;
use crate::writing::prompt::slices::Slices;
use crate::writing::schedule::Tail;

/// What has waited so long is saved.
pub(crate) const SAVE_EVERY: Duration = Duration::from_millis(700);
/// After this much of one call the author is told how far it is.
pub(crate) const SLOW_CALL: Duration = Duration::from_secs(300);

/// A draft with all that is known of how it came about.
#[derive(Debug)]
pub struct Draft {
    pub end: DraftEnd,
    pub prose: String,
    /// So many bytes of the prose are known to end with a whole word: they were on disk when
    /// the chunk was begun, and may be the author's.
    pub(crate) whole: usize,
    /// So many bytes of the prose were judged before, and stay whatever comes.
    pub(crate) judged: usize,
    pub old: OldText,
    pub attempts: u32,
    pub usage: Usage,
    pub first_token_ms: Option<u64>,
    pub finish: Option<FinishReason>,
    /// What its prompts held; of what changed in between, what was held first.
    pub inputs: Slices,
    pub last_error: Option<ProviderError>,
    /// Answers that were refused, and why; for the run's records.
    pub refused: Vec<(Fault, String)>,
    /// What was taken out of answers; for the run's records.
    pub cuts: Vec<Cut>,
}

impl Draft {
    /// Drops a last word that may be half of one, so that a continuation begins with it anew.
    pub(crate) fn drop_stump(&mut self) {
        let keep = whole_words(&self.prose, self.whole).len();
        self.prose.truncate(keep);
    }
}

/// The prose without a last word that may be half of one. What is saved of unfinished prose
/// ends like this: later nobody could tell a stump from a word that the author typed.
pub(crate) fn whole_words(prose: &str, whole: usize) -> &str {
    &prose[..continuation::resume_point(prose).max(whole.min(prose.len()))]
}

/// What is needed to draft one chunk.
pub struct Drafting<'a> {
    pub job: &'a Job,
    pub chunk: &'a ChunkView,
    /// The prose of the chunk before, or empty.
    pub preceding: String,
    pub tail: Tail,
    /// The prose that is rewritten, if any stood there. It stays where it is until the first
    /// words of the new one are there to take its place.
    pub replaces: Option<String>,
    /// Why it is replaced, for history and changelog.
    pub why_replaced: &'static str,
    /// Whether any text has come.
    pub begun: AtomicBool,
    pub asks: Asks,
    /// What is written of the story, when the draft begins.
    pub written: Written,
}

/// How often a draft has been tried, and what it is measured by.
pub(crate) struct Tries<'a> {
    pub(crate) acceptance: Acceptance<'a>,
    /// Calls that went on from an earlier one without a fault.
    pub(crate) continued: u32,
    pub(crate) refused: u32,
}

/// The numbers of a call that failed, from 1.
pub(crate) struct Attempt {
    /// Among the failed answers.
    pub(crate) failures: u32,
    /// Among all calls that failed, the waits for a server that is away included.
    pub(crate) calls: u32,
}

pub(crate) enum CallResult {
    Ended(CallEnd),
    Failed(ProviderError),
    Cancelled,
    AuthorEdited,
    Store(StoreError),
}
