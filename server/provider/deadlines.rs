//! Enforces the deadlines of one call on any stream of events.
//!
//! Only `Text` and `Reasoning` count as tokens: what keeps a connection alive must not keep
//! a call alive.

use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::{Event, EventStream, ProviderError, ProviderErrorKind};

/// How long one call may take in its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deadlines {
    /// The time to connect.
    pub connect: Duration,
    /// The time from the request until the first token (text or reasoning).
    pub first_token: Duration,
    /// Between two tokens. Keep-alives such as `ping` do not count as tokens.
    pub idle: Duration,
    /// The whole call.
    pub call: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Deadlines {
            connect: Duration::from_secs(10),
            first_token: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            call: Duration::from_secs(600),
        }
    }
}

/// Ends `stream` with an error of kind `Deadline` once a limit passes.
///
/// `started` is when the request was sent: the first token and the whole call are measured
/// from it. The idle limit runs only while somebody waits for the next event, so a slow
/// reader is not mistaken for a slow model.
pub fn enforce(stream: EventStream, deadlines: Deadlines, started: Instant) -> EventStream {
    let watch = Watch {
        stream: Some(stream),
        deadlines,
        started,
        had_token: false,
        waiting_since: None,
    };
    stream::unfold(watch, Watch::next).boxed()
}

/// Makes the error for an answer whose head did not come in time.
pub(super) fn before_first_token(deadlines: &Deadlines) -> ProviderError {
    if deadlines.call < deadlines.first_token {
        passed("The call took longer than", deadlines.call, "timeouts.call")
    } else {
        passed(
            "The model sent no first token within",
            deadlines.first_token,
            "timeouts.first_token",
        )
    }
}

struct Watch {
    /// `None` once it ended.
    stream: Option<EventStream>,
    deadlines: Deadlines,
    started: Instant,
    had_token: bool,
    /// The time since which the next token is being waited for.
    waiting_since: Option<Instant>,
}

impl Watch {
    async fn next(mut self) -> Option<(Result<Event, ProviderError>, Self)> {
        let limit = self.limit();
        let stream = self.stream.as_mut()?;
        let item = match timeout_at(limit, stream.next()).await {
            Ok(item) => item?,
            Err(_) => Err(self.overdue()),
        };
        match &item {
            Ok(Event::Text(_) | Event::Reasoning { .. }) => {
                self.had_token = true;
                self.waiting_since = None;
            }
            Ok(Event::Finished(_)) | Err(_) => self.stream = None,
            Ok(_) => {}
        }
        Some((item, self))
    }

    fn limit(&mut self) -> Instant {
        let waiting_since = *self.waiting_since.get_or_insert_with(Instant::now);
        let token = if self.had_token {
            after(waiting_since, self.deadlines.idle)
        } else {
            after(self.started, self.deadlines.first_token)
        };
        token.min(after(self.started, self.deadlines.call))
    }

    fn overdue(&self) -> ProviderError {
        if self.started.elapsed() >= self.deadlines.call {
            passed(
                "The call took longer than",
                self.deadlines.call,
                "timeouts.call",
            )
        } else if self.had_token {
            passed(
                "The model sent nothing for",
                self.deadlines.idle,
                "timeouts.idle",
            )
        } else {
            before_first_token(&self.deadlines)
        }
    }
}

fn passed(what: &str, limit: Duration, setting: &str) -> ProviderError {
    ProviderError::new(
        ProviderErrorKind::Deadline,
        format!("{what} {} ({setting}).", in_words(limit)),
    )
}

/// Adds a limit to an instant, where one from a settings file may be beyond what time can hold.
pub(super) fn after(instant: Instant, limit: Duration) -> Instant {
    const A_YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    instant + limit.min(A_YEAR)
}

/// Writes a duration for a message: `60 s`, `1.5 s`, `50 ms`.
pub(super) fn in_words(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::super::FinishReason;
    use super::*;

    /// Events, each after so many seconds, in made-up time.
    fn timed(events: Vec<(u64, Event)>) -> EventStream {
        stream::iter(events)
            .then(|(seconds, event)| async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok(event)
            })
            .chain(stream::pending())
            .boxed()
    }

    fn text() -> Event {
        Event::Text("word ".into())
    }

    async fn outcome(events: Vec<(u64, Event)>) -> (usize, Option<String>, u64) {
        let started = Instant::now();
        let mut watched = enforce(timed(events), Deadlines::default(), started);
        let mut seen = 0;
        while let Some(item) = watched.next().await {
            match item {
                Ok(_) => seen += 1,
                Err(error) => {
                    assert_eq!(error.kind, ProviderErrorKind::Deadline);
                    assert!(watched.next().await.is_none(), "an error ends the stream");
                    return (seen, Some(error.message), started.elapsed().as_secs());
                }
            }
        }
        (seen, None, started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn each_deadline_is_kept_to_the_second() {
        let usage = Event::Usage(Default::default());
        let started = Event::Started { model: None };
        let reasoning = Event::Reasoning { characters: 9 };
        let notice = Event::Notice("x".into());
        let finished = Event::Finished(FinishReason::Stop);
        let many = |n: usize, every: u64| vec![(every, text()); n];
        type Timed = Vec<(u64, Event)>;
        let table: Vec<(&str, Timed, usize, &str, u64)> = vec![
            ("silence", vec![], 0, "first_token", 120),
            (
                "a head is no token",
                vec![(1, started)],
                1,
                "first_token",
                120,
            ),
            (
                "usage is no token",
                vec![(100, usage.clone()), (19, usage.clone())],
                2,
                "first_token",
                120,
            ),
            (
                "reasoning is a token",
                vec![(119, reasoning)],
                1,
                "idle",
                179,
            ),
            ("idle", vec![(1, text()), (59, text())], 2, "idle", 120),
            (
                "keep-alives do not count",
                vec![(1, text()), (30, notice), (29, usage)],
                3,
                "idle",
                61,
            ),
            ("the whole call", many(40, 45), 13, "timeouts.call", 600),
            ("in time", vec![(1, text()), (1, finished)], 2, "", 2),
        ];
        for (name, events, expected_seen, expected, after) in table {
            let (seen, message, elapsed) = outcome(events).await;
            assert_eq!(seen, expected_seen, "{name}");
            assert_eq!(elapsed, after, "{name}");
            match message {
                None => assert_eq!(expected, "", "{name}"),
                Some(message) => assert!(message.contains(expected), "{name}: {message}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not_a_slow_model() {
        let events = vec![(1, text()), (1, text()), (30, text())];
        let mut watched = enforce(timed(events), Deadlines::default(), Instant::now());
        for _ in 0..3 {
            assert!(watched.next().await.is_some_and(|item| item.is_ok()));
            tokio::time::sleep(Duration::from_secs(90)).await;
        }
    }

    #[test]
    fn limits_are_said_in_short() {
        for (milliseconds, expected) in [(60_000, "60 s"), (1_500, "1.5 s"), (50, "50 ms")] {
            assert_eq!(in_words(Duration::from_millis(milliseconds)), expected);
        }
    }
}
