//! Writes one chunk: calls the model, saves what arrives, continues what broke.
//!
//! What arrives is on disk within a second or a kilobyte, before it is shown in an editor and
//! before it is judged. Losing the connection, a deadline or a cancel costs no text.

use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::accept::{self, CallEnd, Verdict};
use super::editor::{Page, PageAddress, PageStop};
use super::events::JobEvent;
use super::job::Job;
use super::prompt::{Prompt, PromptInputs, TooLarge};
use super::report::{cause_chain, millis};
use super::{blocking, scene, seam, tokens};
use crate::provider::{
    Event, FinishReason, GiveUp, ProviderError, ProviderErrorKind, Request, Retry, RetryPolicy,
    Usage,
};
use crate::session::{ChunkView, Owner, StoreError};
use crate::story::words;

/// Least that is saved at once while text arrives: behind this much text or time.
const SAVE_BYTES: usize = 768;
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

/// A draft with all that is known of how it came about.
#[derive(Debug)]
pub struct Draft {
    pub end: DraftEnd,
    pub prose: String,
    pub attempts: u32,
    pub usage: Usage,
    pub first_token_ms: Option<u64>,
    pub finish: Option<FinishReason>,
    pub inputs: std::collections::BTreeMap<String, crate::story::Digest>,
    pub last_error: Option<ProviderError>,
    /// Text of answers that were refused; for the run's records.
    pub refused: Vec<String>,
    /// The text that was to be rewritten still stands: nothing of a new one has come.
    pub old_stands: bool,
    /// Who had the chunk's file when the last of the prose was shown.
    pub owner: Owner,
}

/// What is needed to draft one chunk.
pub struct Drafting<'a> {
    pub job: &'a Job,
    pub chunk: &'a ChunkView,
    /// The prose of the chunk before, or empty.
    pub preceding: String,
    /// The prose that is rewritten, if any stood there.
    pub replaces: Option<String>,
    pub notes: Vec<String>,
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
        let written = self.chunk.text.as_str();
        let mut draft = Draft {
            end: DraftEnd::Cancelled,
            prose: written[..seam::resume_point(written)].to_owned(),
            attempts: 0,
            usage: Usage::default(),
            first_token_ms: None,
            finish: None,
            inputs: Default::default(),
            last_error: None,
            refused: Vec::new(),
            old_stands: self.replaces.is_some(),
            owner: Owner::Server,
        };
        let mut page = self.job.editor().page(&PageAddress {
            path: &self.chunk.path,
            number: self.chunk.number,
            beat: &self.chunk.beat,
            standing: self.replaces.as_deref().unwrap_or(written),
        });
        draft.end = self.calls(&mut draft, page.as_mut(), cancel).await;
        draft.owner = page.close().await;
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
            draft.attempts += 1;
            let result = self.call(draft, prompt, page, cancel).await;
            if let Err(end) = self.save(draft, page, false).await {
                return end;
            }
            match result {
                CallResult::Cancelled => return DraftEnd::Cancelled,
                CallResult::AuthorEdited => return DraftEnd::AuthorEdited,
                CallResult::Store(error) => return DraftEnd::Store(error),
                CallResult::Failed(error) => {
                    failures += 1;
                    let keep = seam::resume_point(&draft.prose);
                    draft.prose.truncate(keep);
                    if let Some(end) = self.after_failure(draft, error, failures, cancel).await {
                        return end;
                    }
                }
                CallResult::Ended(end) => {
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
                            return match self.save(draft, page, true).await {
                                Ok(()) => DraftEnd::Complete,
                                Err(end) => end,
                            };
                        }
                        Verdict::Continue { .. } => continued += 1,
                        Verdict::Refuse { why } => {
                            refusals += 1;
                            draft.refused.push(draft.prose[before..].to_owned());
                            if refusals >= 2 {
                                return DraftEnd::Failed {
                                    why,
                                    ends_job: false,
                                };
                            }
                            self.job.reporter().warn(
                                Some(self.chunk.number),
                                "answer-refused",
                                format!("{why}; asking once more"),
                            );
                            draft.prose.truncate(before);
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
                    GiveUp::Pointless => cause_chain(&error),
                    _ => format!("{} {reason}", cause_chain(&error)),
                };
                let ends_job = error.kind != ProviderErrorKind::BadRequest
                    && error.kind != ProviderErrorKind::ContextOverflow;
                draft.last_error = Some(error);
                return Some(DraftEnd::Failed { why, ends_job });
            }
        };
        self.job.reporter().tell(JobEvent::Retry {
            chunk: self.chunk.number,
            words: words::count(&draft.prose, self.language()),
            attempt: failures,
            attempts,
            wait_ms: millis(wait),
            message: cause_chain(&error),
            elapsed_ms: self.job.reporter().elapsed_ms(),
        });
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
        let complete = self.job.writer().provider.complete(request);
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
            let due = incoming.save_due();
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
            let ended = match event {
                None => {
                    incoming.close_seam();
                    None
                }
                Some(event) => incoming.take(event),
            };
            if incoming.must_save() {
                let draft = &mut *incoming.saved();
                if let Err(end) = self.save(draft, page, false).await {
                    return match end {
                        DraftEnd::AuthorEdited => CallResult::AuthorEdited,
                        DraftEnd::Store(error) => CallResult::Store(error),
                        _ => CallResult::Cancelled,
                    };
                }
                self.tell_progress(draft, words_before, started);
            }
            if let Some(result) = ended {
                incoming.close_seam();
                return result;
            }
        }
    }

    fn prompt(&self, so_far: &str) -> Result<Prompt, TooLarge> {
        let target = self.chunk.target_words;
        let written = words::count(so_far, self.language());
        Prompt::build(&PromptInputs {
            brief: self.job.brief(),
            beat: self.beat_index(),
            target_words: target,
            preceding: &self.preceding,
            so_far,
            // A nearly full chunk still needs room to end its last sentence.
            remaining_words: target.saturating_sub(written).max(target / 20).max(10),
            notes: &self.notes,
            context_tokens: self.job.settings().context_tokens,
        })
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
            scene: scene::scene(
                self.job.brief(),
                self.beat_index(),
                self.chunk,
                so_far,
                settings.seed,
            ),
        }
    }

    /// First to disk, then to the editor. A text that is rewritten is put away when the first
    /// word of the new one has come, so that a call that brings none changes nothing.
    async fn save(
        &self,
        draft: &mut Draft,
        page: &mut dyn Page,
        finished: bool,
    ) -> Result<(), DraftEnd> {
        if draft.prose.is_empty() {
            return Ok(());
        }
        let session = self.job.session().clone();
        let number = self.chunk.number;
        let prose = draft.prose.clone();
        let retires = draft.old_stands;
        let saving = move || {
            if retires {
                session.retire_chunk(number, "rewritten")?;
            }
            session.save_partial(number, &prose)
        };
        match blocking(saving).await {
            Ok(()) => draft.old_stands = false,
            Err(StoreError::AuthorEdited { .. }) => return Err(DraftEnd::AuthorEdited),
            Err(error) => return Err(DraftEnd::Store(error)),
        }
        match page.show(&draft.prose, finished).await {
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

    fn tell_progress(&self, draft: &Draft, words_before: u32, started: Instant) {
        let length = words::count(&draft.prose, self.language());
        self.job.tell_progress(
            self.chunk.number,
            length,
            self.chunk.target_words,
            length.saturating_sub(words_before),
            started,
        );
    }

    fn language(&self) -> &crate::story::Language {
        &self.job.brief().language
    }

    fn beat_index(&self) -> usize {
        (self.chunk.number.0 as usize).saturating_sub(1)
    }
}

/// Text on its way into a draft during one call.
struct Incoming<'a, 'b> {
    drafting: &'a Drafting<'b>,
    draft: &'a mut Draft,
    started: Instant,
    /// Tokens of earlier calls.
    usage_before: Usage,
    usage: Usage,
    /// The beginning of a continuation, until enough is there to join it; `None` afterwards.
    seam: Option<String>,
    saved_bytes: usize,
    saved_at: Instant,
}

impl<'a, 'b> Incoming<'a, 'b> {
    fn new(drafting: &'a Drafting<'b>, draft: &'a mut Draft, started: Instant) -> Self {
        Incoming {
            drafting,
            started,
            usage_before: draft.usage,
            usage: Usage::default(),
            seam: Some(String::new()),
            saved_bytes: draft.prose.len(),
            saved_at: started,
            draft,
        }
    }

    /// Takes one event; `Some` when the call is over.
    fn take(&mut self, event: Option<Result<Event, ProviderError>>) -> Option<CallResult> {
        match event {
            Some(Ok(Event::Text(text))) => return self.take_text(&text),
            Some(Ok(Event::Usage(usage))) => {
                self.usage.update(usage);
                self.draft.usage = self.usage_before.plus(self.usage);
            }
            Some(Ok(Event::Notice(message))) => {
                let number = self.drafting.chunk.number;
                self.drafting
                    .job
                    .reporter()
                    .warn(Some(number), "provider", message);
            }
            Some(Ok(Event::Started { .. } | Event::Reasoning { .. })) => {}
            Some(Ok(Event::Finished(reason))) => {
                return Some(CallResult::Ended(CallEnd::Finished(reason)));
            }
            Some(Err(error)) => return Some(CallResult::Failed(error)),
            None => {
                return Some(CallResult::Failed(ProviderError::new(
                    ProviderErrorKind::Broken,
                    "The answer broke off before its end.",
                )));
            }
        }
        None
    }

    fn take_text(&mut self, text: &str) -> Option<CallResult> {
        if self.draft.first_token_ms.is_none() {
            self.draft.first_token_ms = Some(millis(self.started.elapsed()));
        }
        match &mut self.seam {
            Some(beginning) => {
                beginning.push_str(text);
                if self.draft.prose.is_empty() || beginning.len() >= seam::LOOK_AHEAD {
                    self.close_seam();
                }
            }
            None => self.draft.prose.push_str(text),
        }
        let length = || words::count(&self.draft.prose, self.drafting.language());
        if self.is_behind()
            && accept::is_finished(&self.draft.prose)
            && accept::runs_long(length(), self.drafting.chunk.target_words)
        {
            return Some(CallResult::Ended(CallEnd::RanLong));
        }
        None
    }

    /// Joins what was held back of a continuation. Leading white space of a fresh chunk is
    /// dropped, so the seam stays open until a word has come.
    fn close_seam(&mut self) {
        if let Some(beginning) = self.seam.take() {
            let fresh = seam::join(&self.draft.prose, &beginning);
            self.draft.prose.push_str(&fresh);
            if self.draft.prose.is_empty() {
                self.seam = Some(String::new());
            }
        }
    }

    /// Whether anything has come that is not saved yet.
    fn is_behind(&self) -> bool {
        let held_back = self
            .seam
            .as_ref()
            .is_some_and(|seam| !seam.trim().is_empty());
        held_back || self.draft.prose.len() > self.saved_bytes
    }

    fn save_due(&self) -> Instant {
        self.saved_at + SAVE_EVERY
    }

    fn must_save(&self) -> bool {
        self.draft.prose.len() >= self.saved_bytes + SAVE_BYTES
            || (self.is_behind() && self.saved_at.elapsed() >= SAVE_EVERY)
    }

    fn saved(&mut self) -> &mut Draft {
        self.saved_bytes = self.draft.prose.len();
        self.saved_at = Instant::now();
        self.draft
    }

    fn tell_slow(&self) {
        let chunk = self.drafting.chunk;
        let deadline = self.drafting.job.settings().deadlines.call.as_secs();
        self.drafting.job.reporter().warn(
            Some(chunk.number),
            "slow-call",
            format!(
                "this call has taken {} s; {} of {} words are written and saved. At {deadline} s it is \
                 ended, and the chunk goes on from there in another call",
                SLOW_CALL.as_secs(),
                words::count(&self.draft.prose, self.drafting.language()),
                chunk.target_words
            ),
        );
    }
}
