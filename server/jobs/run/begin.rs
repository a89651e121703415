//! Begins a job of any kind: connects its model, opens what it changes, checks that its results can be kept,
//! begins its run's record, and reports the first warnings.
//!
//! Until the model is connected nothing changes on disk.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::blocking::blocking;
use super::connected_model::ConnectedModel;
use super::editor::Editor;
use super::error::JobError;
use super::preflight;
use super::prepared::Prepared;
use super::reporter::{Reporter, tell_of_settings, tell_of_wait};
use super::started_job::StartedJob;
use super::without_effect::{Situation, without_effect};
use super::workshop::{OpenSession, Workshop};
use crate::events::job::{Observer, Work};
use crate::events::outcomes::Finished;
use crate::session::{Notice, Run};
use crate::settings::{Role, Settings};
use crate::story::ChunkNumber;

/// The context of a job: its observer, its editor and its cancellation.
#[derive(Clone)]
pub(crate) struct Context<'a> {
    pub workshop: &'a Workshop,
    pub editor: Arc<dyn Editor>,
    pub observer: Arc<dyn Observer>,
    pub cancel: &'a CancellationToken,
    /// The moment at which the job was requested.
    pub since: Instant,
}

/// The reason why a job has not begun.
pub(crate) enum NotBegun {
    /// A job that has nothing to do, or was cancelled.
    Over(Finished),
    Failed(JobError),
}

impl<E: Into<JobError>> From<E> for NotBegun {
    fn from(error: E) -> Self {
        NotBegun::Failed(error.into())
    }
}

impl NotBegun {
    /// Converts the end of a job that may not have begun into the result for the caller.
    pub fn as_end(ended: Result<Finished, NotBegun>) -> Result<Finished, JobError> {
        match ended {
            Ok(finished) | Err(NotBegun::Over(finished)) => Ok(finished),
            Err(NotBegun::Failed(error)) => Err(error),
        }
    }
}

impl<'a> Context<'a> {
    /// Makes the context of a job that is requested now.
    pub fn new(
        workshop: &'a Workshop,
        editor: Arc<dyn Editor>,
        observer: Arc<dyn Observer>,
        cancel: &'a CancellationToken,
    ) -> Context<'a> {
        Context {
            workshop,
            editor,
            observer,
            cancel,
            since: Instant::now(),
        }
    }

    /// Waits for something that changes nothing, and returns at once when the job is cancelled.
    pub async fn unless_cancelled<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, NotBegun>
    where
        NotBegun: From<E>,
    {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(NotBegun::Over(Finished::cancelled_early())),
            done = work => Ok(done?),
        }
    }

    /// Connects the model of a role. Settings that were ignored are reported before, since they may be the
    /// reason why there is none.
    pub async fn connect(
        &self,
        settings: &Settings,
        warnings: &[String],
        role: Role,
    ) -> Result<ConnectedModel, NotBegun> {
        tell_of_settings(self.observer.as_ref(), warnings, self.since);
        let waiting = tell_of_wait(Arc::clone(&self.observer), self.since);
        let model = ConnectedModel::connect(settings, self.workshop.environment(), role, &waiting);
        self.unless_cancelled(model).await
    }

    /// Makes the reporter of the job, and writes the first lines of its record.
    pub fn reporter(&self, run: Run, warnings: &[String], model: &ConnectedModel) -> Reporter {
        let reporter = Reporter::new(Arc::clone(&self.observer), run, self.since);
        reporter.record_settings(warnings);
        model.warn_of_exposed_key(&reporter);
        reporter
    }
}

/// An open session for a job that has changed nothing in it yet.
pub(crate) struct Opened {
    pub open: Arc<OpenSession>,
    pub model: ConnectedModel,
    /// The notices from opening it.
    notices: Vec<Notice>,
}

impl Prepared {
    /// Connects the model and opens the session.
    pub(crate) async fn connect(&self, context: &Context<'_>) -> Result<Opened, NotBegun> {
        let role = role(self.work());
        let model = context.connect(&self.settings, &self.warnings, role);
        let model = model.await?;
        let (open, notices) = self
            .open(context.workshop, Arc::clone(&context.editor))
            .await?;
        self.recall_tokenizers(&open, &model).await;
        Ok(Opened {
            open,
            model,
            notices,
        })
    }

    /// Opens the session for writing.
    pub(crate) async fn open(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<(Arc<OpenSession>, Vec<Notice>), JobError> {
        let (workshop, story, plan) = (workshop.clone(), self.story.clone(), self.plan.clone());
        let wanted = self.request.session.clone();
        blocking(move || {
            let opened = workshop.open_session(&story, wanted.as_ref(), &plan, editor)?;
            // Looked at with the session in hand: who plans looks at sessions with the outline in hand.
            workshop.check_not_planned(&story.folder)?;
            opened.0.session.know_title_page(&story.brief, &story.text);
            Ok(opened)
        })
        .await
    }

    /// Begins the run's record, after checking that the results for these chunks can be kept. `is_fresh` is
    /// whether nothing of the story is there yet and all of it is written.
    pub(crate) async fn start(
        &self,
        context: &Context<'_>,
        opened: Opened,
        chunks: Vec<ChunkNumber>,
        is_fresh: bool,
    ) -> Result<Arc<StartedJob>, JobError> {
        let Opened {
            open,
            model,
            notices,
        } = opened;
        let (work, asked) = (self.work(), self.asked());
        let writes = preflight::writes(work, &self.settings);
        self.check_writable(&open, chunks, writes).await?;
        let public = (work == Work::Write).then(|| self.settings.public());
        let run = blocking({
            let (session, asked) = (open.session.clone(), asked.clone());
            move || {
                if let Some(public) = public {
                    session.set_settings(public)?;
                }
                session.start_run(run_kind(work), &asked)
            }
        });
        let reporter = context.reporter(run.await?, &self.warnings, &model);
        self.warn_without_effect(&reporter, &model, is_fresh);
        for notice in notices {
            reporter.warn(None, notice.code, notice.message);
        }
        Ok(Arc::new(StartedJob {
            name: self.request.job.clone(),
            asked,
            work,
            story: Arc::clone(&self.story),
            settings: Arc::new(self.settings.clone()),
            model,
            open,
            editor: Arc::clone(&context.editor),
            reporter: Arc::new(reporter),
            index: Arc::default(),
        }))
    }

    /// Warns of command-line settings that have no effect.
    fn warn_without_effect(&self, reporter: &Reporter, model: &ConnectedModel, is_fresh: bool) {
        let situation = Situation {
            settings: &self.settings,
            brief: &self.story.brief,
            work: self.work(),
            provider: model.kind,
            model: &model.name,
            is_fresh,
        };
        for message in without_effect(&self.request.flags, &situation) {
            reporter.warn(None, "no-effect", message);
        }
    }
}

/// Returns the role whose model a job asks.
fn role(work: Work) -> Role {
    match work {
        Work::Write | Work::Candidates => Role::Draft,
        Work::Read => Role::State,
        Work::Refine => Role::Refine,
        Work::Audit => Role::Audit,
    }
}

/// Returns the word that names the folder of a run.
fn run_kind(work: Work) -> &'static str {
    match work {
        Work::Write => "draft",
        Work::Candidates => "candidates",
        Work::Read => "state",
        Work::Refine => "refine",
        Work::Audit => "audit",
    }
}
