//! Runs work in the background of a job; its failure or delay does not affect the job.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest wait of a job's end for background work that a later job can make up for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns when a job's end should no longer wait for work that can be made up for: some time after
/// `else_over`, the end of all else.
pub async fn waits_no_longer(else_over: impl Future<Output = ()>) {
    else_over.await;
    tokio::time::sleep(PATIENCE).await;
}

/// The end of background work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    InTime,
    /// Aborted, since it took longer than the end of a job waits.
    TooLate,
    Cancelled,
}

/// The background work of a job. Dropping it aborts all of it.
#[derive(Debug, Default)]
pub struct Background {
    tasks: JoinSet<()>,
}

impl Background {
    /// Starts background work. Nothing waits for it before the end of the job, and it reports its own result.
    pub fn begin(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        // Those that are done make room.
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(work);
    }

    /// Waits for the running work until `limit` ends or the job is cancelled, then aborts the rest; none of
    /// it runs any more when this returns.
    pub async fn end(
        mut self,
        limit: impl Future<Output = ()>,
        cancel: &CancellationToken,
    ) -> Ended {
        // A panic in there is its own affair.
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let ended = tokio::select! {
            biased;
            () = all => Ended::InTime,
            () = cancel.cancelled() => Ended::Cancelled,
            () = limit => Ended::TooLate,
        };
        self.tasks.shutdown().await;
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_for_work_and_not_for_ever() {
        for (length, open, cancelled, finished, expected) in [
            (5, 0, false, 1, Ended::InTime),
            (5, 0, true, 0, Ended::Cancelled),
            (5_000, 0, false, 0, Ended::TooLate),
            // Something else holds the job open meanwhile.
            (5_000, 4_995, false, 1, Ended::InTime),
            (5_000, 4_000, false, 0, Ended::TooLate),
        ] {
            let count = Arc::new(AtomicUsize::new(0));
            let mut background = Background::default();
            background.begin(async { panic!("a bug in there") });
            let counted = Arc::clone(&count);
            background.begin(async move {
                tokio::time::sleep(Duration::from_secs(length)).await;
                counted.fetch_add(1, Ordering::SeqCst);
            });
            let cancel = CancellationToken::new();
            if cancelled {
                cancel.cancel();
            }
            let start = tokio::time::Instant::now();
            let open = Duration::from_secs(open);
            let limit = waits_no_longer(tokio::time::sleep(open));
            assert_eq!(background.end(limit, &cancel).await, expected);
            assert!(start.elapsed() <= open + PATIENCE + Duration::from_secs(1));
            assert_eq!(
                count.load(Ordering::SeqCst),
                finished,
                "{length} {cancelled}"
            );
        }
    }
}
