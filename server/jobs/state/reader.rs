//! Reads one chunk: calls the model, understands its answer, and saves what the chunk bears out.

use std::sync::Arc;
use std::time::Instant;

use crate::jobs::run::blocking::blocking;
use crate::jobs::run::calls_beside::{Asker, ENDLESS, Spent};
use crate::jobs::run::demo_scene;
use crate::jobs::run::events::JobEvent;
use crate::jobs::run::report::{Reporter, cause_chain, millis};
use crate::jobs::run::started_job::StartedJob;
use crate::provider::demo::scene::Task;
use crate::provider::{Extension, FinishReason, ProviderError, ProviderErrorKind, Request, Usage};
use crate::session::{
    ChunkStatus, ChunkView, Extracted, KnownStates, Over, SessionView, Standing, StoreError,
};
use crate::settings::Role;
use crate::story::ChunkNumber;
use crate::story::state::{ChunkState, StoryState};
use crate::writing::schedule::Order;
use crate::writing::seed;
use crate::writing::state::{answer, prompt};
use crate::writing::tokens::is_own_limit;

/// Calls for one chunk.
const ATTEMPTS: u32 = 2;

/// Reads chunks of one session, for one job.
pub struct Reader {
    job: Arc<StartedJob>,
    asker: Asker,
}

/// What became of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Saved,
    /// Its state is known already.
    Known,
    /// Its state file is the author's, or can't be read; it is left alone.
    LeftAlone,
    /// It is not complete.
    NotThere,
}

/// Why a chunk could not be read. Nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Provider(ProviderError),
    #[error("the model's answer {why}")]
    Unreadable {
        why: &'static str,
        /// What came, for the run's records.
        answer: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// Whether it would be the same for every other chunk.
    pub fn is_everywhere(&self) -> bool {
        match self {
            Failure::Provider(error) => {
                !error.kind.is_transient() && error.kind != ProviderErrorKind::ContextOverflow
            }
            Failure::Unreadable { .. } => false,
            Failure::Store(error) => error.ends_job(),
        }
    }
}

/// A chunk with what is known before it.
struct Chunk {
    view: ChunkView,
    before: StoryState,
}

impl Reader {
    /// Makes a reader with the model of the state role, over the connection of the job.
    pub fn new(job: Arc<StartedJob>) -> Reader {
        let reporter = Arc::clone(&job.reporter);
        let asker = Asker::new(&job.writer, Role::State, &job.settings, reporter);
        Reader { job, asker }
    }

    /// How many chunks are read at a time: one, as long as one is written at a time.
    pub fn width(&self) -> u32 {
        match self.job.settings.order {
            Order::Serial => 1,
            Order::Chapters | Order::All => self.job.settings.parallel.max(1),
        }
    }

    pub fn reporter(&self) -> &Reporter {
        &self.job.reporter
    }

    pub fn spent(&self) -> Spent {
        self.asker.spent()
    }

    /// The session as it is, with what is known of its chunks.
    pub async fn known(&self) -> Result<(SessionView, KnownStates), StoreError> {
        let (session, story) = (self.job.session().clone(), Arc::clone(&self.job.story));
        blocking(move || {
            let view = session.view()?;
            let states = session.states(&view, &story.brief.cast);
            Ok((view, states))
        })
        .await
    }

    /// Reads a chunk and saves its state; `percent` is how far the job is then, where it only
    /// reads. What was extracted from the text as it stands is not
    /// read again, and what the author wrote is left alone, but with [`Over::Anything`].
    pub async fn read(
        &self,
        number: ChunkNumber,
        over: Over,
        percent: Option<u32>,
    ) -> Result<Reading, Failure> {
        let began = Instant::now();
        let (view, known) = self.known().await?;
        let index = view.chunks.iter().position(|chunk| chunk.number == number);
        let Some(index) = index.filter(|index| *index < self.job.story.brief.beats.len()) else {
            return Ok(Reading::NotThere);
        };
        let view = view.chunks[index].clone();
        if view.status != ChunkStatus::Complete {
            return Ok(Reading::NotThere);
        }
        let standing = known.chunks[index].as_ref().map(|known| known.standing);
        match (over, standing) {
            (Over::Anything, _) | (_, None | Some(Standing::Outdated)) => {}
            (_, Some(Standing::Current)) => return Ok(Reading::Known),
            (_, Some(Standing::Edited | Standing::Unusable)) => return Ok(Reading::LeftAlone),
        }
        let chunk = Chunk {
            before: known.before(number),
            view,
        };
        let (state, usage) = self.ask(&chunk).await?;
        let facts = state.facts.len();
        let extracted = Extracted {
            number,
            text: chunk.view.digest.clone(),
            provider: self.asker.writer.kind.as_str().to_owned(),
            model: self.asker.writer.answers(),
            state,
        };
        let session = self.job.session().clone();
        let saved = blocking(move || session.save_state(&extracted, over)).await?;
        self.job.bring_to_editor(number, saved).await;
        self.asker.count_chunk();
        self.job.reporter.tell(JobEvent::StateSaved {
            chunk: number,
            beat: chunk.view.beat.clone(),
            facts,
            state_ms: millis(began.elapsed()),
            usage,
            percent,
            elapsed_ms: self.job.reporter.elapsed_ms(),
        });
        Ok(Reading::Saved)
    }

    /// What a model tells of a chunk, as far as the chunk bears it out, and what that took.
    async fn ask(&self, chunk: &Chunk) -> Result<(ChunkState, Usage), Failure> {
        let prompt = prompt::Prompt::build(
            &self.job.story.brief,
            chunk.view.number,
            &chunk.view.text,
            &chunk.before,
            self.asker.limit(),
        );
        let mut retries = self.asker.retries(ATTEMPTS);
        let mut usage = Usage::default();
        let mut shaped = true;
        let mut asked = 0;
        loop {
            let request = self.request(chunk, &prompt, shaped, asked);
            let request = self.asker.in_room(request);
            let (ended, answer, took) = self.asker.ask_once(&request, &mut |_| {}).await;
            usage = usage.plus(took);
            let ended = match ended {
                Err(error) => {
                    let waited = self.asker.after(error, &mut retries).await;
                    waited.map_err(Failure::Provider)?;
                    continue;
                }
                Ok(finish) if self.asker.raise(&request, &finish, &answer, took) => continue,
                Ok(finish) => finish,
            };
            retries.count();
            asked += 1;
            let is_last = retries.failures() >= ATTEMPTS;
            let understood = match ended {
                FinishReason::Refusal => Err(Failure::Unreadable {
                    why: "was a refusal",
                    answer,
                }),
                ref finish
                    if is_own_limit(finish, request.max_output_tokens, took.output_tokens, 0) =>
                {
                    Err(Failure::Unreadable {
                        why: "was cut off by the limit of its call",
                        answer,
                    })
                }
                FinishReason::Other(why) if why == ENDLESS => Err(Failure::Unreadable {
                    why: "had no end",
                    answer,
                }),
                _ => self.understand(chunk, answer),
            };
            let failure = match understood {
                // That there is nothing to know is believed at the second time.
                Ok(state) if !state.is_empty() || is_last => return Ok((state, usage)),
                Ok(_) => None,
                Err(failure) => Some(failure),
            };
            match failure {
                Some(failure) if is_last => return Err(failure),
                // Some servers take a shape and then keep the model from answering.
                _ => shaped = false,
            }
        }
    }

    /// Most tokens of an answer.
    fn answer_room(&self) -> u32 {
        let writer = &self.asker.writer;
        let language = &self.job.story.brief.language;
        writer
            .tokenizers
            .answer_room(&writer.model, prompt::ANSWER_TOKENS, language)
    }

    /// `asked` is how many answers were not taken.
    fn request(&self, chunk: &Chunk, prompt: &prompt::Prompt, shaped: bool, asked: u32) -> Request {
        let beat = (chunk.view.number.0 as usize).saturating_sub(1);
        let scene = demo_scene::scene(
            &self.asker.writer,
            &self.job.story.brief,
            beat,
            &chunk.view,
            "",
            self.job.settings.demo_seed(),
        );
        let mut scene = Arc::unwrap_or_clone(scene);
        scene.task = Task::State(chunk.view.text.clone());
        Request {
            model: self.asker.writer.model.clone(),
            system: prompt.system.clone(),
            user: prompt.user.clone(),
            max_output_tokens: self.answer_room(),
            prompt_tokens: self.job.settings.context_tokens,
            context_tokens: self.job.settings.context_tokens,
            // That of the settings is for prose.
            temperature: None,
            seed: seed::of_call(self.job.settings.seed, asked, None),
            thinking: self.job.settings.thinking_for(Role::State),
            format: shaped.then(prompt::format),
            extension: Extension::new(Arc::new(scene)),
        }
    }

    fn understand(&self, chunk: &Chunk, answer: String) -> Result<ChunkState, Failure> {
        let Some(mut state) = answer::read(&answer) else {
            return Err(Failure::Unreadable {
                why: "has no JSON object in it that tells of the chunk",
                answer,
            });
        };
        let known_as = |name: &mut String| {
            if let Some(entry) = self.job.story.brief.character(name) {
                name.clone_from(&entry.name);
            }
        };
        for character in &mut state.characters {
            known_as(&mut character.name);
        }
        for fact in &mut state.facts {
            known_as(&mut fact.subject);
        }
        let mut state = state.verified(&chunk.view.text, &self.job.story.brief.cast);
        state
            .threads
            .closed
            .retain(|thread| chunk.before.has_open(thread));
        Ok(state)
    }

    /// Tells of a failure in the run's log and keeps its report. The author is told by whoever
    /// reads: once a job is enough.
    pub async fn record(&self, number: ChunkNumber, failure: &Failure) {
        self.job
            .reporter
            .log_error(number, "state not read", failure);
        let mut report = format!(
            "# The state of chunk {number} was not read\n\n{}\n",
            cause_chain(failure)
        );
        if let Failure::Unreadable { answer, .. } = failure {
            report.push_str(&format!("\n## The model's answer\n\n{answer}\n"));
        }
        let name = format!("chunk_{:02}_state", number.0);
        let reporter = self.reporter();
        reporter.keep_error(Some(number), name, report).await;
    }
}
