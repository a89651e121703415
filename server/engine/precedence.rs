//! The story before what is known of it: a server that answers one call at a time must not let a
//! draft wait behind a call that nobody waits for.
//!
//! A draft that waits long for its first word presses, and the calls beside the writing give up
//! their place until it has it.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Whether drafts press. One for all calls over a connection.
#[derive(Debug)]
pub struct Precedence {
    pressing: watch::Sender<u32>,
}

/// A draft that presses until this is dropped.
struct Pressing<'a>(&'a Precedence);

impl Default for Precedence {
    fn default() -> Self {
        Precedence {
            pressing: watch::Sender::new(0),
        }
    }
}

impl Precedence {
    /// Waits for what a draft waits for; presses once that has taken `patience` since `began`.
    pub async fn press<T>(
        &self,
        began: Instant,
        patience: Duration,
        wait: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(wait);
        let until = tokio::time::Instant::from_std(began) + patience;
        if let Ok(come) = tokio::time::timeout_at(until, &mut wait).await {
            return come;
        }
        let _pressing = self.pressing();
        wait.await
    }

    /// Makes a call that nobody waits for, in a moment in which no draft presses. `None` where
    /// one began to; the call is over then.
    pub async fn yielding<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let mut pressing = self.pressing.subscribe();
        // The sender is `self`, so it is there.
        let _ = pressing.wait_for(|drafts| *drafts == 0).await;
        tokio::select! {
            biased;
            came = call => Some(came),
            _ = pressing.wait_for(|drafts| *drafts > 0) => None,
        }
    }

    fn pressing(&self) -> Pressing<'_> {
        self.pressing
            .send_modify(|drafts| *drafts = drafts.saturating_add(1));
        Pressing(self)
    }
}

impl Drop for Pressing<'_> {
    fn drop(&mut self) {
        self.0
            .pressing
            .send_modify(|drafts| *drafts = drafts.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant as Now, sleep};

    use super::*;

    /// A server with one place: what has it keeps it until it is done or gone.
    #[tokio::test(start_paused = true)]
    async fn a_call_beside_makes_room_for_a_draft_that_waits_long() {
        let second = Duration::from_secs(1);
        for (beside, patience, made_room, came_at) in [(600, 60, true, 60), (20, 60, false, 20)] {
            let precedence = Precedence::default();
            let place = tokio::sync::Mutex::new(());
            let start = Now::now();
            let reading = precedence.yielding(async {
                let _place = place.lock().await;
                sleep(beside * second).await;
            });
            let drafting = async {
                // The reading was first.
                tokio::task::yield_now().await;
                let wait = place.lock();
                let _place = precedence
                    .press(start.into_std(), patience * second, wait)
                    .await;
                start.elapsed().as_secs()
            };
            let (read, came) = tokio::join!(reading, drafting);
            assert_eq!((read.is_none(), came), (made_room, came_at));
            // Nobody presses any more.
            assert_eq!(precedence.yielding(async { 1 }).await, Some(1));
        }
    }
}
