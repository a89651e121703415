//! A server that asks for a wait is left alone by the whole job for that long: the calls beside
//! the one that was turned away would only find out for themselves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Until when no call is begun.
#[derive(Debug, Default)]
pub struct Hold {
    until: Mutex<Option<Instant>>,
}

impl Hold {
    /// The server asked for a wait from now on.
    pub fn extend(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut known = self.until();
        *known = Some(known.map_or(until, |known| known.max(until)));
    }

    /// Waits until a call may begin; at once where nothing holds it back.
    pub async fn passed(&self) {
        loop {
            let until = *self.until();
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// A poisoned lock's data is still whole: it is changed in one step.
    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn holds_for_the_longest_wait_that_was_asked_for() {
        let hold = Hold::default();
        let start = Instant::now();
        hold.passed().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        hold.extend(Duration::from_secs(30));
        hold.extend(Duration::from_secs(2));
        let later = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            // It is longer than thought when the first waiters are already waiting.
            hold.extend(Duration::from_secs(40));
        };
        tokio::join!(hold.passed(), later);
        assert!(start.elapsed() >= Duration::from_secs(50));
        assert!(start.elapsed() < Duration::from_secs(51));
    }
}
