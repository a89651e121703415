//! Completes a chunk, marks it as failed, or moves it to history/: first its record goes into the record log,
//! then its file is changed. All that is made from chunks and records follows.

use std::path::Path;

use super::changelog;
use super::{Cache, Inner, Session};
use crate::session::error::StoreError;
use crate::session::intent::{self, Step};
use crate::session::journal;
use crate::session::journal::settling;
use crate::session::layout;
use crate::session::manifest::record::{ChunkRecord, ChunkResult, ChunkStatus, Origin};
use crate::session::record_log::Entry;
use crate::session::{ClientEdit, Saved};
use crate::story::chunk_file::{self, FileStatus};
use crate::story::journal::{Journal, Marks};
use crate::story::{ChunkNumber, Digest, words};

impl Session {
    /// Saves the whole prose of a chunk and what is known of it, and nothing else: what it takes does not
    /// grow with the story. [`Session::update_derived`] brings manifest, full story and changelog up to date.
    /// Files that are open in an editor are not touched on disk; the caller brings them into
    /// the editor, and until it is saved the chunk's text is in its journal.
    ///
    /// # Errors
    /// As for [`Session::save_partial`]. After any other error the text is on disk, where the
    /// message says, if the disk took it at all.
    pub fn save_complete(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
    ) -> Result<Saved, StoreError> {
        self.end_chunk(number, prose, Some(result), None)
    }

    /// Saves a chunk that was not accepted: `failed` with the reason in its record, the text
    /// stays in the chunk file as partial.
    ///
    /// # Errors
    /// As for [`Session::save_complete`].
    pub fn save_failed(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
        reason: &str,
    ) -> Result<Saved, StoreError> {
        self.end_chunk(number, prose, Some(result), Some(reason))
    }

    /// Saves the whole prose of a chunk that another program's file brought: its origin is
    /// [`Origin::Imported`], and no job replaces it unless the author names it.
    ///
    /// # Errors
    /// As for [`Session::save_complete`].
    pub fn save_imported(&self, number: ChunkNumber, prose: &str) -> Result<Saved, StoreError> {
        self.end_chunk(number, prose, None, None)
    }

    fn end_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: Option<ChunkResult>,
        failure: Option<&str>,
    ) -> Result<Saved, StoreError> {
        let index = self.inner.index(number)?;
        let mut cache = self.inner.lock_cache();
        if let Err(error) = self.inner.finish_pending(&mut cache) {
            self.inner
                .save(&mut cache, index, FileStatus::Partial, prose)?;
            let file = cache.files[index].display();
            return Err(error.safe(format!("The text of chunk {number} is safe in {file}.")));
        }
        self.inner.end(&mut cache, index, prose, result, failure)?;
        Ok(std::mem::take(&mut cache.owed))
    }

    /// Moves the text of a chunk into history before it is rewritten from the start; the chunk is then
    /// missing. Best called when the new text begins to arrive, not before.
    ///
    /// # Errors
    /// [`StoreError::ChunkLocked`] for a chunk that is locked.
    pub fn retire_chunk(&self, number: ChunkNumber, why: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let mut cache = self.inner.lock_cache();
        self.inner.finish_pending(&mut cache)?;
        self.inner.refuse_locked(&cache, index)?;
        self.inner.retire(&mut cache, index, why)
    }
}

impl Inner {
    /// Ends a chunk: complete, or failed for a reason. Without a result its text was imported.
    fn end(
        &self,
        cache: &mut Cache,
        index: usize,
        prose: &str,
        result: Option<ChunkResult>,
        failure: Option<&str>,
    ) -> Result<(), StoreError> {
        let status = match failure {
            None => FileStatus::Complete,
            Some(_) => FileStatus::Partial,
        };
        let text = self.text_step(cache, index, status, prose)?;
        let record = self.record(cache, index, prose, result, failure);
        let (copies, removals): (Vec<Step>, Vec<Step>) = self
            .copy_steps(cache, index, &record, prose)?
            .into_iter()
            .partition(|step| matches!(step, Step::Copy { .. }));
        for copy in &copies {
            // One that is missing is made at the next start.
            let _ = intent::do_step(copy, &self.paths, &self.disk);
        }
        let number = self.plan[index].number;
        // First, so that a text is at no moment taken for another's; it counts once the text is there.
        let entry = Entry {
            line: Some(self.ended_line(cache, &record, failure)),
            record,
            needs_text: !prose.trim().is_empty(),
        };
        let logged = cache.log.append(&entry, &self.paths, &self.disk);
        if let Some(step) = &text {
            let done = intent::do_step(step, &self.paths, &self.disk)?;
            cache.owed.notices.extend(done.notice());
            cache.wrote(number, prose);
            self.disk.sync_folder(&self.paths.chunks())?;
        }
        cache.wrote(number, prose);
        if entry.record.status == ChunkStatus::Complete {
            self.drop_partials(cache, index);
            cache.known.entry(number).or_default().is_mixed = false;
        }
        Self::take_entry(cache, entry);
        cache.behind.story |= failure.is_none();
        for removal in &removals {
            // A copy that stays is of a text that no chunk has.
            let _ = intent::do_step(removal, &self.paths, &self.disk);
        }
        self.or_update(cache, logged)
    }

    /// Returns the step that puts the text into its file. For a file that an editor has, the text goes
    /// to the journal at once, and the editor is owed it.
    pub(super) fn text_step(
        &self,
        cache: &mut Cache,
        index: usize,
        status: FileStatus,
        prose: &str,
    ) -> Result<Option<Step>, StoreError> {
        let path = cache.files[index].clone();
        if self.is_open(&path) {
            self.save(cache, index, status, prose)?;
            let base = self.owners.open_text(&path).unwrap_or_default();
            let text = self.render(index, status, &chunk_file::parse(&base), prose);
            cache.owe(ClientEdit { path, text, base });
            return Ok(None);
        }
        let there = self.there(index, &path)?;
        self.refuse_read_only(&path)
            .map_err(|error| self.kept_elsewhere(error, index, &path, prose))?;
        let prose = &*self.making_way(cache, index, &path, &there.file, prose)?;
        if prose.trim().is_empty() && there.raw.is_none() {
            return Ok(None);
        }
        Ok(Some(Step::Put {
            file: self.inside(&path),
            text: self.render(index, status, &there.file, prose),
            over: there.raw.iter().map(|text| Digest::of(text)).collect(),
        }))
    }

    fn record(
        &self,
        cache: &Cache,
        index: usize,
        prose: &str,
        result: Option<ChunkResult>,
        failure: Option<&str>,
    ) -> ChunkRecord {
        let planned = &self.plan[index];
        let digest = chunk_file::digest(prose);
        let mut record = cache
            .manifest
            .record(&planned.beat)
            .cloned()
            .unwrap_or_else(|| ChunkRecord::missing(planned.number, planned.beat.clone()));
        let is_imported = result.is_none();
        match result {
            Some(result) => record.take(result),
            None => record.take_import(self.disk.exact_now()),
        }
        record.number = planned.number;
        record.title.clone_from(&planned.title);
        record.target_words = planned.target_words;
        record.body_sha256.clone_from(&planned.body);
        record.file = self.inside(&cache.files[index]);
        record.words = words::count(prose, &self.language);
        let known = cache.known.get(&planned.number);
        let is_mixed = known.is_some_and(|known| known.is_mixed) && !is_imported;
        let origin = match is_imported {
            true => Origin::Imported,
            false if is_mixed => Origin::Edited,
            false => Origin::Generated,
        };
        record.origin = (!prose.trim().is_empty()).then_some(origin);
        record.content_sha256 = Some(digest.clone());
        match failure {
            None => {
                record.status = ChunkStatus::Complete;
                record.generated_sha256 = Some(digest).filter(|_| origin == Origin::Generated);
                record.begun = None;
            }
            Some(reason) => {
                record.status = ChunkStatus::Failed;
                record.generated_sha256 = None;
                record.failure = Some(reason.to_owned());
            }
        }
        record
    }

    fn ended_line(&self, cache: &Cache, record: &ChunkRecord, failure: Option<&str>) -> String {
        let before = cache.manifest.record(&record.beat);
        let again = before.is_some_and(|record| record.generated_sha256.is_some());
        let did = match (failure, again) {
            _ if record.origin == Some(Origin::Imported) => "imported",
            (Some(_), _) => "failed",
            (None, false) => "wrote",
            (None, true) => "rewrote",
        };
        let mut event = format!(
            "{did} chunk {} ({}), \"{}\": {} {}",
            record.number,
            record.beat,
            record.title,
            record.words,
            self.language.unit()
        );
        if let Some(digest) = &record.content_sha256 {
            event.push_str(&format!(", {}", digest.short()));
        }
        if let Some(reason) = failure {
            event.push_str(&format!("; {reason}"));
        }
        changelog::line(self.disk.now(), &event)
    }

    /// Puts the text of a chunk into history, so that the chunk is missing.
    pub(super) fn retire(
        &self,
        cache: &mut Cache,
        index: usize,
        why: &str,
    ) -> Result<(), StoreError> {
        let path = cache.files[index].clone();
        let planned = &self.plan[index];
        let step = if self.is_open(&path) {
            // An empty journal says that the editor's text is replaced.
            self.journal_step(cache, index, FileStatus::Partial, "", why)?
        } else {
            let there = self.there(index, &path)?;
            // A file that holds nothing but front matter is as good as missing.
            let Some(raw) = there.raw.filter(|_| !there.file.is_empty()) else {
                return Ok(());
            };
            self.refuse_read_only(&path)?;
            self.keep_replaced(cache, index, &there.file, why)?;
            Step::Remove {
                file: self.inside(&path),
                over: vec![Digest::of(&raw)],
            }
        };
        let event = format!(
            "put chunk {} ({}) into history: {why}",
            planned.number, planned.beat
        );
        let line = changelog::line(self.disk.now(), &event);
        if let Some(mut record) = cache.manifest.record(&planned.beat).cloned() {
            record.status = ChunkStatus::Missing;
            record.begun = None;
            let entry = Entry {
                record,
                line: Some(line),
                needs_text: false,
            };
            self.log(cache, entry)?;
        } else {
            cache.lines.push(line);
            cache.behind.have_records();
        }
        cache.known.remove(&planned.number);
        let done = intent::do_step(&step, &self.paths, &self.disk)?;
        cache.owed.notices.extend(done.notice());
        for folder in intent::folders(std::slice::from_ref(&step), &self.paths) {
            self.disk.sync_folder(&folder)?;
        }
        Ok(())
    }

    pub(super) fn refuse_read_only(&self, path: &Path) -> Result<(), StoreError> {
        let metadata = self.disk.metadata(path)?;
        if metadata.is_some_and(|file| file.read_only) {
            return Err(StoreError::ReadOnlyFile {
                path: path.to_owned(),
                kept: None,
            });
        }
        Ok(())
    }

    /// Returns the step for a file that an editor has: its texts and the journal's go to history,
    /// and a journal with another text takes their place.
    pub(super) fn journal_step(
        &self,
        cache: &Cache,
        index: usize,
        status: FileStatus,
        prose: &str,
        why: &str,
    ) -> Result<Step, StoreError> {
        let planned = &self.plan[index];
        let path = &cache.files[index];
        let journal_path = layout::journal_path(path);
        settling::hold(&self.paths, &self.disk);
        let (replaces, over) = journal::in_turn(|| self.put_away_open(cache, index, path, why))?;
        Ok(Step::Put {
            file: self.inside(&journal_path),
            text: Journal::render(
                planned.number,
                &planned.beat,
                status,
                prose,
                &Marks::replacing(replaces),
            ),
            over,
        })
    }

    /// Puts every text of a file that an editor has into history: the editor's, the disk's and
    /// the journal's. Their digests, for a journal that replaces them, and those by which the
    /// journal itself is known, whatever the editor is seen to show of it meanwhile.
    fn put_away_open(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        why: &str,
    ) -> Result<(Vec<Digest>, Vec<Digest>), StoreError> {
        let mut replaces = self.keep_open_texts(cache, index, path, "", why)?;
        let there = self.disk.read_text(&layout::journal_path(path))?;
        let mut over: Vec<Digest> = there.iter().map(|text| Digest::of(text)).collect();
        if let Some(journal) = there.as_deref().map(Journal::parse) {
            let digest = chunk_file::source_digest(&journal.file.prose);
            if !replaces.contains(&digest) {
                self.keep_replaced(cache, index, &journal.file, why)?;
                replaces.push(digest.clone());
            }
            replaces.extend(journal.marks.replaces);
            over.push(digest);
        }
        Ok((replaces, over))
    }
}
