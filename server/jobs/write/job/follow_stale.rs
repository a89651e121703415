//! Rewrites the chunks that become stale by a rewriting, where the author wants that: those that continue
//! from a text that has changed. They are queued one by one in story order, since a later stale chunk may
//! become stale again.
//!
//! Each chunk is written once at most on the way, so it ends, whatever the models answer. What was
//! written beside others before is not counted: it was not known yet what it had to follow from.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use super::reducer::Reducer;
use super::running::Job;
use crate::analysis::lineup::Lineup;
use crate::analysis::stale;
use crate::analysis::written::Written;
use crate::events::outcomes::Stop;
use crate::jobs::run::blocking::blocking;
use crate::session::StoreError;
use crate::settings::Settings;
use crate::story::ChunkNumber;
use crate::story::ids;
use crate::writing::schedule::Order;

impl Reducer<'_> {
    /// Rewrites what is stale, and what becomes so by that, until nothing is. `asked` are the chunks that the
    /// program has told the author it will write, and has not written yet.
    pub async fn follow(&mut self, asked: &[ChunkNumber], cancel: &CancellationToken) {
        let mut done = BTreeSet::new();
        let mut last: Option<ChunkNumber> = None;
        while self.may_go_on() {
            if cancel.is_cancelled() {
                self.results.stop = Some(Stop::Cancelled);
                return;
            }
            let Some((mut lineup, mut written)) = self.stale(&done).await else {
                return;
            };
            let is_next = |lineup: &Lineup| {
                let first = lineup.tasks.first();
                first.is_some_and(|task| last.is_some_and(|last| task.number.0 == last.0 + 1))
            };
            // What is stale by what happened before is known when that was read.
            if !is_next(&lineup) {
                self.job.readings.idle(cancel).await;
                let Some(found) = self.stale(&done).await else {
                    return;
                };
                (lineup, written) = found;
            }
            let Some(task) = lineup.tasks.first().copied() else {
                return;
            };
            lineup.tasks.truncate(1);
            // One after the other: what made them stale is the text before them.
            let serial = Settings {
                order: Order::Serial,
                ..self.job.settings().clone()
            };
            let schedule = lineup.schedule(self.job.brief(), &written.view, &serial);
            if !asked.contains(&task.number) {
                let message = format!(
                    "{} became stale by what was rewritten or read again, and is rewritten too",
                    ids::chunks(&[task.number])
                );
                let reporter = self.job.reporter();
                reporter.warn(Some(task.number), "stale-too", message);
                self.job.ask_for_more(&schedule);
            }
            self.line_up(schedule);
            done.insert(task.number);
            last = Some(task.number);
            self.write(cancel).await;
        }
    }

    /// Returns the stale chunks that are not among `done`; `None` where that can't be told.
    async fn stale(&self, done: &BTreeSet<ChunkNumber>) -> Option<(Lineup, Written)> {
        match self.job.stale().await {
            Ok((mut lineup, written)) => {
                lineup.tasks.retain(|task| !done.contains(&task.number));
                Some((lineup, written))
            }
            Err(error) => {
                self.job.reporter().warn(None, "stale", error.to_string());
                None
            }
        }
    }
}

impl Job {
    /// Returns the stale chunks, and the written part of the story.
    async fn stale(&self) -> Result<(Lineup, Written), StoreError> {
        let session = self.session().clone();
        let (story, settings) = (self.story().clone(), self.settings().clone());
        blocking(move || {
            let written = Written::of_session(&session, &story, &settings)?;
            let reasons = stale::reasons(&story, &written, &settings);
            Ok((Lineup::stale(&written.view, &reasons), written))
        })
        .await
    }

    /// Returns the stale chunks, those included that no job rewrites unasked.
    pub(crate) async fn stale_chunks(&self) -> Vec<ChunkNumber> {
        let Ok((lineup, _)) = self.stale().await else {
            // What can't be read has been told of already.
            return Vec::new();
        };
        let tasks = lineup.tasks.iter().map(|task| task.number);
        let kept = lineup.kept.iter().map(|(number, _)| *number);
        let mut stale: Vec<ChunkNumber> = tasks.chain(kept).collect();
        stale.sort_unstable();
        stale
    }
}
