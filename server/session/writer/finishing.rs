//! Does what follows a saved text: the steps of declared changes, the full story, the changelog, the
//! manifest. All of it can be done again from the chunk files.

use std::path::Path;

use super::assemble::Assembly;
use super::changelog;
use super::{Cache, Inner, Session};
use crate::session::error::StoreError;
use crate::session::history::{self, Version};
use crate::session::intent::{self, Intent, Step};
use crate::session::manifest;
use crate::session::manifest::spending;
use crate::session::notice::Notice;
use crate::session::{ClientEdit, Saved};
use crate::story::chunk_file::{self, FileStatus, Form};
use crate::story::conflict_markers::has_conflict;
use crate::story::title_page::TitlePage;
use crate::story::{BeatId, Brief, ChunkNumber, Digest};

impl Session {
    /// Sets "settings" in the manifest.
    pub fn set_settings(&self, settings: serde_json::Value) -> Result<(), StoreError> {
        let mut cache = self.inner.lock_cache();
        self.inner.finish_pending(&mut cache)?;
        cache.manifest.set_settings(settings);
        self.inner.write_manifest(&mut cache)
    }

    /// Brings the sums of the manifest up to what the runs have noted.
    pub fn count_spent(&self) -> Result<(), StoreError> {
        let spent = spending::read(&self.inner.paths.runs(), &self.inner.disk);
        let mut cache = self.inner.lock_cache();
        self.inner.finish_pending(&mut cache)?;
        self.inner.put_late_lines(&mut cache)?;
        spending::raise(&mut cache.manifest.totals.by_role, &spent);
        self.inner.write_manifest(&mut cache)
    }

    /// Writes full_story.md from the complete chunks, in order. A text of the author's in it
    /// goes to history first.
    pub fn assemble(&self) -> Result<Saved, StoreError> {
        let mut cache = self.inner.lock_cache();
        self.inner.finish_pending(&mut cache)?;
        let before = cache.manifest.clone();
        self.inner.renew_title_page(&mut cache)?;
        self.inner.assemble(&mut cache)?;
        // A story that is as it was leaves no trace of having been looked at.
        if cache.manifest != before {
            self.inner.write_manifest(&mut cache)?;
        }
        Ok(std::mem::take(&mut cache.owed))
    }
}

impl Inner {
    /// Declares a change and does it.
    pub(in crate::session) fn change(
        &self,
        cache: &mut Cache,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        self.declare(cache, intent)?;
        self.finish_declared(cache, intent)
    }

    pub(in crate::session) fn declare(
        &self,
        cache: &mut Cache,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        // Even a declaration that failed may be on disk (its folder could not be synced, say).
        cache.pending = true;
        intent.declare(&self.paths, &self.disk)
    }

    /// Does a change that was declared a moment ago.
    pub(super) fn finish_declared(
        &self,
        cache: &mut Cache,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        self.finish(cache, intent).map_err(|error| {
            error.safe(
                "All texts are safe on disk, and the change will be finished at the next start.",
            )
        })
    }

    /// Finishes a change that an earlier call could not.
    pub(super) fn finish_pending(&self, cache: &mut Cache) -> Result<(), StoreError> {
        if !cache.pending {
            return Ok(());
        }
        let bytes = self.disk.read(&self.paths.intent())?;
        match bytes.as_deref().and_then(Intent::parse) {
            Some(intent) => self.finish_earlier(cache, &intent),
            None => {
                cache.pending = false;
                Ok(())
            }
        }
    }

    /// Finishes a change of an earlier time. A file may have been opened since: what is typed
    /// there goes on from the text before, and would take the place of the new one unseen.
    pub(super) fn finish_earlier(
        &self,
        cache: &mut Cache,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        let files = intent.steps.iter().filter_map(|step| match step {
            Step::Put { file, .. } | Step::Copy { file, .. } | Step::Remove { file, .. } => {
                Some(self.paths.inside(file))
            }
            Step::Record { .. } | Step::Assemble | Step::Line { .. } => None,
        });
        if let Some(path) = files.into_iter().find(|path| self.is_open(path)) {
            let what = intent.what.clone();
            return Err(StoreError::OpenMeanwhile { path, what });
        }
        self.finish(cache, intent)
    }

    /// Does the steps of a declared change, then takes the declaration away.
    pub(in crate::session) fn finish(
        &self,
        cache: &mut Cache,
        intent: &Intent,
    ) -> Result<(), StoreError> {
        for step in &intent.steps {
            match step {
                Step::Put { .. } | Step::Copy { .. } | Step::Remove { .. } => {
                    let done = intent::do_step(step, &self.paths, &self.disk)?;
                    cache.owed.notices.extend(done.notice());
                }
                Step::Record { record } => {
                    cache.log.forget(&record.beat);
                    cache.manifest.set_record((**record).clone());
                }
                Step::Assemble => {
                    self.renew_title_page(cache)?;
                    self.assemble(cache)?;
                }
                Step::Line { line } => self.put_line(cache, line)?,
            }
        }
        self.put_derived(cache)?;
        self.put_manifest(cache)?;
        // Once for all files of a folder, and before the declaration may go.
        let mut folders = intent::folders(&intent.steps, &self.paths);
        folders.insert(self.paths.root.clone());
        for folder in &folders {
            self.disk.sync_folder(folder)?;
        }
        self.manifest_is_safe(cache);
        // One that a power cut brings back is done again, which changes nothing.
        self.disk.drop_name(&self.paths.intent())?;
        cache.pending = false;
        self.update_index(cache);
        Ok(())
    }

    /// Assembles full_story.md from what is complete now, under the title page as it is known.
    pub(in crate::session) fn assemble(&self, cache: &mut Cache) -> Result<(), StoreError> {
        self.assemble_from_chunks(cache)?;
        cache.behind.story = false;
        Ok(())
    }

    fn assemble_from_chunks(&self, cache: &mut Cache) -> Result<(), StoreError> {
        let recovered = self.recovered(&cache.manifest)?.1;
        let page = self.title_page(cache)?;
        let story = Assembly {
            page: &page,
            plan: &self.plan,
            chunks: &recovered.view.chunks,
        };
        let path = self.paths.full_story();
        let in_editor = self.owners.open_text(&path).filter(|_| self.is_open(&path));
        let digest = story.digest();
        if let Some(text) = &in_editor {
            self.keep_authors_story(cache, &digest, text)?;
        }
        let Some(on_disk) = self.read_derived(cache, &path)? else {
            return Ok(());
        };
        // All that is in a story that the new one begins with is in the new one.
        let rest = story.rest(&on_disk);
        if let Some(rest) = rest
            .as_ref()
            .filter(|_| in_editor.is_none() && !on_disk.is_empty())
        {
            cache.manifest.remember_assembled(digest);
            return self.extend_derived(cache, &path, rest);
        }
        let on_disk = chunk_file::decode(on_disk);
        if rest.is_none() {
            // A draft of an earlier version is no text of the author's.
            if let Some(earlier) = story.earlier_digest(&on_disk) {
                cache.manifest.remember_assembled(earlier);
            }
            self.keep_authors_story(cache, &digest, &on_disk)?;
        }
        cache.manifest.remember_assembled(digest);
        let base = in_editor.unwrap_or(on_disk);
        self.write_derived(cache, &path, base, &story.text())
            .map(|_| ())
    }

    fn title_page(&self, cache: &mut Cache) -> Result<TitlePage, StoreError> {
        match &cache.title_page {
            Some((_, known)) => Ok(known.clone()),
            None => self.renew_title_page(cache),
        }
    }

    fn renew_title_page(&self, cache: &mut Cache) -> Result<TitlePage, StoreError> {
        let read = self.read_title_page(cache.title_page.as_ref())?;
        Ok(cache.title_page.insert(read).1.clone())
    }

    /// Reads the story's title page, with the digest of the brief. A long brief takes its time to parse, so this
    /// is done once for a text.
    pub(super) fn read_title_page(
        &self,
        known: Option<&(Digest, TitlePage)>,
    ) -> Result<(Digest, TitlePage), StoreError> {
        let brief = self.folder.brief();
        let text = match self.owners.open_text(brief) {
            Some(text) => text,
            None => {
                let bytes = self.disk.read_linked(brief)?.unwrap_or_default();
                chunk_file::decode(bytes)
            }
        };
        let digest = Digest::of(&text);
        match known {
            Some(known) if known.0 == digest => Ok(known.clone()),
            // While a merge of it is not resolved, it has the title that it had.
            Some(known) if has_conflict(&text) => Ok(known.clone()),
            _ => Ok((digest, TitlePage::of(&Brief::parse(&text), &text))),
        }
    }

    /// Keeps what the author made of full_story.md, before the story with this digest takes its place.
    fn keep_authors_story(
        &self,
        cache: &Cache,
        story: &Digest,
        text: &str,
    ) -> Result<(), StoreError> {
        let (known, digest) = (&cache.manifest.assembled_sha256, Digest::of(text));
        if digest == *story || text.trim().is_empty() || known.contains(&digest) {
            return Ok(());
        }
        self.keep_full_story(text)
    }

    fn keep_full_story(&self, text: &str) -> Result<(), StoreError> {
        let version = Version {
            number: ChunkNumber(0),
            beat: BeatId("full_story".to_owned()),
            status: FileStatus::Complete,
            prose: text,
            extra: &[],
            form: Form::default(),
            why: "the author changed full_story.md, and it was assembled anew",
            record: None,
        };
        history::keep(&self.paths, "full_story", &version, &self.disk).map(|_| ())
    }

    /// Adds a line to the changelog, and those that it has not taken before.
    pub(super) fn add_line(&self, cache: &mut Cache, line: &str) -> Result<(), StoreError> {
        self.put_line(cache, line)?;
        self.disk.sync_folder(&self.paths.root)
    }

    /// Adds a line, safe from a power cut once the session's folder is synced.
    fn put_line(&self, cache: &mut Cache, line: &str) -> Result<(), StoreError> {
        cache.lines.push(line.to_owned());
        self.put_lines(cache)
    }

    /// Adds the lines to the changelog that are due; those that it does not take stay due.
    fn put_lines(&self, cache: &mut Cache) -> Result<(), StoreError> {
        let path = self.paths.changelog();
        let owed = cache
            .owed
            .client_edits
            .iter()
            .find(|edit| edit.path == path);
        // An edit that is owed stays one for the text that it was made for.
        let (base, text) = match owed {
            Some(edit) => (edit.base.clone(), edit.text.clone()),
            None => {
                let Some(shown) = self.shown(cache, &path)? else {
                    return Ok(());
                };
                (shown.clone(), shown)
            }
        };
        let text = cache.lines.iter().fold(text, |text, line| {
            changelog::with_line(&text, line).unwrap_or(text)
        });
        let late = self.paths.late_lines();
        if self.write_derived(cache, &path, base, &text)? {
            cache.lines.clear();
            if std::mem::take(&mut cache.has_late_lines) {
                self.disk.remove(&late)?;
            }
        } else {
            // For the next job, should this one not get to it.
            let text = cache.lines.join("\n");
            cache.has_late_lines = self.disk.write(&late, text.as_bytes()).is_ok();
        }
        Ok(())
    }

    /// Reads the lines that an earlier job could not bring into the changelog.
    pub(super) fn read_late_lines(&self, cache: &mut Cache) -> Result<(), StoreError> {
        let text = self.disk.read_text(&self.paths.late_lines())?;
        cache.has_late_lines = text.is_some();
        let late = text.unwrap_or_default();
        let late: Vec<String> = late.lines().map(str::to_owned).collect();
        cache.lines.splice(0..0, late);
        self.put_late_lines(cache)
    }

    /// Tries once more to bring lines into the changelog that it did not take.
    pub(super) fn put_late_lines(&self, cache: &mut Cache) -> Result<(), StoreError> {
        match cache.lines.is_empty() {
            true => Ok(()),
            false => self.put_lines(cache),
        }
    }

    /// Tells what a reader of the file sees: the editor's text, else the disk's; `None` where it is left
    /// alone.
    fn shown(&self, cache: &mut Cache, path: &Path) -> Result<Option<String>, StoreError> {
        match self.owners.open_text(path).filter(|_| self.is_open(path)) {
            Some(text) => Ok(Some(text)),
            None => Ok(self.read_derived(cache, path)?.map(chunk_file::decode)),
        }
    }

    /// Returns the bytes of a file that can be made again; `None` where it can't be read as it can't be
    /// written, and is left alone.
    fn read_derived(&self, cache: &mut Cache, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        match self.disk.read(path) {
            Ok(bytes) => Ok(Some(bytes.unwrap_or_default())),
            Err(error) => Self::or_leave_alone(cache, Err(error)).map(|_| None),
        }
    }

    /// Writes a derived file, or queues it for the editor that has it open; safe from a power cut once the
    /// session's folder is synced. One that the author closed to writing, or that another program has open,
    /// is no reason to stop: `false` then. `base` is what the file held when the text was made.
    fn write_derived(
        &self,
        cache: &mut Cache,
        path: &Path,
        base: String,
        text: &str,
    ) -> Result<bool, StoreError> {
        if base == text {
            return Ok(true);
        }
        if self.is_open(path) {
            cache.owe(ClientEdit {
                path: path.to_owned(),
                text: text.to_owned(),
                base,
            });
            return Ok(true);
        }
        let written = self.disk.replace(path, text.as_bytes());
        Self::or_leave_alone(cache, written)
    }

    /// Writes the rest of a file that has the beginning of a text already. Not synced: what a
    /// power cut takes away is written again with the next assembly.
    fn extend_derived(
        &self,
        cache: &mut Cache,
        path: &Path,
        rest: &[u8],
    ) -> Result<(), StoreError> {
        if rest.is_empty() {
            return Ok(());
        }
        let log = self.disk.open_log(path);
        let written = log.and_then(|mut log| log.append(rest));
        Self::or_leave_alone(cache, written).map(|_| ())
    }

    /// Leaves a file alone that the author closed to us or another program has open, and that can be made again:
    /// `false` then.
    fn or_leave_alone(
        cache: &mut Cache,
        written: Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        match written {
            Err(error) if error.is_held() => {
                let error = error.safe(
                    "All chunks are safe on disk, and it is brought up to date with the next change.",
                );
                cache.owed.notices.push(Notice {
                    code: "file-left-alone",
                    message: error.to_string(),
                });
                Ok(false)
            }
            Err(
                error @ (StoreError::ReadOnlyFile { .. }
                | StoreError::Outside { .. }
                | StoreError::NotAFile { .. }),
            ) => {
                cache.owed.notices.push(Notice {
                    code: "file-left-alone",
                    message: error.to_string(),
                });
                Ok(false)
            }
            outcome => outcome.map(|()| true),
        }
    }

    /// Writes the manifest, if anything in it is new.
    pub(super) fn write_manifest(&self, cache: &mut Cache) -> Result<(), StoreError> {
        self.put_derived(cache)?;
        let there = self.manifest_on_disk()?;
        cache.manifest.sum();
        if there.is_some() && there == Some(Digest::of(&cache.manifest.render())) {
            // Nothing was updated either.
            cache.manifest_seen = there;
        } else {
            self.put_manifest(cache)?;
        }
        self.disk.sync_folder(&self.paths.root)?;
        self.manifest_is_safe(cache);
        Ok(())
    }

    /// Puts the manifest into its place, safe from a power cut once the session's folder is
    /// synced. One that somebody else changed meanwhile is kept aside first.
    fn put_manifest(&self, cache: &mut Cache) -> Result<(), StoreError> {
        cache.manifest.sum();
        cache.manifest.share_inputs();
        cache.manifest.updated = self.disk.now();
        let text = cache.manifest.render();
        let digest = Digest::of(&text);
        let path = self.paths.manifest();
        if let Some(there) = self.manifest_on_disk()? {
            let is_known = [&cache.manifest_seen, &cache.manifest_tried]
                .iter()
                .any(|known| known.as_ref() == Some(&there));
            if !is_known && there != digest {
                self.keep_manifest_aside(cache, &path)?;
            }
        }
        cache.manifest_tried = Some(digest.clone());
        cache.log.may_go_on_from(&digest);
        self.disk.replace(&path, text.as_bytes())?;
        cache.manifest_seen = Some(digest);
        Ok(())
    }

    fn manifest_on_disk(&self) -> Result<Option<Digest>, StoreError> {
        let text = self.disk.read_text(&self.paths.manifest())?;
        Ok(text.map(|text| Digest::of(&text)))
    }

    fn keep_manifest_aside(&self, cache: &mut Cache, path: &Path) -> Result<(), StoreError> {
        let aside = manifest::kept_aside(path, &self.disk)?;
        self.disk.rename_file(path, &aside)?;
        cache.owed.notices.push(Notice {
            code: "manifest-changed",
            message: format!(
                "{} was changed by another program while a job ran. What it said is kept in {}; the chunk files are \
                 untouched.",
                path.display(),
                aside.display()
            ),
        });
        Ok(())
    }
}
