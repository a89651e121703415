//! Reading beside a job: chunks line up as they are completed, and nobody waits for them before
//! the job has ended.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::reader::{Failure, Reader};
use crate::jobs::run::calls_beside::Spent;
use crate::jobs::write::job::background::{Background, Ended, waits_no_longer};
use crate::session::Over;
use crate::story::ChunkNumber;
use crate::story::ids::chunks;

/// After so many chunks in a row that could not be read, the job reads no more.
const MOST_FAILURES: u32 = 2;

/// Reads the chunks of a job while it writes. Dropped, it stops.
pub struct Beside {
    /// `None` where nothing is to be read.
    line: Option<Arc<Line>>,
    workers: Mutex<Background>,
}

struct Line {
    reader: Reader,
    queue: Mutex<Queue>,
    changed: Notify,
    warned: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<ChunkNumber>,
    /// What is being read.
    in_hand: BTreeSet<ChunkNumber>,
    /// What earlier jobs left is still looked for.
    catching_up: bool,
    /// Nothing comes after what waits.
    closed: bool,
    /// What could not be read, and why the last of it could not.
    unread: BTreeSet<ChunkNumber>,
    why: String,
    /// Failures in a row.
    failures: u32,
    given_up: bool,
}

impl Beside {
    /// Reads nothing, and asks for nothing.
    pub fn off() -> Beside {
        Beside {
            line: None,
            workers: Mutex::default(),
        }
    }

    /// Begins with nothing to read.
    pub fn new(reader: Reader) -> Beside {
        let width = reader.width();
        let line = Arc::new(Line {
            reader,
            queue: Mutex::default(),
            changed: Notify::new(),
            warned: AtomicBool::new(false),
        });
        let mut workers = Background::default();
        for _ in 0..width {
            workers.begin(Arc::clone(&line).work());
        }
        Beside {
            line: Some(line),
            workers: Mutex::new(workers),
        }
    }

    /// Lines up the complete chunks whose state is missing or outdated, but for those that the
    /// job is going to write.
    pub fn catch_up(&self, to_write: impl IntoIterator<Item = ChunkNumber>) {
        let Some(line) = self.line.clone() else {
            return;
        };
        let to_write: BTreeSet<ChunkNumber> = to_write.into_iter().collect();
        line.add(|queue| queue.catching_up = true);
        self.workers().begin(async move {
            // A session that can't be read now fails the job in its own words.
            let Ok((view, known)) = line.reader.known().await else {
                line.add(|queue| queue.catching_up = false);
                return;
            };
            for notice in &known.notices {
                line.reader
                    .reporter()
                    .warn(None, notice.code, notice.message.as_str());
            }
            let missing = known.to_extract(&view);
            line.add(|queue| {
                let missing = missing.into_iter().filter(|it| !to_write.contains(it));
                queue.catching_up = false;
                // The job may have ended by now.
                if !queue.closed {
                    queue.waiting.extend(missing);
                }
            });
        });
    }

    /// Lines up a chunk that was just completed, before all that wait from earlier jobs: the
    /// next chunks need it most.
    pub fn read(&self, number: ChunkNumber) {
        if let Some(line) = &self.line {
            line.add(|queue| queue.waiting.push_front(number));
        }
    }

    /// Waits until nothing is left to read, for as long as patience lasts and nobody cancels.
    pub async fn idle(&self, cancel: &CancellationToken) {
        let Some(line) = &self.line else {
            return;
        };
        let idle = async {
            loop {
                let changed = line.changed.notified();
                tokio::pin!(changed);
                // Registered before looking, so that a change in between is not missed.
                changed.as_mut().enable();
                if line.queue().is_idle() {
                    return;
                }
                changed.await;
            }
        };
        tokio::select! {
            () = idle => {}
            () = waits_no_longer(std::future::ready(())) => {}
            () = cancel.cancelled() => {}
        }
    }

    /// What reading took so far.
    pub fn spent(&self) -> Spent {
        self.line
            .as_ref()
            .map_or_else(Spent::default, |line| line.reader.spent())
    }

    /// Waits for what is still to be read until the job would have ended without it, `else_over`, and
    /// as long as patience lasts after that, unless somebody cancels. Of a job that was `stopped`,
    /// nothing more is begun. What is left is told, and read by the next job.
    pub async fn end(
        &self,
        stopped: bool,
        else_over: impl Future<Output = ()>,
        cancel: &CancellationToken,
    ) -> Ended {
        let Some(line) = &self.line else {
            return Ended::InTime;
        };
        let workers = std::mem::take(&mut *self.workers());
        line.add(|queue| {
            queue.closed = true;
            if stopped {
                queue.waiting.clear();
            }
        });
        let limit = waits_no_longer(else_over);
        let ended = workers.end(limit, cancel).await;
        if ended != Ended::Cancelled {
            line.tell_unread();
        }
        ended
    }

    fn workers(&self) -> MutexGuard<'_, Background> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_idle(&self) -> bool {
        let is_empty = self.waiting.is_empty() && self.in_hand.is_empty();
        is_empty && !self.catching_up || self.given_up
    }
}

impl Line {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, change: impl FnOnce(&mut Queue)) {
        let mut queue = self.queue();
        change(&mut queue);
        if queue.given_up {
            let waiting = std::mem::take(&mut queue.waiting);
            queue.unread.extend(waiting);
        }
        drop(queue);
        self.changed.notify_waiters();
    }

    async fn work(self: Arc<Self>) {
        while let Some(number) = self.next().await {
            let outcome = self.reader.read(number, Over::Extracted, None).await;
            match &outcome {
                Ok(_) => {}
                Err(failure) => self.tell_failure(number, failure).await,
            }
            self.add(|queue| {
                queue.in_hand.remove(&number);
                match outcome {
                    Ok(_) => {
                        queue.failures = 0;
                        queue.unread.remove(&number);
                    }
                    Err(failure) => {
                        queue.failures += 1;
                        queue.unread.insert(number);
                        queue.why = failure.to_string();
                        queue.given_up |=
                            failure.is_everywhere() || queue.failures >= MOST_FAILURES;
                    }
                }
            });
        }
    }

    /// The next chunk to read; `None` when there is none and none will come.
    async fn next(&self) -> Option<ChunkNumber> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that a change in between is not missed.
            changed.as_mut().enable();
            {
                let mut queue = self.queue();
                if let Some(number) = queue.waiting.pop_front() {
                    queue.waiting.retain(|waiting| *waiting != number);
                    queue.in_hand.insert(number);
                    return Some(number);
                }
                if queue.closed {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// Once a job to the author, every time to the run's records.
    async fn tell_failure(&self, number: ChunkNumber, failure: &Failure) {
        self.reader.record(number, failure).await;
        if !self.warned.swap(true, Ordering::Relaxed) {
            let why = failure.to_string();
            let message = format!(
                "the state of chunk {number} could not be read: {}. The story is not affected; the next write, \
                 or `storywright state`, tries again",
                why.trim_end_matches('.')
            );
            self.reader
                .reporter()
                .warn(Some(number), "state-failed", message);
        }
    }

    /// Tells which chunks were not read at the end of the job, and why, unless all of it was told.
    fn tell_unread(&self) {
        let queue = self.queue();
        let is_late = !queue.in_hand.is_empty() || !queue.waiting.is_empty();
        let left = queue.in_hand.iter().chain(&queue.waiting);
        let unread: BTreeSet<ChunkNumber> = left.chain(&queue.unread).copied().collect();
        let told = usize::from(self.warned.swap(true, Ordering::Relaxed));
        if unread.len() <= told {
            return;
        }
        let why = match (queue.given_up, is_late) {
            (true, _) => format!(
                "{}; after {MOST_FAILURES} failures in a row no more was asked",
                queue.why.trim_end_matches('.')
            ),
            (false, true) => "the job ended before that".to_owned(),
            (false, false) => queue.why.trim_end_matches('.').to_owned(),
        };
        let (state, it, was) = match unread.len() {
            1 => ("state", "it", "was"),
            _ => ("states", "them", "were"),
        };
        let numbers: Vec<ChunkNumber> = unread.into_iter().collect();
        let message = format!(
            "the {state} of {} {was} not read: {why}. The story is not affected; the next write, or \
             `storywright state`, reads {it}",
            chunks(&numbers)
        );
        self.reader.reporter().warn(None, "state-failed", message);
    }
}
