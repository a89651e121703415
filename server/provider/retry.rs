//! When to try a failed call again. Pure: time and chance come in as parameters.

use std::time::Duration;

use super::ProviderError;

/// How often and how patiently a failed call is repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Most calls in all, the first included; 0 counts as 1.
    pub attempts: u32,
    /// Upper end of the first wait; it doubles with every further failure.
    pub base: Duration,
    /// Upper end that no wait of our own choosing passes.
    pub cap: Duration,
    /// Longest wait that a server may ask for; beyond it the author decides.
    pub longest_asked: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            attempts: 5,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            longest_asked: Duration::from_secs(600),
        }
    }
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Retry {
    /// Wait this long, then call again.
    After(Duration),
    GiveUp(GiveUp),
}

/// Why a call is not repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GiveUp {
    /// The same call would fail the same way.
    Pointless,
    /// All attempts are used up.
    Exhausted { attempts: u32 },
    /// The server wants a longer wait than is waited unasked.
    WaitTooLong { asked: Duration },
}

impl std::fmt::Display for GiveUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GiveUp::Pointless => f.write_str("The same call would fail again."),
            GiveUp::Exhausted { attempts: 1 } => f.write_str("Gave up after one attempt."),
            GiveUp::Exhausted { attempts } => write!(f, "Gave up after {attempts} attempts."),
            GiveUp::WaitTooLong { asked } => write!(
                f,
                "The server asks for a wait of {} minutes; run the same command again then.",
                asked.as_secs().div_ceil(60)
            ),
        }
    }
}

impl RetryPolicy {
    /// What to do after the `failed`-th failure (from 1) of the same call.
    ///
    /// `random` gives a number from 0 (inclusive) to 1; it is asked only where the wait is
    /// ours to choose. A `Retry-After` is obeyed exactly, even 0. Otherwise the wait is
    /// drawn from 0 to base × 2^(failed − 1), capped: full jitter, so that many clients that
    /// failed together do not come back together.
    pub fn next(&self, error: &ProviderError, failed: u32, random: impl FnOnce() -> f64) -> Retry {
        if !error.kind.is_transient() {
            return Retry::GiveUp(GiveUp::Pointless);
        }
        if failed >= self.attempts.max(1) {
            return Retry::GiveUp(GiveUp::Exhausted { attempts: failed });
        }
        match error.retry_after {
            Some(asked) if asked > self.longest_asked => {
                Retry::GiveUp(GiveUp::WaitTooLong { asked })
            }
            Some(asked) => Retry::After(asked),
            None => Retry::After(self.longest_wait(failed).mul_f64(random().clamp(0.0, 1.0))),
        }
    }

    fn longest_wait(&self, failed: u32) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ProviderErrorKind;
    use super::*;

    fn error(kind: ProviderErrorKind, retry_after: Option<u64>) -> ProviderError {
        let mut error = ProviderError::new(kind, "made up");
        error.retry_after = retry_after.map(Duration::from_secs);
        error
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = RetryPolicy {
            attempts: 100,
            ..RetryPolicy::default()
        };
        let overloaded = error(ProviderErrorKind::Overloaded, None);
        for (failed, expected_ms) in [
            (1, 500),
            (2, 1_000),
            (3, 2_000),
            (6, 16_000),
            (7, 30_000),
            (99, 30_000),
        ] {
            let expected = Duration::from_millis(expected_ms);
            assert_eq!(
                policy.next(&overloaded, failed, || 1.0),
                Retry::After(expected),
                "failure {failed}"
            );
            assert_eq!(
                policy.next(&overloaded, failed, || 0.0),
                Retry::After(Duration::ZERO)
            );
            assert_eq!(
                policy.next(&overloaded, failed, || 0.5),
                Retry::After(expected / 2)
            );
        }
    }

    #[test]
    fn what_the_server_asks_for_is_obeyed_to_the_second() {
        let policy = RetryPolicy::default();
        let never = || unreachable!("the wait is not ours to choose");
        for asked in [0, 1, 45, 600] {
            let limited = error(ProviderErrorKind::RateLimited, Some(asked));
            assert_eq!(
                policy.next(&limited, 1, never),
                Retry::After(Duration::from_secs(asked))
            );
        }
        let limited = error(ProviderErrorKind::RateLimited, Some(601));
        let given_up = policy.next(&limited, 1, never);
        let asked = Duration::from_secs(601);
        assert_eq!(given_up, Retry::GiveUp(GiveUp::WaitTooLong { asked }));
        assert!(
            GiveUp::WaitTooLong { asked }
                .to_string()
                .contains("11 minutes")
        );
    }

    #[test]
    fn attempts_are_bounded_and_hopeless_calls_not_repeated() {
        let policy = RetryPolicy::default();
        let broken = error(ProviderErrorKind::Broken, None);
        assert!(matches!(policy.next(&broken, 4, || 0.1), Retry::After(_)));
        assert_eq!(
            policy.next(&broken, 5, || 0.1),
            Retry::GiveUp(GiveUp::Exhausted { attempts: 5 })
        );
        let refused = error(ProviderErrorKind::Unauthorized, Some(1));
        assert_eq!(
            policy.next(&refused, 1, || 0.1),
            Retry::GiveUp(GiveUp::Pointless)
        );
        let once = RetryPolicy {
            attempts: 0,
            ..policy
        };
        assert_eq!(
            once.next(&broken, 1, || 0.1),
            Retry::GiveUp(GiveUp::Exhausted { attempts: 1 })
        );
    }
}
