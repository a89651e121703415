//! What a job tells of itself: how far it is, how it ended, and the records of its run.

use std::sync::PoisonError;
use std::time::Instant;

use super::draft::Draft;
use super::job::{Job, Results};
use super::progress::Progress;
use crate::analysis::status::relative;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::calls_beside::Spent;
use crate::jobs::run::events::{JobEvent, Outcome};
use crate::jobs::run::outcomes::{Finished, Stop};
use crate::jobs::run::report::cause_chain;
use crate::jobs::run::run_report;
use crate::jobs::run::run_report::{ChunkEnd, ChunkOutcome, Safety};
use crate::jobs::run::started_job::JobEnd;
use crate::provider::{ProviderError, Usage};
use crate::session::{ChunkStatus, ChunkView, Session};
use crate::settings::Role;
use crate::story::ChunkNumber;
use crate::writing::schedule::Schedule;

/// Where the whole story is, from the story's folder.
pub(crate) fn full_story(session: &Session) -> String {
    let path = session.root().join("full_story.md");
    relative(&path, session.folder().root())
}

impl Job {
    /// A chunk that failed, with the text that it has.
    pub(crate) async fn record_failure(
        &self,
        number: ChunkNumber,
        error: Option<&ProviderError>,
        why: &str,
        prose: &str,
    ) {
        let what = format!("Chunk {number} failed");
        let report = run_report::error_report(&what, why, error, prose);
        let name = format!("chunk_{:02}", number.0);
        self.reporter().keep_error(Some(number), name, report).await;
    }

    /// A call that failed and is made again, with the text that there is by now.
    pub(crate) async fn record_attempt(
        &self,
        number: ChunkNumber,
        attempt: u32,
        error: &ProviderError,
        prose: &str,
    ) {
        let what = format!("Attempt {attempt} at chunk {number} failed");
        let why = format!("{error}\n\nIt was tried again, from the end of the text below.");
        let report = run_report::error_report(&what, &why, Some(error), prose);
        let name = format!("chunk_{:02}_attempt_{attempt}", number.0);
        self.reporter().keep_error(Some(number), name, report).await;
    }

    /// Notes what a call of the writer took.
    pub(crate) fn note_spent(&self, usage: Usage) {
        let cost = self.cost(&usage);
        self.reporter()
            .note_spent(Role::Draft, &self.writer().answers(), usage, cost);
    }

    /// Refused answers go into `errors/`, what was taken out of others into `artifacts/`.
    pub(crate) async fn keep_refused(&self, number: ChunkNumber, draft: &Draft) {
        for (index, (fault, text)) in draft.refused.iter().enumerate() {
            let name = format!("chunk_{:02}_refused_{}", number.0, index + 1);
            let report = run_report::refused_answer(number, fault, text);
            self.reporter().keep_error(Some(number), name, report).await;
        }
        if draft.cuts.is_empty() {
            return;
        }
        let name = format!("chunk_{:02}_left_out", number.0);
        let report = run_report::left_out(number, &draft.cuts);
        let run = self.reporter().run().clone();
        if let Err(error) = blocking(move || run.artifact(&name, &report)).await {
            self.reporter()
                .warn(Some(number), "record", cause_chain(&error));
        }
    }

    pub(crate) async fn finish(&self, results: &Results) -> Finished {
        let Results {
            outcomes,
            seams,
            stop,
            beside,
        } = results;
        // A job that was cancelled ends now; what the author changed is read by the next one anyway.
        if !matches!(stop, Some(Stop::Cancelled)) {
            self.tell_of_changes().await;
        }
        let unsaved = self.rescue().await;
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
        let outcome = match stop {
            Some(Stop::Cancelled) => Outcome::Cancelled,
            Some(Stop::At { .. } | Stop::Message(_)) => Outcome::Incomplete,
            None if failed => Outcome::Incomplete,
            None => Outcome::Complete,
        };
        let message = run_report::message(
            outcome,
            stop.as_ref().and_then(Stop::text).as_deref(),
            outcomes,
            seams,
            &run_report::Rest {
                incomplete: &incomplete,
                named: self.named.as_deref(),
                full_story: &full_story(self.session()),
            },
            &run_report::gone_over(beside),
            &Safety {
                saved: view.is_ok().then_some(total),
                unsaved: &unsaved,
                unit: self.brief().language.unit(),
            },
        );
        let stale = self.stale_chunks().await;
        let message = run_report::with_stale(message, &stale);
        let is_complete = |it: &&ChunkOutcome| it.end == ChunkEnd::Complete;
        self.started
            .end(JobEnd {
                outcome,
                message,
                words: total,
                target_words: self.started.target_words(),
                written: outcomes.iter().filter(is_complete).count(),
                incomplete,
                stale,
                spent: Spent {
                    usage: results.usage(),
                    cost: results.cost(),
                    ..Spent::default()
                },
                outcomes,
                seams,
                beside,
            })
            .await
    }

    pub(crate) async fn tell_started(&self, schedule: &Schedule) {
        let steps = schedule.steps();
        let queue: Vec<ChunkNumber> = steps.map(|step| step.task.number).collect();
        let session = self.session().clone();
        let view = blocking(move || session.view()).await.ok();
        let chunks = view.as_ref().map_or(&[][..], |view| &view.chunks);
        {
            let mut progress = self.progress();
            progress.asked = chunks
                .iter()
                .filter(|chunk| queue.contains(&chunk.number))
                .map(|chunk| chunk.target_words)
                .sum();
            progress.story = chunks.iter().map(|chunk| chunk.words).sum();
        }
        self.started.tell_started(view.as_ref(), queue);
    }

    /// Counts chunks that the job writes beside those that it began with.
    pub(crate) fn ask_for_more(&self, schedule: &Schedule) {
        let words: u32 = schedule.steps().map(|step| step.words).sum();
        let mut progress = self.progress();
        progress.asked = progress.asked.saturating_add(words);
    }

    /// Tells how far a chunk in hand is.
    pub(crate) fn tell_progress(
        &self,
        chunk: ChunkNumber,
        length: u32,
        target_words: u32,
        fresh: u32,
        started: Instant,
    ) {
        let (story_words, percent) = {
            let mut progress = self.progress();
            progress.in_hand.entry(chunk).or_default().words = length;
            (progress.story(), progress.tell())
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

    /// Notes what a chunk in hand has taken so far.
    pub(crate) fn note_usage(&self, chunk: ChunkNumber, spent: Usage) {
        self.progress().in_hand.entry(chunk).or_default().spent = spent;
    }

    /// So many words of a chunk are going to be written: the budget counts them at once.
    pub(crate) fn foresee(&self, chunk: ChunkNumber, words: u32) {
        let writer = self.writer();
        let expected = writer
            .tokenizers
            .of_words(&writer.model, words, &self.brief().language);
        self.progress().in_hand.entry(chunk).or_default().expected = expected.into();
    }

    /// From now on the chunk is counted by its draft.
    pub(crate) fn take_in_hand(&self, chunk: &ChunkView) {
        let mut progress = self.progress();
        progress.story = progress.story.saturating_sub(chunk.words);
        let in_hand = progress.in_hand.entry(chunk.number).or_default();
        in_hand.target_words = chunk.target_words;
    }

    /// What the chunks in hand will probably have taken when they are complete.
    pub(crate) fn under_way(&self) -> Usage {
        let progress = self.progress();
        let in_hand = progress.in_hand.values();
        let usage = in_hand.map(|chunk| Usage {
            output_tokens: Some(chunk.expected.max(chunk.spent.output_tokens.unwrap_or(0))),
            ..chunk.spent
        });
        usage.fold(Usage::default(), Usage::plus)
    }

    /// How far the job is, in per cent.
    pub(crate) fn percent(&self) -> u32 {
        self.progress().percent
    }

    /// Counts a completed chunk; how far the job is, in per cent.
    pub(crate) fn completed(&self, chunk: &ChunkView, length: u32) -> u32 {
        let mut progress = self.progress();
        progress.in_hand.remove(&chunk.number);
        progress.done += chunk.target_words;
        progress.story += length;
        progress.tell()
    }

    /// A chunk has ended: what it took is in its outcome from now on.
    pub(crate) fn put_down(&self, chunk: ChunkNumber) {
        if let Some(in_hand) = self.progress().in_hand.get_mut(&chunk) {
            in_hand.spent = Usage::default();
            in_hand.expected = 0;
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
