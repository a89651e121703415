//! A job: writes chunk after chunk, saves, assembles, reports; can be cancelled at any moment.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::blocking;
use super::draft::{Draft, DraftEnd, Drafting, OldText};
use super::editor::{Editor, PageStop};
use super::events::{JobEvent, Outcome};
use super::job_report::Progress;
use super::prepare::{Queue, Task, Treatment};
use super::prompt::Templates;
use super::report::{Reporter, causes, millis};
use super::run_report::{self, ChunkEnd, ChunkOutcome};
use super::settings::Settings;
use super::status::relative;
use super::story_file::StoryFile;
use super::workshop::OpenSession;
use super::writer::Writer;
use super::written::Written;
use crate::provider::{ProviderKind, Usage};
use crate::session::{ChunkResult, ChunkStatus, ChunkView, Saved, Session, StoreError, TokenUsage};
use crate::story::{Brief, ChunkNumber, words};

/// A running job.
pub struct Job {
    pub(super) id: String,
    /// What was asked for, for the run's records.
    pub(super) asked: String,
    pub(super) story: StoryFile,
    pub(super) settings: Settings,
    pub(super) writer: Writer,
    open: Arc<OpenSession>,
    editor: Arc<dyn Editor>,
    reporter: Reporter,
    pub(super) progress: Mutex<Progress>,
}

/// How a job came out.
#[derive(Debug, Clone)]
pub struct Finished {
    pub outcome: Outcome,
    pub message: String,
}

impl Finished {
    pub(super) fn cancelled_early() -> Finished {
        Finished {
            outcome: Outcome::Cancelled,
            message: "cancelled before anything was asked for; nothing changed".to_owned(),
        }
    }
}

impl Job {
    #[allow(clippy::too_many_arguments)] // Once, from one place: these are its fields.
    pub(super) fn new(
        id: String,
        asked: String,
        story: StoryFile,
        settings: Settings,
        writer: Writer,
        open: Arc<OpenSession>,
        editor: Arc<dyn Editor>,
        reporter: Reporter,
    ) -> Job {
        Job {
            id,
            asked,
            story,
            settings,
            writer,
            open,
            editor,
            reporter,
            progress: Mutex::default(),
        }
    }

    pub(super) fn brief(&self) -> &Brief {
        &self.story.brief
    }

    pub(super) fn templates(&self) -> &Templates {
        &self.story.templates
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
    pub(super) async fn write(&self, queue: Queue, cancel: &CancellationToken) -> Finished {
        let Queue { tasks, claim, .. } = queue;
        self.tell_started(&tasks).await;
        let mut outcomes = Vec::new();
        let mut stop = None;
        for task in tasks {
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
                    turn = self.open.claim_in_turn(task.number, &self.id) => _turn = Some(turn),
                }
            }
            match self.chunk(task, cancel).await {
                Ok(Some((outcome, after))) => {
                    outcomes.push(outcome);
                    stop = after;
                }
                Ok(None) => {}
                Err(error) => {
                    self.reporter.log_error(task.number, &error);
                    stop = Some(Stop::At {
                        chunk: task.number,
                        why: error.to_string(),
                    });
                }
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
        task: Task,
        cancel: &CancellationToken,
    ) -> Result<Option<(ChunkOutcome, Option<Stop>)>, StoreError> {
        let Task { number, treatment } = task;
        let began = Instant::now();
        let session = self.session().clone();
        let mut chunk = blocking(move || session.chunk(number)).await?;
        if treatment == Treatment::GoOn && chunk.status == ChunkStatus::Complete {
            return Ok(None);
        }
        self.take_in_hand(chunk.words);
        let mut replaces = None;
        if treatment == Treatment::Rewrite {
            replaces = Some(std::mem::take(&mut chunk.text));
        }
        self.reporter.tell(JobEvent::ChunkStarted {
            chunk: number,
            beat: chunk.beat.clone(),
            title: chunk.title.clone(),
            file: self.relative(&chunk),
            words: words::count(&chunk.text, &self.brief().language),
            target_words: chunk.target_words,
            percent: self.percent(),
            elapsed_ms: self.reporter.elapsed_ms(),
        });
        let started = jiff::Timestamp::now();
        let session = self.session().clone();
        let drafting = Drafting {
            job: self,
            written: Written::new(blocking(move || session.view()).await?),
            preceding: self.preceding(number).await?,
            notes: self.notes(number),
            replaces,
            retired: AtomicBool::new(false),
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
        let (session, prose) = (self.session().clone(), draft.prose.clone());
        match draft.end {
            DraftEnd::Complete => {
                let saved =
                    blocking(move || session.complete_chunk(number, &prose, result)).await?;
                self.bring_to_editor(saved, chunk).await;
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
                match draft.old {
                    OldText::Stands => {}
                    // All that came was refused; better the old text than none.
                    OldText::Retired if prose.is_empty() => {
                        let saved = blocking(move || session.restore_version(number, None)).await?;
                        self.bring_all_to_editor(saved, chunk).await;
                    }
                    OldText::None | OldText::Retired => {
                        let fail = move || session.fail_chunk(number, &prose, result, &reason);
                        self.bring_to_editor(blocking(fail).await?, chunk).await;
                    }
                }
                self.record_error(number, &draft.last_error, &why, &draft.prose)
                    .await;
                self.reporter.tell(JobEvent::ChunkFailed {
                    chunk: number,
                    words: length,
                    message: why.clone(),
                    causes: draft
                        .last_error
                        .as_ref()
                        .map_or_else(Vec::new, |error| causes(error)),
                    ends_job,
                    elapsed_ms: self.reporter.elapsed_ms(),
                });
                outcome.failure = Some(why.clone());
                outcome.end = ChunkEnd::Failed;
                let stop = ends_job.then_some(Stop::At { chunk: number, why });
                Ok((outcome, stop))
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

    /// Brings whole files that are open into the editor. The chunk itself is there already:
    /// its page has shown it, with what the author changed elsewhere in it meanwhile.
    async fn bring_to_editor(&self, mut saved: Saved, chunk: &ChunkView) {
        saved.client_edits.retain(|edit| edit.path != chunk.path);
        self.bring_all_to_editor(saved, chunk).await;
    }

    async fn bring_all_to_editor(&self, saved: Saved, chunk: &ChunkView) {
        for notice in saved.notices {
            self.reporter
                .warn(Some(chunk.number), notice.code, notice.message);
        }
        for edit in saved
            .client_edits
            .into_iter()
            .filter(|edit| edit.path != chunk.path)
        {
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
            self.reporter.warn(Some(chunk.number), code, message);
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

    pub(super) fn target_words(&self) -> u32 {
        self.story
            .plan(&self.settings)
            .iter()
            .map(|chunk| chunk.target_words)
            .sum()
    }

    pub(super) fn relative(&self, chunk: &ChunkView) -> String {
        relative(&chunk.path, self.story.folder.root())
    }
}

/// Why a job ends before its queue does.
pub(super) enum Stop {
    Cancelled,
    /// A chunk could not be written, and no other could be.
    At {
        chunk: ChunkNumber,
        why: String,
    },
    Message(String),
}

impl Stop {
    /// As the beginning of a sentence, without its full stop.
    pub(super) fn text(&self) -> Option<String> {
        let text = match self {
            Stop::Cancelled => return None,
            Stop::At { chunk, why } => format!("stopped at chunk {chunk}: {why}"),
            Stop::Message(message) => format!("stopped: {message}"),
        };
        Some(text.trim_end_matches('.').to_owned())
    }
}
