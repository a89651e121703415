//! What follows a complete chunk while the job goes on: work that may fail, hang or be lost
//! without the job being any different.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the end of a job waits for what is still under way, where that can be made up for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends when the end of a job waits no longer for what can be made up for: some time after all else
/// that it waits for, `else_over`.
pub async fn waits_no_longer(else_over: impl Future<Output = ()>) {
    else_over.await;
    tokio::time::sleep(PATIENCE).await;
}

/// How work beside a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    InTime,
    /// Not within what the end of a job waits.
    TooLate,
    Cancelled,
}

/// Work beside a job. Dropped, all of it is aborted.
#[derive(Debug, Default)]
pub struct Background {
    tasks: JoinSet<()>,
}

impl Background {
    /// Begins some work. Nobody waits for it before the end of the job, and nobody asks how it
    /// came out: what it has to say it says itself.
    pub fn begin(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        // Those that are done make room.
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(work);
    }

    /// Waits for what is under way until `limit` ends or somebody cancels; the rest is aborted, and
    /// gone when this returns.
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
