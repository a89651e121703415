//! A running job on chunks: what all its parts work on, and how it ends.

use std::sync::Arc;
use std::time::Instant;

use super::background_calls::{Purpose, Spent};
use super::connected_model::ConnectedModel;
use super::editor::{BufferStop, Editor, Hint};
use super::reporter::{Reporter, millis};
use super::run_summary::{self, ChunkOutcome};
use super::workshop::OpenSession;
use crate::analysis::story_file::StoryFile;
use crate::events::job::{JobEvent, Observer, Outcome, Work};
use crate::events::outcomes::{Finished, SeamOutcome};
use crate::session::{ChunkStatus, Saved, Session, SessionView};
use crate::settings::Settings;
use crate::story::{Brief, ChunkNumber};
use crate::writing::part_index::PartIndex;

/// A running job on chunks.
pub struct StartedJob {
    /// The name of the job, unique in this process, such as `job-1`.
    pub(crate) name: String,
    /// The request in words, for the run's records.
    pub(crate) asked: String,
    pub(crate) work: Work,
    pub(crate) story: Arc<StoryFile>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) model: ConnectedModel,
    pub(crate) open: Arc<OpenSession>,
    pub(crate) editor: Arc<dyn Editor>,
    pub(crate) reporter: Arc<Reporter>,
    /// The texts of the session taken apart, each once for the whole job.
    pub(crate) index: Arc<PartIndex>,
}

/// The result of a job on chunks.
pub(crate) struct JobEnd<'a> {
    pub outcome: Outcome,
    pub message: String,
    /// The length of the story and its target, in words (characters for CJK).
    pub words: u32,
    pub target_words: u32,
    /// The number of chunks whose text changed.
    pub written: usize,
    pub incomplete: Vec<ChunkNumber>,
    pub stale: Vec<ChunkNumber>,
    /// The usage of all calls, background calls included.
    pub spent: Spent,
    pub outcomes: &'a [ChunkOutcome],
    pub seams: &'a [SeamOutcome],
    /// The usage of background calls, by purpose.
    pub beside: &'a [(Purpose, Spent)],
}

impl JobEnd<'_> {
    /// Makes the result of a job that has written nothing, and leaves the session as in `view`.
    pub fn of(view: &SessionView, outcome: Outcome, message: String) -> Self {
        let (chunks, mut incomplete) = (&view.chunks, Vec::new());
        for chunk in chunks {
            if chunk.status != ChunkStatus::Complete {
                incomplete.push(chunk.number);
            }
        }
        JobEnd {
            outcome,
            message,
            words: words(view),
            target_words: target_words(view),
            written: 0,
            incomplete,
            stale: Vec::new(),
            spent: Spent::default(),
            outcomes: &[],
            seams: &[],
            beside: &[],
        }
    }

    /// Ends a job that had nothing to do, and so has no records.
    pub fn tell(self, observer: &dyn Observer, since: Instant) -> Finished {
        self.end(millis(since.elapsed()), |event| observer.event(&event))
    }

    fn end(self, elapsed_ms: u64, tell: impl FnOnce(JobEvent)) -> Finished {
        tell(JobEvent::JobFinished {
            outcome: self.outcome,
            words: self.words,
            target_words: self.target_words,
            written: self.written,
            incomplete: self.incomplete,
            stale: self.stale,
            usage: self.spent.usage,
            cost: self.spent.cost,
            message: self.message.clone(),
            elapsed_ms,
        });
        Finished {
            outcome: self.outcome,
            message: self.message,
        }
    }
}

impl StartedJob {
    pub(crate) fn session(&self) -> &Session {
        &self.open.session
    }

    pub(crate) fn brief(&self) -> &Brief {
        &self.story.brief
    }

    /// Returns the target length of the story, in words (characters for CJK).
    pub(crate) fn target_words(&self) -> u32 {
        let plan = self.story.plan(&self.settings);
        let words = plan.iter().map(|chunk| chunk.target_words);
        words.fold(0, u32::saturating_add)
    }

    /// Reports that the job begins with these chunks. `view` is the session as it is, unless that can't be
    /// read.
    pub(crate) fn tell_started(&self, view: Option<&SessionView>, chunks: Vec<ChunkNumber>) {
        self.reporter.tell(JobEvent::JobStarted {
            job: self.name.clone(),
            work: self.work,
            story: self.brief().title.clone(),
            session: self.session().id().to_string(),
            run: self.reporter.run().name().to_owned(),
            provider: self.model.kind.as_str(),
            model: self.model.asked().to_owned(),
            chunks: view.map_or(0, |view| view.chunks.len()),
            to_write: chunks,
            words: view.map_or(0, words),
            target_words: self.target_words(),
            unit: self.brief().language.unit(),
        });
    }

    /// Shows in the editor what background work saved into files that are open there.
    pub(crate) async fn bring_to_editor(&self, number: ChunkNumber, saved: Saved) {
        for notice in saved.notices {
            self.reporter
                .warn(Some(number), notice.code, notice.message);
        }
        for edit in saved.client_edits {
            if let Err(stop) = self.editor.replace(&edit).await
                && stop != BufferStop::CannotEdit(Hint::GivenBefore)
            {
                let file = edit.path.file_name().unwrap_or_default().to_string_lossy();
                let message = format!("{file} is open and was left as it is: {stop}");
                self.reporter.warn(Some(number), "file-left-alone", message);
            }
        }
    }

    /// Saves what was learned and the summary of the run, and reports the result.
    pub(crate) async fn end(&self, end: JobEnd<'_>) -> Finished {
        let (reporter, model) = (&self.reporter, &self.model);
        model.keep_tokenizers(self.session()).await;
        let summary = run_summary::summary(&run_summary::Summary {
            story: &self.brief().title,
            session: self.session().id(),
            asked: &self.asked,
            provider: model.kind.as_str(),
            model: &model.answers(),
            asked_model: model.asked_in_vain(),
            outcome: end.outcome,
            message: &end.message,
            outcomes: end.outcomes,
            seams: end.seams,
            words: end.words,
            target_words: end.target_words,
            unit: self.brief().language.unit(),
            usage: end.spent.usage,
            beside: end.beside,
            cost: end.spent.cost,
            elapsed: reporter.elapsed(),
            thought: reporter.thought(),
        });
        reporter.count_spent(self.session()).await;
        reporter.finish_run(summary).await;
        end.end(reporter.elapsed_ms(), |event| reporter.tell(event))
    }
}

/// Returns the length of a story, in words (characters for CJK).
pub(crate) fn words(view: &SessionView) -> u32 {
    u32::try_from(view.words()).unwrap_or(u32::MAX)
}

/// Returns the target length of a story, in words (characters for CJK).
fn target_words(view: &SessionView) -> u32 {
    let words = view.chunks.iter().map(|chunk| chunk.target_words);
    words.fold(0, u32::saturating_add)
}
