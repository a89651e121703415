//! Saves the text of a chunk after checking what may be replaced, what has to go to history first, and what
//! is the author's and stays.

use std::borrow::Cow;
use std::path::Path;

use super::{Cache, Inner, Known, Session};
use crate::session::error::StoreError;
use crate::session::history;
use crate::session::journal;
use crate::session::journal::settling;
use crate::session::layout;
use crate::session::work;
use crate::story::carried_comments::{have_same_comments, with_comments_of};
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::comments::without_comments;
use crate::story::journal::{Journal, Marks, OnDisk, Seen, Stands};
use crate::story::{ChunkNumber, Digest};

const WRITTEN_ANEW: &str = "written anew";

/// May a text be replaced?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// The old text may be overwritten: the new text has all of it.
    Overwrite,
    /// The old text has to be copied to history first.
    KeepFirst,
    /// The author wrote it and the job has not seen it.
    Refuse,
}

/// The relation of an existing journal to the text that is saved.
enum LeftOver {
    /// The journal has the beginning of the text.
    GoesOn,
    /// The journal had another text, which is in history now.
    Kept,
}

/// A chunk file as it was read from disk.
pub(in crate::session) struct There {
    pub(in crate::session) raw: Option<String>,
    pub(in crate::session) file: ChunkFile,
}

impl Session {
    /// Puts a prose into history that an editor shows and that is replaced there next, where it
    /// is not among what the journal replaces already.
    pub fn keep_shown(&self, number: ChunkNumber, prose: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let cache = self.inner.lock_cache();
        self.inner.keep_shown(&cache, index, prose)
    }

    /// Saves the prose of a chunk so far, whole; it is safe on disk when this returns. A file that is
    /// open in an editor is not touched: its text goes to its journal.
    ///
    /// # Errors
    /// [`StoreError::AuthorEdited`] where the file has a text that the job has not seen: it
    /// is left alone, and `prose` is in history.
    pub fn save_partial(&self, number: ChunkNumber, prose: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let mut cache = self.inner.lock_cache();
        if cache.pending {
            // Streamed text does not wait for what else is to be done.
            let _ = self.inner.finish_pending(&mut cache);
        }
        self.inner
            .save(&mut cache, index, FileStatus::Partial, prose)
    }
}

impl Inner {
    /// Saves a text alone, with nothing about it.
    pub(in crate::session) fn save(
        &self,
        cache: &mut Cache,
        index: usize,
        status: FileStatus,
        prose: &str,
    ) -> Result<(), StoreError> {
        let path = cache.files[index].clone();
        if self.is_open(&path) {
            self.note_partial(cache, index, prose);
            self.save_journal(cache, index, &path, status, prose)?;
        } else {
            let there = self.there(index, &path)?;
            let prose = self.making_way(cache, index, &path, &there.file, prose)?;
            let text = self.render(index, status, &there.file, &prose);
            let read = there.raw.as_deref();
            self.note_partial(cache, index, &prose);
            let written = self.disk.write_unchanged(&path, text.as_bytes(), read);
            if !written.map_err(|error| self.kept_elsewhere(error, index, &path, &prose))? {
                // The author saved it this very moment.
                return self.save(cache, index, status, &prose);
            }
            cache.wrote(self.plan[index].number, &prose);
            return Ok(());
        }
        cache.wrote(self.plan[index].number, prose);
        Ok(())
    }

    /// Reads the file of a chunk. A file that is written anew has the author's front matter lines and the
    /// form of the text that was put into history before.
    pub(super) fn there(&self, index: usize, path: &Path) -> Result<There, StoreError> {
        // The editor may have closed the file without anybody having settled its journal.
        settling::settle_journal(path, &self.disk)?;
        let raw = self.disk.read_text(path)?;
        let file = match raw.as_deref() {
            Some(raw) => chunk_file::parse(raw),
            None => {
                let beat = &self.plan[index].beat;
                let folder = path.file_stem().unwrap_or_default().to_string_lossy();
                let latest = history::latest_file(&self.paths, &folder, beat, &self.disk)?;
                let latest = latest.unwrap_or_default();
                let mut file = ChunkFile {
                    form: latest.form,
                    extra: latest.extra,
                    ..ChunkFile::default()
                };
                // A lock is on a text that is there.
                file.take_extra(chunk_file::LOCKED);
                file
            }
        };
        Ok(There { raw, file })
    }

    pub(in crate::session) fn render(
        &self,
        index: usize,
        status: FileStatus,
        there: &ChunkFile,
        prose: &str,
    ) -> String {
        let planned = &self.plan[index];
        chunk_file::render_like(there, planned.number, &planned.beat, status, prose)
    }

    /// Makes way for `prose` without loss, and returns it with the comments that the author added meanwhile.
    pub(super) fn making_way<'a>(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        there: &ChunkFile,
        prose: &'a str,
    ) -> Result<Cow<'a, str>, StoreError> {
        if let Some(prose) = self.with_new_comments(cache, index, there, prose) {
            return Ok(Cow::Owned(prose));
        }
        self.make_way(cache, index, path, there, prose)?;
        Ok(Cow::Borrowed(prose))
    }

    /// Returns the prose with the comments of a growing text, where the author changed nothing else in
    /// that.
    fn with_new_comments(
        &self,
        cache: &Cache,
        index: usize,
        there: &ChunkFile,
        prose: &str,
    ) -> Option<String> {
        let planned = &self.plan[index];
        let is_growing = there.status == Some(FileStatus::Partial)
            && there.beat.as_ref().is_none_or(|it| it == &planned.beat);
        if !is_growing || there.is_empty() || have_same_comments(&there.prose, prose) {
            return None;
        }
        let known = cache.known.get(&planned.number);
        let told = known.and_then(|known| known.told.as_ref());
        let is_ours = told == Some(&chunk_file::digest(&there.prose));
        let begins = without_comments(&there.prose);
        if is_ours || without_comments(prose).starts_with(begins.trim()) {
            with_comments_of(&there.prose, prose)
        } else {
            None
        }
    }

    /// Keeps what `prose` would replace and does not contain.
    pub(super) fn make_way(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        there: &ChunkFile,
        prose: &str,
    ) -> Result<(), StoreError> {
        match self.guard(cache, index, there, prose) {
            Guard::Overwrite => Ok(()),
            Guard::KeepFirst => self.keep_replaced(cache, index, there, WRITTEN_ANEW),
            Guard::Refuse => {
                let why = "generated while the author changed the file";
                let kept = self.keep(index, path, &generated(prose), why)?;
                Err(StoreError::AuthorEdited {
                    path: path.to_owned(),
                    kept,
                })
            }
        }
    }

    fn guard(&self, cache: &Cache, index: usize, there: &ChunkFile, prose: &str) -> Guard {
        let planned = &self.plan[index];
        let known = cache.known.get(&planned.number);
        let record = cache.manifest.record(&planned.beat);
        let generated = record.and_then(|record| record.generated_sha256.as_ref());
        let other = there
            .beat
            .as_ref()
            .is_some_and(|beat| beat != &planned.beat);
        if other && !there.is_empty() {
            // Another beat's text, moved here by hand.
            return Guard::Refuse;
        }
        guard(there, prose, &known.cloned().unwrap_or_default(), generated)
    }

    /// Puts a text into history that a read-only file did not take.
    pub(super) fn kept_elsewhere(
        &self,
        error: StoreError,
        index: usize,
        path: &Path,
        prose: &str,
    ) -> StoreError {
        let StoreError::ReadOnlyFile { .. } = error else {
            return error;
        };
        let why = "the chunk file was read-only";
        match self.keep(index, path, &generated(prose), why) {
            Ok(kept) => StoreError::ReadOnlyFile {
                path: path.to_owned(),
                kept,
            },
            Err(error) => error,
        }
    }

    /// Saves to the journal of a file that an editor has. What the file and the editor
    /// had before goes to history once, when the journal begins.
    fn save_journal(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        status: FileStatus,
        prose: &str,
    ) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let journal_path = layout::journal_path(path);
        journal::in_turn(|| {
            let marks = match self.disk.read_text(&journal_path)? {
                Some(text) => {
                    let Journal { file, marks } = Journal::parse(&text);
                    match self.keep_left_over(cache, index, path, &file, prose)? {
                        LeftOver::GoesOn => marks.carried(&file.prose, prose),
                        LeftOver::Kept => {
                            self.first_marks(cache, index, path, prose, marks.replaces)?
                        }
                    }
                }
                None => {
                    let kept = self.keep_open_texts(cache, index, path, prose, WRITTEN_ANEW)?;
                    self.first_marks(cache, index, path, prose, kept)?
                }
            };
            work::make_work_folder(&self.paths.work(), &self.disk)?;
            settling::hold(&self.paths, &self.disk);
            let text = Journal::render(planned.number, &planned.beat, status, prose, &marks);
            self.disk.write(&journal_path, text.as_bytes())
        })
    }

    /// Tells what a journal knows when it begins: how much of its text the author has seen, and what he has
    /// saved since the file was written last. An editor that has the file open has read it or saved it,
    /// whatever it shows by now.
    fn first_marks(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        prose: &str,
        replaces: Vec<Digest>,
    ) -> Result<Marks, StoreError> {
        let raw = self.disk.read_text(path)?.unwrap_or_default();
        let file = chunk_file::parse(&raw);
        let known = cache.known.get(&self.plan[index].number);
        let is_changed = known.is_some_and(|known| is_changed(&file, prose, known));
        let shown = self.owners.open_text(path).unwrap_or_default();
        let mut journal = Journal {
            file: ChunkFile {
                prose: prose.into(),
                ..ChunkFile::default()
            },
            marks: Marks::replacing(replaces),
        };
        let shown = chunk_file::parse(&shown);
        let bytes = journal
            .shown_in(&shown.prose)
            .max(journal.shown_in(&file.prose));
        let on_disk = OnDisk::new(&raw, self.disk.modified(path)?);
        journal.marks.seen = (bytes > 0).then_some(Seen { bytes, on_disk });
        journal.marks.stands = is_changed.then(|| Stands {
            bytes: prose.len(),
            digest: chunk_file::source_digest(&file.prose),
        });
        Ok(journal.marks)
    }

    /// Keeps a text that an editor shows before the journal's takes its place there.
    pub(super) fn keep_shown(
        &self,
        cache: &Cache,
        index: usize,
        prose: &str,
    ) -> Result<(), StoreError> {
        let path = &cache.files[index];
        let journal_path = layout::journal_path(path);
        journal::in_turn(|| {
            let journal = self.disk.read_text(&journal_path)?;
            let journal = journal.as_deref().map(Journal::parse);
            let digest = chunk_file::source_digest(prose);
            let is_kept = match &journal {
                Some(journal) => journal.marks.replaces.contains(&digest),
                None => self.is_in_history(index, &digest)?,
            };
            if prose.trim().is_empty() || is_kept {
                return Ok(());
            }
            let shown = self
                .owners
                .open_text(path)
                .map(|text| chunk_file::parse(&text));
            let file = ChunkFile {
                prose: prose.into(),
                ..shown.unwrap_or_default()
            };
            self.keep_replaced(cache, index, &file, WRITTEN_ANEW)?;
            // The file was opened after its text had been saved there.
            let Some(mut journal) = journal else {
                return Ok(());
            };
            journal.marks.replaces.push(digest);
            let planned = &self.plan[index];
            let (status, prose) = (journal.file.status, &journal.file.prose);
            let status = status.unwrap_or(FileStatus::Partial);
            let text =
                Journal::render(planned.number, &planned.beat, status, prose, &journal.marks);
            self.disk.write(&journal_path, text.as_bytes())
        })
    }

    /// Tells whether this very text of a chunk is a version in history.
    fn is_in_history(&self, index: usize, digest: &Digest) -> Result<bool, StoreError> {
        let beats = [&self.plan[index].beat];
        let kept = history::versions(&self.paths, &beats, &self.disk)?;
        let mut digests = kept
            .iter()
            .map(|kept| chunk_file::source_digest(&kept.file.prose));
        Ok(digests.any(|kept| kept == *digest))
    }

    /// Keeps the text of an earlier job's journal that the editor never showed: the author has continued from
    /// another text.
    fn keep_left_over(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        left: &ChunkFile,
        prose: &str,
    ) -> Result<LeftOver, StoreError> {
        let known = cache.known.get(&self.plan[index].number);
        let written = known.and_then(|known| known.written.as_ref());
        let growing = left.status == Some(FileStatus::Partial)
            && written == Some(&chunk_file::source_digest(&left.prose));
        if !growing && !prose.starts_with(left.prose.trim_end()) {
            let why = "generated while the author wrote another text in the editor";
            self.keep(index, path, left, why)?;
            return Ok(LeftOver::Kept);
        }
        Ok(LeftOver::GoesOn)
    }

    /// Keeps what the editor and the file have, unless `prose` begins with it, and returns the
    /// digests of what was kept.
    pub(super) fn keep_open_texts(
        &self,
        cache: &Cache,
        index: usize,
        path: &Path,
        prose: &str,
        why: &str,
    ) -> Result<Vec<Digest>, StoreError> {
        let mut kept = Vec::new();
        let on_disk = self.disk.read_text(path)?;
        for text in [on_disk, self.owners.open_text(path)].into_iter().flatten() {
            let file = chunk_file::parse(&text);
            let digest = chunk_file::source_digest(&file.prose);
            let goes_on = prose.starts_with(file.prose.trim_end());
            if file.is_empty() || goes_on || kept.contains(&digest) {
                continue;
            }
            self.keep_replaced(cache, index, &file, why)?;
            kept.push(digest);
        }
        Ok(kept)
    }
}

/// Makes a chunk file of a text of the model's that found no place in its file.
fn generated(prose: &str) -> ChunkFile {
    ChunkFile {
        status: Some(FileStatus::Partial),
        prose: prose.into(),
        ..ChunkFile::default()
    }
}

/// Tells whether the author has put another text there since the job wrote last; an empty one is
/// another, too. Pure.
fn is_changed(there: &ChunkFile, prose: &str, known: &Known) -> bool {
    let old = there.prose.trim_end();
    let is_other = |written: &Digest| *written != chunk_file::source_digest(old);
    old != prose.trim_end() && known.written.as_ref().is_some_and(is_other)
}

/// Decides whether `prose` may replace what is there. Pure.
fn guard(there: &ChunkFile, prose: &str, known: &Known, generated: Option<&Digest>) -> Guard {
    let old = there.prose.trim_end();
    let digest = chunk_file::digest(&there.prose);
    let partial = there.status == Some(FileStatus::Partial);
    // A comment that the author added since is not in the new text.
    let ours = known.written.as_ref() == Some(&chunk_file::source_digest(&there.prose));
    let goes_on = partial && prose.starts_with(old);
    if is_changed(there, prose, known) {
        // Be it a text that was there before: the author went back to it.
        Guard::Refuse
    } else if there.is_empty() || old == prose.trim_end() || (partial && ours) || goes_on {
        Guard::Overwrite
    } else if ours || known.handed.as_ref() == Some(&digest) || generated == Some(&digest) {
        Guard::KeepFirst
    } else {
        Guard::Refuse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::table;

    #[test]
    fn what_may_be_replaced() {
        let rows = r"
            there    | status   | prose          | written  | handed   | generated | verdict
                     | -        | One.           |          |          |           | Overwrite
            One.     | Partial  | One. Two.      |          |          |           | Overwrite
            One. Tw  | Partial  | One. Other.    | One. Tw  |          |           | Overwrite
            One. Tw  | Partial  | One. Other.    |          | One. Tw  |           | KeepFirst
            One.     | Partial  | One. Two. Three. | One. Two. |      |           | Refuse
            Mine. Tw | Partial  | One. Two.      | One. Tw  |          |           | Refuse
                     | Partial  | One. Two.      | One. Tw  |          |           | Refuse
                     | -        | One. Two.      | One. Tw  |          |           | Refuse
            One.     | Partial  | One. Two. Three. | One. Two. | One. |           | Refuse
            Old.     | Complete | New. Text.     | New.     | Old.     | Old.      | Refuse
            Old.     | Complete | New.           |          | Old.     |           | KeepFirst
            Old.     | Complete | New.           |          |          | Old.      | KeepFirst
            Old.     | Complete | New.           | Old.     |          |           | KeepFirst
            Old.     | Complete | Old. And more. |          |          |           | Refuse
            Mine.    | Complete | New.           |          |          | Old.      | Refuse
            Mine.    | -        | Mine. More.    |          |          |           | Refuse
            Same.    | Complete | Same.\n        |          |          |           | Overwrite
        ";
        for row in &table::rows(rows)[1..] {
            let digest = |text: &str| (!text.is_empty()).then(|| chunk_file::digest(text));
            let file = ChunkFile {
                prose: row[0].as_str().into(),
                status: match row[1].as_str() {
                    "Partial" => Some(FileStatus::Partial),
                    "Complete" => Some(FileStatus::Complete),
                    _ => None,
                },
                ..ChunkFile::default()
            };
            let known = Known {
                written: digest(&row[3]),
                handed: digest(&row[4]),
                ..Known::default()
            };
            let generated = digest(&row[5]);
            let verdict = guard(&file, &row[2], &known, generated.as_ref());
            assert_eq!(format!("{verdict:?}"), row[6], "{row:?}");
        }
    }
}
