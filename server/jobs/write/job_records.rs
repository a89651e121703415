//! Keeps the records of a job that writes: failures, refused answers, what calls took, and its end.

use super::draft::Draft;
use super::job::{Job, Results};
use crate::analysis::status::relative;
use crate::events::job::Outcome;
use crate::events::outcomes::{Finished, Stop};
use crate::jobs::run::background_calls::Spent;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::reporter::cause_chain;
use crate::jobs::run::run_summary;
use crate::jobs::run::run_summary::{ChunkEnd, ChunkOutcome, Safety};
use crate::jobs::run::started_job::JobEnd;
use crate::provider::{ProviderError, Usage};
use crate::session::{ChunkStatus, Session};
use crate::settings::Role;
use crate::story::ChunkNumber;

/// Returns the path of the assembled story, relative to the story's folder.
pub(crate) fn full_story(session: &Session) -> String {
    let path = session.root().join("full_story.md");
    relative(&path, session.folder().root())
}

impl Job {
    /// Records a failed chunk, with the text that it has.
    pub(crate) async fn record_failure(
        &self,
        number: ChunkNumber,
        error: Option<&ProviderError>,
        why: &str,
        prose: &str,
    ) {
        let what = format!("Chunk {number} failed");
        let report = run_summary::error_report(&what, why, error, prose);
        let name = format!("chunk_{:02}", number.0);
        self.reporter().keep_error(Some(number), name, report).await;
    }

    /// Records a failed call that is made again, with the text so far.
    pub(crate) async fn record_attempt(
        &self,
        number: ChunkNumber,
        attempt: u32,
        error: &ProviderError,
        prose: &str,
    ) {
        let what = format!("Attempt {attempt} at chunk {number} failed");
        let why = format!("{error}\n\nIt was tried again, from the end of the text below.");
        let report = run_summary::error_report(&what, &why, Some(error), prose);
        let name = format!("chunk_{:02}_attempt_{attempt}", number.0);
        self.reporter().keep_error(Some(number), name, report).await;
    }

    /// Records the usage of a call for a draft.
    pub(crate) fn note_spent(&self, usage: Usage) {
        let cost = self.cost(&usage);
        self.reporter()
            .note_spent(Role::Draft, &self.model().answers(), usage, cost);
    }

    /// Saves refused answers in the run's `errors/`, and what was cut from others in `artifacts/`.
    pub(crate) async fn keep_refused(&self, number: ChunkNumber, draft: &Draft) {
        for (index, (fault, text)) in draft.refused.iter().enumerate() {
            let name = format!("chunk_{:02}_refused_{}", number.0, index + 1);
            let report = run_summary::refused_answer(number, fault, text);
            self.reporter().keep_error(Some(number), name, report).await;
        }
        if draft.cuts.is_empty() {
            return;
        }
        let name = format!("chunk_{:02}_left_out", number.0);
        let report = run_summary::left_out(number, &draft.cuts);
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
        let is_cancelled = matches!(stop, Some(Stop::Cancelled));
        if !is_cancelled {
            self.tell_of_changes().await;
        }
        let unsaved = self.rescue().await;
        let stop = &match self.derived.end(self.session(), is_cancelled).await {
            Ok(saved) => {
                self.bring_all_to_editor(saved, None).await;
                stop.clone()
            }
            Err(error) => stop
                .clone()
                .or_else(|| Some(Stop::Message(error.to_string()))),
        };
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
        let message = run_summary::message(
            outcome,
            stop.as_ref().and_then(Stop::text).as_deref(),
            outcomes,
            seams,
            &run_summary::Rest {
                incomplete: &incomplete,
                named: self.named.as_deref(),
                full_story: &full_story(self.session()),
            },
            &run_summary::gone_over(beside),
            &Safety {
                saved: view.is_ok().then_some(total),
                unsaved: &unsaved,
                unit: self.brief().language.unit(),
            },
        );
        let stale = self.stale_chunks().await;
        let message = run_summary::with_stale(message, &stale);
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
}
