//! The job: calls until there is a text that is taken, or none is to be had.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{InPlaceRequest, Writing};
use crate::analysis::surroundings::{Background, Surroundings};
use crate::events::inplace::InPlaceEvent;
use crate::events::job::JobEvent;
use crate::events::outcomes::Finished;
use crate::jobs::run::background_calls::Asker;
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::connected_model::ConnectedModel;
use crate::jobs::run::demo_scene;
use crate::jobs::run::editor::PlaceStream;
use crate::jobs::run::error::JobError;
use crate::jobs::run::reporter::Reporter;
use crate::provider::{Extension, ProviderError, ProviderKind, Request, Retries};
use crate::session::{Disk, Run};
use crate::settings::{Role, Settings};
use crate::story::words;
use crate::writing::accept::{CallEnd, finished_end, once_more};
use crate::writing::continuation;
use crate::writing::inplace::{Asked, DoesNotFit, Measure, Place, Task};
use crate::writing::{prompt, seed};

/// Words of the text before that a call and its judgement look at.
const LOOKED_AT: usize = 2_000;
/// Tokens of an answer besides its prose.
pub(super) const ROOM: u32 = 500;
/// So many answers in a row that are not taken are enough.
const MOST_REFUSED: u32 = 2;
/// A continuation that lacks less than this share of its length is not gone on with.
const ENOUGH: u32 = 4;

/// A running job.
pub(super) struct Job {
    pub task: Task,
    /// How the author knows the document.
    pub document: String,
    pub place: Place,
    pub background: Background,
    pub beat: Option<usize>,
    pub notes: Vec<String>,
    /// Length to have, in the unit of the language.
    pub wish: u32,
    pub settings: Settings,
    pub asker: Asker,
    pub reporter: Arc<Reporter>,
    pub stream: Box<dyn PlaceStream>,
    /// What calls have brought that broke off; a continuation goes on from there.
    pub kept: String,
    /// What the document was last given of a continuation.
    pub shown: String,
}

/// Why no more calls are made.
pub(super) enum End {
    /// There is a text.
    Done(String),
    /// The answers were no text for this place. As the beginning of a sentence.
    Refused(String),
    /// As the beginning of a sentence.
    Failed(String),
    Cancelled,
    /// The author changed the place.
    Touched,
}

impl Writing {
    /// Finds the model and writes.
    ///
    /// # Errors
    /// When the job could not begin.
    pub(crate) async fn carry_out(self, context: &Context<'_>) -> Result<Finished, NotBegun> {
        let model = self.connect(context).await?;
        let run = self.records(context.workshop.disk()).await?;
        let mut job = self.begin(context, &model, run);
        let end = job.write(context.cancel).await;
        Ok(job.finish(end).await)
    }

    /// Finds the model.
    pub(super) async fn connect(&self, context: &Context<'_>) -> Result<ConnectedModel, NotBegun> {
        let (settings, warnings) = (&self.around.settings, &self.around.warnings);
        context.connect(settings, warnings, Role::Draft).await
    }

    /// Makes the job, and tells that it has begun.
    pub(super) fn begin(self, context: &Context<'_>, model: &ConnectedModel, run: Run) -> Job {
        let Writing {
            request,
            around,
            stream,
        } = self;
        let Surroundings {
            background,
            settings,
            warnings,
            beat,
        } = around;
        let reporter = Arc::new(context.reporter(run, &warnings, model));
        let InPlaceRequest {
            job,
            task,
            document,
            place,
            instruction,
            ..
        } = request;
        let language = &background.brief().language;
        model.tokenizers.begin(language, None);
        let there = words::count(&place.passage, language);
        let wish = task.wish(there, language);
        let unit = language.unit();
        let asker = Asker::new(model, Role::Draft, &settings, Arc::clone(&reporter));
        reporter.tell(JobEvent::InPlace(InPlaceEvent::Started {
            job,
            task: task.as_str(),
            provider: model.kind.as_str(),
            model: model.asked().to_owned(),
            words: there,
            target_words: wish,
            unit,
        }));
        let notes = place.notes.iter().cloned().chain(instruction).collect();
        Job {
            task,
            document,
            place,
            background,
            beat,
            notes,
            wish,
            settings,
            asker: asker.in_the_writing(),
            reporter,
            stream,
            kept: String::new(),
            shown: String::new(),
        }
    }

    /// Begins the records, where the text belongs to a draft that is on disk.
    async fn records(&self, disk: &Disk) -> Result<Run, JobError> {
        let disk = disk.clone();
        let governing = self.request.story.clone();
        let folder = self.around.background.story();
        let folder = folder.map(|story| story.folder.clone());
        let asked = format!(
            "{} at one place of {}",
            self.request.task.as_str(),
            self.request.document
        );
        blocking(move || {
            let (Some(folder), Some(governing)) = (folder, governing) else {
                return Ok(Run::unkept(&disk));
            };
            let session = match governing.session {
                Some(session) => Some(session),
                None => folder.current_session(&disk)?,
            };
            let root = session.map(|session| folder.session_root(&session));
            match root {
                Some(root) if disk.metadata(&root)?.is_some() => {
                    let disk = disk.within(folder.root());
                    Ok(Run::start(&root.join("runs"), "inplace", &asked, &disk)?)
                }
                _ => Ok(Run::unkept(&disk)),
            }
        })
        .await
    }
}

impl Job {
    async fn write(&mut self, cancel: &CancellationToken) -> End {
        let mut retries = self.asker.retries(self.settings.attempts);
        let mut refused = 0;
        loop {
            if let Some(why) = self.asker.spent().over_budget(&self.settings) {
                return End::Failed(why);
            }
            if self.is_enough() {
                let end = finished_end(&self.kept).unwrap_or(self.kept.len());
                return End::Done(self.kept[..end].to_owned());
            }
            let request = match self.request(refused) {
                Ok(request) => self.asker.in_room(request),
                Err(too_large) => return End::Failed(too_large.to_string()),
            };
            let heard = match self.call(&request, cancel).await {
                Ok(heard) => heard,
                Err(end) => return end,
            };
            let end = match heard.end {
                Ok(end) => end,
                Err(error) => {
                    self.keep(&heard.text);
                    match self.wait(error, &mut retries, cancel).await {
                        Some(end) => return end,
                        None => continue,
                    }
                }
            };
            let measure = self.measure();
            let is_wordless = measure.so_far(&heard.text).trim().is_empty();
            if let CallEnd::Finished(finish) = &end
                && (!self.task.goes_on() || is_wordless)
                && self.asker.raise(&request, finish, &heard.text, heard.took)
            {
                continue;
            }
            match measure.whole(&heard.text, &end) {
                Ok(prose) => return End::Done(self.behind_kept(&prose)),
                Err(refusal) => {
                    drop(measure);
                    refused += 1;
                    self.keep_answer("refused", &refusal.why, &heard.text).await;
                    if refused >= self.settings.attempts.clamp(1, MOST_REFUSED) {
                        return End::Refused(refusal.why);
                    }
                    let message = format!("{}; it is asked once more", refusal.why);
                    self.reporter.warn(None, "refused-answer", message);
                }
            }
        }
    }

    /// Tells whether what broken calls have brought is nearly all that was asked for.
    fn is_enough(&self) -> bool {
        let left = self.left();
        left.saturating_mul(ENOUGH) < self.wish
    }

    /// Returns the length that is still to be written.
    fn left(&self) -> u32 {
        self.wish.saturating_sub(self.count(&self.kept))
    }

    pub fn count(&self, text: &str) -> u32 {
        words::count(text, &self.background.brief().language)
    }

    /// Returns the end of the text before what is to come.
    fn before(&self) -> String {
        let before = prompt::last_words(&self.place.before, LOOKED_AT);
        match self.kept.as_str() {
            "" => before.to_owned(),
            kept => format!("{before}{}", self.place.seam.join(before, kept, "")),
        }
    }

    /// Joins an answer to what earlier ones have brought.
    pub fn behind_kept(&self, prose: &str) -> String {
        format!("{}{}", self.kept, continuation::join(&self.kept, prose))
    }

    /// Keeps what a call has brought of a continuation before it broke off.
    pub fn keep(&mut self, answer: &str) {
        if !self.task.goes_on() {
            return;
        }
        let prose = self.measure().so_far(answer).to_owned();
        let prose = prose[..continuation::resume_point(&prose)].trim_end();
        if !prose.is_empty() {
            self.kept = self.behind_kept(prose);
        }
    }

    pub fn measure(&self) -> Measure<'_> {
        let before = self.before();
        Measure::new(
            self.task,
            (self.background.brief(), self.background.yardstick()),
            self.beat,
            &self.notes,
            (&before, &self.place.passage),
            self.left(),
        )
    }

    pub fn request(&self, refused: u32) -> Result<Request, DoesNotFit> {
        let (model, settings) = (&self.asker.model, &self.settings);
        let brief = self.background.brief();
        let before = self.before();
        let seam = match self.kept.as_str() {
            "" => self.place.seam,
            _ => Default::default(),
        };
        let again = match refused {
            0 => "",
            _ => once_more::LINE,
        };
        let mut calls = Asked {
            task: self.task,
            brief,
            templates: self.background.templates(),
            ground: self.background.ground(),
            is_governed: self.background.story().is_some(),
            beat: self.beat,
            before: &before,
            passage: &self.place.passage,
            after: &self.place.after,
            seam,
            wish: self.left(),
            notes: &self.notes,
            limit: once_more::room(self.asker.limit(), again),
        }
        .build()?;
        once_more::end(&mut calls.user, again);
        let seed = settings.demo_seed().wrapping_add(refused.into());
        let extension = match model.kind {
            ProviderKind::Demo => {
                let texts = (before.as_str(), self.place.passage.as_str());
                let scene =
                    demo_scene::at_place(brief, self.beat, self.task, texts, self.left(), seed);
                Extension::new(Arc::new(scene))
            }
            _ => Extension::default(),
        };
        let prose =
            model
                .tokenizers
                .of_words(&model.name, self.left().saturating_mul(2), &brief.language);
        let replaces = Some(self.place.passage.as_str()).filter(|passage| !passage.is_empty());
        Ok(Request {
            model: model.name.clone(),
            system: calls.system,
            user: calls.user,
            max_output_tokens: prose.saturating_add(ROOM),
            prompt_tokens: settings.context_tokens,
            context_tokens: settings.context_tokens,
            temperature: settings.temperature,
            seed: seed::of_call(settings.seed, refused, replaces),
            thinking: settings.thinking_for(Role::Draft),
            format: None,
            extension,
        })
    }

    /// Waits before the next call; `Some` where there is none.
    async fn wait(
        &mut self,
        error: ProviderError,
        retries: &mut Retries,
        cancel: &CancellationToken,
    ) -> Option<End> {
        let (asker, task) = (self.asker.clone(), self.task);
        let waited = tokio::select! {
            biased;
            () = cancel.cancelled() => return Some(End::Cancelled),
            () = self.stream.touched() => return Some(End::Touched),
            waited = asker.after(error, retries) => waited,
        };
        let error = waited.err()?;
        tracing::debug!("{} at one place failed: {error}", task.as_str());
        Some(End::Failed(error.to_string()))
    }

    /// Keeps an answer that is not in the document, where there are records.
    pub async fn keep_answer(&self, name: &str, why: &str, answer: &str) {
        let report = format!("# {why}\n\n{answer}\n");
        self.reporter.keep_error(None, name, report).await;
    }
}
