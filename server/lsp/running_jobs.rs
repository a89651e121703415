//! Lists the jobs that this server runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::events::job::JobEvent;
use crate::story::ChunkNumber;

/// Knows the running jobs by their ids.
pub struct RunningJobs {
    next: AtomicU64,
    running: Mutex<BTreeMap<String, Running>>,
    count: watch::Sender<usize>,
}

struct Running {
    brief: PathBuf,
    cancel: CancellationToken,
    /// The draft that it writes, once that is known.
    session: Option<String>,
    /// What it writes at the moment.
    chunks: BTreeSet<ChunkNumber>,
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

    /// Cancels the jobs on a brief, or with `None` all; with a draft only what writes that, or has not said yet which.
    /// Returns their ids.
    pub fn cancel_of(&self, brief: Option<&PathBuf>, draft: Option<&str>) -> Vec<String> {
        let running = self.running();
        let is_of = |job: &Running, draft: &str| job.session.as_ref().is_none_or(|it| it == draft);
        running
            .iter()
            .filter(|(_, job)| brief.is_none_or(|brief| &job.brief == brief))
            .filter(|(_, job)| draft.is_none_or(|draft| is_of(job, draft)))
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

    /// Lists the chunks of a draft that jobs write at the moment.
    pub fn being_written(&self, brief: &Path, session: Option<&str>) -> Vec<ChunkNumber> {
        let running = self.running();
        let jobs = running.values().filter(|job| job.brief == brief);
        jobs.filter(|job| job.session.as_deref() == session)
            .flat_map(|job| job.chunks.iter().copied())
            .collect()
    }

    /// Notes what an event says of the chunks that a job writes. Returns whether those are others now.
    pub fn note(&self, id: &str, event: &JobEvent) -> bool {
        let mut running = self.running();
        let Some(job) = running.get_mut(id) else {
            return false;
        };
        match event {
            JobEvent::JobStarted { session, .. } => {
                job.session = Some(session.clone());
                false
            }
            JobEvent::ChunkStarted { chunk, .. } => job.chunks.insert(*chunk),
            JobEvent::ChunkSaved { chunk, .. } | JobEvent::ChunkFailed { chunk, .. } => {
                job.chunks.remove(chunk)
            }
            _ => false,
        }
    }

    /// Waits until no job is at work on a brief.
    pub async fn wait_until_idle(&self, brief: &PathBuf) {
        let mut count = self.count.subscribe();
        // The sender lives as long as self.
        while !self.of_brief(brief).is_empty() && count.changed().await.is_ok() {}
    }

    /// Cancels everything and waits until all is saved, for as long as patience lasts.
    pub async fn finish(&self, patience: Duration) {
        self.cancel_of(None, None);
        let mut count = self.count.subscribe();
        let _ = tokio::time::timeout(patience, count.wait_for(|count| *count == 0)).await;
    }

    /// Adds a job on a brief, which `cancel` cancels.
    pub fn add(&self, id: &str, brief: PathBuf, cancel: CancellationToken) {
        let running = Running {
            brief,
            cancel,
            session: None,
            chunks: BTreeSet::new(),
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_named_is_the_only_one_whose_jobs_are_cancelled() {
        let jobs = RunningJobs::default();
        let brief = PathBuf::from("/novel/story.md");
        for (id, session) in [("a", Some("first")), ("b", Some("second")), ("c", None)] {
            jobs.add(id, brief.clone(), CancellationToken::new());
            jobs.running().get_mut(id).unwrap().session = session.map(str::to_owned);
        }
        assert_eq!(jobs.cancel_of(Some(&brief), Some("second")), ["b", "c"]);
        assert_eq!(jobs.cancel_of(Some(&brief), None), ["a", "b", "c"]);
        assert_eq!(
            jobs.cancel_of(Some(&PathBuf::from("/other.md")), None),
            [""; 0]
        );
    }
}
