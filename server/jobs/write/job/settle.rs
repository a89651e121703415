//! Carries one chunk from its beginning to its end: a worker drafts it, then it goes into session, editor and
//! reports.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::running::Job;
use crate::analysis::written::{Asks, Written};
use crate::analysis::{stale, stale_reason};
use crate::events::job::JobEvent;
use crate::events::outcomes::Stop;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::{BufferStop, Hint};
use crate::jobs::run::preflight;
use crate::jobs::run::reporter::{STOPPED_BY_EDIT, causes, millis, token_usage};
use crate::jobs::run::run_summary;
use crate::jobs::run::run_summary::{ChunkEnd, ChunkOutcome};
use crate::jobs::run::workshop::Claim;
use crate::jobs::write::draft::{Draft, DraftEnd, Drafting, OldText};
use crate::provider::ProviderKind;
use crate::session::{
    ChunkResult, ChunkStatus, ChunkView, Renames, Saved, SessionView, StoreError, Writes,
};
use crate::story::{BeatId, ChunkNumber, SharedText, words};
use crate::writing::prompt::slices;
use crate::writing::schedule::{Step, Tail};
use crate::writing::schedule::{Task, Treatment};

/// The reason for which an old text goes to history.
const REWRITTEN: &str = "rewritten";
const BEGUN_ANEW: &str = "begun anew, since what it is written from changed";

/// The result of a worker.
pub(crate) enum Drafted {
    /// A chunk with nothing left to write.
    Complete(ChunkNumber),
    /// A chunk whose drafting was cancelled before it began.
    Cancelled(ChunkNumber),
    Draft(Box<Work>),
    /// A chunk that the store could not read.
    Unread {
        number: ChunkNumber,
        error: StoreError,
    },
}

/// A finished draft, with the data for its records.
pub(crate) struct Work {
    chunk: ChunkView,
    draft: Draft,
    asks: Asks,
    result: ChunkResult,
    began: Instant,
    /// The claim that keeps other jobs from the chunk until all of this is saved.
    _turn: Option<Claim>,
}

/// A chunk to draft, with the text that is there before it.
struct ToDraft {
    chunk: ChunkView,
    written: Written,
    /// The text of the chunk before, where a draft continues from that.
    preceding: SharedText,
}

/// A chunk that is complete, and saved as such.
#[derive(Debug, Clone)]
pub(crate) struct CompletedChunk {
    pub number: ChunkNumber,
    pub beat: BeatId,
    /// The saved prose.
    pub text: String,
}

/// The end of a chunk.
pub(crate) struct Settled {
    pub number: ChunkNumber,
    pub outcome: Option<ChunkOutcome>,
    /// Whether it is complete, so that others may follow it.
    pub is_complete: bool,
    pub stop: Option<Ending>,
    /// The written chunk, if it was completed.
    pub completed: Option<CompletedChunk>,
}

/// The effect of a chunk's end on the job.
pub(crate) enum Ending {
    /// Starts no other chunk.
    Job(Stop),
    /// Starts none of the chunks that wait for it; then the job ends for this reason.
    Chunk(Stop),
}

impl Settled {
    fn nothing(number: ChunkNumber, is_complete: bool, stop: Option<Stop>) -> Settled {
        Settled {
            number,
            outcome: None,
            is_complete,
            stop: stop.map(Ending::Job),
            completed: None,
        }
    }
}

impl Job {
    /// Drafts one chunk, if it is still to be written. With `in_turn` it waits for other jobs on the chunk; a
    /// job for that one chunk has claimed it when it began.
    pub(crate) async fn draft(
        &self,
        step: Step,
        in_turn: bool,
        cancel: &CancellationToken,
    ) -> Drafted {
        let number = step.task.number;
        let mut turn = None;
        if in_turn {
            tokio::select! {
                () = cancel.cancelled() => return Drafted::Cancelled(number),
                claim = self.started.open.claim_in_turn(number, &self.started.name) => turn = Some(claim),
            }
        }
        let began = Instant::now();
        // Nothing of it changes anything, so nobody has to wait for it.
        let found = tokio::select! {
            biased;
            () = cancel.cancelled() => return Drafted::Cancelled(number),
            found = self.look_at(&step) => found,
        };
        match found {
            Ok(Some(found)) => {
                let work = self.draft_found(step, found, began, turn, cancel).await;
                Drafted::Draft(Box::new(work))
            }
            Ok(None) => Drafted::Complete(number),
            Err(error) => Drafted::Unread { number, error },
        }
    }

    /// Returns the text of a chunk and the text before it; `None` where there is nothing left to write.
    async fn look_at(&self, step: &Step) -> Result<Option<ToDraft>, StoreError> {
        let Task { number, treatment } = step.task;
        self.tell_of_changes().await;
        let session = self.session().clone();
        let writes = preflight::writes(self.started.work, self.settings());
        let (chunk, view) = blocking(move || {
            // Before a call is paid for whose text could not be kept.
            session.check_writable(&Writes {
                chunks: &[number],
                ..writes
            })?;
            session.chunk_and_view(number)
        })
        .await?;
        if treatment == Treatment::GoOn && chunk.status == ChunkStatus::Complete {
            return Ok(None);
        }
        if chunk.locked {
            return Err(StoreError::ChunkLocked { number });
        }
        let preceding = match step.tail {
            Tail::Real => preceding(&view, number),
            Tail::Planned => SharedText::default(),
        };
        let written = self.written(view).await.without(&step.apart);
        Ok(Some(ToDraft {
            chunk,
            written,
            preceding,
        }))
    }

    async fn draft_found(
        &self,
        step: Step,
        found: ToDraft,
        began: Instant,
        turn: Option<Claim>,
        cancel: &CancellationToken,
    ) -> Work {
        let Task { number, treatment } = step.task;
        let ToDraft {
            mut chunk,
            written,
            preceding,
        } = found;
        self.take_in_hand(&chunk);
        if !self.single.is_on() {
            chunk.target_words = written.target(self.brief(), &chunk);
        }
        let begins_anew =
            treatment == Treatment::GoOn && self.must_begin_anew(&written.view.renames, &chunk);
        let mut replaces = None;
        if treatment == Treatment::Rewrite || begins_anew {
            replaces = Some(chunk.take_source());
        }
        self.reporter().tell(JobEvent::ChunkStarted {
            chunk: number,
            beat: chunk.beat.clone(),
            title: chunk.title.clone(),
            file: self.relative(&chunk),
            words: words::count(&chunk.text, &self.brief().language),
            target_words: chunk.target_words,
            percent: self.percent(),
            elapsed_ms: self.reporter().elapsed_ms(),
        });
        let started = jiff::Timestamp::now();
        let only = self.only_note.as_deref();
        let asks = Asks::of(self.brief(), &chunk, replaces.as_deref(), only);
        let drafting = Drafting {
            job: self,
            written: Arc::new(written),
            preceding: preceding.to_string(),
            tail: step.tail,
            asks,
            replaces,
            why_replaced: if begins_anew { BEGUN_ANEW } else { REWRITTEN },
            begun: AtomicBool::new(false),
            chunk: &chunk,
        };
        let draft = drafting.run(cancel).await;
        let asks = drafting.asks;
        let result = self.result(&draft, started, began);
        Work {
            chunk,
            draft,
            asks,
            result,
            began,
            _turn: turn,
        }
    }

    /// Tells whether the text of a chunk can't be continued, since its beat, the facts, the rules, person,
    /// tense or language changed after it was begun. Warns the author.
    fn must_begin_anew(&self, renames: &Renames, chunk: &ChunkView) -> bool {
        if chunk.text.trim().is_empty() {
            return false;
        }
        let reasons = stale::changed_since_begun(self.story(), renames, chunk);
        if reasons.is_empty() {
            return false;
        }
        let message = format!(
            "chunk {} was begun before {}, so it is begun anew; the {} {} that were written of it go to history/",
            chunk.number,
            stale_reason::sentence(&reasons),
            chunk.words,
            self.brief().language.unit()
        );
        self.reporter()
            .warn(Some(chunk.number), "begun-anew", message);
        true
    }

    /// Saves, shows and reports the result of a worker.
    pub(crate) async fn settle(&self, drafted: Drafted) -> Settled {
        match drafted {
            Drafted::Complete(number) => Settled::nothing(number, true, None),
            Drafted::Cancelled(number) => Settled::nothing(number, false, Some(Stop::Cancelled)),
            Drafted::Unread { number, error } => self.stopped(number, &error),
            Drafted::Draft(work) => {
                let number = work.chunk.number;
                let unsaved = self.unsaved(&work.chunk, &work.draft);
                let settled = self.settle_draft(*work).await;
                settled.unwrap_or_else(|error| {
                    self.hold_unsaved(unsaved);
                    self.stopped(number, &error)
                })
            }
        }
    }

    /// Returns the end of a chunk for which the store failed, as it most likely would for every other.
    fn stopped(&self, number: ChunkNumber, error: &StoreError) -> Settled {
        self.reporter().log_error(number, "stopped", error);
        let why = error.to_string();
        Settled::nothing(number, false, Some(Stop::At { chunk: number, why }))
    }

    async fn settle_draft(&self, work: Work) -> Result<Settled, StoreError> {
        let (chunk, number) = (&work.chunk, work.chunk.number);
        let length = words::count(&work.draft.prose, &self.brief().language);
        let mut outcome = ChunkOutcome {
            number,
            title: chunk.title.clone(),
            words: length,
            target_words: chunk.target_words,
            elapsed: work.began.elapsed(),
            usage: work.draft.usage,
            cost: work.result.cost,
            attempts: work.draft.attempts,
            failure: None,
            end: ChunkEnd::Partial,
        };
        self.keep_refused(number, &work.draft).await;
        let mut settled = Settled::nothing(number, false, None);
        match &work.draft.end {
            DraftEnd::Complete => match self.complete(&work, length).await {
                Ok(completed) => {
                    settled.completed = Some(completed);
                    settled.is_complete = true;
                    outcome.end = ChunkEnd::Complete;
                }
                Err(StoreError::AuthorEdited { .. }) => {
                    settled.stop = Some(self.edited(&mut outcome));
                }
                Err(error) => return Err(error),
            },
            DraftEnd::Failed { why, ends_job } => {
                settled.is_complete = self.fail(&work, why, *ends_job, length).await?;
                outcome.failure = Some(why.clone());
                outcome.end = ChunkEnd::Failed;
                let why = why.clone();
                settled.stop = ends_job.then_some(Ending::Job(Stop::At { chunk: number, why }));
            }
            DraftEnd::Cancelled => settled.stop = Some(Ending::Job(Stop::Cancelled)),
            DraftEnd::AuthorEdited => settled.stop = Some(self.edited(&mut outcome)),
            DraftEnd::Store(_) => {
                // Nothing of the draft is needed any more.
                if let DraftEnd::Store(error) = work.draft.end {
                    return Err(error);
                }
            }
        }
        settled.outcome = Some(outcome);
        Ok(settled)
    }

    /// Reports that the author's edit ended the writing of a chunk.
    fn edited(&self, outcome: &mut ChunkOutcome) -> Ending {
        let number = outcome.number;
        let message = format!(
            "chunk {number} was edited while it was being written, so writing stopped there; your text and the text \
             so far are both kept"
        );
        self.reporter()
            .warn(Some(number), STOPPED_BY_EDIT, message.as_str());
        outcome.failure = Some(message.clone());
        Ending::Chunk(Stop::Message(message))
    }

    async fn complete(&self, work: &Work, length: u32) -> Result<CompletedChunk, StoreError> {
        let (chunk, number) = (&work.chunk, work.chunk.number);
        let completed = CompletedChunk {
            number,
            beat: chunk.beat.clone(),
            text: work.draft.prose.clone(),
        };
        let session = self.session().clone();
        let prose = chunk.going_on(&work.draft.prose).into_owned();
        let result = work.result.clone();
        let saved = blocking(move || session.save_complete(number, &prose, result)).await?;
        self.bring_to_editor(saved, chunk).await;
        self.update_derived(chunk).await?;
        let percent = self.completed(chunk, length);
        self.reporter().tell(JobEvent::ChunkSaved {
            chunk: number,
            beat: chunk.beat.clone(),
            file: self.relative(chunk),
            words: length,
            target_words: chunk.target_words,
            percent,
            chunk_ms: millis(work.began.elapsed()),
            first_token_ms: work.draft.first_token_ms,
            usage: work.draft.usage,
            elapsed_ms: self.reporter().elapsed_ms(),
        });
        if let Some(message) = work.asks.message(number) {
            self.reporter().warn(Some(number), "notes", message);
        }
        Ok(completed)
    }

    /// Records the failure of a chunk; returns whether it is complete all the same, with the text that was to
    /// be replaced.
    async fn fail(
        &self,
        work: &Work,
        why: &str,
        ends_job: bool,
        length: u32,
    ) -> Result<bool, StoreError> {
        let (chunk, number) = (&work.chunk, work.chunk.number);
        let session = self.session().clone();
        match work.draft.old {
            OldText::Stands => {}
            // All that came was refused; better the old text than none.
            OldText::Retired if work.draft.prose.is_empty() => {
                let saved = blocking(move || session.restore_version(number, None)).await?;
                self.bring_all_to_editor(saved, Some(number)).await;
            }
            OldText::None | OldText::Retired => {
                let prose = chunk.going_on(&work.draft.prose).into_owned();
                let reason = why.to_owned();
                let result = work.result.clone();
                let fail = move || session.save_failed(number, &prose, result, &reason);
                self.bring_to_editor(blocking(fail).await?, chunk).await;
                self.update_derived(chunk).await?;
            }
        }
        let error = work.draft.last_error.as_ref();
        self.record_failure(number, error, why, &work.draft.prose)
            .await;
        self.reporter().tell(JobEvent::ChunkFailed {
            chunk: number,
            words: length,
            message: why.to_owned(),
            causes: error.map_or_else(Vec::new, |error| causes(error)),
            ends_job,
            elapsed_ms: self.reporter().elapsed_ms(),
        });
        let session = self.session().clone();
        let view = blocking(move || session.view()).await?;
        let now = view.chunk(number);
        Ok(now.is_some_and(|chunk| chunk.status == ChunkStatus::Complete))
    }

    /// Has the files that are made from chunks brought up to date beside the writing.
    ///
    /// # Errors
    /// Where that could not be done for an earlier chunk.
    async fn update_derived(&self, chunk: &ChunkView) -> Result<(), StoreError> {
        let ended = self.derived.ended().await;
        self.derived.begin(self.session());
        self.bring_to_editor(ended?, chunk).await;
        Ok(())
    }

    /// Shows changed files that are open in the editor. The chunk itself is there already: its stream has
    /// shown it, with what the author changed elsewhere in it meanwhile.
    async fn bring_to_editor(&self, mut saved: Saved, chunk: &ChunkView) {
        saved.client_edits.retain(|edit| edit.path != chunk.path);
        self.bring_all_to_editor(saved, Some(chunk.number)).await;
    }

    /// Shows changed files that are open in the editor, and warns of what could not be done, for a chunk or for
    /// the whole job.
    pub(crate) async fn bring_all_to_editor(&self, saved: Saved, chunk: Option<ChunkNumber>) {
        for notice in saved.notices {
            self.reporter().warn(chunk, notice.code, notice.message);
        }
        for edit in saved.client_edits {
            let Err(stop) = self.editor().replace(&edit).await else {
                continue;
            };
            let file = edit.path.file_name().unwrap_or_default().to_string_lossy();
            let code = match stop {
                BufferStop::AuthorEdited => "file-left-alone",
                BufferStop::Unresponsive => "editor-unresponsive",
                BufferStop::CannotEdit(Hint::New) => "editor-cannot-edit",
                BufferStop::CannotEdit(Hint::GivenBefore) => continue,
            };
            let message = format!(
                "{file} is open and was left as it is: {stop}. Save or close it, and the next write brings it up \
                 to date"
            );
            self.reporter().warn(chunk, code, message);
        }
    }

    /// Assembles the story at the end of a job that completed no chunk, so that it has what the author
    /// changed since.
    pub(crate) async fn assemble(&self) {
        let session = self.session().clone();
        // Made from the chunks, which are safe: the next job tries again.
        if let Ok(saved) = blocking(move || session.assemble()).await {
            for edit in saved.client_edits {
                let _ = self.editor().replace(&edit).await;
            }
        }
    }

    async fn written(&self, view: SessionView) -> Written {
        let (session, story) = (self.session().clone(), self.story().clone());
        let (settings, index) = (self.settings().clone(), Arc::clone(&self.started.index));
        let read = move || Written::of_view(view, &session, &story, &settings).with_index(&index);
        blocking(read).await
    }

    fn result(&self, draft: &Draft, started: jiff::Timestamp, began: Instant) -> ChunkResult {
        ChunkResult {
            provider: self.model().kind.as_str().to_owned(),
            model: self.model().answers(),
            asked_model: self.model().asked_in_vain(),
            finish_reason: draft.finish.as_ref().map(run_summary::finish_reason),
            attempts: draft.attempts,
            started,
            finished: jiff::Timestamp::now(),
            elapsed_ms: millis(began.elapsed()),
            first_token_ms: draft.first_token_ms,
            usage: token_usage(draft.usage),
            cost: self.cost(&draft.usage),
            inputs: slices::recorded(&draft.inputs),
            demo: self.model().kind == ProviderKind::Demo,
        }
    }
}

/// Returns the text of the chunk before; empty for the first.
fn preceding(view: &SessionView, number: ChunkNumber) -> SharedText {
    let before = number.0.checked_sub(1);
    let before = before.and_then(|before| view.chunk(ChunkNumber(before)));
    before.map_or_else(SharedText::default, |before| before.text.clone())
}
