//! The one place that decides what comes next. Workers draft beside each other; what they
//! bring is taken in one by one: saved, told, counted, and only then are the chunks begun that
//! waited for it. All of it runs in the job's own task, so nothing here can race.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;

use super::background::{CompletedChunk, Ended};
use super::seams::SeamOutcome;
use super::settle::{Drafted, Ending, Settled};
use super::{Job, Stop};
use crate::engine::extract::Spent;
use crate::engine::run_report::{ChunkOutcome, chunks};
use crate::engine::schedule::Schedule;
use crate::provider::Usage;
use crate::story::ChunkNumber;

/// All that came out of a job.
#[derive(Debug, Default)]
pub(in crate::engine) struct Results {
    /// In story order.
    pub outcomes: Vec<ChunkOutcome>,
    pub seams: Vec<SeamOutcome>,
    /// What reading beside the job took.
    pub beside: Spent,
    pub stop: Option<Stop>,
}

impl Results {
    /// Tokens of all calls.
    pub fn usage(&self) -> Usage {
        let outcomes = self.outcomes.iter().map(|outcome| outcome.usage);
        let seams = self.seams.iter().map(|seam| seam.usage);
        let writing = outcomes.chain(seams);
        writing.fold(self.beside.usage, Usage::plus)
    }

    /// In the currency of the configured prices; `None` without prices.
    pub fn cost(&self) -> Option<f64> {
        let outcomes = self.outcomes.iter().filter_map(|outcome| outcome.cost);
        let seams = self.seams.iter().filter_map(|seam| seam.cost);
        let costs: Vec<f64> = outcomes.chain(seams).chain(self.beside.cost).collect();
        (!costs.is_empty()).then(|| costs.iter().sum())
    }
}

pub(super) struct Reducer<'a> {
    pub(super) job: &'a Arc<Job>,
    schedule: Schedule,
    /// Whether chunks are claimed one by one, after other jobs if need be.
    in_turn: bool,
    pub(super) results: Results,
    /// Why chunks were not begun, unless something else stopped the job.
    held_up: Option<Stop>,
    /// Chunks that are read once it is known how they begin.
    pub(super) unread: Vec<ChunkNumber>,
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
        }
    }

    /// Writes what is lined up, as far as it can be.
    pub async fn write(&mut self, cancel: &CancellationToken) {
        let job = self.job;
        let mut drafting: FuturesUnordered<BoxFuture<'_, Drafted>> = FuturesUnordered::new();
        let mut arrived: VecDeque<Drafted> = VecDeque::new();
        let mut settling: Option<BoxFuture<'_, Settled>> = None;
        loop {
            if settling.is_none()
                && let Some(drafted) = arrived.pop_front()
            {
                settling = Some(job.settle(drafted).boxed());
            }
            let is_idle = drafting.is_empty() && settling.is_none();
            self.begin(&mut drafting, is_idle, cancel);
            // Streams go on while a chunk is settled: an editor may take its time over that.
            tokio::select! {
                Some(drafted) = drafting.next() => arrived.push_back(drafted),
                settled = next(&mut settling), if settling.is_some() => {
                    settling = None;
                    self.take(settled);
                }
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

    /// Begins what can be begun.
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

    /// A chunk is complete and saved: here begins what needs its text and what nobody waits for.
    /// The chunk after it may be under way already.
    fn chunk_is_complete(&mut self, chunk: CompletedChunk) {
        if self.schedule.may_change(chunk.number) {
            self.unread.push(chunk.number);
        } else {
            self.job.beside.read(chunk.number);
        }
        tracing::debug!(
            target: "storywright::job",
            "chunk {} ({}) is complete with {} bytes",
            chunk.number,
            chunk.beat,
            chunk.text.len()
        );
    }

    /// Ends what is still under way beside the job; what came out.
    pub async fn end(self, cancel: &CancellationToken) -> Results {
        let mut results = self.results;
        for number in self.unread {
            self.job.beside.read(number);
        }
        let beside = &self.job.beside;
        if beside.end(results.stop.is_some(), cancel).await == Ended::Cancelled {
            results.stop.get_or_insert(Stop::Cancelled);
        }
        results.beside = beside.spent();
        results.stop = results.stop.or(self.held_up);
        results.outcomes.sort_by_key(|outcome| outcome.number);
        results.seams.sort_by_key(|seam| seam.number);
        results
    }

    /// Why the budget of the job is used up, if it is, with what the chunks that are under way
    /// will probably take.
    pub(super) fn over_budget(&self) -> Option<String> {
        let job = self.job;
        let beside = job.beside.spent();
        let spent = self.results.usage().plus(job.under_way());
        let spent = spent.plus(beside.usage);
        let tokens = spent.output_tokens.unwrap_or(0);
        let limit = job.settings().max_output_tokens;
        if let Some(limit) = limit.filter(|limit| tokens >= *limit) {
            return Some(format!(
                "the budget of {limit} output tokens (max_output_tokens) is used up"
            ));
        }
        let under_way = job.cost(&job.under_way()).unwrap_or(0.0);
        let cost = self.results.cost().unwrap_or(0.0) + beside.cost.unwrap_or(0.0) + under_way;
        let limit = job.settings().max_cost.filter(|limit| cost >= *limit)?;
        Some(format!("the budget of {limit} (max_cost) is used up"))
    }
}

/// What is being settled; never ready where nothing is.
async fn next(settling: &mut Option<BoxFuture<'_, Settled>>) -> Settled {
    match settling {
        Some(settled) => settled.await,
        None => std::future::pending().await,
    }
}
