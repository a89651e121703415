//! Keeps a chunk in history/ before it is replaced: its text, its record and, if the author edited it, the
//! generated text.

use std::path::{Path, PathBuf};

use super::changelog;
use super::revising::made_of;
use super::{Cache, Inner};
use crate::session::error::StoreError;
use crate::session::history::generated;
use crate::session::history::{self, Version};
use crate::session::intent::{self, Step};
use crate::session::manifest::Manifest;
use crate::session::manifest::record::{ChunkRecord, ChunkStatus, Origin};
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::{Digest, words};

/// The bytes by which a copy may be shorter than it would be now: its chunk may have got another number,
/// title or beat since. What a power cut takes is more.
const OTHER_NAMES: u64 = 512;

impl Inner {
    /// Returns the changelog's line of what was done to a chunk.
    pub(super) fn event(&self, index: usize, did: &str) -> String {
        let planned = &self.plan[index];
        let event = format!("{did} chunk {} ({})", planned.number, planned.beat);
        changelog::line(self.disk.now(), &event)
    }

    /// Returns the steps that write a record into the manifest, and next to the copy of the generated text.
    pub(super) fn record_steps(&self, record: ChunkRecord) -> Vec<Step> {
        let mut steps = self.copy_of_record(&record);
        steps.push(Step::Record {
            record: Box::new(record),
        });
        steps
    }

    /// Keeps a text that was not the chunk's in history, with the author's front matter; `None`
    /// for an empty one.
    pub(in crate::session) fn keep(
        &self,
        index: usize,
        path: &Path,
        file: &ChunkFile,
        why: &str,
    ) -> Result<Option<PathBuf>, StoreError> {
        self.keep_with(index, path, file, why, None)
    }

    /// Keeps the text that is the chunk's up to now, with what is known of it; before it what
    /// was generated, if the author changed that.
    pub(super) fn keep_replaced(
        &self,
        cache: &Cache,
        index: usize,
        file: &ChunkFile,
        why: &str,
    ) -> Result<(), StoreError> {
        let digest = chunk_file::digest(&file.prose);
        let record = cache.manifest.record(&self.plan[index].beat);
        let is_generated =
            record.is_some_and(|record| record.generated_sha256.as_ref() == Some(&digest));
        if !is_generated {
            self.keep_generated(cache, index)?;
        }
        let about = self.record_about(cache, index, &digest, file);
        let path = &cache.files[index];
        self.keep_with(index, path, file, why, about.as_ref())
            .map(|_| ())
    }

    /// Sees to it that the text that was generated last is a version in history, for the author
    /// to come back to.
    pub(super) fn keep_generated(&self, cache: &Cache, index: usize) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let Some((record, digest)) = cache
            .manifest
            .record(&planned.beat)
            .and_then(|record| Some((record, record.generated_sha256.as_ref()?)))
        else {
            return Ok(());
        };
        let path = &cache.files[index];
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if history::find(&self.paths, &stem, &record.beats(), digest, &self.disk)?.is_some() {
            return Ok(());
        }
        let Some(copy) = generated::read(&self.paths, digest, &self.disk)? else {
            return Ok(());
        };
        let there = self.disk.read_text(path)?.unwrap_or_default();
        let copy = ChunkFile {
            status: Some(FileStatus::Complete),
            form: chunk_file::parse(&there).form,
            ..copy
        };
        let about = self.record_about(cache, index, digest, &copy);
        let why = "as it was generated, before it was changed by hand";
        self.keep_with(index, path, &copy, why, about.as_ref())
            .map(|_| ())
    }

    pub(super) fn keep_with(
        &self,
        index: usize,
        path: &Path,
        file: &ChunkFile,
        why: &str,
        record: Option<&ChunkRecord>,
    ) -> Result<Option<PathBuf>, StoreError> {
        if file.is_empty() {
            return Ok(None);
        }
        let planned = &self.plan[index];
        let version = Version {
            number: planned.number,
            beat: planned.beat.clone(),
            status: status_of(file),
            prose: &file.prose,
            extra: &file.extra,
            form: file.form,
            why,
            record,
        };
        let folder = path.file_stem().unwrap_or_default().to_string_lossy();
        history::keep(&self.paths, &folder, &version, &self.disk).map(Some)
    }

    fn record_about(
        &self,
        cache: &Cache,
        index: usize,
        digest: &Digest,
        file: &ChunkFile,
    ) -> Option<ChunkRecord> {
        let record = cache.manifest.record(&self.plan[index].beat)?;
        record_about(record, status_of(file), digest, || {
            words::count(&file.prose, &self.language)
        })
    }

    /// Returns the steps that leave a copy of what `record` says was generated, and take away the copy
    /// of what was generated before. That one is in history when this returns.
    pub(super) fn copy_steps(
        &self,
        cache: &Cache,
        index: usize,
        record: &ChunkRecord,
        prose: &str,
    ) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        let digest = chunk_file::digest(prose);
        let is_generated = record.generated_sha256.as_ref() == Some(&digest);
        let files = is_generated.then(|| generated::files(&self.paths, record, prose));
        let has_copy = match generated::path(&self.paths, &digest) {
            Some(path) if is_generated => self.disk.metadata(&path)?.is_some(),
            _ => false,
        };
        if has_copy
            && let Some(copy) = generated::read(&self.paths, &digest, &self.disk)?
            && copy.prose.trim() != prose.trim()
        {
            // The author's comments in it may be nowhere else.
            let why = "with the comments that it had, before it was written anew";
            self.keep_with(index, &cache.files[index], &copy, why, None)?;
        }
        let files = files.into_iter().flatten();
        steps.extend(files.map(|(path, text)| Step::Copy {
            file: self.inside(&path),
            text,
        }));
        steps.extend(self.authors_step(record));
        let Some(old) = cache.manifest.record(&self.plan[index].beat) else {
            return Ok(steps);
        };
        let generated = old.generated_sha256.as_ref();
        if let Some(old) = generated.filter(|old| record.generated_sha256.as_ref() != Some(*old)) {
            self.keep_generated(cache, index)?;
            steps.extend(self.remove_copy(cache, old)?);
        }
        let authors = old.authors_text();
        if let Some(old) = authors.filter(|old| record.authors_text() != Some(*old)) {
            steps.extend(self.remove_copy(cache, old)?);
        }
        Ok(steps)
    }

    fn authors_step(&self, record: &ChunkRecord) -> Option<Step> {
        let (path, text) = generated::authors_file(&self.paths, record)?;
        let file = self.inside(&path);
        Some(Step::Copy { file, text })
    }

    /// Sees to it that what is known of the author's texts is known without the manifest. `before`
    /// is the manifest as it was before it took in what the author has changed, if there was one.
    pub(super) fn note_authors(
        &self,
        before: Option<&Manifest>,
        cache: &Cache,
    ) -> Result<(), StoreError> {
        for record in &cache.manifest.chunks {
            let old = before.and_then(|before| before.record(&record.beat));
            if let Some((path, text)) = generated::authors_file(&self.paths, record)
                && (old != Some(record) || self.disk.metadata(&path)?.is_none())
                && self.disk.read_text(&path)?.as_ref() != Some(&text)
            {
                let file = self.inside(&path);
                intent::do_step(&Step::Copy { file, text }, &self.paths, &self.disk)?;
            }
            let authors = old.and_then(ChunkRecord::authors_text);
            if let Some(old) = authors.filter(|old| record.authors_text() != Some(*old)) {
                for step in self.remove_copy(cache, old)? {
                    intent::do_step(&step, &self.paths, &self.disk)?;
                }
            }
        }
        Ok(())
    }

    /// Returns the step that writes a record next to the copy of its text.
    pub(super) fn copy_of_record(&self, record: &ChunkRecord) -> Vec<Step> {
        let about = match record.authors_text() {
            Some(_) => generated::authors_file(&self.paths, record),
            None => generated::files(&self.paths, record, "").pop(),
        };
        let step = about.map(|(path, text)| Step::Copy {
            file: self.inside(&path),
            text,
        });
        step.into_iter().collect()
    }

    /// Returns the steps that take away the copy of a text, and what is known of it, when its one chunk
    /// has another text.
    fn remove_copy(&self, cache: &Cache, digest: &Digest) -> Result<Vec<Step>, StoreError> {
        // Two chunks may have the same text.
        match owners(cache, digest) > 1 || self.is_revised(cache, digest)? {
            true => Ok(Vec::new()),
            false => self.removal(digest),
        }
    }

    /// Tells whether a revision waits that was made of a text: what is known of the one is known of the
    /// other.
    fn is_revised(&self, cache: &Cache, digest: &Digest) -> Result<bool, StoreError> {
        let records = cache.manifest.all_records();
        // A record out of history does not say which file its chunk has.
        let waits = |record: &&ChunkRecord| record.revision.is_some() && !record.file.is_empty();
        for record in records.filter(waits) {
            let revision = self.revision_path(Path::new(&record.file));
            let text = self.disk.read_text(&revision)?;
            if text.as_deref().and_then(made_of).as_ref() == Some(digest) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the steps that take away what is known of the text that a revision was made of, when the
    /// revision waits no more and no chunk has the text.
    pub(super) fn remove_revised(
        &self,
        cache: &Cache,
        revised: Option<&Digest>,
    ) -> Result<Vec<Step>, StoreError> {
        match revised.filter(|digest| owners(cache, digest) == 0) {
            Some(digest) => self.removal(digest),
            None => Ok(Vec::new()),
        }
    }

    fn removal(&self, digest: &Digest) -> Result<Vec<Step>, StoreError> {
        let Some(path) = generated::path(&self.paths, digest) else {
            return Ok(Vec::new());
        };
        let mut steps = Vec::new();
        for path in [path.with_extension("json"), path] {
            if let Some(text) = self.disk.read_text(&path)? {
                steps.push(Step::Remove {
                    file: self.inside(&path),
                    over: vec![Digest::of(&text)],
                });
            }
        }
        Ok(steps)
    }

    /// Copies generated text of which there is no whole copy, as after a power cut or where history/ was
    /// cleared.
    pub(super) fn copy_generated(
        &self,
        cache: &Cache,
        chunks: &[crate::session::ChunkView],
    ) -> Result<(), StoreError> {
        for chunk in chunks {
            let Some(record) = cache.manifest.record(&chunk.beat) else {
                continue;
            };
            let is_generated = record.generated_sha256.as_ref() == Some(&chunk.digest)
                && chunk.status == ChunkStatus::Complete;
            let files = is_generated.then(|| generated::files(&self.paths, record, &chunk.text));
            for (path, text) in files.into_iter().flatten() {
                let there = self.disk.metadata(&path)?.map_or(0, |file| file.length);
                if (text.len() as u64).saturating_sub(there) > OTHER_NAMES {
                    let file = self.inside(&path);
                    intent::do_step(&Step::Copy { file, text }, &self.paths, &self.disk)?;
                }
            }
        }
        Ok(())
    }
}

/// Counts the chunks whose text, or whose generated text, has a digest.
fn owners(cache: &Cache, digest: &Digest) -> usize {
    let owners = cache.manifest.all_records().filter(|record| {
        let generated = record.generated_sha256.as_ref() == Some(digest);
        generated || record.authors_text() == Some(digest)
    });
    owners.count()
}

/// Returns the status of a text: one without front matter came by the author's hand, and is whole.
fn status_of(file: &ChunkFile) -> FileStatus {
    file.status.unwrap_or(FileStatus::Complete)
}

/// Returns a chunk's record if it is about a text that is in the chunk's place; `None` where it is about
/// another one. Pure.
pub(super) fn record_about(
    record: &ChunkRecord,
    status: FileStatus,
    digest: &Digest,
    words: impl FnOnce() -> u32,
) -> Option<ChunkRecord> {
    let is_generated = record.generated_sha256.as_ref() == Some(digest);
    let is_recorded = record.content_sha256.as_ref() == Some(digest);
    // An edit goes back to what was generated; a text that is being written does not.
    let is_edit = status == FileStatus::Complete && record.status != ChunkStatus::Missing;
    let is_growing = status == FileStatus::Partial && record.begun.is_some();
    let is_known = is_generated || is_recorded || is_edit || is_growing;
    if !record.says_something() || !is_known {
        return None;
    }
    let mut about = record.clone();
    about.begun = about.begun.filter(|_| status == FileStatus::Partial);
    about.status = match status {
        FileStatus::Complete => ChunkStatus::Complete,
        FileStatus::Partial if is_recorded && record.failure.is_some() => ChunkStatus::Failed,
        FileStatus::Partial => ChunkStatus::Partial,
    };
    about.origin = match record.origin {
        _ if is_generated => Some(Origin::Generated),
        known if is_recorded => known,
        _ if is_growing => Some(Origin::Generated),
        _ if record.generated_sha256.is_some() => Some(Origin::Edited),
        known => known,
    };
    if !is_recorded {
        about.words = words();
    }
    about.content_sha256 = Some(digest.clone());
    Some(about)
}
