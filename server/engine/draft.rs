//! Writes one chunk: calls the model, saves what arrives, continues what broke.
//!
//! What arrives is on disk within a second or a kilobyte, before it is shown in an editor and
//! before it is judged. Losing the connection, a deadline or a cancel costs no text.

mod incoming;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use incoming::Incoming;

use super::accept::{self, CallEnd, Verdict};
use super::editor::{Page, PageAddress, PageStop};
use super::events::JobEvent;
use super::job::Job;
use super::prompt::{Prompt, TooLarge, slices};
use super::report::{causes, millis};
use super::schedule::Tail;
use super::written::Written;
use super::{blocking, scene, seam, tokens};
use crate::provider::{
    FinishReason, GiveUp, ProviderError, ProviderKind, Request, Retry, RetryPolicy, Usage,
};
use crate::session::{ChunkView, StoreError};
use crate::story::words;

/// What has waited so long is saved.
const SAVE_EVERY: Duration = Duration::from_millis(700);
/// After this much of one call the author is told how far it is.
const SLOW_CALL: Duration = Duration::from_secs(300);

/// How the draft of a chunk ended. The prose is on disk in every case.
#[derive(Debug)]
pub enum DraftEnd {
    Complete,
    /// It can't be completed; other chunks may be.
    Failed {
        why: String,
        ends_job: bool,
    },
    Cancelled,
    /// The author typed where the text was growing.
    AuthorEdited,
    /// The store failed; nothing more can be saved.
    Store(StoreError),
}

/// What became of the text that was to be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldText {
    /// Nothing was rewritten.
    None,
    /// It is where it was: nothing came to take its place.
    Stands,
    /// It is the last version in history.
    Retired,
}

/// A draft with all that is known of how it came about.
#[derive(Debug)]
pub struct Draft {
    pub end: DraftEnd,
    pub prose: String,
    /// So many bytes of the prose are known to end with a whole word: they were on disk when
    /// the chunk was begun, and may be the author's.
    whole: usize,
    pub old: OldText,
    pub attempts: u32,
    pub usage: Usage,
    pub first_token_ms: Option<u64>,
    pub finish: Option<FinishReason>,
    pub inputs: std::collections::BTreeMap<String, crate::story::Digest>,
    pub last_error: Option<ProviderError>,
    /// Text of answers that were refused; for the run's records.
    pub refused: Vec<String>,
}

impl Draft {
    /// Drops a last word that may be half of one, so that a continuation begins with it anew.
    fn drop_stump(&mut self) {
        let keep = whole_words(&self.prose, self.whole).len();
        self.prose.truncate(keep);
    }
}

/// The prose without a last word that may be half of one. What is saved of unfinished prose
/// ends like this: later nobody could tell a stump from a word that the author typed.
fn whole_words(prose: &str, whole: usize) -> &str {
    &prose[..seam::resume_point(prose).max(whole.min(prose.len()))]
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
    /// Whether any text has come.
    pub begun: AtomicBool,
    pub notes: Vec<String>,
    /// What is written of the story, when the draft begins.
    pub written: Written,
}

enum CallResult {
    Ended(CallEnd),
    Failed(ProviderError),
    Cancelled,
    AuthorEdited,
    Store(StoreError),
}

impl Drafting<'_> {
    /// Drafts the chunk from what is there of it to its end.
    pub async fn run(&self, cancel: &CancellationToken) -> Draft {
        // A file ends in a line end, wherever its text broke off.
        let written = self.chunk.text.trim_end();
        let mut draft = Draft {
            end: DraftEnd::Cancelled,
            prose: written.to_owned(),
            whole: written.len(),
            old: OldText::None,
            attempts: 0,
            usage: Usage::default(),
            first_token_ms: None,
            finish: None,
            inputs: Default::default(),
            last_error: None,
            refused: Vec::new(),
        };
        let mut page = self.job.editor().page(&PageAddress {
            path: &self.chunk.path,
            number: self.chunk.number,
            beat: &self.chunk.beat,
            replaces: self.replaces.as_deref(),
        });
        draft.end = self.calls(&mut draft, page.as_mut(), cancel).await;
        page.close().await;
        draft.old = match (&self.replaces, self.begun.load(Ordering::Relaxed)) {
            (None, _) => OldText::None,
            (Some(_), false) => OldText::Stands,
            (Some(_), true) => OldText::Retired,
        };
        draft
    }

    /// One call after the other, until the chunk is complete or can't be.
    async fn calls(
        &self,
        draft: &mut Draft,
        page: &mut dyn Page,
        cancel: &CancellationToken,
    ) -> DraftEnd {
        let mut failures = 0;
        let mut continued = 0;
        let mut refusals = 0;
        loop {
            let before = draft.prose.len();
            let prompt = match self.prompt(&draft.prose) {
                Ok(prompt) => prompt,
                Err(too_large) => {
                    return DraftEnd::Failed {
                        why: too_large.to_string(),
                        ends_job: false,
                    };
                }
            };
            draft.inputs.clone_from(&prompt.inputs);
            draft
                .inputs
                .insert(slices::MODEL.to_owned(), self.job.writer().digest());
            if self.tail == Tail::Planned {
                draft.inputs.remove(slices::PRECEDING);
            }
            draft.attempts += 1;
            let (usage_before, asked) = (draft.usage, prompt.tokens());
            let result = self.call(draft, prompt, page, cancel).await;
            if !matches!(result, CallResult::Ended(CallEnd::Finished(_))) {
                let heard = draft.prose.get(before..).unwrap_or_default();
                draft.usage = tokens::with_unreported(draft.usage, usage_before, asked, heard);
            }
            let saved = whole_words(&draft.prose, draft.whole);
            if let Err(end) = self.save(saved, page, false).await {
                return end;
            }
            match result {
                CallResult::Cancelled => return DraftEnd::Cancelled,
                CallResult::AuthorEdited => return DraftEnd::AuthorEdited,
                CallResult::Store(error) => return DraftEnd::Store(error),
                CallResult::Failed(error) => {
                    failures += 1;
                    draft.drop_stump();
                    if let Some(end) = self.after_failure(draft, error, failures, cancel).await {
                        return end;
                    }
                }
                CallResult::Ended(end) => {
                    draft.last_error = None;
                    if let CallEnd::Finished(reason) = &end {
                        draft.finish = Some(reason.clone());
                    }
                    let stalled = draft.prose.len() <= before + 1 && before > 0;
                    continued = if stalled { u32::MAX } else { continued };
                    match accept::judge(
                        &draft.prose,
                        self.chunk.target_words,
                        self.language(),
                        &end,
                        continued,
                    ) {
                        Verdict::Accept { keep } => {
                            draft.prose.truncate(keep);
                            return match self.save(&draft.prose, page, true).await {
                                Ok(()) => DraftEnd::Complete,
                                Err(end) => end,
                            };
                        }
                        Verdict::Continue { .. } => {
                            continued += 1;
                            draft.drop_stump();
                        }
                        Verdict::Refuse { why } => {
                            refusals += 1;
                            if draft.prose.len() > before {
                                draft.refused.push(draft.prose.split_off(before));
                                // It is in the run's records; in the chunk it would be gone on from.
                                if let Err(end) = self.put(&draft.prose, page, false).await {
                                    return end;
                                }
                            }
                            if refusals >= 2 {
                                return DraftEnd::Failed {
                                    why: format!(
                                        "{why}, also when it was asked once more. Change the beat, or try another model"
                                    ),
                                    ends_job: false,
                                };
                            }
                            self.job.reporter().warn(
                                Some(self.chunk.number),
                                "answer-refused",
                                format!("{why}; asking once more"),
                            );
                            continued = 0;
                        }
                    }
                }
            }
        }
    }

    /// Waits before the next attempt, or says that there is none.
    async fn after_failure(
        &self,
        draft: &mut Draft,
        error: ProviderError,
        failures: u32,
        cancel: &CancellationToken,
    ) -> Option<DraftEnd> {
        let attempts = self.job.settings().attempts;
        let policy = RetryPolicy {
            attempts,
            ..RetryPolicy::default()
        };
        let wait = match policy.next(&error, failures, fastrand::f64) {
            Retry::After(wait) => wait,
            Retry::GiveUp(reason) => {
                let why = match reason {
                    GiveUp::Pointless => error.to_string(),
                    _ => format!("{error} {reason}"),
                };
                draft.last_error = Some(error);
                // The calls for other chunks are much the same, to the same server.
                let ends_job = true;
                return Some(DraftEnd::Failed { why, ends_job });
            }
        };
        self.job.reporter().tell(JobEvent::Retry {
            chunk: self.chunk.number,
            words: words::count(&draft.prose, self.language()),
            attempt: failures,
            attempts,
            wait_ms: millis(wait),
            message: error.to_string(),
            causes: causes(&error),
            elapsed_ms: self.job.reporter().elapsed_ms(),
        });
        self.job.note_wait(&error);
        draft.last_error = Some(error);
        tokio::select! {
            () = cancel.cancelled() => Some(DraftEnd::Cancelled),
            () = tokio::time::sleep(wait) => None,
        }
    }

    /// One call. What arrives is saved on the way; the caller saves the rest.
    async fn call(
        &self,
        draft: &mut Draft,
        prompt: Prompt,
        page: &mut dyn Page,
        cancel: &CancellationToken,
    ) -> CallResult {
        let request = self.request(&prompt, &draft.prose);
        let started = Instant::now();
        let complete = async {
            self.job.hold().passed().await;
            self.job.writer().provider.complete(request).await
        };
        let mut stream = tokio::select! {
            () = cancel.cancelled() => return CallResult::Cancelled,
            stream = complete => match stream {
                Ok(stream) => stream,
                Err(error) => return CallResult::Failed(error),
            },
        };
        let words_before = words::count(&draft.prose, self.language());
        let mut incoming = Incoming::new(self, draft, started);
        let slow = tokio::time::sleep(SLOW_CALL);
        tokio::pin!(slow);
        let mut told_slow = false;
        loop {
            let due = incoming.behind_since.unwrap_or(started) + SAVE_EVERY;
            let event = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    incoming.close_seam();
                    return CallResult::Cancelled;
                }
                () = &mut slow, if !told_slow => {
                    told_slow = true;
                    incoming.tell_slow();
                    continue;
                }
                () = tokio::time::sleep_until(due.into()), if incoming.is_behind() => None,
                event = stream.next() => Some(event),
            };
            let mut ended = event.and_then(|event| incoming.take(event));
            if incoming.must_save() {
                let prose = incoming.unsaved();
                if let Err(end) = self.save(&prose, page, false).await {
                    return match end {
                        DraftEnd::AuthorEdited => CallResult::AuthorEdited,
                        DraftEnd::Store(error) => CallResult::Store(error),
                        _ => CallResult::Cancelled,
                    };
                }
                let length = incoming.tell_progress(words_before);
                if accept::runs_away(length, self.chunk.target_words) {
                    ended.get_or_insert(CallResult::Ended(CallEnd::RanLong));
                }
            }
            if let Some(result) = ended {
                incoming.close_seam();
                return result;
            }
        }
    }

    fn prompt(&self, so_far: &str) -> Result<Prompt, TooLarge> {
        let (story, settings) = (&self.job.story, self.job.settings());
        let preceding = &self.preceding;
        self.written
            .prompt(story, settings, self.chunk, so_far, preceding, &self.notes)
    }

    fn request(&self, prompt: &Prompt, so_far: &str) -> Request {
        let settings = self.job.settings();
        let written = words::count(so_far, self.language());
        let remaining = self.chunk.target_words.saturating_sub(written).max(50);
        // Half as much again, so that a limit cuts off only what ran far too long.
        let asked = tokens::of_words(remaining, self.language());
        Request {
            model: self.job.writer().model.clone(),
            system: prompt.system(),
            user: prompt.user(),
            max_output_tokens: asked.saturating_add(asked / 2).saturating_add(256),
            context_tokens: settings.context_tokens,
            temperature: settings.temperature,
            seed: Some(settings.seed),
            format: None,
            scene: scene::scene(
                self.job.brief(),
                self.beat_index(),
                self.chunk,
                so_far,
                settings.seed,
            ),
        }
    }

    /// Saves the prose, if there is any.
    async fn save(&self, prose: &str, page: &mut dyn Page, finished: bool) -> Result<(), DraftEnd> {
        if prose.is_empty() {
            return Ok(());
        }
        self.put(prose, page, finished).await
    }

    /// First to disk, then to the editor.
    async fn put(&self, prose: &str, page: &mut dyn Page, finished: bool) -> Result<(), DraftEnd> {
        let session = self.job.session().clone();
        let number = self.chunk.number;
        let saved = prose.to_owned();
        let begins = !self.begun.swap(true, Ordering::Relaxed);
        let retire = begins && self.replaces.is_some();
        // What goes on from a text begins as that did.
        let begins_apart = (begins && self.chunk.text.is_empty())
            .then(|| self.tail == Tail::Planned && self.job.writer().kind != ProviderKind::Demo);
        let save = move || {
            if retire {
                session.retire_chunk(number, "rewritten")?;
            }
            if let Some(open) = begins_apart {
                // Only for the seam pass; the text does not wait for it.
                let _ = session.mark_seam(number, open);
            }
            session.save_partial(number, &saved)
        };
        match blocking(save).await {
            Ok(()) => {}
            Err(StoreError::AuthorEdited { .. }) => return Err(DraftEnd::AuthorEdited),
            Err(error) => return Err(DraftEnd::Store(error)),
        }
        match page.show(prose, finished).await {
            Ok(()) => Ok(()),
            Err(PageStop::AuthorEdited) => Err(DraftEnd::AuthorEdited),
            Err(stop @ PageStop::Unresponsive) => {
                if finished {
                    let file = self.chunk.path.file_name().unwrap_or_default();
                    let message = format!(
                        "{}: {stop}. The text is safe in the journal beside it, and goes into the file when that \
                         is closed",
                        file.to_string_lossy()
                    );
                    let reporter = self.job.reporter();
                    reporter.warn(Some(number), "editor-unresponsive", message);
                }
                Ok(())
            }
        }
    }

    fn language(&self) -> &crate::story::Language {
        &self.job.brief().language
    }

    fn beat_index(&self) -> usize {
        (self.chunk.number.0 as usize).saturating_sub(1)
    }
}
