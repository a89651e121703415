//! Audits a chunk: a model looks for contradictions with facts, rules and earlier parts.
//!
//! A finding counts only with its quotes: one of the chunk, one of the place that it
//! contradicts, each verified against the text. No chunk waits for it, and it changes no text.

use std::sync::Arc;
use std::time::Instant;

use crate::analysis::story_file::StoryFile;
use crate::analysis::written::{Call, Written};
use crate::events::job::JobEvent;
use crate::jobs::run::background_calls::{Asker, Spent};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::failure::Failure;
use crate::jobs::run::question::Heard;
use crate::jobs::run::reporter::millis;
use crate::jobs::run::started_job::StartedJob;
use crate::provider::demo::scene::Task;
use crate::provider::{Format, ProviderKind, Usage};
use crate::session::{Audits, ChunkAudit, ChunkStatus, ChunkView, SessionView};
use crate::story::ChunkNumber;
use crate::writing::audit::answer::{self, Quotable, Told};
use crate::writing::audit::prompt::{self, Question};
use crate::writing::tokens::PromptLimit;

/// The condition for auditing a chunk again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Always,
    /// Any part of the question has changed: facts, rules, what earlier parts say.
    WhenAnythingChanged,
    /// The chunk has another text.
    WhenTheTextChanged,
}

/// Tells whether a chunk is to be audited unasked: its present text was never audited.
pub fn is_due(chunk: &ChunkView, audits: &Audits) -> bool {
    let audited = audits.chunks.get(&chunk.beat).map(|it| &it.text_sha256);
    chunk.status == ChunkStatus::Complete && audited != Some(&chunk.digest)
}

/// The message where there is no model to audit with.
pub const NO_AUDITOR: &str = "the demo writer looks at nothing in an audit, so this says nothing about the story; \
                              a model can look, with another `provider`";

/// The result of auditing a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    /// The number of contradictions that stand.
    Found(usize),
    /// The number of contradictions that stand, where the same question was asked before.
    Known(usize),
    /// A chunk that is not complete.
    NotThere,
}

/// Builds the question about a chunk; `None` where it is not complete.
///
/// # Errors
/// [`Failure::TooLarge`] where it does not fit into a prompt.
pub(crate) fn question(
    written: &Written,
    story: &StoryFile,
    limit: PromptLimit,
    number: ChunkNumber,
) -> Result<Option<Question>, Failure> {
    let chunk = written.view.chunk(number);
    let Some(view) = chunk.filter(|it| it.status == ChunkStatus::Complete) else {
        return Ok(None);
    };
    let call = Call::whole(view, "", &[]);
    let drafted = written
        .prompt(story, limit, view, &call)
        .map_err(|error| Failure::TooLarge(error.to_string()))?;
    let language = story.brief.language.as_str();
    let earlier = written.before(number);
    let earlier = (earlier.as_slice(), &*written.index);
    let question = Question::new(&drafted, number, &view.text, earlier, language, limit);
    question.map(Some).map_err(Failure::TooLarge)
}

/// The auditor of one session's chunks, for one job.
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

    /// Audits a chunk and saves what was found; dropping the future ends the call.
    ///
    /// # Errors
    /// Why nothing is known; what was found earlier stays. Dropped, the call ends.
    pub async fn audit(&self, number: ChunkNumber, again: Again) -> Result<Audited, Failure> {
        let began = Instant::now();
        let Some(chunk) = self.chunk(number).await? else {
            return Ok(Audited::NotThere);
        };
        let model = &self.asker.model.name;
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
        if self.asker.model.kind == ProviderKind::Demo {
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
            provider: self.asker.model.kind.as_str().to_owned(),
            model: self.asker.model.answers(),
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

    /// Returns the chunk with the question about it; `None` where it is not complete.
    async fn chunk(&self, number: ChunkNumber) -> Result<Option<Chunk>, Failure> {
        let (session, story) = (self.job.session().clone(), Arc::clone(&self.job.story));
        let settings = Arc::clone(&self.job.settings);
        let (limit, known) = (self.asker.limit(), Arc::clone(&self.job.index));
        blocking(move || {
            let written = Written::of_session(&session, &story, &settings)?.with_index(&known);
            let question = question(&written, &story, limit, number)?;
            Ok(question.map(|question| Chunk {
                number,
                question,
                view: written.view,
            }))
        })
        .await
    }

    /// Returns the model's findings and the tokens of the call.
    async fn ask(&self, chunk: &Chunk) -> Result<(Vec<Told>, Usage), Failure> {
        let question = &chunk.question;
        let view = &chunk.view.chunks[(chunk.number.0 as usize).saturating_sub(1)];
        let request = |asked| {
            let asks = (question.system.as_str(), question.user.clone());
            let shape = (prompt::ANSWER_TOKENS, prompt::format as fn() -> Format);
            self.job
                .question(&self.asker, view, Task::Audit, asks, shape, asked)
        };
        let understand = |answer: &str| match answer::read(answer) {
            Some(told) => Heard::Taken(told),
            None => Heard::Not("has no JSON object with a list of findings"),
        };
        self.asker.ask_for(request, understand).await
    }
}
