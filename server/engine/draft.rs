//! Writes one chunk: calls the model, saves what arrives, continues what broke.
//!
//! What arrives is on disk within a second or a kilobyte, before it is shown in an editor and
//! before it is judged. Losing the connection, a deadline or a cancel costs no text.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::accept::{self, CallEnd, Verdict};
use super::editor::{Page, PageAddress, PageStop};
use super::events::JobEvent;
use super::job::Job;
use super::prompt::{Prompt, PromptInputs, TooLarge, slices};
use super::report::{causes, millis};
use super::written::Written;
use super::{blocking, scene, seam, tokens};
use crate::provider::{
    Event, FinishReason, GiveUp, ProviderError, ProviderErrorKind, Request, Retry, RetryPolicy,
    Usage,
};
use crate::session::{ChunkView, StoreError};
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
    /// The prose that is rewritten, if any stood there. It stays where it is until the first
    /// words of the new one are there to take its place.
    pub replaces: Option<String>,
    pub retired: AtomicBool,
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
        draft.old = match (&self.replaces, self.retired.load(Ordering::Relaxed)) {
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
                            // The author's last words stay, whether he ended the sentence or not.
                            draft.prose.truncate(keep.max(draft.whole));
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
        let target = self.chunk.target_words;
        let written = words::count(so_far, self.language());
        Prompt::build(&PromptInputs {
            brief: self.job.brief(),
            templates: self.job.templates(),
            beat: self.beat_index(),
            target_words: target,
            earlier: &self.written.before(self.chunk.number),
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
        let retire = self.replaces.is_some() && !self.retired.swap(true, Ordering::Relaxed);
        let save = move || {
            if retire {
                session.retire_chunk(number, "rewritten")?;
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
    /// When the first text came that is not saved yet, and how many bytes have come since.
    behind_since: Option<Instant>,
    behind_bytes: usize,
}

impl<'a, 'b> Incoming<'a, 'b> {
    fn new(drafting: &'a Drafting<'b>, draft: &'a mut Draft, started: Instant) -> Self {
        Incoming {
            drafting,
            started,
            usage_before: draft.usage,
            usage: Usage::default(),
            seam: Some(String::new()),
            behind_since: None,
            behind_bytes: 0,
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
        self.behind_since.get_or_insert_with(Instant::now);
        self.behind_bytes += text.len();
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
        if self.seam.is_none()
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
        self.behind_since.is_some()
    }

    fn must_save(&self) -> bool {
        let is_due = |since: Instant| since.elapsed() >= SAVE_EVERY;
        self.behind_bytes >= SAVE_BYTES || self.behind_since.is_some_and(is_due)
    }

    /// What is to be saved now. The beginning of a continuation is joined as well as can be
    /// told so far; the seam itself stays open until enough of it has come.
    fn unsaved(&mut self) -> String {
        self.behind_since = None;
        self.behind_bytes = 0;
        let mut prose = self.draft.prose.clone();
        if let Some(beginning) = &self.seam {
            prose.push_str(&seam::join(&self.draft.prose, beginning));
        }
        let keep = whole_words(&prose, self.draft.whole).len();
        prose.truncate(keep);
        prose
    }

    /// Tells how far the chunk is; its length.
    fn tell_progress(&self, words_before: u32) -> u32 {
        let chunk = self.drafting.chunk;
        let settled = whole_words(&self.draft.prose, self.draft.whole);
        let length = words::count(settled, self.drafting.language());
        let fresh = length.saturating_sub(words_before);
        self.drafting.job.tell_progress(
            chunk.number,
            length,
            chunk.target_words,
            fresh,
            self.started,
        );
        length
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
