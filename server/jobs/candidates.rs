//! Writes candidates of a chunk: other texts of it, each by an asking of its own, of which the author may take one.
//!
//! The chunk stays as it is. What arrives of a candidate is in its file within a second; one that broke off stays there
//! as partial, and the next one gets another number. Each is one call: a beat that is too long for one has shorter
//! candidates, which say so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::passes::foresee_passes::ForeseenPass;
use super::run::background_calls::Asker;
use super::run::begin::{Context, NotBegun};
use super::run::blocking::blocking;
use super::run::demo_scene;
use super::run::editor::Editor;
use super::run::error::JobError;
use super::run::failure::Failure;
use super::run::prepared::Prepared;
use super::run::reporter::millis;
use super::run::started_job::{self, JobEnd, StartedJob};
use super::run::workshop::{Claim, Scope, Workshop};
use crate::analysis::candidate_files::{self as candidates, Made};
use crate::analysis::error::StoryError;
use crate::analysis::written::{Asks, Call, Written};
use crate::events::job::{JobEvent, Outcome};
use crate::events::outcomes::Finished;
use crate::provider::demo::scene::Task;
use crate::provider::{Extension, Request, Usage};
use crate::session::{ChunkView, Disk, SessionView, StoreError};
use crate::settings::Role;
use crate::settings::calls::Calls;
use crate::story::chunk_file::FileStatus;
use crate::story::{ChunkNumber, words};
use crate::writing::accept::{Acceptance, Answer, CallEnd, Told, Verdict};
use crate::writing::prompt::Prompt;
use crate::writing::prompt::slices::{self, Slice};
use crate::writing::seed;

/// How often what arrives is saved and told.
const SAVE_EVERY: Duration = Duration::from_millis(500);
/// The most answers that are refused, or calls that fail, before the job ends.
const MOST_FAILED: u32 = 2;

/// A job that has begun.
struct Going {
    job: Arc<StartedJob>,
    asker: Asker,
    view: SessionView,
    chunk: ChunkView,
    asks: Asks,
    prompt: Prompt,
    told: Told,
    /// How many complete candidates of the present text there are to be.
    count: u32,
    disk: Disk,
    _claim: Claim,
}

/// The end of one asking.
enum Asked {
    Saved,
    /// The limit of its call ended the answer; the next call has more room.
    CutOff,
    /// The answer was refused, or the call failed: why.
    Failed(Failure),
    Cancelled,
}

impl Prepared {
    /// Writes candidates of one complete chunk, as many as are missing.
    ///
    /// # Errors
    /// As [`Prepared::go_over`](super::passes); a chunk that is locked.
    pub(crate) async fn write_candidates(
        self,
        count: u32,
        note: Option<String>,
        context: &Context<'_>,
    ) -> Result<Finished, NotBegun> {
        let view = self
            .look(context.workshop, Arc::clone(&context.editor))
            .await?;
        let number = self.of_candidates(&view)?;
        let opened = self.connect(context).await?;
        let claim = opened.open.claim(Some(number), &self.request.job);
        let claim = claim.map_err(|job| JobError::Busy { number, job })?;
        let disk = context.workshop.disk().within(self.story.folder.root());
        let job = self.start(context, opened, vec![number], false).await?;
        let asker = Asker::new(
            &job.model,
            Role::Draft,
            &job.settings,
            Arc::clone(&job.reporter),
        );
        let asker = asker.in_the_writing();
        let (session, story) = (job.session().clone(), Arc::clone(&job.story));
        let (settings, limit) = (Arc::clone(&job.settings), asker.limit());
        let built = blocking(move || -> Result<_, JobError> {
            let written = Written::of_session(&session, &story, &settings)?;
            // Read through here, where that holds nobody up.
            story.yardstick();
            let index = (number.0 as usize).saturating_sub(1);
            let chunk = written.view.chunks.get(index).cloned();
            let chunk = chunk.ok_or(JobError::NotComplete { number })?;
            let asks = Asks::of(&story.brief, &chunk, Some(chunk.source()), note.as_deref());
            let preceding = written.preceding(index);
            let call = Call::whole(&chunk, preceding, &asks.sent);
            let prompt = written.prompt(&story, limit, &chunk, &call)?;
            let told = written.index.told(&written.before(number), preceding);
            Ok((chunk, asks, prompt, told, written.view))
        });
        let (chunk, asks, prompt, told, view) = built.await?;
        let going = Going {
            job,
            asker,
            view,
            chunk,
            asks,
            prompt,
            told,
            count,
            disk,
            _claim: claim,
        };
        Ok(going.go(context.cancel).await)
    }

    /// Finds the chunk that gets candidates.
    fn of_candidates(&self, view: &SessionView) -> Result<ChunkNumber, JobError> {
        let numbers = self.to_go_over(view)?;
        let number = numbers.first().copied().unwrap_or(ChunkNumber(1));
        match view.chunk(number).is_some_and(|chunk| chunk.locked) {
            true => Err(StoreError::ChunkLocked { number }.into()),
            false => Ok(number),
        }
    }

    /// Estimates the calls for candidates. Sends nothing, writes nothing.
    ///
    /// # Errors
    /// What would stop the job before it begins.
    pub(crate) async fn foresee_candidates(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<ForeseenPass, JobError> {
        let Scope::Candidates { count, note, .. } = self.request.scope.clone() else {
            return Err(StoryError::NoChunkNamed.into());
        };
        let view = self.look(workshop, Arc::clone(&editor)).await?;
        let number = self.of_candidates(&view)?;
        let written = self.written(workshop, Arc::clone(&editor)).await?;
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let disk = workshop.disk().clone();
        let calls = blocking(move || -> Result<Calls, JobError> {
            let index = (number.0 as usize).saturating_sub(1);
            let mut calls = Calls::none();
            let Some(chunk) = written.view.chunks.get(index) else {
                return Ok(calls.known());
            };
            let (tokenizers, model) = written.tokenizers(&story, &settings, &disk);
            let limit = tokenizers.limit(&model, settings.context_tokens);
            let asks = Asks::of(&story.brief, chunk, Some(chunk.source()), note.as_deref());
            let call = Call::whole(chunk, written.preceding(index), &asks.sent);
            let prompt = written.prompt(&story, limit, chunk, &call)?;
            let language = &story.brief.language;
            let prose = tokenizers.of_words(&model, chunk.target_words, language);
            let owners: &dyn Editor = editor.as_ref();
            let there = candidates::read(&written.view, chunk, owners, &disk)?;
            for _ in complete(&there, chunk)..count {
                let (input, output) = (u64::from(prompt.tokens()), u64::from(prose));
                calls.add(&settings, Role::Draft, input, output);
            }
            Ok(calls.known())
        });
        Ok(ForeseenPass {
            story: self.title().to_owned(),
            work: "write candidates of",
            chunks: Some(vec![number]),
            beats: None,
            calls: calls.await?,
        })
    }
}

/// Counts the complete candidates of the present text of a chunk.
fn complete(there: &[candidates::CandidateFile], chunk: &ChunkView) -> u32 {
    let is_one =
        |it: &&candidates::CandidateFile| it.is_complete && it.of.as_ref() == Some(&chunk.digest);
    u32::try_from(there.iter().filter(is_one).count()).unwrap_or(u32::MAX)
}

impl Going {
    async fn go(self, cancel: &CancellationToken) -> Finished {
        let number = self.chunk.number;
        self.job.tell_started(Some(&self.view), vec![number]);
        let (outcome, message) = self.all(cancel).await;
        let end = JobEnd {
            spent: self.asker.spent(),
            ..JobEnd::of(&self.view, outcome, message)
        };
        self.job.end(end).await
    }

    /// Asks until there are as many candidates as are wanted; returns how that ended, in words.
    async fn all(&self, cancel: &CancellationToken) -> (Outcome, String) {
        let mut failed = 0;
        let mut retries = self.asker.retries(MOST_FAILED);
        loop {
            let there = match self.there().await {
                Ok(there) => there,
                Err(error) => return self.stopped(&error.to_string(), 0),
            };
            let done = complete(&there, &self.chunk);
            if done >= self.count {
                return (Outcome::Complete, self.waiting(done));
            }
            if let Some(limit) = self.asker.spent().over_budget(&self.job.settings) {
                return self.stopped(&limit, done);
            }
            let last = there.iter().map(|it| it.number).max().unwrap_or(0);
            match self.one(last + 1, failed, cancel).await {
                Ok(Asked::Saved | Asked::CutOff) => {}
                Ok(Asked::Cancelled) => {
                    let (_, message) = self.stopped("cancelled", done);
                    return (Outcome::Cancelled, message);
                }
                Ok(Asked::Failed(failure)) => {
                    failed += 1;
                    let name = format!("chunk_{:02}_candidate_{failed}", self.chunk.number.0);
                    let what = format!("A candidate of chunk {} was not taken", self.chunk.number);
                    let number = self.chunk.number;
                    self.job.keep_failure(number, name, &what, &failure).await;
                    let why = failure.to_string();
                    let Failure::Provider(error) = failure else {
                        if failed >= MOST_FAILED {
                            return self.stopped(&why, done);
                        }
                        let message = format!(
                            "an answer was not taken: {why}. It is in the run's errors/, and another is asked for"
                        );
                        self.job
                            .reporter
                            .warn(Some(number), "candidate-refused", message);
                        continue;
                    };
                    let waited = tokio::select! {
                        () = cancel.cancelled() => {
                            let (_, message) = self.stopped("cancelled", done);
                            return (Outcome::Cancelled, message);
                        }
                        waited = self.asker.after(error, &mut retries) => waited,
                    };
                    if let Err(error) = waited {
                        return self.stopped(&error.to_string(), done);
                    }
                }
                Err(error) => return self.stopped(&error.to_string(), done),
            }
        }
    }

    fn waiting(&self, done: u32) -> String {
        let number = self.chunk.number;
        let wait = match done {
            1 => "1 candidate of chunk".to_owned(),
            n => format!("{n} candidates of chunk"),
        };
        format!(
            "{wait} {number} in revisions/candidates/; the chunk is as it was. `storywright candidates {number}` compares \
             them, `storywright accept {number} --candidate K` takes one"
        )
    }

    fn stopped(&self, why: &str, done: u32) -> (Outcome, String) {
        let why = why.trim_end_matches('.');
        let message = format!(
            "stopped: {why}. {}. The same command writes what is missing",
            self.waiting(done)
        );
        (Outcome::Incomplete, message)
    }

    async fn there(&self) -> Result<Vec<candidates::CandidateFile>, StoreError> {
        let (view, chunk) = (self.view.clone(), self.chunk.clone());
        let (editor, disk) = (Arc::clone(&self.job.editor), self.disk.clone());
        blocking(move || {
            let owners: &dyn Editor = editor.as_ref();
            candidates::read(&view, &chunk, owners, &disk)
        })
        .await
    }

    /// Asks for one candidate, which is in its file while it arrives.
    async fn one(
        &self,
        candidate: u32,
        failed: u32,
        cancel: &CancellationToken,
    ) -> Result<Asked, StoreError> {
        let began = Instant::now();
        let request = self.asker.in_room(self.request(candidate, failed));
        let (heard, mut seen) = watch::channel(String::new());
        let mut hear = |text: &str| {
            heard.send_replace(text.to_owned());
        };
        let (ended, text, usage) = {
            let asking = self.asker.ask_once(&request, &mut hear);
            tokio::pin!(asking);
            let mut due = tokio::time::interval(SAVE_EVERY);
            loop {
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => break (None, seen.borrow_and_update().clone(), Usage::default()),
                    (ended, text, usage) = &mut asking => break (Some(ended), text, usage),
                    _ = due.tick() => {
                        if seen.has_changed().unwrap_or(false) {
                            let text = seen.borrow_and_update().clone();
                            self.tell_progress(&text, began);
                            self.save(candidate, FileStatus::Partial, &text).await?;
                        }
                    }
                }
            }
        };
        let finish = match ended {
            None => {
                self.save(candidate, FileStatus::Partial, &text).await?;
                return Ok(Asked::Cancelled);
            }
            Some(Err(error)) => {
                self.save(candidate, FileStatus::Partial, &text).await?;
                return Ok(Asked::Failed(error.into()));
            }
            Some(Ok(finish)) => finish,
        };
        // First of all: it was paid for.
        self.save(candidate, FileStatus::Partial, &text).await?;
        if self.asker.raise(&request, &finish, &text, usage) {
            // Cut off by our own limit: what came stays, and the next one has more room.
            return Ok(Asked::CutOff);
        }
        let language = &self.job.brief().language;
        let judgement = self.acceptance().judge(&Answer {
            prose: &text,
            author: 0,
            judged: 0,
            end: &CallEnd::Finished(finish),
            continued: 0,
            gained: words::count(&text, language),
        });
        if let Verdict::Refuse(fault) = &judgement.verdict {
            let failure = Failure::refused(fault.given_up(), text);
            // It is in the run's errors, and no text of the story.
            self.remove(candidate).await?;
            return Ok(Asked::Failed(failure));
        }
        let prose = judgement.prose;
        let made = self.made(
            &request,
            usage,
            began,
            matches!(judgement.verdict, Verdict::Continue(_)),
        );
        let cost = made.cost;
        self.save_about(candidate, made).await?;
        self.save(candidate, FileStatus::Complete, &prose).await?;
        self.asker.count_chunk();
        self.job.reporter.tell(JobEvent::CandidateSaved {
            chunk: self.chunk.number,
            candidate,
            words: words::count(&prose, language),
            usage,
            cost,
            elapsed_ms: self.job.reporter.elapsed_ms(),
        });
        Ok(Asked::Saved)
    }

    fn acceptance(&self) -> Acceptance<'_> {
        Acceptance::by(
            self.job.story.yardstick(),
            self.job.brief(),
            (self.chunk.number.0 as usize).saturating_sub(1),
            self.chunk.target_words,
            &self.asks.notes,
            self.told.clone(),
        )
    }

    /// Makes the request for a candidate; each has a seed of its own, where there is one.
    fn request(&self, candidate: u32, failed: u32) -> Request {
        let (job, settings) = (&self.job, &self.job.settings);
        let (model, brief) = (&self.asker.model, job.brief());
        let asked = candidate + failed * (candidates::MOST + 1);
        let demo = settings.demo_seed();
        let beat = Some(self.chunk.beat.as_str());
        let scene = demo_scene::scene(
            model,
            brief,
            (self.chunk.number.0 as usize).saturating_sub(1),
            &self.chunk,
            "",
            seed::of_call(Some(demo), asked, beat).unwrap_or(demo),
        );
        let target = self.chunk.target_words.max(50);
        let room = model
            .tokenizers
            .of_words(&model.name, target, &brief.language);
        let room = room.saturating_add(room / 2).saturating_add(256);
        let prompt = &self.prompt;
        let system = prompt.system();
        let request = job.request(
            &self.asker,
            &self.chunk,
            Task::Draft,
            (&system, prompt.user()),
            room,
        );
        Request {
            seed: seed::of_call(settings.seed, asked, Some(&self.chunk.text)),
            extension: Extension::new(scene),
            ..request
        }
    }

    fn made(&self, request: &Request, usage: Usage, began: Instant, is_short: bool) -> Made {
        let mut inputs = self.prompt.inputs.clone();
        inputs.insert(Slice::Model, self.asker.model.digest());
        let model = self.asker.model.answers();
        let price = self.job.settings.prices.get(&model);
        let price = price.or_else(|| self.job.settings.prices.get(&self.asker.model.name));
        Made {
            cost: price.map(|price| price.of(&usage)),
            model: Some(model),
            seed: request.seed,
            output_tokens: usage.output_tokens,
            elapsed_ms: millis(began.elapsed()),
            is_short,
            inputs: slices::recorded(&inputs),
        }
    }

    /// Puts what there is of a candidate into its file; nothing where there is nothing.
    async fn save(
        &self,
        candidate: u32,
        status: FileStatus,
        prose: &str,
    ) -> Result<(), StoreError> {
        if prose.trim().is_empty() {
            return Ok(());
        }
        let (number, beat) = (self.chunk.number, &self.chunk.beat);
        let of = &self.chunk.digest;
        let text = candidates::render((number, beat), candidate, status, of, prose);
        let (path, _) = candidates::paths(&self.view.root, beat, candidate);
        self.put(path, text).await
    }

    async fn save_about(&self, candidate: u32, made: Made) -> Result<(), StoreError> {
        // Texts and numbers always serialise.
        let text = serde_json::to_string_pretty(&made).unwrap_or_default();
        let (_, path) = candidates::paths(&self.view.root, &self.chunk.beat, candidate);
        self.put(path, text).await
    }

    async fn put(&self, path: PathBuf, text: String) -> Result<(), StoreError> {
        let disk = self.disk.clone();
        let folder = candidates::folder(&self.view.root);
        blocking(move || {
            disk.make_folder(&folder)?;
            disk.write(&path, text.as_bytes())
        })
        .await
    }

    async fn remove(&self, candidate: u32) -> Result<(), StoreError> {
        let disk = self.disk.clone();
        let (path, _) = candidates::paths(&self.view.root, &self.chunk.beat, candidate);
        blocking(move || disk.remove(&path)).await
    }

    fn tell_progress(&self, text: &str, began: Instant) {
        let length = words::count(text, &self.job.brief().language);
        let of = self.chunk.target_words.max(1);
        let percent = u64::from(length) * 100 / u64::from(of);
        let seconds = began.elapsed().as_secs_f64().max(0.001);
        self.job.reporter.tell(JobEvent::Progress {
            chunk: self.chunk.number,
            words: length,
            target_words: of,
            story_words: started_job::words(&self.view),
            percent: u32::try_from(percent.min(99)).unwrap_or(99),
            words_per_second: (f64::from(length) / seconds * 10.0).round() / 10.0,
            elapsed_ms: self.job.reporter.elapsed_ms(),
        });
    }
}
