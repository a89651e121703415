//! The one writer of a session: partial saves, completed chunks, what is put away.
//!
//! The order is always the same: the text that is about to be replaced goes to history, the
//! new text goes to disk, and only then comes everything that is about it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::changelog;
use super::chunk_file::{self, ChunkFile, FileStatus};
use super::disk::Disk;
use super::error::StoreError;
use super::facts::{self, read_text};
use super::history::{self, Version};
use super::intent::{Intent, Step};
use super::journal::{self, Journal};
use super::layout::{self, SessionPaths, StoryFolder};
use super::lock::SessionLock;
use super::manifest::{ChunkRecord, ChunkResult, ChunkStatus, Manifest, Origin};
use super::recover::{self, ChunkView, SessionView};
use super::runs::Run;
use super::sessions;
use super::{ClientEdit, Owner, Owners, PlannedChunk, Saved, SessionId};
use crate::story::{ChunkNumber, Digest, Language, words};

/// The one writer of a session, for as long as it lives. Cheap to clone; the lock goes with
/// the last clone, or with the process.
#[derive(Clone)]
pub struct Session {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) folder: StoryFolder,
    pub(super) id: SessionId,
    pub(super) paths: SessionPaths,
    pub(super) plan: Vec<PlannedChunk>,
    pub(super) language: Language,
    pub(super) owners: Arc<dyn Owners>,
    pub(super) disk: Disk,
    pub(super) state: Mutex<State>,
    pub(super) _lock: SessionLock,
}

/// What the writer remembers between two calls. All of it can be read from disk again.
pub(super) struct State {
    pub(super) manifest: Manifest,
    /// Digest of manifest.json as it was last read or written.
    pub(super) manifest_seen: Option<Digest>,
    /// File of each planned chunk.
    pub(super) files: Vec<PathBuf>,
    pub(super) known: BTreeMap<ChunkNumber, Known>,
    /// A declared change could not be finished yet.
    pub(super) pending: bool,
}

/// Texts of a chunk that a job may replace.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// What was written last.
    written: Option<Digest>,
    /// What the job was given to go on from.
    handed: Option<Digest>,
}

/// May a text be replaced?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Nothing goes with it that the new text does not have.
    Overwrite,
    /// Only after a copy is in history.
    KeepFirst,
    /// The author wrote it and the job has not seen it.
    Refuse,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("root", &self.inner.paths.root)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub fn id(&self) -> &SessionId {
        &self.inner.id
    }

    pub fn folder(&self) -> &StoryFolder {
        &self.inner.folder
    }

    pub fn root(&self) -> &Path {
        &self.inner.paths.root
    }

    pub fn plan(&self) -> &[PlannedChunk] {
        &self.inner.plan
    }

    /// What is what now, from disk, journals and open editors.
    pub fn view(&self) -> Result<SessionView, StoreError> {
        self.inner.view()
    }

    /// One chunk, fresh. Its text counts as seen by the job from here on: a save may replace
    /// it (after a copy is in history) instead of being refused.
    pub fn chunk(&self, number: ChunkNumber) -> Result<ChunkView, StoreError> {
        let index = self.inner.index(number)?;
        let mut state = self.inner.lock_state();
        let mut view = self.inner.view()?;
        let chunk = view.chunks.swap_remove(index);
        state.files[index].clone_from(&chunk.path);
        state.known.entry(number).or_default().handed = Some(chunk.digest.clone());
        Ok(chunk)
    }

    /// The file of a chunk. For a number that the outline does not have, the file that it
    /// would have.
    pub fn chunk_path(&self, number: ChunkNumber) -> PathBuf {
        match self.inner.index(number) {
            Ok(index) => self.inner.lock_state().files[index].clone(),
            Err(_) => {
                let name = layout::chunk_name(number, self.inner.plan.len());
                self.inner.paths.chunks().join(name)
            }
        }
    }

    /// Sets "settings" in the manifest.
    pub fn set_settings(&self, settings: serde_json::Value) -> Result<(), StoreError> {
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        state.manifest.settings = settings;
        self.inner.write_manifest(&mut state)
    }

    /// Puts the text of a chunk into history before it is written anew; the chunk is then
    /// missing. Best called when the new text begins to arrive, not before.
    pub fn retire_chunk(&self, number: ChunkNumber, why: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        self.inner.retire(&mut state, index, why)
    }

    /// The prose of a chunk so far, whole; safe on disk when this returns. A file that is
    /// open in an editor is not touched: its text goes to the journal beside it.
    ///
    /// # Errors
    /// [`StoreError::AuthorEdited`] where the file has a text that the job has not seen: it
    /// is left alone, and `prose` is in history.
    pub fn save_partial(&self, number: ChunkNumber, prose: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let mut state = self.inner.lock_state();
        if state.pending {
            // Streamed text does not wait for what else is to be done.
            let _ = self.inner.finish_pending(&mut state);
        }
        self.inner
            .save(&mut state, index, FileStatus::Partial, prose)
    }

    /// The whole prose of a chunk: text, manifest, full story and changelog as one change.
    /// Files that are open in an editor are not touched on disk; the caller brings them into
    /// the editor, and until it is saved the chunk's text is in its journal.
    ///
    /// # Errors
    /// As for [`Session::save_partial`]. After any other error the text is on disk, where the
    /// message says, if the disk took it at all.
    pub fn complete_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
    ) -> Result<Saved, StoreError> {
        self.end_chunk(number, prose, result, None)
    }

    /// Ends a chunk that was not accepted: `failed` in the manifest with the reason, the text
    /// stays in the chunk file as partial.
    pub fn fail_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
        reason: &str,
    ) -> Result<Saved, StoreError> {
        self.end_chunk(number, prose, result, Some(reason))
    }

    fn end_chunk(
        &self,
        number: ChunkNumber,
        prose: &str,
        result: ChunkResult,
        failure: Option<&str>,
    ) -> Result<Saved, StoreError> {
        let index = self.inner.index(number)?;
        let mut state = self.inner.lock_state();
        if let Err(error) = self.inner.finish_pending(&mut state) {
            let saved = self
                .inner
                .save(&mut state, index, FileStatus::Partial, prose);
            return Err(match saved {
                Ok(()) => error.safe(self.inner.safe_in(&state, index)),
                Err(_) => error,
            });
        }
        self.inner.end(&mut state, index, prose, result, failure)
    }

    /// Writes full_story.md from the complete chunks, in order. A text of the author's in it
    /// goes to history first.
    pub fn assemble(&self) -> Result<Saved, StoreError> {
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        let mut saved = Saved::default();
        self.inner.assemble(&mut state, &mut saved)?;
        self.inner.write_manifest(&mut state)?;
        Ok(saved)
    }

    /// Opens the records of a job, such as `runs/run-001-draft/`. `asked` is one sentence.
    pub fn start_run(&self, kind: &str, asked: &str) -> Result<Run, StoreError> {
        let inner = &self.inner;
        layout::ensure_inside(&inner.paths.runs(), inner.folder.root(), &inner.disk)?;
        Run::start(&inner.paths.runs(), kind, asked, &inner.disk)
    }

    /// The versions of a chunk that were replaced, oldest first.
    pub fn versions(&self, number: ChunkNumber) -> Result<Vec<super::KeptVersion>, StoreError> {
        let index = self.inner.index(number)?;
        let beat = &self.inner.plan[index].beat;
        history::versions(&self.inner.paths, beat, &self.inner.disk)
    }

    /// Writes SESSIONS.md of the folder anew.
    pub fn update_index(&self) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let edit = sessions::write_index(&inner.folder, inner.owners.as_ref(), &inner.disk)?;
        Ok(Saved {
            client_edits: edit.into_iter().collect(),
            notices: Vec::new(),
        })
    }
}

impl Inner {
    pub(super) fn index(&self, number: ChunkNumber) -> Result<usize, StoreError> {
        let found = self
            .plan
            .iter()
            .position(|planned| planned.number == number);
        found.ok_or(StoreError::NoSuchChunk {
            number,
            chunks: self.plan.len(),
        })
    }

    pub(super) fn lock_state(&self) -> MutexGuard<'_, State> {
        // What a panic may have left half done is all on disk again, or declared there.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn view(&self) -> Result<SessionView, StoreError> {
        super::read_session(
            &self.folder,
            &self.id,
            &self.plan,
            &self.language,
            self.owners.as_ref(),
            &self.disk,
        )
    }

    pub(super) fn is_open(&self, path: &Path) -> bool {
        self.owners.owner(path) == Owner::Client
    }

    fn safe_in(&self, state: &State, index: usize) -> String {
        format!(
            "The text of chunk {} is safe in {}.",
            self.plan[index].number,
            state.files[index].display()
        )
    }

    fn stem(path: &Path) -> String {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    fn inside(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.paths.root).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/")
    }

    /// Saves a text alone, with nothing about it.
    fn save(
        &self,
        state: &mut State,
        index: usize,
        status: FileStatus,
        prose: &str,
    ) -> Result<(), StoreError> {
        let path = state.files[index].clone();
        if self.is_open(&path) {
            self.save_journal(index, &path, status, prose)?;
        } else {
            journal::settle_journal(&path, &self.disk)?;
            let raw = read_text(&path, &self.disk)?;
            let there = raw.as_deref().map(chunk_file::parse).unwrap_or_default();
            self.make_way(state, index, &path, &there, prose)?;
            let text = self.render(index, status, &there, prose);
            self.disk.write(&path, text.as_bytes())?;
        }
        let number = self.plan[index].number;
        state.known.entry(number).or_default().written = Some(chunk_file::digest(prose));
        Ok(())
    }

    fn render(&self, index: usize, status: FileStatus, there: &ChunkFile, prose: &str) -> String {
        let planned = &self.plan[index];
        chunk_file::render_with(planned.number, &planned.beat, status, &there.extra, prose)
    }

    /// Sees to it that nothing is lost when `prose` replaces what is there.
    fn make_way(
        &self,
        state: &State,
        index: usize,
        path: &Path,
        there: &ChunkFile,
        prose: &str,
    ) -> Result<(), StoreError> {
        let read_only = self.disk.metadata(path)?.is_some_and(|file| file.read_only);
        if read_only {
            let kept = self.keep(
                index,
                path,
                FileStatus::Partial,
                prose,
                "the chunk file was read-only",
            )?;
            return Err(StoreError::ReadOnlyFile {
                path: path.to_owned(),
                kept,
            });
        }
        match self.guard(state, index, there, prose) {
            Guard::Overwrite => Ok(()),
            Guard::KeepFirst => {
                let status = there.status.unwrap_or(FileStatus::Complete);
                self.keep(index, path, status, &there.prose, "written anew")
                    .map(|_| ())
            }
            Guard::Refuse => {
                let why = "generated while the author changed the file";
                let kept = self.keep(index, path, FileStatus::Partial, prose, why)?;
                Err(StoreError::AuthorEdited {
                    path: path.to_owned(),
                    kept,
                })
            }
        }
    }

    fn guard(&self, state: &State, index: usize, there: &ChunkFile, prose: &str) -> Guard {
        let planned = &self.plan[index];
        let known = state
            .known
            .get(&planned.number)
            .cloned()
            .unwrap_or_default();
        let record = state.manifest.record(&planned.beat);
        let generated = record.and_then(|record| record.generated_sha256.as_ref());
        if there
            .beat
            .as_ref()
            .is_some_and(|beat| beat != &planned.beat)
        {
            return if there.is_empty() {
                Guard::Overwrite
            } else {
                Guard::Refuse
            };
        }
        guard(there, prose, &known, generated)
    }

    /// Keeps a text in history; `None` for an empty one.
    fn keep(
        &self,
        index: usize,
        path: &Path,
        status: FileStatus,
        prose: &str,
        why: &str,
    ) -> Result<Option<PathBuf>, StoreError> {
        if prose.trim().is_empty() {
            return Ok(None);
        }
        let planned = &self.plan[index];
        let version = Version {
            number: planned.number,
            beat: planned.beat.clone(),
            status,
            prose,
            why,
        };
        history::keep(&self.paths, &Self::stem(path), &version, &self.disk).map(Some)
    }

    /// Saves to the journal beside a file that an editor has. What the file and the editor
    /// had before goes to history once, when the journal begins.
    fn save_journal(
        &self,
        index: usize,
        path: &Path,
        status: FileStatus,
        prose: &str,
    ) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let journal_path = layout::journal_path(path);
        journal::in_turn(|| {
            let replaces = match read_text(&journal_path, &self.disk)? {
                Some(text) => Journal::parse(&text).replaces,
                None => self.keep_open_texts(index, path, prose, "written anew")?,
            };
            let text = Journal::render(planned.number, &planned.beat, status, prose, &replaces);
            self.disk.write(&journal_path, text.as_bytes())
        })
    }

    /// Keeps what the editor and the file have, unless `prose` begins with it, and returns the
    /// digests of what was kept.
    fn keep_open_texts(
        &self,
        index: usize,
        path: &Path,
        prose: &str,
        why: &str,
    ) -> Result<Vec<Digest>, StoreError> {
        let mut kept = Vec::new();
        let on_disk = read_text(path, &self.disk)?;
        for text in [on_disk, self.owners.open_text(path)].into_iter().flatten() {
            let file = chunk_file::parse(&text);
            let digest = chunk_file::digest(&file.prose);
            if file.is_empty() || prose.starts_with(file.prose.trim_end()) || kept.contains(&digest)
            {
                continue;
            }
            let status = file.status.unwrap_or(FileStatus::Complete);
            self.keep(index, path, status, &file.prose, why)?;
            kept.push(digest);
        }
        Ok(kept)
    }

    fn end(
        &self,
        state: &mut State,
        index: usize,
        prose: &str,
        result: ChunkResult,
        failure: Option<&str>,
    ) -> Result<Saved, StoreError> {
        let path = state.files[index].clone();
        let status = match failure {
            None => FileStatus::Complete,
            Some(_) => FileStatus::Partial,
        };
        let mut saved = Saved::default();
        let mut steps = Vec::new();
        if self.is_open(&path) {
            self.save(state, index, status, prose)?;
            let open = self.owners.open_text(&path).unwrap_or_default();
            let text = self.render(index, status, &chunk_file::parse(&open), prose);
            saved.client_edits.push(ClientEdit {
                path: path.clone(),
                text,
            });
        } else {
            journal::settle_journal(&path, &self.disk)?;
            let raw = read_text(&path, &self.disk)?;
            let there = raw.as_deref().map(chunk_file::parse).unwrap_or_default();
            self.make_way(state, index, &path, &there, prose)?;
            if !(prose.trim().is_empty() && raw.is_none()) {
                steps.push(Step::Put {
                    file: self.inside(&path),
                    text: self.render(index, status, &there, prose),
                    over: raw.iter().map(|text| Digest::of(text)).collect(),
                });
            }
        }
        let record = self.record(state, index, prose, result, failure);
        let line = self.ended_line(state, &record, failure);
        steps.push(Step::Record {
            record: Box::new(record),
        });
        if failure.is_none() {
            steps.push(Step::Assemble);
        }
        steps.push(Step::Line { line });
        let what = format!("end chunk {}", self.plan[index].number);
        let intent = Intent::new(what, self.disk.now(), steps);
        if let Err(error) = intent.declare(&self.paths, &self.disk) {
            // The declaration has the text in it; without it the text has to go alone.
            self.save(state, index, FileStatus::Partial, prose)?;
            return Err(error.safe(self.safe_in(state, index)));
        }
        let number = self.plan[index].number;
        state.known.entry(number).or_default().written = Some(chunk_file::digest(prose));
        state.pending = true;
        self.finish(state, &intent, &mut saved)
            .map_err(|error| error.safe(self.safe_declared(index)))?;
        Ok(saved)
    }

    fn safe_declared(&self, index: usize) -> String {
        format!(
            "The text of chunk {} is safe on disk in {}, and the change will be finished at the next start.",
            self.plan[index].number,
            self.paths.root.display()
        )
    }

    fn record(
        &self,
        state: &State,
        index: usize,
        prose: &str,
        result: ChunkResult,
        failure: Option<&str>,
    ) -> ChunkRecord {
        let planned = &self.plan[index];
        let digest = chunk_file::digest(prose);
        let mut record = state
            .manifest
            .record(&planned.beat)
            .cloned()
            .unwrap_or_else(|| ChunkRecord::missing(planned.number, planned.beat.clone()));
        record.take(result);
        record.number = planned.number;
        record.title.clone_from(&planned.title);
        record.target_words = planned.target_words;
        record.body_sha256.clone_from(&planned.body);
        record.file = self.inside(&state.files[index]);
        record.words = words::count(prose, &self.language);
        record.origin = (!prose.trim().is_empty()).then_some(Origin::Generated);
        record.content_sha256 = Some(digest.clone());
        match failure {
            None => {
                record.status = ChunkStatus::Complete;
                record.generated_sha256 = Some(digest);
            }
            Some(reason) => {
                record.status = ChunkStatus::Failed;
                record.generated_sha256 = None;
                record.failure = Some(reason.to_owned());
            }
        }
        record
    }

    fn ended_line(&self, state: &State, record: &ChunkRecord, failure: Option<&str>) -> String {
        let before = state.manifest.record(&record.beat);
        let again = before.is_some_and(|record| record.generated_sha256.is_some());
        let did = match (failure, again) {
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

    fn retire(&self, state: &mut State, index: usize, why: &str) -> Result<(), StoreError> {
        let path = state.files[index].clone();
        let planned = &self.plan[index];
        let line = changelog::line(
            self.disk.now(),
            &format!(
                "put chunk {} ({}) into history: {why}",
                planned.number, planned.beat
            ),
        );
        let mut steps = Vec::new();
        if self.is_open(&path) {
            self.retire_open(index, &path, why)?;
        } else {
            journal::settle_journal(&path, &self.disk)?;
            let Some(raw) = read_text(&path, &self.disk)? else {
                return Ok(());
            };
            let there = chunk_file::parse(&raw);
            let status = there.status.unwrap_or(FileStatus::Complete);
            self.keep(index, &path, status, &there.prose, why)?;
            steps.push(Step::Remove {
                file: self.inside(&path),
                over: vec![Digest::of(&raw)],
            });
        }
        if let Some(record) = state.manifest.record(&planned.beat) {
            let mut record = record.clone();
            record.status = ChunkStatus::Missing;
            steps.push(Step::Record {
                record: Box::new(record),
            });
        }
        steps.push(Step::Line { line });
        let intent = Intent::new(
            format!("retire chunk {}", planned.number),
            self.disk.now(),
            steps,
        );
        intent.declare(&self.paths, &self.disk)?;
        state.known.remove(&planned.number);
        state.pending = true;
        self.finish(state, &intent, &mut Saved::default())
    }

    /// For a file that an editor has: its texts go to history, and an empty journal says that
    /// they are replaced.
    fn retire_open(&self, index: usize, path: &Path, why: &str) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let journal_path = layout::journal_path(path);
        journal::in_turn(|| {
            let mut replaces = self.keep_open_texts(index, path, "", why)?;
            if let Some(text) = read_text(&journal_path, &self.disk)? {
                let journal = Journal::parse(&text);
                let status = journal.file.status.unwrap_or(FileStatus::Partial);
                let digest = chunk_file::digest(&journal.file.prose);
                if !replaces.contains(&digest) {
                    self.keep(index, path, status, &journal.file.prose, why)?;
                    replaces.push(digest);
                }
                replaces.extend(journal.replaces);
            }
            let text = Journal::render(
                planned.number,
                &planned.beat,
                FileStatus::Partial,
                "",
                &replaces,
            );
            self.disk.write(&journal_path, text.as_bytes())
        })
    }

    /// full_story.md from what is complete now.
    pub(super) fn assemble(&self, state: &mut State, saved: &mut Saved) -> Result<(), StoreError> {
        let view = self.view()?;
        let open_brief = self.owners.open_text(self.folder.brief());
        let brief = match open_brief {
            Some(text) => text,
            None => read_text(self.folder.brief(), &self.disk)?.unwrap_or_default(),
        };
        let title = super::assemble::title_of(&brief);
        let story = super::assemble::assemble(&title, &self.plan, &view.chunks);
        let path = self.paths.full_story();
        let open = self.is_open(&path);
        let on_disk = read_text(&path, &self.disk)?;
        let in_editor = open.then(|| self.owners.open_text(&path)).flatten();
        for text in [&on_disk, &in_editor].into_iter().flatten() {
            let digest = Digest::of(text);
            let ours = text == &story || state.manifest.assembled_sha256.contains(&digest);
            if !ours && !text.trim().is_empty() {
                self.keep_full_story(text)?;
            }
        }
        state.manifest.remember_assembled(Digest::of(&story));
        let shown = if open { &in_editor } else { &on_disk };
        if shown.as_deref() == Some(story.as_str()) {
            return Ok(());
        }
        if open {
            saved.client_edits.push(ClientEdit { path, text: story });
            return Ok(());
        }
        self.write_derived(&path, &story, saved)
    }

    fn keep_full_story(&self, text: &str) -> Result<(), StoreError> {
        let version = Version {
            number: ChunkNumber(0),
            beat: crate::story::BeatId("full_story".to_owned()),
            status: FileStatus::Complete,
            prose: text,
            why: "the author changed full_story.md, and it was assembled anew",
        };
        history::keep(&self.paths, "full_story", &version, &self.disk).map(|_| ())
    }

    /// Writes a file that can be made again at any time: one that the author closed to
    /// writing is no reason to stop.
    fn write_derived(&self, path: &Path, text: &str, saved: &mut Saved) -> Result<(), StoreError> {
        match self.disk.write(path, text.as_bytes()) {
            Err(error @ (StoreError::ReadOnlyFile { .. } | StoreError::Outside { .. })) => {
                saved.notices.push(recover::Notice {
                    code: "file-left-alone",
                    message: error.to_string(),
                });
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn add_line(&self, line: &str, saved: &mut Saved) -> Result<(), StoreError> {
        let path = self.paths.changelog();
        let open = self.is_open(&path);
        let text = match self.owners.open_text(&path).filter(|_| open) {
            Some(text) => text,
            None => read_text(&path, &self.disk)?.unwrap_or_default(),
        };
        match changelog::with_line(&text, line) {
            None => Ok(()),
            Some(text) if open => {
                saved.client_edits.push(ClientEdit { path, text });
                Ok(())
            }
            Some(text) => self.write_derived(&path, &text, saved),
        }
    }

    /// Finishes a change that an earlier call could not.
    pub(super) fn finish_pending(&self, state: &mut State) -> Result<(), StoreError> {
        if !state.pending {
            return Ok(());
        }
        let bytes = self.disk.read(&self.paths.intent())?;
        match bytes.as_deref().and_then(Intent::parse) {
            Some(intent) => self.finish(state, &intent, &mut Saved::default()),
            None => {
                state.pending = false;
                Ok(())
            }
        }
    }

    /// Does the steps of a declared change, then takes the declaration away.
    pub(super) fn finish(
        &self,
        state: &mut State,
        intent: &Intent,
        saved: &mut Saved,
    ) -> Result<(), StoreError> {
        for step in &intent.steps {
            match step {
                Step::Put { .. } | Step::Remove { .. } => {
                    let done = super::intent::do_step(step, &self.paths, &self.disk)?;
                    saved.notices.extend(done.notice());
                }
                Step::Record { record } => state.manifest.set_record((**record).clone()),
                Step::Assemble => self.assemble(state, saved)?,
                Step::Line { line } => self.add_line(line, saved)?,
            }
        }
        self.write_manifest(state)?;
        self.disk.remove(&self.paths.intent())?;
        state.pending = false;
        // Only an index; the next job writes it again.
        if let Ok(edit) = sessions::write_index(&self.folder, self.owners.as_ref(), &self.disk) {
            saved.client_edits.extend(edit);
        }
        Ok(())
    }

    /// Writes the manifest. One that somebody else changed meanwhile is kept aside first.
    pub(super) fn write_manifest(&self, state: &mut State) -> Result<(), StoreError> {
        let path = self.paths.manifest();
        if let Some(there) = read_text(&path, &self.disk)?
            && state.manifest_seen != Some(Digest::of(&there))
        {
            let aside = super::manifest::kept_aside(&path, &self.disk)?;
            self.disk.rename_file(&path, &aside)?;
        }
        state.manifest.updated = self.disk.now();
        state.manifest.sum();
        let text = state.manifest.render();
        self.disk.write(&path, text.as_bytes())?;
        state.manifest_seen = Some(Digest::of(&text));
        Ok(())
    }

    pub(super) fn facts(&self) -> Result<facts::Facts, StoreError> {
        facts::gather(
            &self.folder,
            &self.id,
            &self.plan,
            self.owners.as_ref(),
            &self.disk,
        )
    }
}

/// May `prose` replace what is there? Pure.
fn guard(there: &ChunkFile, prose: &str, known: &Known, generated: Option<&Digest>) -> Guard {
    let old = there.prose.trim_end();
    let digest = chunk_file::digest(&there.prose);
    let partial = there.status == Some(FileStatus::Partial);
    let ours = known.written.as_ref() == Some(&digest);
    if there.is_empty() || old == prose.trim_end() || (partial && (ours || prose.starts_with(old)))
    {
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

    #[test]
    fn what_may_be_replaced() {
        use FileStatus::{Complete, Partial};
        let d = |text: &str| Some(chunk_file::digest(text));
        let rows = [
            // there, its status, new, written, handed, generated, verdict
            ("", None, "One.", None, None, None, Guard::Overwrite),
            (
                "One.",
                Some(Partial),
                "One. Two.",
                None,
                None,
                None,
                Guard::Overwrite,
            ),
            (
                "One. Tw",
                Some(Partial),
                "One. Other.",
                d("One. Tw"),
                None,
                None,
                Guard::Overwrite,
            ),
            (
                "One. Tw",
                Some(Partial),
                "One. Other.",
                None,
                d("One. Tw"),
                None,
                Guard::KeepFirst,
            ),
            (
                "Mine. Tw",
                Some(Partial),
                "One. Two.",
                d("One. Tw"),
                None,
                None,
                Guard::Refuse,
            ),
            (
                "Old.",
                Some(Complete),
                "New.",
                None,
                d("Old."),
                None,
                Guard::KeepFirst,
            ),
            (
                "Old.",
                Some(Complete),
                "New.",
                None,
                None,
                d("Old."),
                Guard::KeepFirst,
            ),
            (
                "Old.",
                Some(Complete),
                "New.",
                d("Old."),
                None,
                None,
                Guard::KeepFirst,
            ),
            (
                "Old.",
                Some(Complete),
                "Old. And more.",
                None,
                None,
                None,
                Guard::Refuse,
            ),
            (
                "Mine.",
                Some(Complete),
                "New.",
                None,
                None,
                d("Old."),
                Guard::Refuse,
            ),
            (
                "Mine.",
                None,
                "Mine. More.",
                None,
                None,
                None,
                Guard::Refuse,
            ),
            (
                "Same.",
                Some(Complete),
                "Same.\n",
                None,
                None,
                None,
                Guard::Overwrite,
            ),
        ];
        for (there, status, prose, written, handed, generated, verdict) in rows {
            let file = ChunkFile {
                prose: there.to_owned(),
                status,
                ..ChunkFile::default()
            };
            let known = Known { written, handed };
            assert_eq!(
                guard(&file, prose, &known, generated.as_ref()),
                verdict,
                "{there} → {prose}"
            );
        }
    }
}
