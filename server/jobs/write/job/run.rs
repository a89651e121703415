//! Runs a job, from the first chunk to its closing message.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::reducer::Reducer;
use super::running::Job;
use crate::analysis::lineup::Lineup;
use crate::events::outcomes::Finished;
use crate::jobs::passes::during_job::Left;
use crate::jobs::run::workshop::Reach;
use crate::jobs::write::queue::Queue;
use crate::story::ChunkNumber;
use crate::writing::schedule::{Order, Schedule, in_force};

impl Job {
    /// Runs the job to its end: refines and audits what earlier jobs `left`, writes the queued chunks, fits the
    /// beginnings of those that were written ahead, and reports the outcome.
    pub(crate) async fn write(
        self: &Arc<Self>,
        queue: Queue,
        schedule: Schedule,
        left: Left,
        cancel: &CancellationToken,
    ) -> Finished {
        let Queue {
            lineup,
            claim,
            reach,
        } = queue;
        let Lineup { closes_seams, .. } = lineup;
        self.tell_started(&schedule).await;
        let to_write: Vec<ChunkNumber> = schedule.steps().map(|step| step.task.number).collect();
        let left = left.without(&to_write);
        self.readings.catch_up(to_write.clone());
        let is_empty = to_write.is_empty();
        let mut reducer = Reducer::new(self, schedule, claim.is_story());
        reducer.catch_up(&left, cancel).await;
        let writing = self.model().precedence.writing();
        let follows = reach == Reach::Following;
        let is_serial = in_force(self.settings().order, self.brief()) == Order::Serial;
        if follows && is_serial {
            reducer.line_up(Schedule::new(self.brief(), &[], Order::Serial, 1));
            reducer.follow(&to_write, cancel).await;
        } else {
            if follows {
                // What it is written from is known when that was read.
                self.readings.idle(cancel).await;
            }
            reducer.write(cancel).await;
            if follows {
                // One that was written beside others may be stale by what they became: by what is told of
                // their texts as they will be.
                if closes_seams {
                    reducer.close_seams(cancel).await;
                }
                reducer.take_as_they_are();
                reducer.follow(&[], cancel).await;
            }
        }
        self.single.leave();
        if closes_seams {
            reducer.close_seams(cancel).await;
        }
        drop(writing);
        let results = reducer.end(cancel).await;
        if is_empty {
            self.assemble().await;
        }
        drop(claim);
        self.finish(&results).await
    }
}
