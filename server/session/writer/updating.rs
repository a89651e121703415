//! Brings the files that are made from chunks and records up to date: full story, changelog, manifest, index.
//!
//! Each of them grows with the story, so a job does not write them for every chunk. What they lack meanwhile
//! is in the chunk files and in the record log, and is brought in at the next start should the job not get to
//! it.

use std::time::Duration;

use super::index;
use super::{Cache, Inner, Session};
use crate::session::Saved;
use crate::session::error::StoreError;
use crate::session::manifest::record::ChunkRecord;
use crate::session::record_log::Entry;
use crate::story::title_page::TitlePage;
use crate::story::{Brief, Digest};

impl Session {
    /// Rewrites SESSIONS.md of the folder.
    pub fn update_index(&self) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let edit = index::write_index(&inner.folder, inner.owners.as_ref(), &inner.disk)?;
        Ok(Saved {
            client_edits: edit.into_iter().collect(),
            notices: Vec::new(),
        })
    }

    /// Brings full story, changelog, manifest and index up to date with what was saved.
    ///
    /// # Errors
    /// What the disk refused. Chunks and records are safe then, and the next update does the rest.
    pub fn update_derived(&self) -> Result<Saved, StoreError> {
        let known = {
            let mut cache = self.inner.lock_cache();
            if !cache.behind.is_any() {
                return Ok(std::mem::take(&mut cache.owed));
            }
            cache.title_page.clone()
        };
        // A long brief takes its time, and nobody has to wait for that.
        let title_page = self.inner.read_title_page(known.as_ref())?;
        self.inner.lock_cache().title_page = Some(title_page);
        self.update_derived_at_once()
    }

    /// Brings the files up to date as [`Session::update_derived`] does, with the title page as it is known: without a
    /// look at the brief.
    ///
    /// # Errors
    /// As for [`Session::update_derived`].
    pub fn update_derived_at_once(&self) -> Result<Saved, StoreError> {
        let mut cache = self.inner.lock_cache();
        self.inner.update(&mut cache)?;
        Ok(std::mem::take(&mut cache.owed))
    }

    /// Tells the session the title page of a brief; `text` is the text of the brief.
    pub fn know_title_page(&self, brief: &Brief, text: &str) {
        let page = TitlePage::of(brief, text);
        self.inner.lock_cache().title_page = Some((Digest::of(text), page));
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
        cache.behind.was_updated(began, self.disk.exact_now());
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
