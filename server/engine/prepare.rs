//! Before a job writes: brief and settings are read, the writer is found, the session opened,
//! and the chunks to write are lined up.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::editor::Editor;
use super::error::JobError;
use super::events::{JobEvent, Observer, Outcome};
use super::job::{Finished, Job};
use super::job_report::full_story;
use super::report::{Reporter, millis};
use super::settings::{Role, Settings};
use super::status::StoryStatus;
use super::story_file::StoryFile;
use super::workshop::{ChunkRef, Claim, JobRequest, Naming, OpenSession, Scope, Workshop};
use super::writer::Writer;
use super::written::Written;
use super::{blocking, run_report, sessions, stale};
use crate::provider::Usage;
use crate::session::{ChunkStatus, ChunkView, Notice, Origin, PlannedChunk, SessionView};
use crate::story::{ChunkNumber, Severity};

/// A request whose brief and settings are in order; nothing has been sent or written yet.
pub struct Prepared {
    request: JobRequest,
    story: StoryFile,
    settings: Settings,
    plan: Vec<PlannedChunk>,
    warnings: Vec<String>,
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
        let story = story.with_settings(&settings);
        story.check()?;
        let plan = story.plan(&settings);
        if let Some(chunk) = request.scope.chunk() {
            chunk.resolve(&plan)?;
        }
        if let (Some(session), Naming::ByAuthor) = (&request.session, request.naming) {
            // A mistyped name must not begin, and pay for, a draft of its own.
            sessions::known(&story, session, workshop.disk())?;
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

    /// How many problems the brief has that do not stop a job, in a sentence.
    pub fn brief_warnings(&self) -> Option<String> {
        let problems = self.story.brief.problems.iter();
        match problems
            .filter(|problem| problem.severity == Severity::Warning)
            .count()
        {
            0 => None,
            1 => Some("the brief has a warning; `storywright check` shows it".to_owned()),
            n => Some(format!(
                "the brief has {n} warnings; `storywright check` shows them"
            )),
        }
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
        let queue = self.queue(&open).await?;
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
        let reporter = Reporter::new(observer, run, started);
        for warning in self.warnings {
            reporter.warn(None, "setting", warning);
        }
        for notice in notices {
            reporter.warn(None, notice.code, notice.message);
        }
        for kept in &queue.kept {
            let message = format!(
                "chunk {kept} was edited by the author and is left as it is; name it to have it rewritten"
            );
            reporter.warn(Some(*kept), "edited-kept", message);
        }
        let job = Job::new(
            self.request.job,
            asked,
            self.story,
            self.settings,
            writer,
            open,
            editor,
            reporter,
        );
        Ok(job.write(queue, cancel).await)
    }
}

impl Prepared {
    /// The state of a story in which nothing that was asked for is left to write; then no
    /// model is asked for.
    async fn complete(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Option<StoryStatus>, JobError> {
        if !matches!(self.request.scope, Scope::Remaining | Scope::Chunk(_)) {
            return Ok(None);
        }
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let (wanted, disk) = (self.request.session.clone(), workshop.disk().clone());
        let status = blocking(move || {
            StoryStatus::read(&story, &settings, wanted.as_ref(), editor.as_ref(), &disk)
        })
        .await?;
        let is_complete = match self.chunk()? {
            Some(number) => status.to_write().all(|chunk| chunk.number != number),
            None => status.to_write().next().is_none(),
        };
        Ok(is_complete.then_some(status))
    }

    /// The one chunk that is asked for.
    fn chunk(&self) -> Result<Option<ChunkNumber>, JobError> {
        let chunk = self.request.scope.chunk();
        chunk.map(|chunk| chunk.resolve(&self.plan)).transpose()
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
        for message in &self.warnings {
            observer.event(&JobEvent::Warning {
                chunk: None,
                code: "setting".to_owned(),
                message: message.clone(),
                elapsed_ms,
            });
        }
        let message = match self.chunk()? {
            Some(number) => run_report::complete_already(number),
            None => run_report::message(
                Outcome::Complete,
                None,
                &[],
                &[],
                &full_story(&open.session),
            ),
        };
        observer.event(&JobEvent::JobFinished {
            outcome: Outcome::Complete,
            words: status.words,
            target_words: status.target_words,
            written: 0,
            incomplete: status.to_write().map(|chunk| chunk.number).collect(),
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
            Scope::RewriteFrom(which) => format!("rewrite from {} on", chunk(which)),
            Scope::RewriteStale => "rewrite what is stale".to_owned(),
        }
    }

    /// The chunks to write, and the claim on what must not be written by two jobs.
    async fn queue(&self, open: &Arc<OpenSession>) -> Result<Queue, JobError> {
        let job = &self.request.job;
        let claim = |chunk: Option<ChunkNumber>| {
            let number = chunk.unwrap_or(ChunkNumber(1));
            open.claim(chunk, job)
                .map_err(|job| JobError::Busy { number, job })
        };
        let treatment = match &self.request.scope {
            Scope::Chunk(_) => Some(Treatment::GoOn),
            Scope::Rewrite(_) => Some(Treatment::Rewrite),
            Scope::Remaining | Scope::RewriteFrom(_) | Scope::RewriteStale => None,
        };
        if let (Some(treatment), Some(chunk)) = (treatment, self.request.scope.chunk()) {
            let number = chunk.resolve(&self.plan)?;
            return Ok(Queue {
                tasks: vec![Task { number, treatment }],
                kept: Vec::new(),
                claim: claim(Some(number))?,
            });
        }
        let claim = claim(None)?;
        let session = open.session.clone();
        let written = Written::new(blocking(move || session.view()).await?);
        let view = &written.view;
        let mut queue = Queue {
            tasks: Vec::new(),
            kept: Vec::new(),
            claim,
        };
        match &self.request.scope {
            Scope::RewriteFrom(chunk) => queue.add_from(chunk.resolve(&self.plan)?, view),
            Scope::RewriteStale => {
                queue.add_stale(view, &stale::reasons(&self.story, &written, &self.settings));
            }
            _ => queue.add_remaining(view),
        }
        Ok(queue)
    }
}

/// What a job does, in order.
pub(super) struct Queue {
    pub tasks: Vec<Task>,
    /// Chunks that are not rewritten since the author edited them.
    pub kept: Vec<ChunkNumber>,
    pub claim: Claim,
}

/// What happens to one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub number: ChunkNumber,
    pub treatment: Treatment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// From where it stands; nothing when it is complete.
    GoOn,
    /// Anew; what it replaces is kept in history/.
    Rewrite,
}

impl Queue {
    fn add(&mut self, number: ChunkNumber, treatment: Treatment) {
        self.tasks.push(Task { number, treatment });
    }

    fn add_remaining(&mut self, view: &SessionView) {
        for chunk in view
            .chunks
            .iter()
            .filter(|chunk| chunk.status != ChunkStatus::Complete)
        {
            self.add(chunk.number, Treatment::GoOn);
        }
    }

    /// The chunk that was named is rewritten whoever wrote it; the others only if they are
    /// not the author's.
    fn add_from(&mut self, first: ChunkNumber, view: &SessionView) {
        for chunk in view.chunks.iter().filter(|chunk| chunk.number >= first) {
            match (chunk.status, is_authors(chunk)) {
                (ChunkStatus::Complete, true) if chunk.number != first => {
                    self.kept.push(chunk.number)
                }
                (ChunkStatus::Complete, _) => self.add(chunk.number, Treatment::Rewrite),
                _ => self.add(chunk.number, Treatment::GoOn),
            }
        }
    }

    fn add_stale(&mut self, view: &SessionView, reasons: &[Vec<String>]) {
        for (chunk, reasons) in view.chunks.iter().zip(reasons) {
            match (reasons.is_empty(), is_authors(chunk)) {
                (true, _) => {}
                (false, true) => self.kept.push(chunk.number),
                (false, false) => self.add(chunk.number, Treatment::Rewrite),
            }
        }
    }
}

/// Whether the text is the author's own, wholly or in part.
fn is_authors(chunk: &ChunkView) -> bool {
    chunk.edited || chunk.origin == Some(Origin::Written)
}
