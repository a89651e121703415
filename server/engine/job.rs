//! A job: writes chunk after chunk, saves, assembles, reports; can be cancelled at any moment.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::blocking;
use super::draft::{Draft, DraftEnd, Drafting};
use super::editor::{Editor, PageStop};
use super::error::JobError;
use super::events::{JobEvent, Observer, Outcome};
use super::report::{Reporter, cause_chain, millis};
use super::run_report::{self, ChunkEnd, ChunkOutcome};
use super::settings::{Role, Settings};
use super::status::{StoryStatus, relative};
use super::story_file::StoryFile;
use super::workshop::{ChunkRef, Claim, JobRequest, OpenSession, Scope, Workshop};
use super::writer::Writer;
use crate::provider::{ProviderKind, Usage};
use crate::session::{
    ChunkResult, ChunkStatus, ChunkView, ClientEdit, Notice, Owner, PlannedChunk, Saved, Session,
    StoreError, TokenUsage,
};
use crate::story::{Brief, ChunkNumber, words};

/// A request whose brief and settings are in order; nothing has been sent or written yet.
pub struct Prepared {
    request: JobRequest,
    story: StoryFile,
    settings: Settings,
    plan: Vec<PlannedChunk>,
    warnings: Vec<String>,
}

/// A running job.
pub struct Job {
    id: String,
    /// What was asked for, for the run's records.
    asked: String,
    story: StoryFile,
    settings: Settings,
    writer: Writer,
    open: Arc<OpenSession>,
    editor: Arc<dyn Editor>,
    reporter: Reporter,
    progress: Mutex<Progress>,
}

/// How a job came out.
#[derive(Debug, Clone)]
pub struct Finished {
    pub outcome: Outcome,
    pub message: String,
}

/// Lengths, in words (characters for CJK).
#[derive(Debug, Default)]
struct Progress {
    /// Of the chunks that this job is to write.
    asked: u32,
    /// Of those that it has completed, by their targets.
    done: u32,
    /// Of the story without the chunk in hand.
    story: u32,
}

impl Prepared {
    /// Reads brief and settings, and stops at what nothing can be written from. Blocks on the
    /// file system; sends nothing.
    pub fn new(
        workshop: &Workshop,
        request: JobRequest,
        editor: &dyn Editor,
    ) -> Result<Prepared, JobError> {
        let story = StoryFile::read(&request.brief, editor)?;
        let (settings, problems) = workshop.settings(
            &story,
            request.workspace.as_deref(),
            request.editor_settings.as_ref(),
            &request.flags,
        );
        let (errors, warnings): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.is_error);
        if !errors.is_empty() {
            return Err(JobError::Settings(errors));
        }
        story.check()?;
        let plan = story.plan(&settings);
        if let Scope::Chunk(chunk) | Scope::Rewrite(chunk) = &request.scope {
            chunk.resolve(&plan)?;
        }
        Ok(Prepared {
            request,
            story,
            settings,
            plan,
            warnings: warnings.iter().map(ToString::to_string).collect(),
        })
    }

    /// The title of the story.
    pub fn title(&self) -> &str {
        &self.story.brief.title
    }

    /// Finds the writer, opens the session and writes.
    ///
    /// # Errors
    /// When the job could not begin; once it has begun, whatever happens is told in
    /// [`Finished`].
    pub async fn run(
        self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
        observer: Arc<dyn Observer>,
        cancel: &CancellationToken,
    ) -> Result<Finished, JobError> {
        let started = Instant::now();
        if let Some(status) = self.complete(workshop, Arc::clone(&editor)).await? {
            return self
                .nothing_to_write(workshop, editor, observer, &status)
                .await;
        }
        // Connected before anything is written: without a writer, nothing changes on disk.
        let writer = tokio::select! {
            () = cancel.cancelled() => return Ok(Finished::cancelled_early()),
            writer = Writer::connect(&self.settings, workshop.environment(), Role::Draft) => writer?,
        };
        let (open, notices) = self.open(workshop, Arc::clone(&editor)).await?;
        let (queue, claim) = queue(&open, &self.request, &self.plan).await?;

        let asked = self.asked();
        let (session, public) = (open.session.clone(), self.settings.public());
        let run = blocking({
            let asked = asked.clone();
            move || {
                session.set_settings(public)?;
                session.start_run("draft", &asked)
            }
        })
        .await?;
        let job = Job {
            id: self.request.job,
            asked,
            story: self.story,
            settings: self.settings,
            writer,
            open,
            editor,
            reporter: Reporter::new(observer, run, started),
            progress: Mutex::default(),
        };
        for warning in self.warnings {
            job.reporter.warn(None, "setting", warning);
        }
        for notice in notices {
            job.reporter.warn(None, notice.code, notice.message);
        }
        let rewrite = matches!(self.request.scope, Scope::Rewrite(_));
        Ok(job.write(queue, claim, rewrite, cancel).await)
    }
}

impl Prepared {
    /// The state of a story in which nothing is left to write; then no model is asked for.
    async fn complete(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Option<StoryStatus>, JobError> {
        if self.request.scope != Scope::Remaining {
            return Ok(None);
        }
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let (wanted, disk) = (self.request.session.clone(), workshop.disk().clone());
        let status = blocking(move || {
            StoryStatus::read(&story, &settings, wanted.as_ref(), editor.as_ref(), &disk)
        })
        .await?;
        let is_complete = status.to_write().next().is_none();
        Ok(is_complete.then_some(status))
    }

    /// Opens the session all the same, so that what an interruption left half done is
    /// finished and the whole story is assembled.
    async fn nothing_to_write(
        self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
        observer: Arc<dyn Observer>,
        status: &StoryStatus,
    ) -> Result<Finished, JobError> {
        let started = Instant::now();
        let (open, notices) = self.open(workshop, Arc::clone(&editor)).await?;
        let session = open.session.clone();
        let saved = blocking(move || session.assemble()).await?;
        for edit in saved.client_edits {
            // The editor shows the story as it was; the next assembly tries again.
            let _ = editor.replace(&edit).await;
        }
        let elapsed_ms = millis(started.elapsed());
        for notice in notices {
            observer.event(&JobEvent::Warning {
                chunk: None,
                code: notice.code.to_owned(),
                message: notice.message,
                elapsed_ms,
            });
        }
        let message = run_report::message(Outcome::Complete, None, &[], &[]);
        observer.event(&JobEvent::JobFinished {
            outcome: Outcome::Complete,
            words: status.words,
            target_words: status.target_words,
            written: 0,
            incomplete: Vec::new(),
            usage: Usage::default(),
            cost: None,
            message: message.clone(),
            elapsed_ms,
        });
        Ok(Finished {
            outcome: Outcome::Complete,
            message,
        })
    }

    async fn open(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<(Arc<OpenSession>, Vec<Notice>), JobError> {
        let (workshop, story, plan) = (workshop.clone(), self.story.clone(), self.plan.clone());
        let wanted = self.request.session.clone();
        blocking(move || workshop.open_session(&story, wanted.as_ref(), &plan, editor)).await
    }

    /// What was asked for, in words.
    fn asked(&self) -> String {
        let chunk = |chunk: &ChunkRef| match chunk.resolve(&self.plan) {
            Ok(number) => format!("chunk {number}"),
            Err(_) => "a chunk".to_owned(),
        };
        match &self.request.scope {
            Scope::Remaining => "write what is not complete".to_owned(),
            Scope::Chunk(which) => format!("write {}", chunk(which)),
            Scope::Rewrite(which) => format!("rewrite {}", chunk(which)),
        }
    }
}

impl Finished {
    fn cancelled_early() -> Finished {
        Finished {
            outcome: Outcome::Cancelled,
            message: "cancelled before anything was asked for; nothing changed".to_owned(),
        }
    }
}

/// The chunks to write, and the claim on what must not be written by two jobs.
async fn queue(
    open: &Arc<OpenSession>,
    request: &JobRequest,
    plan: &[PlannedChunk],
) -> Result<(Vec<ChunkNumber>, Claim), JobError> {
    let busy = |number, job| JobError::Busy { number, job };
    match &request.scope {
        Scope::Chunk(chunk) | Scope::Rewrite(chunk) => {
            let number = chunk.resolve(plan)?;
            let claim = open
                .claim(Some(number), &request.job)
                .map_err(|job| busy(number, job))?;
            Ok((vec![number], claim))
        }
        Scope::Remaining => {
            let session = open.session.clone();
            let view = blocking(move || session.view()).await?;
            let queue: Vec<ChunkNumber> = view
                .chunks
                .iter()
                .filter(|chunk| chunk.status != ChunkStatus::Complete)
                .map(|chunk| chunk.number)
                .collect();
            let first = queue.first().copied().unwrap_or(ChunkNumber(1));
            let claim = open
                .claim(None, &request.job)
                .map_err(|job| busy(first, job))?;
            Ok((queue, claim))
        }
    }
}

impl Job {
    pub(super) fn brief(&self) -> &Brief {
        &self.story.brief
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(super) fn session(&self) -> &Session {
        &self.open.session
    }

    pub(super) fn editor(&self) -> &dyn Editor {
        self.editor.as_ref()
    }

    pub(super) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// Writes the queue. Only this function decides what comes next.
    async fn write(
        &self,
        queue: Vec<ChunkNumber>,
        claim: Claim,
        rewrite: bool,
        cancel: &CancellationToken,
    ) -> Finished {
        self.tell_started(&queue).await;
        let mut outcomes = Vec::new();
        let mut stop = None;
        for number in queue {
            if cancel.is_cancelled() {
                stop = Some(Stop::Cancelled);
                break;
            }
            if let Some(limit) = self.over_budget(&outcomes) {
                stop = Some(Stop::Message(limit));
                break;
            }
            // A job on one chunk has claimed it when it began.
            let mut _turn = None;
            if claim.is_story() {
                tokio::select! {
                    () = cancel.cancelled() => {
                        stop = Some(Stop::Cancelled);
                        break;
                    }
                    turn = self.open.claim_in_turn(number, &self.id) => _turn = Some(turn),
                }
            }
            match self.chunk(number, rewrite, cancel).await {
                Ok(Some((outcome, after))) => {
                    outcomes.push(outcome);
                    stop = after;
                }
                Ok(None) => {}
                Err(error) => stop = Some(Stop::Message(cause_chain(&error))),
            }
            if stop.is_some() {
                break;
            }
        }
        drop(claim);
        self.finish(&outcomes, stop).await
    }

    /// Writes one chunk, if it is still to be written.
    async fn chunk(
        &self,
        number: ChunkNumber,
        rewrite: bool,
        cancel: &CancellationToken,
    ) -> Result<Option<(ChunkOutcome, Option<Stop>)>, StoreError> {
        let began = Instant::now();
        let session = self.session().clone();
        let mut chunk = blocking(move || session.chunk(number)).await?;
        if !rewrite && chunk.status == ChunkStatus::Complete {
            return Ok(None);
        }
        self.take_in_hand(chunk.words);
        let replaces = rewrite.then(|| std::mem::take(&mut chunk.text));
        self.reporter.tell(JobEvent::ChunkStarted {
            chunk: number,
            beat: chunk.beat.clone(),
            title: chunk.title.clone(),
            file: self.relative(&chunk),
            words: words::count(&chunk.text, &self.brief().language),
            target_words: chunk.target_words,
            elapsed_ms: self.reporter.elapsed_ms(),
        });
        let started = jiff::Timestamp::now();
        let drafting = Drafting {
            job: self,
            preceding: self.preceding(number).await?,
            notes: self.notes(number),
            replaces,
            chunk: &chunk,
        };
        let draft = drafting.run(cancel).await;
        let result = self.result(&draft, started, began);
        self.settle(&chunk, draft, result, began).await.map(Some)
    }

    /// Brings the end of a draft into session, editor and reports.
    async fn settle(
        &self,
        chunk: &ChunkView,
        draft: Draft,
        result: ChunkResult,
        began: Instant,
    ) -> Result<(ChunkOutcome, Option<Stop>), StoreError> {
        let number = chunk.number;
        let length = words::count(&draft.prose, &self.brief().language);
        let mut outcome = ChunkOutcome {
            number,
            title: chunk.title.clone(),
            words: length,
            target_words: chunk.target_words,
            elapsed: began.elapsed(),
            usage: draft.usage,
            cost: result.cost,
            attempts: draft.attempts,
            failure: None,
            end: ChunkEnd::Partial,
        };
        self.keep_refused(number, &draft).await;
        let page = (draft.owner == Owner::Client).then_some(chunk.path.as_path());
        let (session, prose) = (self.session().clone(), draft.prose.clone());
        match draft.end {
            DraftEnd::Complete => {
                let saved =
                    blocking(move || session.complete_chunk(number, &prose, result)).await?;
                self.bring_to_editor(saved, number, page).await;
                let percent = self.completed(chunk.target_words, length);
                outcome.end = ChunkEnd::Complete;
                self.reporter.tell(JobEvent::ChunkSaved {
                    chunk: number,
                    beat: chunk.beat.clone(),
                    file: self.relative(chunk),
                    words: length,
                    target_words: chunk.target_words,
                    percent,
                    chunk_ms: millis(began.elapsed()),
                    first_token_ms: draft.first_token_ms,
                    usage: draft.usage,
                    elapsed_ms: self.reporter.elapsed_ms(),
                });
                Ok((outcome, None))
            }
            DraftEnd::Failed { why, ends_job } => {
                let reason = why.clone();
                if !draft.old_stands {
                    let fail = move || session.fail_chunk(number, &prose, result, &reason);
                    self.bring_to_editor(blocking(fail).await?, number, page)
                        .await;
                }
                self.record_error(number, &draft.last_error, &why, &draft.prose)
                    .await;
                self.reporter.tell(JobEvent::ChunkFailed {
                    chunk: number,
                    words: length,
                    message: why.clone(),
                    elapsed_ms: self.reporter.elapsed_ms(),
                });
                outcome.failure = Some(why.clone());
                outcome.end = ChunkEnd::Failed;
                Ok((outcome, ends_job.then_some(Stop::Message(why))))
            }
            DraftEnd::Cancelled => Ok((outcome, Some(Stop::Cancelled))),
            DraftEnd::AuthorEdited => {
                let message = format!(
                    "chunk {number} was edited while it was being written, so writing stopped there; \
                     your text and the text so far are both kept"
                );
                self.reporter
                    .warn(Some(number), "author-edited", message.as_str());
                outcome.failure = Some(message.clone());
                Ok((outcome, Some(Stop::Message(message))))
            }
            DraftEnd::Store(error) => Err(error),
        }
    }

    /// Brings whole files that are open into the editor, but for the chunk that was shown on a
    /// page: that has its text, with what the author did to it meanwhile.
    async fn bring_to_editor(&self, saved: Saved, number: ChunkNumber, page: Option<&Path>) {
        let others = |edit: &ClientEdit| Some(edit.path.as_path()) != page;
        for edit in saved.client_edits.into_iter().filter(others) {
            let Err(stop) = self.editor.replace(&edit).await else {
                continue;
            };
            let file = edit.path.file_name().unwrap_or_default().to_string_lossy();
            let code = match stop {
                PageStop::AuthorEdited => "file-left-alone",
                PageStop::Unresponsive => "editor-unresponsive",
            };
            let message = format!(
                "{file} is open and was left as it is: {stop}. Save or close it, and the next write brings it up \
                 to date"
            );
            self.reporter.warn(Some(number), code, message);
        }
    }

    async fn preceding(&self, number: ChunkNumber) -> Result<String, StoreError> {
        let Some(before) = number.0.checked_sub(1).filter(|before| *before > 0) else {
            return Ok(String::new());
        };
        let session = self.session().clone();
        let before = blocking(move || session.chunk(ChunkNumber(before))).await?;
        Ok(before.text)
    }

    /// What the author asks for in the margin of the beat.
    fn notes(&self, number: ChunkNumber) -> Vec<String> {
        let beat = self
            .brief()
            .beats
            .get((number.0 as usize).saturating_sub(1));
        beat.map_or_else(Vec::new, |beat| {
            beat.notes.iter().map(|note| note.text.clone()).collect()
        })
    }

    fn result(&self, draft: &Draft, started: jiff::Timestamp, began: Instant) -> ChunkResult {
        ChunkResult {
            provider: self.writer.kind.as_str().to_owned(),
            model: self.writer.model.clone(),
            finish_reason: draft.finish.as_ref().map(run_report::finish_reason),
            attempts: draft.attempts,
            started,
            finished: jiff::Timestamp::now(),
            elapsed_ms: millis(began.elapsed()),
            first_token_ms: draft.first_token_ms,
            usage: TokenUsage {
                input_tokens: draft.usage.input_tokens,
                cached_tokens: draft.usage.cached_tokens,
                output_tokens: draft.usage.output_tokens,
            },
            cost: self.cost(&draft.usage),
            inputs: draft.inputs.clone(),
            demo: self.writer.kind == ProviderKind::Demo,
        }
    }

    fn cost(&self, usage: &Usage) -> Option<f64> {
        let price = self.settings.prices.get(&self.writer.model)?;
        Some(price.of(usage))
    }

    /// Why the budget of the job is used up, if it is.
    fn over_budget(&self, outcomes: &[ChunkOutcome]) -> Option<String> {
        let tokens: u64 = outcomes
            .iter()
            .filter_map(|outcome| outcome.usage.output_tokens)
            .sum();
        let cost: f64 = outcomes.iter().filter_map(|outcome| outcome.cost).sum();
        if let Some(limit) = self
            .settings
            .max_output_tokens
            .filter(|limit| tokens >= *limit)
        {
            return Some(format!(
                "the budget of {limit} output tokens (max_output_tokens) is used up"
            ));
        }
        let limit = self.settings.max_cost.filter(|limit| cost >= *limit)?;
        Some(format!("the budget of {limit} (max_cost) is used up"))
    }

    /// Failures and refused answers go into the run's records.
    async fn record_error(
        &self,
        number: ChunkNumber,
        error: &Option<crate::provider::ProviderError>,
        why: &str,
        prose: &str,
    ) {
        let report = run_report::error_report(number, why, error.as_ref(), prose);
        let (run, name) = (
            self.reporter.run().clone(),
            format!("chunk_{:02}", number.0),
        );
        if let Err(error) = blocking(move || run.error(&name, &report)).await {
            self.reporter
                .warn(Some(number), "record", cause_chain(&error));
        }
    }

    async fn keep_refused(&self, number: ChunkNumber, draft: &Draft) {
        for (index, text) in draft.refused.iter().enumerate() {
            let (run, text) = (self.reporter.run().clone(), text.clone());
            let name = format!("chunk_{:02}_refused_{}", number.0, index + 1);
            if let Err(error) = blocking(move || run.error(&name, &text)).await {
                self.reporter
                    .warn(Some(number), "record", cause_chain(&error));
            }
        }
    }

    async fn finish(&self, outcomes: &[ChunkOutcome], stop: Option<Stop>) -> Finished {
        let session = self.session().clone();
        let view = blocking(move || session.view()).await;
        let (total, incomplete): (u32, Vec<ChunkNumber>) = match &view {
            Ok(view) => (
                view.chunks.iter().map(|chunk| chunk.words).sum(),
                view.chunks
                    .iter()
                    .filter(|chunk| chunk.status != ChunkStatus::Complete)
                    .map(|chunk| chunk.number)
                    .collect(),
            ),
            Err(_) => (0, Vec::new()),
        };
        let failed = outcomes.iter().any(|outcome| outcome.failure.is_some());
        let outcome = match &stop {
            Some(Stop::Cancelled) => Outcome::Cancelled,
            Some(Stop::Message(_)) => Outcome::Incomplete,
            None if failed => Outcome::Incomplete,
            None => Outcome::Complete,
        };
        let message = run_report::message(
            outcome,
            stop.as_ref().and_then(Stop::text),
            outcomes,
            &incomplete,
        );
        let usage = outcomes
            .iter()
            .fold(Usage::default(), |sum, outcome| sum.plus(outcome.usage));
        let costs: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.cost).collect();
        let cost = (!costs.is_empty()).then(|| costs.iter().sum());
        let target_words = self.target_words();
        let summary = run_report::summary(&run_report::Summary {
            story: &self.brief().title,
            session: self.session().id(),
            asked: &self.asked,
            provider: self.writer.kind.as_str(),
            model: &self.writer.model,
            outcome,
            message: &message,
            outcomes,
            words: total,
            target_words,
            unit: self.brief().language.unit(),
            usage,
            cost,
            elapsed: self.reporter.elapsed(),
        });
        let run = self.reporter.run().clone();
        if let Err(error) = blocking(move || run.finish(&summary)).await {
            self.reporter.warn(None, "record", cause_chain(&error));
        }
        self.reporter.tell(JobEvent::JobFinished {
            outcome,
            words: total,
            target_words,
            written: outcomes
                .iter()
                .filter(|outcome| outcome.end == ChunkEnd::Complete)
                .count(),
            incomplete,
            usage,
            cost,
            message: message.clone(),
            elapsed_ms: self.reporter.elapsed_ms(),
        });
        Finished { outcome, message }
    }

    async fn tell_started(&self, queue: &[ChunkNumber]) {
        let session = self.session().clone();
        let chunks = match blocking(move || session.view()).await {
            Ok(view) => view.chunks,
            Err(_) => Vec::new(),
        };
        {
            let mut progress = self.progress();
            progress.asked = chunks
                .iter()
                .filter(|chunk| queue.contains(&chunk.number))
                .map(|chunk| chunk.target_words)
                .sum();
            progress.story = chunks.iter().map(|chunk| chunk.words).sum();
        }
        self.reporter.tell(JobEvent::JobStarted {
            job: self.id.clone(),
            story: self.brief().title.clone(),
            session: self.session().id().to_string(),
            run: self.reporter.run().name().to_owned(),
            provider: self.writer.kind.as_str(),
            model: self.writer.model.clone(),
            chunks: chunks.len(),
            to_write: queue.to_vec(),
            words: chunks.iter().map(|chunk| chunk.words).sum(),
            target_words: self.target_words(),
        });
    }

    /// Tells how far the chunk in hand is.
    pub(super) fn tell_progress(
        &self,
        chunk: ChunkNumber,
        length: u32,
        target_words: u32,
        fresh: u32,
        started: Instant,
    ) {
        let (story_words, percent) = {
            let progress = self.progress();
            let reached = progress.done + length.min(target_words);
            (progress.story + length, percent(reached, progress.asked))
        };
        let seconds = started.elapsed().as_secs_f64().max(0.001);
        self.reporter.tell(JobEvent::Progress {
            chunk,
            words: length,
            target_words,
            story_words,
            percent,
            words_per_second: (f64::from(fresh) / seconds * 10.0).round() / 10.0,
            elapsed_ms: self.reporter.elapsed_ms(),
        });
    }

    /// From now on the chunk in hand is counted by its draft.
    fn take_in_hand(&self, words: u32) {
        let mut progress = self.progress();
        progress.story = progress.story.saturating_sub(words);
    }

    /// Counts a completed chunk; how far the job is, in per cent.
    fn completed(&self, target_words: u32, length: u32) -> u32 {
        let mut progress = self.progress();
        progress.done += target_words;
        progress.story += length;
        percent(progress.done, progress.asked)
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn target_words(&self) -> u32 {
        self.story
            .plan(&self.settings)
            .iter()
            .map(|chunk| chunk.target_words)
            .sum()
    }

    fn relative(&self, chunk: &ChunkView) -> String {
        relative(&chunk.path, self.story.folder.root())
    }
}

/// Why a job ends before its queue does.
enum Stop {
    Cancelled,
    Message(String),
}

impl Stop {
    fn text(&self) -> Option<&str> {
        match self {
            Stop::Cancelled => None,
            Stop::Message(message) => Some(message),
        }
    }
}

fn percent(part: u32, whole: u32) -> u32 {
    let percent = u64::from(part) * 100 / u64::from(whole.max(1));
    u32::try_from(percent.min(100)).unwrap_or(100)
}
