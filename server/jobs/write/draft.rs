//! Writes one chunk: calls the model, saves what arrives, continues what broke.
//!
//! What arrives is on disk within a second or a kilobyte, before it is shown in an editor and
//! before it is judged. Losing the connection, a deadline or a cancel costs no text.

mod drafting;
mod end;
mod incoming;
mod requesting;
mod resuming;
mod saving;
mod settling;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use drafting::{Attempt, CallResult, SAVE_EVERY, SLOW_CALL, Tries, whole_words};
pub use drafting::{Draft, Drafting};
pub use end::{DraftEnd, OldText};
use incoming::Incoming;
use requesting::Course;

use crate::events::job::JobEvent;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::{BufferStream, StreamTarget};
use crate::jobs::run::reporter::{causes, millis};
use crate::provider::{GiveUp, ProviderError, Retries, Retry, Usage};
use crate::story::words;
use crate::writing::accept;
use crate::writing::accept::{Acceptance, CallEnd};
use crate::writing::prompt::Prompt;
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::{Slice, Slices};
use crate::writing::schedule::Tail;
use crate::writing::tokens;

impl Drafting<'_> {
    /// Drafts the chunk from the end of its present text to its own end.
    pub async fn run(&self, cancel: &CancellationToken) -> Draft {
        // A file ends in a line end, wherever its text broke off. The draft is without the
        // author's comments; what is saved and shown has them where they stand.
        let written = self.chunk.text.trim_end();
        let mut draft = Draft {
            end: DraftEnd::Cancelled,
            prose: written.to_owned(),
            whole: written.len(),
            judged: written.len(),
            old: OldText::None,
            attempts: 0,
            usage: Usage::default(),
            first_token_ms: None,
            finish: None,
            inputs: self.begun_inputs(),
            last_error: None,
            refused: Vec::new(),
            cuts: Vec::new(),
        };
        let mut buffer = self.job.editor().stream(&StreamTarget {
            path: &self.chunk.path,
            number: self.chunk.number,
            beat: &self.chunk.beat,
            begins: &self.chunk.going_on(written),
            replaces: self.replaces.as_deref(),
            keep: self.keep_replaced(),
        });
        draft.end = self.calls(&mut draft, buffer.as_mut(), cancel).await;
        self.note_unfinished(&draft).await;
        buffer.close().await;
        self.job.model().keep_tokenizers(self.job.session()).await;
        draft.old = match (&self.replaces, self.begun.load(Ordering::Relaxed)) {
            (None, _) => OldText::None,
            (Some(_), false) => OldText::Stands,
            (Some(_), true) => OldText::Retired,
        };
        draft
    }

    /// Makes one call after the other, until the chunk is complete or can't be.
    async fn calls(
        &self,
        draft: &mut Draft,
        buffer: &mut dyn BufferStream,
        cancel: &CancellationToken,
    ) -> DraftEnd {
        let settings = self.job.settings();
        let mut retries = Retries::new(settings.attempts, settings.outage);
        let acceptance = tokio::select! {
            biased;
            () = cancel.cancelled() => return DraftEnd::Cancelled,
            acceptance = self.acceptance() => acceptance,
        };
        let mut tries = Tries {
            acceptance,
            continued: 0,
            refused: 0,
            fault: None,
        };
        if let Some(end) = self.judge_resumed(draft, &tries.acceptance, buffer).await {
            return end;
        }
        loop {
            let start = draft.prose.len();
            let before = words::count(&draft.prose, self.language());
            let ask = self.ask(&draft.prose);
            let again = tries.again();
            let prompt = tokio::select! {
                biased;
                () = cancel.cancelled() => return DraftEnd::Cancelled,
                prompt = self.prompt(&draft.prose, ask, &again) => prompt,
            };
            let prompt = match prompt {
                Ok(prompt) => prompt,
                Err(_) if self.measure(draft, ask, cancel).await => continue,
                Err(too_large) => {
                    return DraftEnd::Failed {
                        why: too_large.to_string(),
                        ends_job: false,
                    };
                }
            };
            self.note_inputs(draft, &prompt);
            draft.attempts += 1;
            let usage_before = draft.usage;
            let mut course = Course::new(ask, before);
            course.refused = tries.refused;
            course.again = again;
            let result = self
                .call(
                    draft,
                    &tries.acceptance,
                    &prompt,
                    &mut course,
                    buffer,
                    cancel,
                )
                .await;
            self.take_part_end(draft, &mut course);
            let heard = draft.prose.get(start..).unwrap_or_default();
            if let CallResult::Ended(end @ CallEnd::Finished(_)) = &result {
                self.learn(&course, end, draft.usage.since(usage_before), heard);
            } else {
                let asked = course.prompt_tokens;
                let heard = self.estimate(heard);
                draft.usage = tokens::with_unreported(draft.usage, usage_before, asked, heard);
            }
            self.job.note_spent(draft.usage.since(usage_before));
            let saved = whole_words(&draft.prose, draft.whole);
            // The end of an answer is shown when it is judged: where it is the end of the chunk, the
            // status line changes in the same edit, so that one undo takes back both.
            let kept = match result {
                CallResult::Ended(_) => self.keep(saved, &draft.inputs).await,
                _ => self.save(saved, &draft.inputs, buffer, false).await,
            };
            if let Err(end) = kept {
                return end;
            }
            match result {
                CallResult::Cancelled => return DraftEnd::Cancelled,
                CallResult::AuthorEdited => return DraftEnd::AuthorEdited,
                CallResult::Store(error) => return DraftEnd::Store(error),
                CallResult::Failed(error) => {
                    let length = words::count(saved, self.language());
                    let counts = !self.was_asked_for_too_much(&error, &course, length);
                    let heard = course.gained(length) > 0;
                    draft.drop_stump();
                    self.after_broken_slice(&course, &error, length);
                    let now = tokio::time::Instant::now();
                    let next = match (counts, heard) {
                        (false, _) => Retry::After(Duration::ZERO),
                        (true, true) => retries.broke_off(&error, fastrand::f64),
                        (true, false) => retries.failed(&error, now, fastrand::f64),
                    };
                    let attempt = match counts {
                        true => Attempt {
                            failures: retries.failures().max(1),
                            calls: retries.calls(),
                        },
                        false => Attempt {
                            failures: 1,
                            calls: draft.attempts,
                        },
                    };
                    if let Some(end) = self
                        .after_failure(draft, error, next, attempt, cancel)
                        .await
                    {
                        return end;
                    }
                }
                CallResult::Ended(end) => {
                    draft.last_error = None;
                    retries.answered();
                    if let CallEnd::Finished(reason) = &end {
                        draft.finish = Some(reason.clone());
                    }
                    let settled = self.settle(draft, &mut tries, &end, &course, buffer).await;
                    let is_shown =
                        matches!(settled, Some(DraftEnd::Complete | DraftEnd::AuthorEdited));
                    let shown = whole_words(&draft.prose, draft.whole);
                    if !is_shown
                        && !shown.is_empty()
                        && let Err(end) = self.show(shown, buffer, false).await
                    {
                        return end;
                    }
                    if let Some(end) = settled {
                        return end;
                    }
                }
            }
        }
    }

    /// Returns the inputs from which the text that is continued was begun, as far as known.
    fn begun_inputs(&self) -> Slices {
        let record = self.chunk.record.as_ref();
        let begun = record.and_then(|record| record.begun.as_ref());
        let begun = begun.filter(|_| !self.chunk.text.trim().is_empty());
        begun.map_or_else(Slices::new, |begun| slices::of_record(begun.inputs.iter()))
    }

    /// Notes the inputs that a prompt holds. Which beats are next to this one is recorded with the text
    /// before and the next beat.
    fn note_inputs(&self, draft: &mut Draft, prompt: &Prompt) {
        let is_begun = !draft.inputs.is_empty();
        let mut held = prompt.inputs.clone();
        held.insert(Slice::Model, self.job.model().digest());
        if self.tail == Tail::Planned {
            held.remove(&Slice::Preceding);
        }
        if is_begun {
            held.retain(|slice, _| !matches!(slice, Slice::Precedes(_) | Slice::Follows(_)));
        }
        for (slice, digest) in held {
            draft.inputs.entry(slice).or_insert(digest);
        }
    }

    /// Waits before the next attempt, or returns how the draft ends where there is none.
    async fn after_failure(
        &self,
        draft: &mut Draft,
        error: ProviderError,
        next: Retry,
        attempt: Attempt,
        cancel: &CancellationToken,
    ) -> Option<DraftEnd> {
        let attempts = self.job.settings().attempts;
        let (wait, patience) = match next {
            Retry::After(wait) => (wait, None),
            Retry::Outage(outage) => (outage.wait, Some(outage.patience)),
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
            attempt: attempt.failures,
            attempts,
            wait_ms: millis(wait),
            patience_ms: patience.map(millis),
            message: error.to_string(),
            causes: causes(&error),
            elapsed_ms: self.job.reporter().elapsed_ms(),
        });
        let (attempt, so_far) = (attempt.calls, &draft.prose);
        self.job
            .record_attempt(self.chunk.number, attempt, &error, so_far)
            .await;
        draft.last_error = Some(error);
        tokio::select! {
            () = cancel.cancelled() => Some(DraftEnd::Cancelled),
            () = tokio::time::sleep(wait) => None,
        }
    }

    /// Makes one call. What arrives is saved on the way; the caller saves the rest.
    async fn call(
        &self,
        draft: &mut Draft,
        acceptance: &Acceptance<'_>,
        prompt: &Prompt,
        course: &mut Course,
        buffer: &mut dyn BufferStream,
        cancel: &CancellationToken,
    ) -> CallResult {
        let started = Instant::now();
        let (opened, _turn) = tokio::select! {
            () = cancel.cancelled() => return CallResult::Cancelled,
            opened = self.open_in_turn(prompt, &draft.prose, course) => opened,
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => return CallResult::Failed(error),
        };
        let words_before = course.words_before;
        let mut incoming = Incoming::new(self, draft, acceptance, started);
        let slow = tokio::time::sleep_until((course.began + SLOW_CALL).into());
        tokio::pin!(slow);
        // One call is told of once, whatever it is for.
        let mut told_slow = course.began.elapsed() >= SLOW_CALL;
        loop {
            let due = incoming.behind_since.unwrap_or(started) + SAVE_EVERY;
            let event = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    incoming.break_off();
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
                if let Err(end) = self.save(&prose, incoming.inputs(), buffer, false).await {
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
                match result {
                    CallResult::Ended(_) => incoming.end(),
                    _ => incoming.break_off(),
                }
                let (thought, output_tokens) = incoming.counted();
                (course.reasoning, course.output_tokens) = (thought.heard, output_tokens);
                course.thought = thought.tokens();
                self.job.reporter().note_thought(&thought);
                let asked = (!course.is_running).then_some(started);
                incoming.measure(words_before, asked);
                return result;
            }
        }
    }

    /// Returns the measures for judging answers.
    async fn acceptance(&self) -> Acceptance<'_> {
        let (written, number) = (Arc::clone(&self.written), self.chunk.number);
        // As the prompt has it, whatever has become of it since.
        let preceding = self.preceding.clone();
        // At a job's first chunk it takes as long as the story is.
        let told = blocking(move || written.index.told(&written.before(number), &preceding)).await;
        Acceptance::by(
            self.job.story().yardstick(),
            self.job.brief(),
            self.beat_index(),
            self.chunk.target_words,
            &self.asks.notes,
            told,
        )
    }

    /// Returns the inputs that the text was really told: the call for the whole story tells no more of other
    /// chunks than their text.
    fn told(&self, inputs: &Slices) -> Slices {
        let is_whole = self.job.single.is_on();
        let mut told = inputs.clone();
        told.retain(|slice, _| !is_whole || !matches!(slice, Slice::Summary(_) | Slice::State(_)));
        told
    }

    fn language(&self) -> &crate::story::Language {
        &self.job.brief().language
    }

    fn beat_index(&self) -> usize {
        (self.chunk.number.0 as usize).saturating_sub(1)
    }
}
