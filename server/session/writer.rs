//! The one writer of a session: what a job may do to it.
//!
//! The order is always the same: the text that is about to be replaced goes to history, the
//! new text goes to disk, and only then comes everything that is about it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chunk_file::{self, FileStatus};
use super::disk::Disk;
use super::error::StoreError;
use super::facts;
use super::history;
use super::layout::{self, SessionPaths, StoryFolder};
use super::lock::SessionLock;
use super::manifest::{ChunkResult, Manifest};
use super::recover::{ChunkView, SessionView};
use super::runs::Run;
use super::sessions;
use super::spending;
use super::unmerged;
use super::{ClientEdit, Owner, Owners, PlannedChunk, Saved, SessionId};
use crate::story::title_page::TitlePage;
use crate::story::{ChunkNumber, Digest, Language};

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
    /// The story's title page, and the digest of the brief that it was read from.
    pub(super) title_page: Option<(Digest, TitlePage)>,
    /// A declared change could not be finished yet.
    pub(super) pending: bool,
    /// Edits and notices that no caller has been given yet.
    pub(super) owed: Saved,
}

/// Texts of a chunk that a job may replace.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// What was written last.
    pub(super) written: Option<Digest>,
    /// What that says without the author's comments.
    pub(super) told: Option<Digest>,
    /// What the job was given to go on from.
    pub(super) handed: Option<Digest>,
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

    /// Refuses to go on where a merge has left a conflict in a chunk or a state since the session
    /// was opened.
    ///
    /// # Errors
    /// [`StoreError::Unmerged`].
    pub fn refuse_unmerged(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let owners = inner.owners.as_ref();
        unmerged::refuse_unmerged(&inner.folder, &inner.id, owners, &inner.disk)
    }

    /// Sets "settings" in the manifest.
    pub fn set_settings(&self, settings: serde_json::Value) -> Result<(), StoreError> {
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        state.manifest.settings = settings;
        self.inner.write_manifest(&mut state)
    }

    /// Brings the sums of the manifest up to what the runs have noted.
    pub fn count_spent(&self) -> Result<(), StoreError> {
        let spent = spending::read(&self.inner.paths.runs(), &self.inner.disk);
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        spending::raise(&mut state.manifest.totals.by_role, &spent);
        self.inner.write_manifest(&mut state)
    }

    /// Puts the text of a chunk into history before it is written anew; the chunk is then
    /// missing. Best called when the new text begins to arrive, not before.
    ///
    /// # Errors
    /// [`StoreError::ChunkLocked`] for a chunk that is locked.
    pub fn retire_chunk(&self, number: ChunkNumber, why: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        self.inner.refuse_locked(&state, index)?;
        self.inner.retire(&mut state, index, why)
    }

    /// Puts a prose into history that an editor shows and that is replaced there next, where it
    /// is not among what the journal replaces already.
    pub fn keep_shown(&self, number: ChunkNumber, prose: &str) -> Result<(), StoreError> {
        let index = self.inner.index(number)?;
        let state = self.inner.lock_state();
        self.inner.keep_shown(&state, index, prose)
    }

    /// The prose of a chunk so far, whole; safe on disk when this returns. A file that is
    /// open in an editor is not touched: its text goes to its journal.
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
            self.inner
                .save(&mut state, index, FileStatus::Partial, prose)?;
            let file = state.files[index].display();
            return Err(error.safe(format!("The text of chunk {number} is safe in {file}.")));
        }
        self.inner.end(&mut state, index, prose, result, failure)
    }

    /// Writes full_story.md from the complete chunks, in order. A text of the author's in it
    /// goes to history first.
    pub fn assemble(&self) -> Result<Saved, StoreError> {
        let mut state = self.inner.lock_state();
        self.inner.finish_pending(&mut state)?;
        let before = state.manifest.clone();
        self.inner.assemble(&mut state)?;
        // A story that is as it was leaves no trace of having been looked at.
        if state.manifest != before {
            self.inner.write_manifest(&mut state)?;
        }
        Ok(std::mem::take(&mut state.owed))
    }

    /// Opens the records of a job, such as `runs/run-001-draft-20260101-101500/`. `asked` is one sentence.
    pub fn start_run(&self, kind: &str, asked: &str) -> Result<Run, StoreError> {
        let inner = &self.inner;
        layout::ensure_inside(&inner.paths.runs(), inner.folder.root(), &inner.disk)?;
        Run::start(&inner.paths.runs(), kind, asked, &inner.disk)
    }

    /// The versions of a chunk that were replaced, oldest first.
    pub fn versions(&self, number: ChunkNumber) -> Result<Vec<super::KeptVersion>, StoreError> {
        let index = self.inner.index(number)?;
        let beat = &self.inner.plan[index].beat;
        let state = self.inner.lock_state();
        let beats = match state.manifest.record(beat) {
            Some(record) => record.beats(),
            None => vec![beat],
        };
        history::versions(&self.inner.paths, &beats, &self.inner.disk)
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

impl State {
    /// Owes the caller an edit; a later one of the same file takes its place.
    pub(super) fn owe(&mut self, edit: ClientEdit) {
        self.owed.client_edits.retain(|owed| owed.path != edit.path);
        self.owed.client_edits.push(edit);
    }

    /// Notes what was written last for a chunk.
    pub(super) fn wrote(&mut self, number: ChunkNumber, prose: &str) {
        let known = self.known.entry(number).or_default();
        known.written = Some(chunk_file::source_digest(prose));
        known.told = Some(chunk_file::digest(prose));
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

    /// What is on disk, but for the manifest.
    pub(super) fn facts(&self) -> Result<facts::Facts, StoreError> {
        facts::gather_files(
            &self.folder,
            &self.id,
            &self.plan,
            self.owners.as_ref(),
            &self.disk,
        )
    }

    pub(super) fn is_open(&self, path: &Path) -> bool {
        self.owners.owner(path) == Owner::Client
    }

    /// A path as it stands in manifest and declarations.
    pub(super) fn inside(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.paths.root).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/")
    }
}
