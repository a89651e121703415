//! Reads one chunk: calls the model, parses its answer, and saves the facts that the text confirms.

use std::sync::Arc;
use std::time::Instant;

use crate::events::job::JobEvent;
use crate::jobs::run::background_calls::{Asker, Spent};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::failure::Failure;
use crate::jobs::run::question::Heard;
use crate::jobs::run::reporter::{Reporter, millis};
use crate::jobs::run::started_job::StartedJob;
use crate::provider::demo::scene::Task;
use crate::provider::{Format, Usage};
use crate::session::{
    ChunkStatus, ChunkView, Extracted, KnownStates, Over, SessionView, Standing, StoreError,
};
use crate::settings::Role;
use crate::story::ChunkNumber;
use crate::story::state::{ChunkState, StoryState};
use crate::writing::schedule::Order;
use crate::writing::state::{answer, prompt};

/// The reader of one session's chunks, for one job.
pub struct Reader {
    job: Arc<StartedJob>,
    asker: Asker,
}

/// The result of reading a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Saved,
    /// A chunk whose state is known already.
    Known,
    /// A chunk whose state file is the author's or unreadable; it is left alone.
    LeftAlone,
    /// A chunk that is not complete.
    NotThere,
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
        let asker = Asker::new(&job.model, Role::State, &job.settings, reporter);
        Reader { job, asker }
    }

    /// Returns how many chunks are read at a time: one, as long as one is written at a time.
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

    /// Returns the session as it is, with the states of its chunks.
    pub async fn known(&self) -> Result<(SessionView, KnownStates), StoreError> {
        let (session, story) = (self.job.session().clone(), Arc::clone(&self.job.story));
        blocking(move || {
            let view = session.view()?;
            let states = session.states(&view, &story.brief.cast);
            Ok((view, states))
        })
        .await
    }

    /// Reads a chunk and saves its state; `percent` is the progress of a job that only reads. A text whose
    /// state is known is not read again, and a state that the author wrote is left alone, but with
    /// [`Over::Anything`].
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
            provider: self.asker.model.kind.as_str().to_owned(),
            model: self.asker.model.answers(),
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

    /// Returns the state that a model extracted, as far as the text confirms it, and the usage of the call.
    async fn ask(&self, chunk: &Chunk) -> Result<(ChunkState, Usage), Failure> {
        let view = &chunk.view;
        let (brief, limit) = (self.job.brief(), self.asker.limit());
        let prompt = prompt::Prompt::build(brief, view.number, &view.text, &chunk.before, limit);
        let request = |asked| {
            let task = Task::State(view.text.to_string());
            let asks = (prompt.system.as_str(), prompt.user.clone());
            let shape = (prompt::ANSWER_TOKENS, prompt::format as fn() -> Format);
            self.job
                .question(&self.asker, view, task, asks, shape, asked)
        };
        let understand = |answer: &str| match self.understand(chunk, answer) {
            // That there is nothing to know is believed at the second time.
            Some(state) if state.is_empty() => Heard::Doubtful(state),
            Some(state) => Heard::Taken(state),
            None => Heard::Not("has no JSON object in it that tells of the chunk"),
        };
        self.asker.ask_for(request, understand).await
    }

    fn understand(&self, chunk: &Chunk, answer: &str) -> Option<ChunkState> {
        let mut state = answer::read(answer)?;
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
        Some(state)
    }

    /// Records a failure in the run's log and keeps its report. The caller tells the author, once a job.
    pub async fn record(&self, number: ChunkNumber, failure: &Failure) {
        self.job
            .reporter
            .log_error(number, "state not read", failure);
        let name = format!("chunk_{:02}_state", number.0);
        let what = format!("The state of chunk {number} was not read");
        self.job.keep_failure(number, name, &what, failure).await;
    }
}
