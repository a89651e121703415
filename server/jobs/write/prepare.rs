//! Prepares a job that writes: reads brief and settings, connects the model, opens the session, and schedules
//! the chunks.

use std::sync::Arc;

use super::job::Job;
use super::job_records::full_story;
use super::looking::Found;
use super::queue::Queue;
use super::single::{Beginning, SingleCall};
use crate::analysis::lineup::{Lineup, without_tail};
use crate::analysis::mode::Choice;
use crate::analysis::selection::ChunkRef;
use crate::analysis::status::StoryStatus;
use crate::analysis::written::Written;
use crate::analysis::{stale, story_sessions};
use crate::events::job::{JobEvent, Outcome};
use crate::events::outcomes::Finished;
use crate::jobs::run::background_calls::Spent;
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::brief_watch::BriefWatch;
use crate::jobs::run::connected_model::ConnectedModel;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::preflight::check_brief_inside;
pub use crate::jobs::run::prepared::Prepared;
use crate::jobs::run::reporter::{Reporter, millis, tell_of_settings};
use crate::jobs::run::run_summary;
use crate::jobs::run::run_summary::Safety;
use crate::jobs::run::started_job::JobEnd;
use crate::jobs::run::workshop::{JobRequest, Naming, OpenSession, Reach, Scope, Workshop};
use crate::session::{SessionId, SessionView};
use crate::settings::{Mode, Switch};
use crate::story::ChunkNumber;
use crate::writing::contract::{self, Boundary, Findings};
use crate::writing::schedule::{Order, Schedule, Treatment};

/// A finding that a rewrite is to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The chunk that is written anew.
    pub chunk: ChunkRef,
    /// The code of the finding.
    pub code: String,
}

impl Prepared {
    /// Reads brief and settings, and fails where nothing can be written from them. Blocks on the file system;
    /// sends nothing.
    pub fn new(
        workshop: &Workshop,
        request: JobRequest,
        editor: &dyn Editor,
    ) -> Result<Prepared, JobError> {
        let read = workshop.read_story(&request.source(), editor)?;
        workshop.check_not_planned(&read.story.folder)?;
        let (story, settings, warnings) = read.usable()?;
        story.check()?;
        let story = Arc::new(story);
        let watch = BriefWatch::new(workshop, &request, &story, &settings);
        if matches!(request.scope, Scope::Read(_)) && settings.state == Switch::Off {
            return Err(JobError::StateOff);
        }
        let plan = story.plan(&settings);
        request.scope.named(&plan)?;
        if let (Some(session), Naming::ByAuthor) = (&request.session, request.naming) {
            // A mistyped name must not begin, and pay for, a draft of its own.
            story_sessions::known(&story, session, workshop.disk())?;
        }
        Ok(Prepared {
            request,
            story,
            settings,
            plan,
            warnings,
            watch,
        })
    }

    /// Connects the model, opens the session, and writes, reads, refines or audits chunks.
    ///
    /// # Errors
    /// When the job could not begin; once it has begun, whatever happens is told in
    /// [`Finished`].
    pub(crate) async fn carry_out(self, context: &Context<'_>) -> Result<Finished, NotBegun> {
        let disk = context.workshop.disk();
        let is_inside = check_brief_inside(&self.story.folder, disk, Arc::clone(&context.editor));
        context.unless_cancelled(is_inside).await?;
        match self.request.scope.clone() {
            Scope::Read(which) => self.read_chunks(which, context).await,
            Scope::Refine { .. } | Scope::Audit(_) => self.go_over(context).await,
            Scope::Candidates { count, note, .. } => {
                self.write_candidates(count, note, context).await
            }
            _ => self.write_chunks(context).await,
        }
    }

    async fn write_chunks(self, context: &Context<'_>) -> Result<Finished, NotBegun> {
        let looked = self.find_work(context.workshop, &context.editor);
        let left = match context.unless_cancelled(looked).await? {
            Found::Work(left) => left,
            Found::Nothing(status) => return Ok(self.nothing_to_write(context, &status).await?),
        };
        let opened = self.connect(context).await?;
        let (queue, scheduled, beginning) = self.queue(&opened.open, &opened.model).await?;
        let steps = scheduled.schedule.steps();
        let numbers: Vec<ChunkNumber> = steps.map(|step| step.task.number).collect();
        let is_fresh = beginning.is_fresh;
        let started = self.start(context, opened, numbers, is_fresh).await?;
        let reporter = &started.reporter;
        self.warn_of_order(reporter, &scheduled);
        for (number, kept) in &queue.lineup.kept {
            reporter.warn(Some(*number), kept.code(), kept.message(*number));
        }
        let choice = self.choose_calls(&beginning, &started.model).await;
        if let Choice::Chunked(Some(message)) = &choice {
            reporter.warn(None, "mode", message.as_str());
        }
        let mut job = Job::new(started);
        if choice == Choice::OneCall {
            job.expect_whole_story();
            job.single = SingleCall::ready(beginning.parts);
        }
        job.named = self.named()?;
        if let Scope::RewriteWithNote { note, .. } = self.request.scope {
            job.only_note = Some(note);
        }
        job.measured = beginning.measured;
        job.watch = Some(Arc::new(self.watch));
        let job = Arc::new(job);
        Ok(job
            .write(queue, scheduled.schedule, left, context.cancel)
            .await)
    }
}

impl Prepared {
    /// Returns whether the story is written in one call. What is known of a model by its name counts only
    /// where the server says that it has that model.
    async fn choose_calls(&self, beginning: &Beginning, model: &ConnectedModel) -> Choice {
        let choice = beginning.choose(&self.story, &self.settings, model);
        let is_by_name = self.settings.mode == Mode::Auto && choice == Choice::OneCall;
        match is_by_name && !model.provider.offers(&model.name).await {
            true => Choice::Chunked(None),
            false => choice,
        }
    }

    /// Opens the session of a job with nothing to write, so that interrupted changes are finished and the
    /// whole story is assembled.
    async fn nothing_to_write(
        self,
        context: &Context<'_>,
        status: &StoryStatus,
    ) -> Result<Finished, JobError> {
        let (editor, observer) = (&context.editor, context.observer.as_ref());
        let (open, notices) = self.open(context.workshop, Arc::clone(editor)).await?;
        let session = open.session.clone();
        let saved = blocking(move || session.assemble()).await?;
        for edit in saved.client_edits {
            // The editor shows the story as it was; the next assembly tries again.
            let _ = editor.replace(&edit).await;
        }
        let elapsed_ms = millis(context.since.elapsed());
        for notice in notices {
            observer.event(&JobEvent::Warning {
                chunk: None,
                code: notice.code.to_owned(),
                message: notice.message,
                elapsed_ms,
            });
        }
        tell_of_settings(observer, &self.warnings, context.since);
        let message = match self.named()? {
            Some(numbers) => run_summary::complete_already(&numbers),
            None => run_summary::message(
                Outcome::Complete,
                None,
                &[],
                &[],
                &run_summary::Rest::nothing(&full_story(&open.session)),
                &[],
                &Safety {
                    saved: Some(status.words),
                    unsaved: &[],
                    unit: self.story.brief.language.unit(),
                },
            ),
        };
        let stale: Vec<ChunkNumber> = status.stale().map(|chunk| chunk.number).collect();
        let message = run_summary::with_stale(message, &stale);
        let end = JobEnd {
            outcome: Outcome::Complete,
            message,
            words: status.words,
            target_words: status.target_words,
            written: 0,
            incomplete: status.to_write().map(|chunk| chunk.number).collect(),
            stale,
            spent: Spent::default(),
            outcomes: &[],
            seams: &[],
            beside: &[],
        };
        Ok(end.tell(observer, context.since))
    }

    /// Returns the draft that is written in, where it is named.
    pub fn session(&self) -> Option<&SessionId> {
        self.request.session.as_ref()
    }

    /// Returns what the job is to put right; `None` where that is no single finding.
    pub fn answers(&self) -> Option<Answers> {
        match &self.request.scope {
            Scope::RewriteWithNote {
                chunk,
                answers: Some(code),
                ..
            } => Some(Answers {
                chunk: chunk.clone(),
                code: code.clone(),
            }),
            _ => None,
        }
    }

    /// Returns the chunks to write, by the state of a session.
    pub(crate) fn lineup(&self, written: &Written) -> Result<Lineup, JobError> {
        let view = &written.view;
        let named = self.named()?.unwrap_or_default();
        Ok(match &self.request.scope {
            Scope::Remaining => Lineup::remaining(view, None),
            Scope::UpTo(_) | Scope::Chapter(_) => Lineup::remaining(view, Some(&named)),
            Scope::Chunks(_) => Lineup::named(&named, Treatment::GoOn, view)?,
            Scope::Rewrite(_) | Scope::RewriteWithNote { .. } => {
                Lineup::named(&named, Treatment::Rewrite, view)?
            }
            Scope::RewriteFrom(chunk) => Lineup::from(chunk.resolve(&self.plan)?, view)?,
            Scope::RewriteStale(_) => {
                let reasons = stale::reasons(&self.story, written, &self.settings);
                Lineup::stale(view, &reasons)
            }
            // They write nothing.
            Scope::Read(_) | Scope::Refine { .. } | Scope::Candidates { .. } | Scope::Audit(_) => {
                Lineup::default()
            }
        })
    }

    /// Returns the schedule of these chunks, after checking that the planned states cover every place where
    /// the text itself will not be there.
    pub(super) fn schedule(
        &self,
        lineup: &Lineup,
        view: &SessionView,
    ) -> Result<Scheduled, JobError> {
        let brief = &self.story.brief;
        let schedule = lineup.schedule(brief, view, &self.settings);
        let apart = without_tail(&schedule);
        let Findings { silent, apart } = contract::check(brief, &self.story.text, apart);
        if !silent.is_empty() {
            return Err(JobError::Contract {
                path: self.story.folder.brief().to_owned(),
                order: self.settings.order,
                silent,
            });
        }
        Ok(Scheduled { schedule, apart })
    }

    /// Reads the written part of the story. Takes no lock.
    pub(crate) async fn written(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Written, JobError> {
        let (story, plan) = (self.story.clone(), self.plan.clone());
        let (wanted, disk) = (self.request.session.clone(), workshop.disk().clone());
        let settings = self.settings.clone();
        let written = blocking(move || {
            let current = || story.folder.current_session(&disk);
            let id = wanted.map_or_else(current, |id| Ok(Some(id)))?;
            // Nothing is there yet, under whatever name.
            let id = id.map_or_else(
                || story.folder.new_session_id(&story.brief.title, &disk),
                Ok,
            )?;
            Written::read(&story, &id, &plan, &settings, editor.as_ref(), &disk)
        });
        Ok(written.await?)
    }

    /// Returns the chunks to write, and the claim on them that excludes other jobs.
    async fn queue(
        &self,
        open: &Arc<OpenSession>,
        model: &ConnectedModel,
    ) -> Result<(Queue, Scheduled, Beginning), JobError> {
        let chunk = match &self.request.scope {
            Scope::Chunks(_) | Scope::Rewrite(_) | Scope::RewriteWithNote { .. } => self.chunk()?,
            _ => None,
        };
        let number = chunk.unwrap_or(ChunkNumber(1));
        let claim = open
            .claim(chunk, &self.request.job)
            .map_err(|job| JobError::Busy { number, job })?;
        let session = open.session.clone();
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let written = blocking(move || Written::of_session(&session, &story, &settings)).await?;
        let lineup = self.lineup(&written)?;
        let scheduled = self.schedule(&lineup, &written.view)?;
        let beginning = Beginning::of(&lineup, &written.view, model);
        let reach = match self.request.scope {
            Scope::RewriteStale(reach) => reach,
            _ => Reach::Stale,
        };
        let queue = Queue {
            lineup,
            claim,
            reach,
        };
        Ok((queue, scheduled, beginning))
    }

    /// Warns of doubtful places in the order of writing.
    fn warn_of_order(&self, reporter: &Reporter, scheduled: &Scheduled) {
        let order = self.settings.order;
        if order == Order::Chapters && self.story.brief.chapters.is_empty() {
            let message = "the outline has no chapters, so order = \"chapters\" is the same as \"serial\" here. \
                           Chapters are ## headings with the beats as ### below them";
            reporter.warn(None, "order", message);
        }
        let several = scheduled.schedule.steps().count() > 1;
        if order != Order::Serial && self.settings.parallel == 1 && several {
            let message = format!(
                "order = \"{}\" writes nothing at the same time while parallel is 1",
                order.as_str()
            );
            reporter.warn(None, "order", message);
        }
        for place in &scheduled.apart {
            let message = format!(
                "{}:{}: the Exit of “{}” and the Enter of “{}” have no word in common, and “{}” is written before \
                 the text of the other is there",
                self.story.folder.brief_name(),
                place.line,
                place.earlier,
                place.later,
                place.later
            );
            reporter.warn(None, "contract", message);
        }
    }
}

/// The schedule of the chunks, and the places where their planned states are doubtful.
pub(super) struct Scheduled {
    schedule: Schedule,
    apart: Vec<Boundary>,
}
