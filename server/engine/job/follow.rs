//! Rewriting what is stale makes more of it stale: a chunk that goes on from a text that is
//! another one now. Where the author wants that rewritten too, this lines it up, round by round.
//!
//! Each chunk is written once at most in a job, so it ends, whatever the models answer.

use tokio_util::sync::CancellationToken;

use super::Job;
use super::reducer::Reducer;
use crate::engine::queue::Lineup;
use crate::engine::settings::{Order, Settings};
use crate::engine::written::Written;
use crate::engine::{blocking, run_report, stale};
use crate::session::StoreError;
use crate::story::ChunkNumber;

impl Reducer<'_> {
    /// Rewrites what became stale since the job began, until nothing new is. `done` are the
    /// chunks that it has written.
    pub async fn follow(&mut self, mut done: Vec<ChunkNumber>, cancel: &CancellationToken) {
        while self.may_go_on() && !cancel.is_cancelled() {
            let (mut lineup, written) = match self.job.stale().await {
                Ok(found) => found,
                Err(error) => {
                    self.job.reporter().warn(None, "stale", error.to_string());
                    return;
                }
            };
            lineup.tasks.retain(|task| !done.contains(&task.number));
            let numbers: Vec<ChunkNumber> = lineup.tasks.iter().map(|task| task.number).collect();
            let Some(first) = numbers.first().copied() else {
                return;
            };
            let verb = if numbers.len() == 1 { "is" } else { "are" };
            let message = format!(
                "{} became stale by what was rewritten, and {verb} rewritten too",
                run_report::chunks(&numbers)
            );
            self.job.reporter().warn(Some(first), "stale-too", message);
            // One after the other: what made them stale is the text before them.
            let serial = Settings {
                order: Order::Serial,
                ..self.job.settings().clone()
            };
            let schedule = lineup.schedule(self.job.brief(), &written.view, &serial);
            self.job.ask_for_more(&schedule);
            self.line_up(schedule);
            done.extend(numbers);
            self.write(cancel).await;
        }
    }
}

impl Job {
    /// What is stale now, and what is written.
    async fn stale(&self) -> Result<(Lineup, Written), StoreError> {
        let session = self.session().clone();
        let (story, settings) = (self.story.clone(), self.settings.clone());
        blocking(move || {
            let written = Written::of_session(&session, &story, &settings)?;
            let reasons = stale::reasons(&story, &written, &settings);
            Ok((Lineup::stale(&written.view, &reasons), written))
        })
        .await
    }

    /// The chunks that are stale now, those included that no job rewrites unasked.
    pub(in crate::engine) async fn stale_chunks(&self) -> Vec<ChunkNumber> {
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
