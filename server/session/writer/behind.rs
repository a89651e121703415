//! Knows what is behind of the files that are made from chunks and records, and when it is time to bring them
//! up to date. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// The shortest time between two updates while a job writes.
const INTERVAL: Duration = Duration::from_secs(2);
/// How many times as long as an update took the next one is put off.
const PATIENCE: u32 = 20;

/// What is behind of the files that are made from chunks and records, and when they were not.
#[derive(Debug, Default)]
pub(in crate::session) struct Behind {
    /// Whether the full story lacks a chunk.
    pub(super) story: bool,
    /// Whether the manifest lacks a record, or the changelog a line.
    pub(super) records: bool,
    /// Whether SESSIONS.md lacks any of that.
    pub(super) index: bool,
    updated: Option<Updated>,
}

/// The last update.
#[derive(Debug, Clone, Copy)]
struct Updated {
    at: Timestamp,
    took: Duration,
}

impl Behind {
    /// Notes that there is a record or a line which the manifest or the changelog lacks.
    pub(super) fn have_records(&mut self) {
        self.records = true;
        self.index = true;
    }

    /// Tells whether anything is behind.
    pub(super) fn is_any(&self) -> bool {
        self.story || self.records || self.index
    }

    /// Returns how long the next update is to be put off.
    pub(super) fn due_in(&self, now: Timestamp) -> Duration {
        let Some(last) = self.updated else {
            return Duration::ZERO;
        };
        // A clock that was set back tells nothing.
        let since = Duration::try_from(now.duration_since(last.at)).unwrap_or(Duration::MAX);
        INTERVAL.max(last.took * PATIENCE).saturating_sub(since)
    }

    /// Notes an update from its beginning to its end.
    pub(super) fn was_updated(&mut self, began: Timestamp, at: Timestamp) {
        let took = Duration::try_from(at.duration_since(began)).unwrap_or_default();
        self.updated = Some(Updated { at, took });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_take_a_small_part_of_the_time() {
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let after = |took: u64| Behind {
            updated: Some(Updated {
                at: at(100_000),
                took: Duration::from_millis(took),
            }),
            ..Behind::default()
        };
        for (behind, now, expected) in [
            (Behind::default(), 0, 0),
            (after(0), 100_000, 2_000),
            (after(100), 101_999, 1),
            (after(100), 102_000, 0),
            (after(1_000), 119_999, 1),
            (after(1_000), 130_000, 0),
            (after(1_000), 90_000, 0),
        ] {
            let due = behind.due_in(at(now));
            assert_eq!(due, Duration::from_millis(expected), "{behind:?} {now}");
        }
    }
}
