//! Auditing a chunk: a model looks for what contradicts facts, rules and earlier parts.
//!
//! A finding counts only with its quotes: one of the chunk, one of the place that it
//! contradicts, each verified against the text. No chunk waits for it, and it changes no text.

use std::sync::Arc;
use std::time::Instant;

use super::pass::PassError;
use crate::analysis::story_file::StoryFile;
use crate::analysis::written::{Call, Written};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::calls_beside::{Asker, ENDLESS, Spent};
use crate::jobs::run::demo_scene;
use crate::jobs::run::events::JobEvent;
use crate::jobs::run::report::millis;
use crate::jobs::run::started_job::StartedJob;
use crate::provider::demo::scene::Task;
use crate::provider::{Extension, FinishReason, ProviderKind, Request, Usage};
use crate::session::{Audits, ChunkAudit, ChunkStatus, ChunkView, SessionView};
use crate::settings::Role;
use crate::story::ChunkNumber;
use crate::writing::audit::answer::{self, Quotable, Told};
use crate::writing::audit::prompt::{self, Question};
use crate::writing::seed;
use crate::writing::tokens::PromptLimit;

/// Answers for one chunk that are no answers.
const ATTEMPTS: u32 = 2;

/// When a chunk is asked about that was audited before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Always,
    /// When anything of the question has changed: facts, rules, what earlier parts say.
    WhenAnythingChanged,
    /// When the chunk has another text.
    WhenTheTextChanged,
}

/// Whether a chunk is to be audited unasked: nobody looked at this text of it.
pub fn is_due(chunk: &ChunkView, audits: &Audits) -> bool {
    let audited = audits.chunks.get(&chunk.beat).map(|it| &it.text_sha256);
    chunk.status == ChunkStatus::Complete && audited != Some(&chunk.digest)
}

/// What is told where there is no model to audit with.
pub const NO_AUDITOR: &str = "the demo writer looks at nothing in an audit, so this says nothing about the story; \
                              a model can look, with another `provider`";

/// What came of auditing a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    /// So many contradictions stand.
    Found(usize),
    /// It was audited before; so many contradictions stood then.
    Known(usize),
    /// The chunk is not complete.
    NotThere,
}

/// Builds the question about a chunk; `None` where it is not complete.
///
/// # Errors
/// [`PassError::TooLarge`] where it does not fit into a prompt.
pub(crate) fn question(
    written: &Written,
    story: &StoryFile,
    limit: PromptLimit,
    number: ChunkNumber,
) -> Result<Option<Question>, PassError> {
    let chunk = written.view.chunk(number);
    let Some(view) = chunk.filter(|it| it.status == ChunkStatus::Complete) else {
        return Ok(None);
    };
    let call = Call::whole(view, "", &[]);
    let drafted = written
        .prompt(story, limit, view, &call)
        .map_err(|error| PassError::TooLarge(error.to_string()))?;
    let language = story.brief.language.as_str();
    let earlier = written.before(number);
    let question = Question::new(&drafted, number, &view.text, &earlier, language, limit);
    question.map(Some).map_err(PassError::TooLarge)
}

/// Audits chunks of one session, for one job.
pub struct Auditor {
    job: Arc<StartedJob>,
    asker: Asker,
}

/// A chunk with the question about it.
struct Chunk {
    number: ChunkNumber,
    view: SessionView,
    question: Question,
}

impl Auditor {
    pub fn new(job: Arc<StartedJob>, asker: Asker) -> Auditor {
        Auditor { job, asker }
    }

    pub fn spent(&self) -> Spent {
        self.asker.spent()
    }

    /// Audits a chunk and saves what was found.
    ///
    /// # Errors
    /// Why nothing is known; what was found earlier stays. Dropped, the call ends.
    pub async fn audit(&self, number: ChunkNumber, again: Again) -> Result<Audited, PassError> {
        let began = Instant::now();
        let Some(chunk) = self.chunk(number).await? else {
            return Ok(Audited::NotThere);
        };
        let model = &self.asker.writer.model;
        let asked = chunk.question.digest(model);
        let session = self.job.session().clone();
        let known = blocking(move || session.audits()).await;
        let index = (number.0 as usize).saturating_sub(1);
        let Some(view) = chunk.view.chunks.get(index) else {
            return Ok(Audited::NotThere);
        };
        let before = known.chunks.get(&view.beat);
        let is_known = |before: &ChunkAudit| match again {
            Again::Always => false,
            Again::WhenAnythingChanged => before.asked_sha256 == asked,
            Again::WhenTheTextChanged => before.text_sha256 == view.digest,
        };
        if let Some(before) = before.filter(|before| is_known(before)) {
            return Ok(Audited::Known(before.findings.len()));
        }
        if self.asker.writer.kind == ProviderKind::Demo {
            self.job.reporter.warn_once("audit", NO_AUDITOR);
        }
        let (told, usage) = self.ask(&chunk).await?;
        let story = &self.job.story;
        let chunks = &chunk.view.chunks;
        let quotable = chunks.iter().map(|chunk| Quotable {
            number: chunk.number,
            beat: &chunk.beat,
            text: &chunk.text,
        });
        let quotable: Vec<Quotable<'_>> = quotable.collect();
        let findings = answer::standing(told, number, &quotable, &story.brief, &story.text);
        let count = findings.len();
        let audit = ChunkAudit {
            text_sha256: view.digest.clone(),
            asked_sha256: asked,
            audited: jiff::Timestamp::now(),
            provider: self.asker.writer.kind.as_str().to_owned(),
            model: self.asker.writer.answers(),
            findings,
        };
        let session = self.job.session().clone();
        let saved = blocking(move || session.save_audit(number, audit)).await?;
        self.job.bring_to_editor(number, saved).await;
        self.asker.count_chunk();
        self.job.reporter.tell(JobEvent::ChunkAudited {
            chunk: number,
            beat: view.beat.clone(),
            findings: count,
            audit_ms: millis(began.elapsed()),
            usage,
            elapsed_ms: self.job.reporter.elapsed_ms(),
        });
        Ok(Audited::Found(count))
    }

    /// The chunk with the question about it; `None` where it is not complete.
    async fn chunk(&self, number: ChunkNumber) -> Result<Option<Chunk>, PassError> {
        let (session, story) = (self.job.session().clone(), Arc::clone(&self.job.story));
        let settings = Arc::clone(&self.job.settings);
        let limit = self.asker.limit();
        blocking(move || {
            let written = Written::of_session(&session, &story, &settings)?;
            let question = question(&written, &story, limit, number)?;
            Ok(question.map(|question| Chunk {
                number,
                question,
                view: written.view,
            }))
        })
        .await
    }

    /// What the model tells, and what that took.
    async fn ask(&self, chunk: &Chunk) -> Result<(Vec<Told>, Usage), PassError> {
        let mut usage = Usage::default();
        let mut attempt = 1;
        loop {
            let request = self.request(chunk, attempt);
            let answer = self.asker.ask(&request, |_| {}).await?;
            usage = usage.plus(answer.usage);
            let why = match (answer.finish, answer::read(&answer.text)) {
                (FinishReason::Other(why), _) if why == ENDLESS => "the answer has no end",
                (FinishReason::Length, _) => "the answer was cut off by the limit of its call",
                (_, Some(told)) => return Ok((told, usage)),
                (FinishReason::Refusal, None) => "the model refused",
                (_, None) => "the answer has no JSON object with a list of findings",
            };
            if attempt == ATTEMPTS {
                return Err(PassError::refused(why, answer.text));
            }
            attempt += 1;
        }
    }

    /// `attempt` counts from 1.
    fn request(&self, chunk: &Chunk, attempt: u32) -> Request {
        let (story, settings) = (&self.job.story, &self.job.settings);
        let beat = (chunk.number.0 as usize).saturating_sub(1);
        let view = &chunk.view.chunks[beat];
        let writer = &self.asker.writer;
        let seed = settings.demo_seed();
        let scene = demo_scene::scene(writer, &story.brief, beat, view, "", seed);
        let mut scene = Arc::unwrap_or_clone(scene);
        scene.task = Task::Audit;
        Request {
            model: self.asker.writer.model.clone(),
            system: chunk.question.system.clone(),
            user: chunk.question.user.clone(),
            max_output_tokens: writer.tokenizers.answer_room(
                &writer.model,
                prompt::ANSWER_TOKENS,
                &story.brief.language,
            ),
            prompt_tokens: settings.context_tokens,
            context_tokens: settings.context_tokens,
            // That of the settings is for prose.
            temperature: None,
            seed: seed::of_call(settings.seed, attempt - 1, None),
            thinking: settings.thinking_for(Role::Audit),
            // Some servers take a shape and then keep the model from answering.
            format: (attempt == 1).then(prompt::format),
            extension: Extension::new(Arc::new(scene)),
        }
    }
}
