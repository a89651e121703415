//! What a job tells of itself: how far it is, how it ended, and the records of its run.

use std::sync::PoisonError;
use std::time::Instant;

use super::blocking;
use super::draft::Draft;
use super::events::{JobEvent, Outcome};
use super::job::{Finished, Job, Stop};
use super::prepare::Task;
use super::report::cause_chain;
use super::run_report::{self, ChunkEnd, ChunkOutcome};
use super::status::relative;
use crate::provider::{ProviderError, Usage};
use crate::session::{ChunkStatus, Session};
use crate::story::ChunkNumber;

/// Lengths, in words (characters for CJK).
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Of the chunks that this job is to write.
    asked: u32,
    /// Of those that it has completed, by their targets.
    done: u32,
    /// Of the story without the chunk in hand.
    story: u32,
    /// What was told last, in per cent: a bar that runs backwards says nothing.
    percent: u32,
}

impl Progress {
    /// How far the job is, in per cent; never less than before.
    fn tell(&mut self, reached: u32) -> u32 {
        let percent = u64::from(reached) * 100 / u64::from(self.asked.max(1));
        let percent = u32::try_from(percent.min(100)).unwrap_or(100);
        self.percent = self.percent.max(percent);
        self.percent
    }
}

/// Where the whole story is, from the story's folder.
pub(super) fn full_story(session: &Session) -> String {
    let path = session.root().join("full_story.md");
    relative(&path, session.folder().root())
}

impl Job {
    /// Failures and refused answers go into the run's records.
    pub(super) async fn record_error(
        &self,
        number: ChunkNumber,
        error: &Option<ProviderError>,
        why: &str,
        prose: &str,
    ) {
        let report = run_report::error_report(number, why, error.as_ref(), prose);
        let (run, name) = (
            self.reporter().run().clone(),
            format!("chunk_{:02}", number.0),
        );
        if let Err(error) = blocking(move || run.error(&name, &report)).await {
            self.reporter()
                .warn(Some(number), "record", cause_chain(&error));
        }
    }

    pub(super) async fn keep_refused(&self, number: ChunkNumber, draft: &Draft) {
        for (index, text) in draft.refused.iter().enumerate() {
            let (run, text) = (self.reporter().run().clone(), text.clone());
            let name = format!("chunk_{:02}_refused_{}", number.0, index + 1);
            if let Err(error) = blocking(move || run.error(&name, &text)).await {
                self.reporter()
                    .warn(Some(number), "record", cause_chain(&error));
            }
        }
    }

    pub(super) async fn finish(&self, outcomes: &[ChunkOutcome], stop: Option<Stop>) -> Finished {
        let session = self.session().clone();
        let view = blocking(move || session.view()).await;
        let (total, incomplete): (u32, Vec<ChunkNumber>) = match &view {
            Ok(view) => (
                view.chunks.iter().map(|chunk| chunk.words).sum(),
                view.chunks
                    .iter()
                    .filter(|chunk| chunk.status != ChunkStatus::Complete)
                    .map(|chunk| chunk.number)
                    .collect(),
            ),
            Err(_) => (0, Vec::new()),
        };
        let failed = outcomes.iter().any(|outcome| outcome.failure.is_some());
        let outcome = match &stop {
            Some(Stop::Cancelled) => Outcome::Cancelled,
            Some(Stop::At { .. } | Stop::Message(_)) => Outcome::Incomplete,
            None if failed => Outcome::Incomplete,
            None => Outcome::Complete,
        };
        let message = run_report::message(
            outcome,
            stop.as_ref().and_then(Stop::text).as_deref(),
            outcomes,
            &incomplete,
            &full_story(self.session()),
        );
        let usage = outcomes
            .iter()
            .fold(Usage::default(), |sum, outcome| sum.plus(outcome.usage));
        let beside = self.spent_beside();
        let usage = usage.plus(beside.usage);
        let costs = outcomes.iter().filter_map(|outcome| outcome.cost);
        let costs: Vec<f64> = costs.chain(beside.cost).collect();
        let cost = (!costs.is_empty()).then(|| costs.iter().sum());
        let target_words = self.target_words();
        let summary = run_report::summary(&run_report::Summary {
            story: &self.brief().title,
            session: self.session().id(),
            asked: &self.asked,
            provider: self.writer().kind.as_str(),
            model: &self.writer().model,
            outcome,
            message: &message,
            outcomes,
            words: total,
            target_words,
            unit: self.brief().language.unit(),
            usage,
            beside: &beside,
            cost,
            elapsed: self.reporter().elapsed(),
        });
        let run = self.reporter().run().clone();
        if let Err(error) = blocking(move || run.finish(&summary)).await {
            self.reporter().warn(None, "record", cause_chain(&error));
        }
        self.reporter().tell(JobEvent::JobFinished {
            outcome,
            words: total,
            target_words,
            written: outcomes
                .iter()
                .filter(|outcome| outcome.end == ChunkEnd::Complete)
                .count(),
            incomplete,
            usage,
            cost,
            message: message.clone(),
            elapsed_ms: self.reporter().elapsed_ms(),
        });
        Finished { outcome, message }
    }

    pub(super) async fn tell_started(&self, tasks: &[Task]) {
        let queue: Vec<ChunkNumber> = tasks.iter().map(|task| task.number).collect();
        let session = self.session().clone();
        let chunks = match blocking(move || session.view()).await {
            Ok(view) => view.chunks,
            Err(_) => Vec::new(),
        };
        {
            let mut progress = self.progress();
            progress.asked = chunks
                .iter()
                .filter(|chunk| queue.contains(&chunk.number))
                .map(|chunk| chunk.target_words)
                .sum();
            progress.story = chunks.iter().map(|chunk| chunk.words).sum();
        }
        self.reporter().tell(JobEvent::JobStarted {
            job: self.id.clone(),
            story: self.brief().title.clone(),
            session: self.session().id().to_string(),
            run: self.reporter().run().name().to_owned(),
            provider: self.writer().kind.as_str(),
            model: self.writer().model.clone(),
            chunks: chunks.len(),
            to_write: queue,
            words: chunks.iter().map(|chunk| chunk.words).sum(),
            target_words: self.target_words(),
            reads: false,
        });
    }

    /// Tells how far the chunk in hand is.
    pub(super) fn tell_progress(
        &self,
        chunk: ChunkNumber,
        length: u32,
        target_words: u32,
        fresh: u32,
        started: Instant,
    ) {
        let (story_words, percent) = {
            let mut progress = self.progress();
            let reached = progress.done + length.min(target_words);
            let story_words = progress.story + length;
            (story_words, progress.tell(reached))
        };
        let seconds = started.elapsed().as_secs_f64().max(0.001);
        self.reporter().tell(JobEvent::Progress {
            chunk,
            words: length,
            target_words,
            story_words,
            percent,
            words_per_second: (f64::from(fresh) / seconds * 10.0).round() / 10.0,
            elapsed_ms: self.reporter().elapsed_ms(),
        });
    }

    /// From now on the chunk in hand is counted by its draft.
    pub(super) fn take_in_hand(&self, words: u32) {
        let mut progress = self.progress();
        progress.story = progress.story.saturating_sub(words);
    }

    /// How far the job is, in per cent.
    pub(super) fn percent(&self) -> u32 {
        self.progress().percent
    }

    /// Counts a completed chunk; how far the job is, in per cent.
    pub(super) fn completed(&self, target_words: u32, length: u32) -> u32 {
        let mut progress = self.progress();
        progress.done += target_words;
        progress.story += length;
        let reached = progress.done;
        progress.tell(reached)
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
