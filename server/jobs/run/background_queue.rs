//! Runs work on complete chunks in the background: chunks are queued as they are completed, and nothing waits
//! for them before the end of the job. The work itself and its reports are up to the [`ChunkWork`].

use std::collections::{BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::background::{Background, Ended, waits_no_longer};
use super::failure::Failure;
use crate::story::ChunkNumber;

/// The most failures in a row before the work is given up.
pub const MOST_FAILURES: u32 = 2;

/// The work on complete chunks in the background.
pub trait ChunkWork: Send + Sync + 'static {
    /// Returns how many chunks are worked on at a time.
    fn width(&self) -> u32;

    /// Works on one chunk and reports the result. A failure does not fail the job.
    fn work(&self, number: ChunkNumber) -> impl Future<Output = ()> + Send;

    /// Makes the work start nothing more, not even for a chunk that it has begun.
    fn stop(&self) {}
}

/// The queue of background work on a job's chunks. Dropping it stops the work.
pub struct BackgroundQueue<W> {
    work: Arc<W>,
    line: Arc<Line>,
    workers: Mutex<Background>,
}

#[derive(Default)]
struct Line {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<ChunkNumber>,
    in_hand: BTreeSet<ChunkNumber>,
    /// Whether chunks of earlier jobs are still searched for.
    is_looking: bool,
    /// Whether no further chunk will be queued.
    is_closed: bool,
}

/// The count of failures by which a kind of work is given up.
#[derive(Default)]
pub struct Luck {
    /// The number of failures in a row.
    failures: AtomicU32,
    has_run_out: AtomicBool,
}

impl<W: ChunkWork> BackgroundQueue<W> {
    /// Makes an empty queue, and starts its workers.
    pub fn new(work: W) -> BackgroundQueue<W> {
        let (work, line) = (Arc::new(work), Arc::new(Line::default()));
        let mut workers = Background::default();
        for _ in 0..work.width() {
            let (work, line) = (Arc::clone(&work), Arc::clone(&line));
            workers.begin(async move {
                while let Some(number) = line.next().await {
                    let done = AssertUnwindSafe(work.work(number)).catch_unwind().await;
                    // After a panic it is left, and the others go on.
                    if done.is_ok() {
                        line.change(|queue| {
                            queue.in_hand.remove(&number);
                        });
                    }
                }
            });
        }
        BackgroundQueue {
            work,
            line,
            workers: Mutex::new(workers),
        }
    }

    pub fn work(&self) -> &Arc<W> {
        &self.work
    }

    /// Queues a chunk behind all others.
    pub fn add(&self, number: ChunkNumber) {
        self.line.change(|queue| queue.waiting.push_back(number));
    }

    /// Queues a chunk before all others.
    pub fn add_first(&self, number: ChunkNumber) {
        self.line.change(|queue| queue.waiting.push_front(number));
    }

    /// Queues the chunks that `found` returns; the queue is not idle until then.
    pub fn look_for(&self, found: impl Future<Output = Vec<ChunkNumber>> + Send + 'static) {
        let line = Arc::clone(&self.line);
        line.change(|queue| queue.is_looking = true);
        self.workers().begin(async move {
            let found = found.await;
            line.change(|queue| {
                queue.is_looking = false;
                // The job may have ended by now.
                if !queue.is_closed {
                    queue.waiting.extend(found);
                }
            });
        });
    }

    /// Waits until the queue is empty, for a bounded time and unless cancelled.
    pub async fn idle(&self, cancel: &CancellationToken) {
        let is_idle = |queue: &mut Queue| queue.is_idle().then_some(());
        tokio::select! {
            () = self.line.when(is_idle) => {}
            () = waits_no_longer(std::future::ready(())) => {}
            () = cancel.cancelled() => {}
        }
    }

    /// Waits for the remaining work until `limit` ends or the job is cancelled. Of a job that was `stopped`,
    /// no further work starts.
    pub async fn end(
        &self,
        stopped: bool,
        limit: impl Future<Output = ()>,
        cancel: &CancellationToken,
    ) -> Ended {
        if stopped {
            self.work.stop();
        }
        let workers = std::mem::take(&mut *self.workers());
        self.line.change(|queue| {
            queue.is_closed = true;
            if stopped {
                queue.waiting.clear();
            }
        });
        workers.end(limit, cancel).await
    }

    /// Returns the chunks that are not done.
    pub fn left(&self) -> BTreeSet<ChunkNumber> {
        let queue = self.line.queue();
        queue
            .in_hand
            .iter()
            .chain(&queue.waiting)
            .copied()
            .collect()
    }

    fn workers(&self) -> MutexGuard<'_, Background> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_hand.is_empty() && !self.is_looking
    }

    /// Takes the next chunk from the queue; `Some(None)` where there is none and none will come.
    fn take(&mut self) -> Option<Option<ChunkNumber>> {
        let Some(number) = self.waiting.pop_front() else {
            return self.is_closed.then_some(None);
        };
        self.waiting.retain(|waiting| *waiting != number);
        self.in_hand.insert(number);
        Some(Some(number))
    }
}

impl Line {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        change(&mut self.queue());
        self.changed.notify_waiters();
    }

    /// Returns the next chunk to work on; `None` when there is none and none will come.
    async fn next(&self) -> Option<ChunkNumber> {
        self.when(Queue::take).await
    }

    /// Waits until `look` returns something for the queue.
    async fn when<T>(&self, look: impl Fn(&mut Queue) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that a change in between is not missed.
            changed.as_mut().enable();
            if let Some(found) = look(&mut self.queue()) {
                return found;
            }
            changed.await;
        }
    }
}

impl Luck {
    /// Counts the result of one try.
    pub fn note(&self, failure: Option<&Failure>) {
        match failure {
            None => self.failures.store(0, Ordering::Relaxed),
            // Nothing was asked.
            Some(Failure::TooLarge(_)) => {}
            Some(failure) => {
                let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
                if failure.is_everywhere() || failures >= MOST_FAILURES {
                    self.has_run_out.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    pub fn has_run_out(&self) -> bool {
        self.has_run_out.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    /// Takes six seconds a chunk, and notes which it has done.
    #[derive(Default)]
    struct Slow {
        done: Mutex<Vec<u32>>,
        is_stopped: AtomicBool,
    }

    impl ChunkWork for Slow {
        fn width(&self) -> u32 {
            1
        }

        async fn work(&self, number: ChunkNumber) {
            sleep(Duration::from_secs(6)).await;
            assert!(number.0 < 9, "a bug in there");
            self.done.lock().unwrap().push(number.0);
        }

        fn stop(&self) {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
    }

    fn lined_up() -> BackgroundQueue<Slow> {
        let beside = BackgroundQueue::new(Slow::default());
        for number in [2, 3, 2] {
            beside.add(ChunkNumber(number));
        }
        beside.add_first(ChunkNumber(1));
        beside.look_for(async { vec![ChunkNumber(4)] });
        beside
    }

    #[tokio::test(start_paused = true)]
    async fn every_chunk_is_worked_on_once_and_in_turn() {
        let (beside, cancel) = (lined_up(), CancellationToken::new());
        beside.add_first(ChunkNumber(9));
        let ended = beside.end(false, sleep(Duration::from_secs(60)), &cancel);
        // What is found when the job has ended is for the next one.
        assert_eq!(ended.await, Ended::InTime);
        assert_eq!(*beside.work().done.lock().unwrap(), [1, 2, 3]);
        assert_eq!(beside.left(), BTreeSet::from([ChunkNumber(9)]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_at_the_end_is_known() {
        for (stopped, left) in [(false, vec![2, 3, 4]), (true, vec![2])] {
            let (beside, cancel) = (lined_up(), CancellationToken::new());
            sleep(Duration::from_secs(10)).await;
            let ended = beside.end(stopped, sleep(Duration::from_secs(1)), &cancel);
            assert_eq!(ended.await, Ended::TooLate);
            let found: Vec<u32> = beside.left().iter().map(|number| number.0).collect();
            assert_eq!(found, left);
            assert_eq!(beside.work().is_stopped.load(Ordering::Relaxed), stopped);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_is_when_all_is_done_and_nobody_waits_for_that_for_ever() {
        let (beside, cancel) = (
            BackgroundQueue::new(Slow::default()),
            CancellationToken::new(),
        );
        beside.look_for(async { vec![ChunkNumber(1)] });
        beside.idle(&cancel).await;
        assert!(beside.left().is_empty());
        beside.add(ChunkNumber(2));
        beside.add(ChunkNumber(3));
        beside.idle(&cancel).await;
        assert!(!beside.left().is_empty());
    }
}
