//! Holds back all calls of a job while its server asks for a wait; each of them would only be turned away as
//! well.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::{ProviderError, ProviderErrorKind};

/// The moment until which no call begins.
#[derive(Debug)]
pub struct Hold {
    /// The longest wait that is accepted; a call that is asked for more ends its job.
    longest: Duration,
    until: Mutex<Option<Instant>>,
}

impl Hold {
    /// Makes a hold that holds nothing back yet.
    pub fn new(longest: Duration) -> Hold {
        Hold {
            longest,
            until: Mutex::default(),
        }
    }

    /// Notes the wait that the server asked for when it turned a call away.
    pub fn note(&self, error: &ProviderError) {
        let asked = error.retry_after.filter(|wait| *wait <= self.longest);
        if let (ProviderErrorKind::RateLimited, Some(wait)) = (error.kind, asked) {
            self.extend(wait);
        }
    }

    fn extend(&self, wait: Duration) {
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

    /// Locks the moment. A poisoned lock's data is still whole: it is changed in one step.
    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn holds_for_the_longest_wait_that_was_asked_for() {
        let hold = Hold::new(Duration::from_secs(60));
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
