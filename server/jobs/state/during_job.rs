//! Reads the chunks of a job in the background, as they are completed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::reader::Reader;
use crate::jobs::run::background::{Ended, waits_no_longer};
use crate::jobs::run::background_calls::Spent;
use crate::jobs::run::background_queue::{BackgroundQueue, ChunkWork, Luck, MOST_FAILURES};
use crate::jobs::run::failure::Failure;
use crate::session::Over;
use crate::story::ChunkNumber;
use crate::story::ids::chunks;

/// The background reading of a job's chunks. Dropping it stops the reading.
pub struct Readings {
    /// The queue of chunks; `None` where nothing is to be read.
    queue: Option<BackgroundQueue<Reading>>,
}

struct Reading {
    reader: Reader,
    luck: Luck,
    warned: AtomicBool,
    unread: Mutex<Unread>,
}

/// The chunks that could not be read, and the reason for the last of them.
#[derive(Default)]
struct Unread {
    chunks: BTreeSet<ChunkNumber>,
    why: String,
}

impl Readings {
    /// Makes one that reads nothing and asks no model.
    pub fn off() -> Readings {
        Readings { queue: None }
    }

    /// Makes one with an empty queue.
    pub fn new(reader: Reader) -> Readings {
        Readings {
            queue: Some(BackgroundQueue::new(Reading {
                reader,
                luck: Luck::default(),
                warned: AtomicBool::new(false),
                unread: Mutex::default(),
            })),
        }
    }

    /// Queues the complete chunks whose state is missing or outdated, without those that the job is going to
    /// write.
    pub fn catch_up(&self, to_write: impl IntoIterator<Item = ChunkNumber>) {
        let Some(queue) = &self.queue else {
            return;
        };
        let to_write: BTreeSet<ChunkNumber> = to_write.into_iter().collect();
        let reading = Arc::clone(queue.work());
        queue.look_for(async move {
            // A session that can't be read now fails the job in its own words.
            let Ok((view, known)) = reading.reader.known().await else {
                return Vec::new();
            };
            for notice in &known.notices {
                let reporter = reading.reader.reporter();
                reporter.warn(None, notice.code, notice.message.as_str());
            }
            let mut missing = known.to_extract(&view);
            missing.retain(|number| !to_write.contains(number));
            missing
        });
    }

    /// Queues a chunk that was just completed, before those of earlier jobs: the next chunks need its state
    /// most.
    pub fn read(&self, number: ChunkNumber) {
        if let Some(queue) = &self.queue {
            queue.add_first(number);
        }
    }

    /// Waits until the queue is empty, for a bounded time and unless cancelled.
    pub async fn idle(&self, cancel: &CancellationToken) {
        if let Some(queue) = &self.queue {
            queue.idle(cancel).await;
        }
    }

    /// Returns the usage of reading so far.
    pub fn spent(&self) -> Spent {
        let queue = self.queue.as_ref();
        queue.map_or_else(Spent::default, |queue| queue.work().reader.spent())
    }

    /// Waits for the remaining readings until the job would have ended without them (`else_over`) and a
    /// bounded time more, unless cancelled. Of a job that was `stopped`, no further reading starts. Chunks
    /// that were not read are reported, and read by the next job.
    pub async fn end(
        &self,
        stopped: bool,
        else_over: impl Future<Output = ()>,
        cancel: &CancellationToken,
    ) -> Ended {
        let Some(queue) = &self.queue else {
            return Ended::InTime;
        };
        let limit = waits_no_longer(else_over);
        let ended = queue.end(stopped, limit, cancel).await;
        if ended != Ended::Cancelled {
            queue.work().tell_unread(queue.left());
        }
        ended
    }
}

impl ChunkWork for Reading {
    fn width(&self) -> u32 {
        self.reader.width()
    }

    async fn work(&self, number: ChunkNumber) {
        if self.luck.has_run_out() {
            self.unread().chunks.insert(number);
            return;
        }
        let read = self.reader.read(number, Over::Extracted, None).await;
        self.luck.note(read.as_ref().err());
        match read {
            Ok(_) => {
                self.unread().chunks.remove(&number);
            }
            Err(failure) => {
                {
                    let mut unread = self.unread();
                    unread.chunks.insert(number);
                    unread.why = failure.to_string();
                }
                self.tell_failure(number, &failure).await;
            }
        }
    }
}

impl Reading {
    fn unread(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports a failure: to the author once a job, to the run's records every time.
    async fn tell_failure(&self, number: ChunkNumber, failure: &Failure) {
        self.reader.record(number, failure).await;
        if !self.warned.swap(true, Ordering::Relaxed) {
            let why = failure.to_string();
            let message = format!(
                "the state of chunk {number} could not be read: {}. The story is not affected; \
                 `storywright state` tries again",
                why.trim_end_matches('.')
            );
            let reporter = self.reader.reporter();
            reporter.warn(Some(number), "state-failed", message);
        }
    }

    /// Reports the chunks that were not read by the end of the job, and why, unless each was reported
    /// already. `late` are those whose turn did not come.
    fn tell_unread(&self, late: BTreeSet<ChunkNumber>) {
        let unread = self.unread();
        let numbers: BTreeSet<ChunkNumber> = late.union(&unread.chunks).copied().collect();
        let told = usize::from(self.warned.swap(true, Ordering::Relaxed));
        if numbers.len() <= told {
            return;
        }
        let why = match (self.luck.has_run_out(), late.is_empty()) {
            (true, _) => format!(
                "{}; after {MOST_FAILURES} failures in a row no more was asked",
                unread.why.trim_end_matches('.')
            ),
            (false, false) => "the job ended before that".to_owned(),
            (false, true) => unread.why.trim_end_matches('.').to_owned(),
        };
        let (state, it, was) = match numbers.len() {
            1 => ("state", "it", "was"),
            _ => ("states", "them", "were"),
        };
        let numbers: Vec<ChunkNumber> = numbers.into_iter().collect();
        let message = format!(
            "the {state} of {} {was} not read: {why}. The story is not affected; `storywright state` \
             reads {it}",
            chunks(&numbers)
        );
        let reporter = self.reader.reporter();
        reporter.warn(None, "state-failed", message);
    }
}
