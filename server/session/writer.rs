//! Holds the lock of a session and makes all changes to it.
//!
//! The order is always the same: the text that is about to be replaced goes to history, the
//! new text goes to disk, and only then comes everything that is about it.

pub(super) mod adopting;
pub(super) mod align;
pub(super) mod assemble;
pub(super) mod audits;
pub(super) mod begun;
pub(super) mod behind;
pub(super) mod changelog;
pub(super) mod chunk_lock;
pub(super) mod companions;
pub(super) mod dismissing;
pub(super) mod ending;
pub(super) mod finishing;
pub(crate) mod index;
pub(super) mod keeping;
pub(super) mod mending;
pub(super) mod open;
pub(super) mod partial_saves;
pub(super) mod preflight;
pub(super) mod replacing;
pub(super) mod rescue;
pub(super) mod restoring;
pub(super) mod revising;
pub(super) mod runs;
pub(super) mod saving;
pub(super) mod session_file;
pub(super) mod states;
pub(super) mod tokenizers;
pub(super) mod updating;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::Disk;
use super::disk::log::Log;
use super::error::StoreError;
use super::kept_files::KeptFiles;
use super::layout::{self, SessionPaths, StoryFolder};
use super::lock::SessionLock;
use super::manifest::{Manifest, ManifestFact};
use super::record_log::RecordLog;
use super::view::facts::Facts;
use super::view::gathering::{self, KeptTexts};
use super::view::recover::{self, Recovered};
use super::view::{ChunkView, SessionView};
use super::{ClientEdit, Owner, Owners, PlannedChunk, Saved, SessionId};
use crate::story::chunk_file;
use crate::story::state_file::Told;
use crate::story::title_page::TitlePage;
use crate::story::{ChunkNumber, Digest, Language};
use behind::Behind;

/// The lock on a session and all changes under it. Cheap to clone; the lock goes with the last clone, or with
/// the process.
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
    pub(super) cache: Mutex<Cache>,
    /// The texts of the chunk files, for looking at them again.
    pub(super) texts: Mutex<KeptTexts>,
    /// What the state files hold, for the same.
    pub(super) states: Mutex<KeptFiles<Told>>,
    pub(super) _lock: SessionLock,
}

/// What is kept in memory between two calls. All of it can be read from disk again.
pub(super) struct Cache {
    pub(super) manifest: Manifest,
    /// Digest of manifest.json when it was last read or written.
    pub(super) manifest_seen: Option<Digest>,
    /// Digest of the manifest whose write was tried last: though that failed, it may be on disk.
    pub(super) manifest_tried: Option<Digest>,
    /// File of each planned chunk.
    pub(super) files: Vec<PathBuf>,
    pub(super) known: BTreeMap<ChunkNumber, Known>,
    /// The lists of the partial texts that were saved, by the place of the chunk in the plan.
    pub(super) partial_saves: BTreeMap<usize, Log>,
    /// The story's title page, and the digest of the brief that it was read from.
    pub(super) title_page: Option<(Digest, TitlePage)>,
    /// Lines that the changelog has not taken yet.
    pub(super) lines: Vec<String>,
    /// Records that the manifest on disk does not have yet.
    pub(super) log: RecordLog,
    /// What is behind of the files that are made from chunks and records.
    pub(super) behind: Behind,
    /// Whether these lines are also in `.work/`.
    pub(super) has_late_lines: bool,
    /// A declared change could not be finished yet.
    pub(super) pending: bool,
    /// Edits and notices that no caller has been given yet.
    pub(super) owed: Saved,
}

/// Texts of a chunk that a job may replace.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The digest of the text that was written last, since a job was given another.
    pub(super) written: Option<Digest>,
    /// The digest of that text without the author's comments.
    pub(super) told: Option<Digest>,
    /// The digest of the text that the job continues.
    pub(super) handed: Option<Digest>,
    /// Whether the author has put words into that.
    pub(super) is_mixed: bool,
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

    /// Returns the current state of the session from disk, journals and open editors. Files that have not changed
    /// since the last look are not read again.
    pub fn view(&self) -> Result<SessionView, StoreError> {
        let manifest = self.inner.lock_cache().manifest.clone();
        self.inner.view(manifest)
    }

    /// Returns one chunk, fresh. Its text counts as seen by the job from here on: a save may replace
    /// it (after a copy is in history) instead of being refused.
    pub fn chunk(&self, number: ChunkNumber) -> Result<ChunkView, StoreError> {
        Ok(self.chunk_and_view(number)?.0)
    }

    /// Returns one chunk as [`Session::chunk`] does, and the session that it was seen in.
    pub fn chunk_and_view(
        &self,
        number: ChunkNumber,
    ) -> Result<(ChunkView, SessionView), StoreError> {
        let index = self.inner.index(number)?;
        let mut cache = self.inner.lock_cache();
        let view = self.inner.view(cache.manifest.clone())?;
        let chunk = view.chunks[index].clone();
        cache.files[index].clone_from(&chunk.path);
        cache.handed(number, &chunk.digest);
        if self.inner.is_mixed(&chunk)? {
            cache.known.entry(number).or_default().is_mixed = true;
        }
        Ok((chunk, view))
    }

    /// Returns the file of a chunk. For a number that the outline does not have, the file that it
    /// would have.
    pub fn chunk_path(&self, number: ChunkNumber) -> PathBuf {
        match self.inner.index(number) {
            Ok(index) => self.inner.lock_cache().files[index].clone(),
            Err(_) => {
                let name = layout::chunk_name(number, self.inner.plan.len());
                self.inner.paths.chunks().join(name)
            }
        }
    }
}

impl Cache {
    /// Queues an edit for the caller; it replaces an earlier one for the same file.
    pub(super) fn owe(&mut self, edit: ClientEdit) {
        self.owed.client_edits.retain(|owed| owed.path != edit.path);
        self.owed.client_edits.push(edit);
    }

    /// Notes what a job was given of a chunk. Where the author has changed what was written last, that
    /// counts no more.
    fn handed(&mut self, number: ChunkNumber, digest: &Digest) {
        let known = self.known.entry(number).or_default();
        known.handed = Some(digest.clone());
        if known.told.as_ref() != Some(digest) {
            (known.written, known.told) = (None, None);
        }
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

    pub(super) fn lock_cache(&self) -> MutexGuard<'_, Cache> {
        // What a panic may have left half done is all on disk again, or declared there.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the current state of the session; the manifest in memory may be newer than the one on disk.
    pub(super) fn view(&self, mut manifest: Manifest) -> Result<SessionView, StoreError> {
        manifest.sum();
        Ok(self.recovered(&manifest)?.1.view)
    }

    /// Gathers what is on disk, but for the manifest.
    pub(super) fn facts(&self) -> Result<Facts, StoreError> {
        self.facts_with(ManifestFact::Missing)
    }

    fn facts_with(&self, manifest: ManifestFact) -> Result<Facts, StoreError> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        gathering::gather_again(
            &self.folder,
            &self.id,
            &self.plan,
            self.owners.as_ref(),
            (&self.disk, &mut texts),
            manifest,
        )
    }

    /// Sorts the facts out with the manifest in memory, which may be newer than the one on disk, or rebuilt.
    pub(super) fn recovered(&self, manifest: &Manifest) -> Result<(Facts, Recovered), StoreError> {
        let mut facts = self.facts_with(ManifestFact::Read(Box::new(manifest.clone())))?;
        let brief = self.folder.brief_name();
        let recovered = recover::recover(
            &mut facts,
            &self.id,
            brief,
            &self.paths,
            &self.plan,
            &self.language,
        );
        Ok((facts, recovered))
    }

    pub(super) fn is_open(&self, path: &Path) -> bool {
        self.owners.owner(path) == Owner::Client
    }

    /// Returns a path relative to the session, as manifest and declarations have it.
    pub(super) fn inside(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.paths.root).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/")
    }
}
