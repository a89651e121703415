//! Decides when to try a failed call again. Pure: time and chance come in as parameters.

use std::time::Duration;

use tokio::time::Instant;

use super::{ProviderError, ProviderErrorKind};
use crate::story::counted::counted;

/// Upper end of the first wait after a failed answer; it doubles with every further one.
const BASE: Duration = Duration::from_millis(500);
/// Upper end of the waits after failed answers.
const CAP: Duration = Duration::from_secs(30);
/// Upper end of the first wait for a server that is away; it doubles with every further one.
const AWAY_BASE: Duration = Duration::from_secs(1);
/// Upper end of the waits for a server that is away: it is asked once a minute at least.
const AWAY_CAP: Duration = Duration::from_secs(60);
/// The waits in a row that are as short as the server asks for. After them the waits grow, since what it asks
/// for does not help.
const OBEYED: u32 = 8;

/// The failures of one call, made again and again until it succeeds.
///
/// Failed answers are counted. A server that limits the rate, loads a model or restarts failed
/// nothing: waits for it are bounded by time instead.
#[derive(Debug, Clone)]
pub struct Retries {
    /// Most failed answers.
    attempts: u32,
    /// Longest time in all that one outage is waited for.
    patience: Duration,
    failures: u32,
    /// Waits in a row for a server that is away, and since when it is.
    waits: u32,
    since: Option<Instant>,
    calls: u32,
}

/// The decision after a failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Retry {
    /// Wait this long, then call again. The failure is one of the attempts.
    After(Duration),
    /// Wait this long for a server that is away, then call again. It counts against time only.
    Outage(Outage),
    GiveUp(GiveUp),
}

/// One wait for a server that limits the rate, loads a model or restarts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outage {
    pub wait: Duration,
    /// How long the server is waited for in all.
    pub patience: Duration,
    /// The number of this wait, from 1.
    pub number: u32,
}

/// The reason why a call is not repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GiveUp {
    /// The same call would fail the same way.
    Pointless,
    /// All attempts are used up.
    Exhausted { attempts: u32 },
    /// The server wants a longer wait than is waited unasked.
    WaitTooLong { asked: Duration },
    /// The server did not come back in the time that it was waited for.
    StayedAway { patience: Duration },
}

impl std::fmt::Display for GiveUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GiveUp::Pointless => f.write_str("The same call would fail again."),
            GiveUp::Exhausted { attempts: 1 } => f.write_str("Gave up after one attempt."),
            GiveUp::Exhausted { attempts } => write!(f, "Gave up after {attempts} attempts."),
            GiveUp::WaitTooLong { asked } => write!(
                f,
                "The server asks for a wait of {}; run the same command again then.",
                spoken(*asked)
            ),
            GiveUp::StayedAway { patience } => write!(
                f,
                "Waited for it for {} s (timeouts.outage); run the same command again when it \
                 answers.",
                patience.as_secs()
            ),
        }
    }
}

impl Retries {
    /// Allows `attempts` failed answers (0 counts as 1), and `patience` for each outage.
    pub fn new(attempts: u32, patience: Duration) -> Retries {
        Retries {
            attempts: attempts.max(1),
            patience,
            failures: 0,
            waits: 0,
            since: None,
            calls: 0,
        }
    }

    /// Returns how many answers so far were counted as failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns how many calls so far failed, for any reason.
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// Counts an answer that was no use as a failed one.
    pub fn count(&mut self) {
        self.calls += 1;
        self.failures += 1;
        self.answered();
    }

    /// Ends an outage: the server gave an answer.
    pub fn answered(&mut self) {
        self.waits = 0;
        self.since = None;
    }

    /// Counts a failure, and tells what to do after it.
    ///
    /// `random` gives a number from 0 (inclusive) to 1; it is asked only where the wait is ours
    /// to choose. What a server asks for is obeyed exactly, even 0, until it has not helped
    /// eight times in a row. A wait after a failed answer is drawn from 0 to 0.5 s × 2^(failures − 1),
    /// capped at 30 s: full jitter, so that many clients that failed together do not come back
    /// together. One for a server that is away is at least half of its upper end.
    pub fn failed(
        &mut self,
        error: &ProviderError,
        now: Instant,
        random: impl FnOnce() -> f64,
    ) -> Retry {
        self.calls += 1;
        if is_outage(error) {
            return self.outage(error.retry_after, now, random);
        }
        self.counted(error, random)
    }

    /// Counts an answer that broke off after something had come, and tells what to do. It is a
    /// failed answer whatever the error says: what came was paid for.
    pub fn broke_off(&mut self, error: &ProviderError, random: impl FnOnce() -> f64) -> Retry {
        self.calls += 1;
        self.counted(error, random)
    }

    fn counted(&mut self, error: &ProviderError, random: impl FnOnce() -> f64) -> Retry {
        self.answered();
        self.failures += 1;
        if !error.kind.is_transient() {
            return Retry::GiveUp(GiveUp::Pointless);
        }
        let attempts = self.failures;
        if attempts >= self.attempts {
            return Retry::GiveUp(GiveUp::Exhausted { attempts });
        }
        match error.retry_after {
            Some(asked) if asked > self.patience => Retry::GiveUp(GiveUp::WaitTooLong { asked }),
            Some(asked) => Retry::After(asked),
            None => {
                let longest = doubled(BASE, attempts - 1).min(CAP);
                Retry::After(longest.mul_f64(random().clamp(0.0, 1.0)))
            }
        }
    }

    fn outage(
        &mut self,
        asked: Option<Duration>,
        now: Instant,
        random: impl FnOnce() -> f64,
    ) -> Retry {
        let patience = self.patience;
        let over = now.saturating_duration_since(*self.since.get_or_insert(now));
        let left = patience.saturating_sub(over);
        let number = self.waits + 1;
        self.waits = number;
        let wait = match asked {
            Some(asked) if asked > left => return Retry::GiveUp(GiveUp::WaitTooLong { asked }),
            Some(asked) if number <= OBEYED => asked,
            Some(asked) => asked.max(doubled(AWAY_BASE, number - OBEYED - 1).min(AWAY_CAP)),
            None => {
                let longest = doubled(AWAY_BASE, number - 1).min(AWAY_CAP);
                longest.mul_f64(0.5 + random().clamp(0.0, 1.0) / 2.0)
            }
        };
        if left.is_zero() {
            return Retry::GiveUp(GiveUp::StayedAway { patience });
        }
        Retry::Outage(Outage {
            // The last call is made when the time is up, not before.
            wait: wait.min(left),
            patience,
            number,
        })
    }
}

/// Tells whether a server is only away for a while: it limits the rate, loads, or restarts.
fn is_outage(error: &ProviderError) -> bool {
    use ProviderErrorKind::{Overloaded, RateLimited, Unavailable};
    match error.kind {
        RateLimited | Unavailable => true,
        Overloaded => error.retry_after.is_some(),
        _ => false,
    }
}

/// Words a wait, rounded up: in seconds up to two minutes, else in minutes.
fn spoken(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().ceil() as u64;
    match seconds {
        0..120 => counted(seconds, "second"),
        _ => counted(seconds.div_ceil(60), "minute"),
    }
}

fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1 << times.min(20))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_MINUTES: Duration = Duration::from_secs(600);

    fn error(kind: ProviderErrorKind, retry_after: Option<u64>) -> ProviderError {
        let mut error = ProviderError::new(kind, "made up");
        error.retry_after = retry_after.map(Duration::from_secs);
        error
    }

    fn never() -> f64 {
        unreachable!("the wait is not ours to choose")
    }

    /// Fails again and again in made-up time: the waits in milliseconds, and why it ended.
    fn waits(retries: &mut Retries, error: &ProviderError, random: f64) -> (Vec<u64>, GiveUp) {
        let mut now = Instant::now();
        let mut waits = Vec::new();
        loop {
            let wait = match retries.failed(error, now, || random) {
                Retry::After(wait) => wait,
                Retry::Outage(outage) => outage.wait,
                Retry::GiveUp(why) => return (waits, why),
            };
            now += wait;
            waits.push(wait.as_millis() as u64);
        }
    }

    #[test]
    fn waits_after_failed_answers_double_up_to_a_cap() {
        let broken = error(ProviderErrorKind::Broken, None);
        let (all, why) = waits(&mut Retries::new(9, TEN_MINUTES), &broken, 1.0);
        let expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
        assert_eq!(all, expected);
        assert_eq!(why, GiveUp::Exhausted { attempts: 9 });
        let (all, _) = waits(&mut Retries::new(3, TEN_MINUTES), &broken, 0.0);
        assert_eq!(all, [0, 0]);
    }

    #[test]
    fn a_server_that_is_away_is_waited_for_by_time_and_not_by_attempts() {
        for kind in [
            ProviderErrorKind::RateLimited,
            ProviderErrorKind::Unavailable,
        ] {
            for (random, first) in [(0.0, 500), (1.0, 1_000)] {
                let mut retries = Retries::new(1, TEN_MINUTES);
                let (all, why) = waits(&mut retries, &error(kind, None), random);
                assert_eq!(all[..3], [first, 2 * first, 4 * first], "{kind:?}");
                assert_eq!(all.iter().sum::<u64>(), 600_000, "{kind:?}");
                assert!(all.iter().all(|wait| *wait <= 60_000), "{kind:?}: {all:?}");
                assert_eq!(
                    why,
                    GiveUp::StayedAway {
                        patience: TEN_MINUTES
                    }
                );
                assert_eq!(retries.failures(), 0, "{kind:?}");
            }
        }
    }

    #[test]
    fn what_the_server_asks_for_is_obeyed_to_the_second() {
        for asked in [0, 1, 45, 600] {
            for kind in [
                ProviderErrorKind::RateLimited,
                ProviderErrorKind::Overloaded,
            ] {
                let mut retries = Retries::new(1, TEN_MINUTES);
                let expected = Retry::Outage(Outage {
                    wait: Duration::from_secs(asked),
                    patience: TEN_MINUTES,
                    number: 1,
                });
                let got = retries.failed(&error(kind, Some(asked)), Instant::now(), never);
                assert_eq!(got, expected);
            }
        }
        let limited = error(ProviderErrorKind::RateLimited, Some(601));
        let mut retries = Retries::new(5, TEN_MINUTES);
        let asked = Duration::from_secs(601);
        let given_up = retries.failed(&limited, Instant::now(), never);
        assert_eq!(given_up, Retry::GiveUp(GiveUp::WaitTooLong { asked }));
        let said = GiveUp::WaitTooLong { asked }.to_string();
        assert!(said.contains("11 minutes"), "{said}");
        for (asked, words) in [
            (1_000, " 1 second;"),
            (1_200, " 2 seconds;"),
            (90_000, " 90 seconds;"),
            (120_001, " 3 minutes;"),
        ] {
            let asked = Duration::from_millis(asked);
            let said = GiveUp::WaitTooLong { asked }.to_string();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn eight_short_waits_end_nothing_and_a_useless_one_grows() {
        let limited = error(ProviderErrorKind::RateLimited, Some(0));
        let (all, _) = waits(&mut Retries::new(5, TEN_MINUTES), &limited, 0.5);
        assert_eq!(
            all[..12],
            [0, 0, 0, 0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]
        );
        let limited = error(ProviderErrorKind::RateLimited, Some(1));
        let (all, _) = waits(&mut Retries::new(5, TEN_MINUTES), &limited, 0.5);
        assert_eq!(all[..8], [1_000; 8]);
    }

    #[test]
    fn an_answer_that_broke_off_is_an_attempt_whatever_the_error_says() {
        let limited = error(ProviderErrorKind::RateLimited, Some(3));
        let mut retries = Retries::new(2, TEN_MINUTES);
        let wait = Duration::from_secs(3);
        assert_eq!(retries.broke_off(&limited, never), Retry::After(wait));
        let over = Retry::GiveUp(GiveUp::Exhausted { attempts: 2 });
        assert_eq!(retries.broke_off(&limited, never), over);
    }

    #[test]
    fn an_answer_ends_an_outage() {
        let away = error(ProviderErrorKind::Unavailable, None);
        let mut retries = Retries::new(2, TEN_MINUTES);
        let start = Instant::now();
        retries.failed(&away, start, || 1.0);
        for (minutes, broken) in [(9, false), (18, true), (27, false)] {
            let now = start + Duration::from_secs(60 * minutes);
            match broken {
                true => {
                    let broken = error(ProviderErrorKind::Broken, None);
                    retries.failed(&broken, now, || 1.0);
                }
                false => retries.answered(),
            }
            let next = retries.failed(&away, now, || 1.0);
            assert!(
                matches!(next, Retry::Outage(Outage { number: 1, .. })),
                "{next:?}"
            );
        }
    }

    #[test]
    fn attempts_are_bounded_and_hopeless_calls_not_repeated() {
        let refused = error(ProviderErrorKind::Unauthorized, Some(1));
        let mut retries = Retries::new(5, TEN_MINUTES);
        let next = retries.failed(&refused, Instant::now(), never);
        assert_eq!(next, Retry::GiveUp(GiveUp::Pointless));
        let broken = error(ProviderErrorKind::Broken, None);
        let (none, why) = waits(&mut Retries::new(0, TEN_MINUTES), &broken, 0.1);
        assert_eq!((none, why), (vec![], GiveUp::Exhausted { attempts: 1 }));
    }
}
