//! Decides what a job does next, in one place. Workers draft in parallel; their results are taken one by one:
//! saved, reported, counted, and only then do the chunks begin that waited for them. All of it runs in the
//! job's own task, so nothing here can race.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;

use super::results::Results;
use super::running::Job;
use super::settle::{CompletedChunk, Drafted, Ending, Settled};
use crate::events::outcomes::Stop;
use crate::jobs::passes::during_job::Left;
use crate::jobs::run::background::Ended;
use crate::jobs::run::background_calls::{Purpose, Spent};
use crate::story::ChunkNumber;
use crate::story::ids::chunks;
use crate::writing::schedule::Schedule;

pub(crate) struct Reducer<'a> {
    pub(crate) job: &'a Arc<Job>,
    schedule: Schedule,
    /// Whether chunks are claimed one by one, after other jobs if need be.
    in_turn: bool,
    pub(crate) results: Results,
    /// The reason why chunks were not begun, unless something else stopped the job.
    held_up: Option<Stop>,
    /// The chunks that are read once their beginning is final.
    unread: Vec<ChunkNumber>,
    /// The chunks that are refined or audited once their beginning is final.
    to_go_over: Vec<ChunkNumber>,
}

impl<'a> Reducer<'a> {
    pub fn new(job: &'a Arc<Job>, schedule: Schedule, in_turn: bool) -> Self {
        Reducer {
            job,
            schedule,
            in_turn,
            results: Results::default(),
            held_up: None,
            unread: Vec::new(),
            to_go_over: Vec::new(),
        }
    }

    /// Tells whether nothing has stopped the job or kept chunks from being begun.
    pub fn may_go_on(&self) -> bool {
        let is_whole = self.schedule.left().is_empty() && self.held_up.is_none();
        is_whole && self.results.stop.is_none()
    }

    /// Replaces the schedule by another one.
    pub fn line_up(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    /// Writes the scheduled chunks, as far as possible.
    pub async fn write(&mut self, cancel: &CancellationToken) {
        let job = self.job;
        let mut drafting: FuturesUnordered<BoxFuture<'_, Drafted>> = FuturesUnordered::new();
        let mut arrived: VecDeque<Drafted> = VecDeque::new();
        let mut settling: Option<BoxFuture<'_, Settled>> = None;
        let mut applying: FuturesUnordered<BoxFuture<'_, Settled>> = FuturesUnordered::new();
        loop {
            if settling.is_none()
                && let Some(drafted) = arrived.pop_front()
            {
                settling = Some(job.settle(drafted).boxed());
            }
            let is_idle = drafting.is_empty() && settling.is_none() && applying.is_empty();
            self.begin(&mut drafting, is_idle, cancel);
            // Streams go on while a chunk is settled: an editor may take its time over that.
            tokio::select! {
                Some(drafted) = drafting.next() => arrived.push_back(drafted),
                settled = next(&mut settling), if settling.is_some() => {
                    settling = None;
                    if settled.completed.is_some() && job.passes.applies() {
                        let elsewhere = self.elsewhere();
                        applying.push(refined(job, settled, elsewhere, cancel).boxed());
                    } else {
                        self.take(settled);
                    }
                }
                Some(settled) = applying.next() => self.take(settled),
                else => break,
            }
        }
        let left = self.schedule.left();
        if self.results.stop.is_none() && !left.is_empty() {
            let message = format!(
                "{} not begun: what comes before is not complete",
                match left.len() {
                    1 => format!("{} was", chunks(&left)),
                    _ => format!("{} were", chunks(&left)),
                }
            );
            job.reporter().warn(None, "held-up", message);
        }
    }

    /// Starts the chunks that can be started now.
    fn begin<'f>(
        &mut self,
        drafting: &mut FuturesUnordered<BoxFuture<'f, Drafted>>,
        mut is_idle: bool,
        cancel: &'f CancellationToken,
    ) where
        'a: 'f,
    {
        while self.results.stop.is_none() && self.schedule.has_ready() {
            if cancel.is_cancelled() {
                self.results.stop = Some(Stop::Cancelled);
                return;
            }
            if let Some(limit) = self.over_budget() {
                // What is under way may come to less than it is counted for.
                if is_idle {
                    self.results.stop = Some(Stop::Message(limit));
                }
                return;
            }
            let Some(step) = self.schedule.begin() else {
                return;
            };
            self.job.foresee(step.task.number, step.words);
            drafting.push(self.job.draft(step, self.in_turn, cancel).boxed());
            is_idle = false;
        }
    }

    fn take(&mut self, settled: Settled) {
        self.schedule.end(settled.number, settled.is_complete);
        self.job.put_down(settled.number);
        self.results.outcomes.extend(settled.outcome);
        match settled.stop {
            // A cancelled job is cancelled, whatever else happened on the way.
            Some(Ending::Job(stop @ Stop::Cancelled)) => self.results.stop = Some(stop),
            Some(Ending::Job(stop)) => {
                self.results.stop.get_or_insert(stop);
            }
            Some(Ending::Chunk(stop)) => {
                self.held_up.get_or_insert(stop);
            }
            None => {}
        }
        if let Some(completed) = settled.completed {
            self.chunk_is_complete(completed);
        }
    }

    /// Starts the work that follows a complete, saved chunk. The chunk after it may be under way already.
    fn chunk_is_complete(&mut self, chunk: CompletedChunk) {
        if self.schedule.may_change(chunk.number) {
            self.unread.push(chunk.number);
        } else {
            self.job.readings.read(chunk.number);
        }
        if self.schedule.may_be_fitted(chunk.number) {
            self.to_go_over.push(chunk.number);
        } else {
            self.go_over(chunk.number);
        }
        tracing::debug!(
            target: "storywright::job",
            "chunk {} ({}) is complete with {} bytes",
            chunk.number,
            chunk.beat,
            chunk.text.len()
        );
    }

    fn go_over(&self, number: ChunkNumber) {
        self.job.passes.beside(number, self.elsewhere());
    }

    /// Notes that the beginning of a chunk is final: its seam was `fitted`, or left as it was.
    pub(crate) fn note_final_beginning(&mut self, number: ChunkNumber, fitted: bool) {
        let mut waited = |list: fn(&mut Self) -> &mut Vec<ChunkNumber>| {
            let list = list(self);
            let at = list.iter().position(|it| *it == number);
            at.map(|at| list.swap_remove(at)).is_some()
        };
        // What was read or found of it before was another text.
        let is_read = waited(|it| &mut it.unread) || fitted;
        let is_gone_over = waited(|it| &mut it.to_go_over) || fitted;
        if is_read {
            self.job.readings.read(number);
        }
        if is_gone_over {
            self.go_over(number);
        }
    }

    /// Refines and audits the chunks of earlier jobs. A rewrite that is to be applied is in its chunk when
    /// this returns, since others may continue from it.
    pub async fn catch_up(&mut self, left: &Left, cancel: &CancellationToken) {
        let job = self.job;
        if job.passes.applies() {
            let elsewhere = self.elsewhere();
            let applied = futures::stream::iter(left.to_refine.iter().copied())
                .map(|number| job.passes.apply(number, elsewhere.clone(), cancel));
            let width = job.settings().parallel.max(1) as usize;
            applied.buffer_unordered(width).collect::<()>().await;
        }
        for number in left.chunks() {
            job.readings.read(number);
            self.go_over(number);
        }
    }

    /// Starts the work that waited for chunks whose beginning might still change.
    pub fn take_as_they_are(&mut self) {
        for number in std::mem::take(&mut self.unread) {
            self.job.readings.read(number);
        }
        for number in std::mem::take(&mut self.to_go_over) {
            self.go_over(number);
        }
    }

    /// Ends the background work of the job; returns its results.
    pub async fn end(mut self, cancel: &CancellationToken) -> Results {
        self.take_as_they_are();
        let (readings, passes) = (&self.job.readings, &self.job.passes);
        let mut results = self.results;
        let stopped = results.stop.is_some();
        // Nobody waits for both one after the other; while the passes hold the job open there is time
        // to read.
        let are_over = CancellationToken::new();
        let going_over = async {
            let ended = passes.end(stopped, cancel).await;
            are_over.cancel();
            ended
        };
        let reading = readings.end(stopped, are_over.cancelled(), cancel);
        let (read, gone_over) = tokio::join!(reading, going_over);
        if read == Ended::Cancelled || gone_over == Ended::Cancelled {
            results.stop.get_or_insert(Stop::Cancelled);
        }
        results.beside = vec![(Purpose::States, readings.spent())];
        results.beside.extend(passes.spent());
        results.stop = results.stop.or(self.held_up);
        results.outcomes.sort_by_key(|outcome| outcome.number);
        results.seams.sort_by_key(|seam| seam.number);
        results
    }

    /// Returns the reason if the budget of the job is used up, counting what the running chunks will probably
    /// take.
    pub(crate) fn over_budget(&self) -> Option<String> {
        let job = self.job;
        let [(_, refined), (_, audited)] = job.passes.spent();
        let spent = self.elsewhere().plus(&refined).plus(&audited);
        let spent = Spent {
            usage: spent.usage.plus(job.under_way()),
            cost: Some(spent.cost.unwrap_or(0.0) + job.cost(&job.under_way()).unwrap_or(0.0)),
            ..spent
        };
        spent.over_budget(job.settings())
    }

    /// Returns the usage of the job without refining and audits.
    fn elsewhere(&self) -> Spent {
        Spent {
            usage: self.results.usage(),
            cost: self.results.cost(),
            ..Spent::default()
        }
        .plus(&self.job.readings.spent())
    }
}

/// Refines a chunk that was completed, before others go on from it.
async fn refined(
    job: &Job,
    settled: Settled,
    elsewhere: Spent,
    cancel: &CancellationToken,
) -> Settled {
    job.passes.apply(settled.number, elsewhere, cancel).await;
    settled
}

/// Returns the next settled chunk; never ready where none is being settled.
async fn next(settling: &mut Option<BoxFuture<'_, Settled>>) -> Settled {
    match settling {
        Some(settled) => settled.await,
        None => std::future::pending().await,
    }
}
