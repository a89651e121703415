//! Brings the files that are made from chunks and records up to date: full story, changelog, manifest, index.
//!
//! Each of them grows with the story, so a job does not write them for every chunk. What they lack meanwhile
//! is in the chunk files and in the record log, and is brought in at the next start should the job not get to
//! it.

use std::time::Duration;

use jiff::Timestamp;

use super::index;
use super::{Cache, Inner, Session};
use crate::session::Saved;
use crate::session::error::StoreError;
use crate::session::manifest::record::ChunkRecord;
use crate::session::record_log::Entry;

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
    index: bool,
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

    fn is_any(&self) -> bool {
        self.story || self.records || self.index
    }

    /// Returns how long the next update is to be put off.
    fn due_in(&self, now: Timestamp) -> Duration {
        let Some(last) = self.updated else {
            return Duration::ZERO;
        };
        // A clock that was set back tells nothing.
        let since = Duration::try_from(now.duration_since(last.at)).unwrap_or(Duration::MAX);
        INTERVAL.max(last.took * PATIENCE).saturating_sub(since)
    }
}

impl Session {
    /// Brings full story, changelog, manifest and index up to date with what was saved.
    ///
    /// # Errors
    /// What the disk refused. Chunks and records are safe then, and the next update does the rest.
    pub fn update_derived(&self) -> Result<Saved, StoreError> {
        let mut cache = self.inner.lock_cache();
        self.inner.update(&mut cache)?;
        Ok(std::mem::take(&mut cache.owed))
    }

    /// Returns how long [`Session::update_derived`] is to be put off, so that it comes at most every two
    /// seconds and takes no more than a twentieth of the time; `None` where nothing is behind.
    pub fn derived_due_in(&self) -> Option<Duration> {
        let cache = self.inner.lock_cache();
        let now = self.inner.disk.exact_now();
        cache.behind.is_any().then(|| cache.behind.due_in(now))
    }
}

impl Inner {
    pub(super) fn update(&self, cache: &mut Cache) -> Result<(), StoreError> {
        if !cache.behind.is_any() {
            return Ok(());
        }
        let began = self.disk.exact_now();
        let updated = self
            .finish_pending(cache)
            .and_then(|()| self.write_manifest(cache));
        updated.map_err(|error| {
            error.safe(format!(
                "All chunks are safe on disk in {}, and the rest is brought up to date at the next start.",
                self.paths.root.display()
            ))
        })?;
        self.update_index(cache);
        let now = self.disk.exact_now();
        let took = Duration::try_from(now.duration_since(began)).unwrap_or_default();
        cache.behind.updated = Some(Updated { at: now, took });
        Ok(())
    }

    /// Brings full story and changelog up to date, before a manifest that no longer says that they are not.
    pub(super) fn put_derived(&self, cache: &mut Cache) -> Result<(), StoreError> {
        if cache.behind.story {
            self.assemble(cache)?;
        }
        self.put_late_lines(cache)
    }

    /// Notes that the manifest is safe on disk, with all that was logged.
    pub(super) fn manifest_is_safe(&self, cache: &mut Cache) {
        cache.behind.records = false;
        let seen = cache.manifest_seen.clone();
        cache.log.begin(seen, &self.paths, &self.disk);
    }

    /// Writes SESSIONS.md, as far as that can be done: it is only an index, and the next job writes it again.
    pub(super) fn update_index(&self, cache: &mut Cache) {
        if let Ok(edit) = index::write_index(&self.folder, self.owners.as_ref(), &self.disk) {
            edit.into_iter().for_each(|edit| cache.owe(edit));
        }
        cache.behind.index = false;
    }

    /// Records what is known of a chunk; safe on disk when this returns.
    pub(super) fn log_record(
        &self,
        cache: &mut Cache,
        record: ChunkRecord,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            record,
            line: None,
            needs_text: false,
        };
        self.log(cache, entry)
    }

    /// Adds an entry to the log; safe on disk when this returns.
    pub(super) fn log(&self, cache: &mut Cache, entry: Entry) -> Result<(), StoreError> {
        let logged = cache.log.append(&entry, &self.paths, &self.disk);
        Self::take_entry(cache, entry);
        self.or_update(cache, logged)
    }

    /// Writes the manifest where the log did not take an entry, as in a `.work/` that is closed to writing.
    pub(super) fn or_update(
        &self,
        cache: &mut Cache,
        logged: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match logged {
            Ok(()) => Ok(()),
            Err(_) => self.update(cache),
        }
    }

    /// Takes an entry of the log over into what is in memory.
    pub(super) fn take_entry(cache: &mut Cache, entry: Entry) {
        cache.manifest.set_record(entry.record);
        cache.lines.extend(entry.line);
        cache.behind.have_records();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut cache = self.lock_cache();
        // Else the next start does.
        if let Err(error) = self.update(&mut cache) {
            tracing::debug!("{error}");
        }
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
