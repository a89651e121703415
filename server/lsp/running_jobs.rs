//! Lists the jobs that this server runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Knows the running jobs by their ids.
pub struct RunningJobs {
    next: AtomicU64,
    running: Mutex<BTreeMap<String, Running>>,
    count: watch::Sender<usize>,
}

struct Running {
    brief: PathBuf,
    cancel: CancellationToken,
}

impl Default for RunningJobs {
    fn default() -> Self {
        RunningJobs {
            next: AtomicU64::new(1),
            running: Mutex::default(),
            count: watch::channel(0).0,
        }
    }
}

impl RunningJobs {
    /// Makes an id that no other job has.
    pub fn next_id(&self) -> String {
        format!("job-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Cancels one job. Returns whether it was running.
    pub fn cancel(&self, id: &str) -> bool {
        let running = self.running();
        let job = running.get(id);
        if let Some(job) = job {
            job.cancel.cancel();
        }
        job.is_some()
    }

    /// Cancels the jobs on a brief, or with `None` all. Returns their ids.
    pub fn cancel_of(&self, brief: Option<&PathBuf>) -> Vec<String> {
        let running = self.running();
        running
            .iter()
            .filter(|(_, job)| brief.is_none_or(|brief| &job.brief == brief))
            .map(|(id, job)| {
                job.cancel.cancel();
                id.clone()
            })
            .collect()
    }

    /// Returns the ids of the jobs on a brief.
    pub fn of_brief(&self, brief: &PathBuf) -> Vec<String> {
        let running = self.running();
        running
            .iter()
            .filter(|(_, job)| &job.brief == brief)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Waits until no job is at work on a brief.
    pub async fn wait_until_idle(&self, brief: &PathBuf) {
        let mut count = self.count.subscribe();
        // The sender lives as long as self.
        while !self.of_brief(brief).is_empty() && count.changed().await.is_ok() {}
    }

    /// Cancels everything and waits until all is saved, for as long as patience lasts.
    pub async fn finish(&self, patience: Duration) {
        self.cancel_of(None);
        let mut count = self.count.subscribe();
        let _ = tokio::time::timeout(patience, count.wait_for(|count| *count == 0)).await;
    }

    /// Adds a job on a brief, which `cancel` cancels.
    pub fn add(&self, id: &str, brief: PathBuf, cancel: CancellationToken) {
        let running = Running { brief, cancel };
        let mut jobs = self.running();
        jobs.insert(id.to_owned(), running);
        self.count.send_replace(jobs.len());
    }

    /// Takes a job that has ended off the list.
    pub fn remove(&self, id: &str) {
        let mut jobs = self.running();
        jobs.remove(id);
        self.count.send_replace(jobs.len());
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
