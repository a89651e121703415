//! Queues the documents that changed and are to be looked at.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tower_lsp::lsp_types::Url;

/// How long nothing is looked at after a look, in times of what the look took: no more than a third of a processor
/// is spent on somebody who types on and on.
const REST: u32 = 2;
/// The longest rest, so that something is published every two seconds where a look takes one.
const LONGEST_REST: Duration = Duration::from_millis(1_000);

/// Collects changed documents. The first change is looked at at once; those that come while one is looked at,
/// or soon after, are looked at together. No change waits for others to stop.
#[derive(Default)]
pub struct ReviewQueue {
    due: Mutex<Due>,
    /// How many changes were noted before the last look that has ended.
    looked: watch::Sender<u64>,
}

#[derive(Default)]
struct Due {
    changed: HashSet<Url>,
    /// When the rest after the last look is over.
    rested: Option<Instant>,
    /// Whether a task will look at it.
    awaited: bool,
    /// How many changes were noted, and how many before the last look began.
    noted: u64,
    taken: u64,
}

impl ReviewQueue {
    /// Adds a changed document. Returns whether a task has to be started that takes it out again.
    pub fn add(&self, url: Url) -> bool {
        let mut due = self.due();
        due.changed.insert(url);
        due.noted += 1;
        !std::mem::replace(&mut due.awaited, true)
    }

    /// Returns when to look, which may be past; `None` when nothing has changed, and then no task takes anything
    /// out any more.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let mut due = self.due();
        due.awaited = !due.changed.is_empty();
        due.awaited.then(|| due.rested.unwrap_or(now))
    }

    /// Takes out all that changed.
    pub fn take(&self) -> HashSet<Url> {
        let mut due = self.due();
        due.taken = due.noted;
        std::mem::take(&mut due.changed)
    }

    /// Notes that a look has ended, and what it took.
    pub fn looked(&self, now: Instant, took: Duration) {
        let mut due = self.due();
        due.rested = Some(now + (took * REST).min(LONGEST_REST));
        self.looked.send_replace(due.taken);
    }

    /// Waits until all changes that are noted by now have been looked at.
    pub async fn all_looked_at(&self) {
        let noted = self.due().noted;
        let mut looked = self.looked.subscribe();
        // It ends early only with the queue itself.
        let _ = looked.wait_for(|looked| *looked >= noted).await;
    }

    /// Locks the queue. That of a poisoned lock is still whole: every holder changes it in one step.
    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_never_rest_are_looked_at_all_the_same() {
        let url = || Url::parse("file:///novel/story.md").unwrap();
        for (pause, takes) in [(20, 5), (20, 300), (150, 60), (150, 900)] {
            let [pause, takes] = [pause, takes].map(Duration::from_millis);
            let queue = ReviewQueue::default();
            let start = Instant::now();
            let mut ends = vec![start];
            let mut busy_until = start;
            for key in 0..1_000 {
                let now = start + pause * key;
                queue.add(url());
                if now >= busy_until && queue.next(now).is_some_and(|at| at <= now) {
                    assert_eq!(queue.take().len(), 1);
                    busy_until = now + takes;
                    queue.looked(busy_until, takes);
                    ends.push(busy_until);
                }
            }
            assert_eq!(ends[1], start + takes, "the first key waits for nothing");
            let longest = ends.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            let most = LONGEST_REST + takes + pause;
            assert!(longest <= most, "{longest:?} {pause:?} {takes:?}");
        }
    }

    #[test]
    fn the_last_change_is_looked_at() {
        let (queue, now) = (ReviewQueue::default(), Instant::now());
        let url = |name: &str| Url::parse(&format!("file:///novel/{name}")).unwrap();
        assert!(queue.add(url("story.md")), "a task is started");
        assert_eq!(queue.next(now), Some(now));
        assert_eq!(queue.take().len(), 1);
        assert!(!queue.add(url("story.md")), "it is still there");
        queue.looked(now, Duration::from_millis(10));
        assert_eq!(queue.next(now), Some(now + Duration::from_millis(20)));
        queue.take();
        assert_eq!(queue.next(now), None);
        assert!(queue.add(url("story.md")), "the next one starts another");
    }
}
