//! Opens a session for writing: takes the lock, finishes what a dead process left, reads the manifest, and
//! orders the files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::align;
use super::behind::Behind;
use super::changelog;
use super::index;
use super::{Cache, Inner, Session};
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::history::generated::NotedTimes;
use crate::session::history::provenance;
use crate::session::intent::{Intent, Step};
use crate::session::journal;
use crate::session::journal::settling;
use crate::session::layout::{self, SessionPaths, StoryFolder};
use crate::session::left_over;
use crate::session::lock;
use crate::session::manifest::record::{ChunkRecord, ChunkStatus, Origin};
use crate::session::manifest::spending::{self, Spending};
use crate::session::manifest::{self, Manifest, ManifestFact};
use crate::session::notice::Notice;
use crate::session::record_log::{self, Entry, Logged, RecordLog};
use crate::session::unmerged;
use crate::session::view::facts::FileFact;
use crate::session::view::recover::Recovered;
use crate::session::view::{ChunkView, SessionView};
use crate::session::{Owners, PlannedChunk, Saved, SessionId, Timestamp};
use crate::story::chunk_file::{self, FileStatus};
use crate::story::{Digest, Language};

/// A session that is open for writing, and what the author should know of it.
#[derive(Debug)]
pub struct Opened {
    pub session: Session,
    pub notices: Vec<Notice>,
}

impl Session {
    /// Creates the folder if need be, takes the lock, finishes interrupted changes, settles
    /// left-over journals, loads or rebuilds the manifest (one that can't be used is kept
    /// aside), and brings the files into the order of the outline.
    ///
    /// `holder` is shown to whoever finds the session locked, such as "storywright write".
    ///
    /// # Errors
    /// [`StoreError::Locked`] where somebody else writes to the session;
    /// [`StoreError::Outside`] where a folder of it leads out of the story's folder.
    pub fn open(
        folder: &StoryFolder,
        id: &SessionId,
        plan: &[PlannedChunk],
        language: &Language,
        holder: &str,
        owners: Arc<dyn Owners>,
        disk: Disk,
    ) -> Result<Opened, StoreError> {
        let paths = folder.paths(id);
        let disk = disk.within(folder.root());
        disk.ensure_inside(&folder.generated(), folder.root())?;
        for inside in paths.folders() {
            disk.ensure_inside(&inside, folder.root())?;
        }
        disk.make_folder(&paths.chunks())?;
        let lock = lock::take(&paths, holder, &disk)?;
        let mut notices = Vec::new();
        if !lock.held {
            notices.push(Notice {
                code: "no-locks",
                message: format!(
                    "The file system at {} has no locks, so nothing keeps a second job off this session. Run one at a \
                     time.",
                    paths.root.display()
                ),
            });
        }
        unmerged::refuse_unmerged(folder, id, owners.as_ref(), &disk)?;
        // In turn with the journals of this process.
        journal::in_turn(|| left_over::remove(folder, &paths, &disk));
        folder.bring_over_work(&disk);
        let (manifest, manifest_seen) =
            load_manifest(folder, id, &paths, language, &disk, &mut notices)?;
        let log = RecordLog::new(manifest_seen.clone());
        let cache = Cache {
            manifest,
            manifest_seen,
            manifest_tried: None,
            files: plan
                .iter()
                .map(|planned| {
                    paths
                        .chunks()
                        .join(layout::chunk_name(planned.number, plan.len()))
                })
                .collect(),
            known: BTreeMap::new(),
            partial_saves: BTreeMap::new(),
            title_page: None,
            lines: Vec::new(),
            log,
            behind: Behind::default(),
            has_late_lines: false,
            pending: false,
            owed: Saved::default(),
        };
        let inner = Inner {
            folder: folder.clone(),
            id: id.clone(),
            paths,
            plan: plan.to_vec(),
            language: language.clone(),
            owners,
            disk,
            cache: Mutex::new(cache),
            texts: Mutex::default(),
            states: Mutex::default(),
            _lock: lock,
        };
        inner.bring_up(&mut notices)?;
        let session = Session {
            inner: Arc::new(inner),
        };
        Ok(Opened { session, notices })
    }
}

impl Inner {
    /// Does everything between taking the lock and being ready to write.
    fn bring_up(&self, notices: &mut Vec<Notice>) -> Result<(), StoreError> {
        let mut cache = self.lock_cache();
        let loaded = cache
            .manifest_seen
            .is_some()
            .then(|| cache.manifest.clone());
        if loaded.is_none() {
            let files = self.facts()?.files;
            cache.manifest.chunks = provenance::known_records(&files, &self.paths, &self.disk)?;
        }
        let logged = self.take_log(&mut cache)?;
        self.finish_interrupted(&mut cache, notices)?;
        notices.extend(settling::settle_all(
            &self.paths,
            self.owners.as_ref(),
            &self.disk,
        )?);
        let files = self.facts()?.files;
        self.finish_completed(&logged, &files)?;
        let read = (&self.disk, &mut NotedTimes::default());
        provenance::bring_up_to(&mut cache.manifest, &files, &self.paths, read)?;
        let mut recovered = self.align(&mut cache, notices)?;
        for (file, chunk) in cache.files.iter_mut().zip(&recovered.view.chunks) {
            file.clone_from(&chunk.path);
        }
        notices.append(&mut recovered.view.notices);
        notices.append(&mut cache.owed.notices);
        let edited = edited_since(&cache.manifest, &recovered.view);
        for index in &edited {
            self.keep_generated(&cache, *index)?;
        }
        let lines = edited_lines(&edited, &cache.manifest, &recovered.view, self.disk.now());
        self.record_facts(&mut cache.manifest, &recovered);
        self.note_authors(loaded.as_ref(), &cache)?;
        let spent = self.spent(loaded.is_none());
        spending::raise(&mut cache.manifest.totals.by_role, &spent);
        cache.manifest.sum();
        self.copy_generated(&cache, &recovered.view.chunks)?;
        self.read_late_lines(&mut cache)?;
        for line in lines {
            self.add_line(&mut cache, &line)?;
        }
        if loaded.as_ref() != Some(&cache.manifest) || !edited.is_empty() || !logged.is_empty() {
            self.write_manifest(&mut cache)?;
            // Only an index; the next job writes it again.
            let _ = index::write_index(&self.folder, self.owners.as_ref(), &self.disk);
        }
        Ok(())
    }

    /// Takes over what an earlier job has logged and not brought into the manifest; returns what is true of it.
    fn take_log(&self, cache: &mut Cache) -> Result<Vec<Entry>, StoreError> {
        let logged = Logged::read(&self.paths, &self.disk)?;
        let entries = logged.after(cache.manifest_seen.as_ref());
        if entries.is_empty() {
            // One of another manifest would be mistaken for news if that came back.
            let _ = self.disk.drop_name(&self.paths.record_log());
            return Ok(entries);
        }
        let files = self.facts()?.files;
        let entries = record_log::apply(entries, &mut cache.manifest, &files);
        for entry in &entries {
            cache.log.keep(entry);
            Self::take_entry(cache, entry.clone());
            cache.behind.story |= entry.record.status == ChunkStatus::Complete;
        }
        Ok(entries)
    }

    /// Marks the texts as complete that were logged as such and are there whole: their job was killed before it
    /// could do that.
    fn finish_completed(&self, logged: &[Entry], files: &[FileFact]) -> Result<(), StoreError> {
        let ended = logged
            .iter()
            .filter(|entry| entry.needs_text && entry.record.status == ChunkStatus::Complete);
        for record in ended.map(|entry| &entry.record) {
            for fact in files
                .iter()
                .filter(|fact| !fact.open && fact.journal.is_none())
            {
                let file = &fact.text.file;
                if file.status == Some(FileStatus::Partial)
                    && file.beat.as_ref() == Some(&record.beat)
                    && record.content_sha256.as_ref() == Some(&fact.text.digest)
                {
                    let number = file.number.unwrap_or(record.number);
                    let status = FileStatus::Complete;
                    let text =
                        chunk_file::render_like(file, number, &record.beat, status, &file.prose);
                    let path = self.paths.chunks().join(&fact.name);
                    self.disk.write(&path, text.as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// Tells what the runs of this draft have noted. The first draft of a story has also taken what
    /// was planned for it before it was begun.
    fn spent(&self, is_new: bool) -> Spending {
        let mut spent = spending::read(&self.paths.runs(), &self.disk);
        let others = self.folder.sessions(&self.disk).unwrap_or_default();
        if is_new && others.iter().all(|id| *id == self.id) {
            let planned = spending::read(&self.folder.plan_records(), &self.disk);
            spending::join(&mut spent, planned);
        }
        spent
    }

    fn finish_interrupted(
        &self,
        cache: &mut Cache,
        notices: &mut Vec<Notice>,
    ) -> Result<(), StoreError> {
        let path = self.paths.intent();
        let Some(bytes) = self.disk.read(&path)? else {
            return Ok(());
        };
        let Some(intent) = Intent::parse(&bytes) else {
            let aside = manifest::kept_aside(&path, &self.disk)?;
            self.disk.rename_file(&path, &aside)?;
            notices.push(Notice {
                code: "intent-unusable",
                message: format!(
                    "A change was interrupted, and its record is damaged; it is kept in {}. The chunk files are as \
                     they were at that moment.",
                    aside.display()
                ),
            });
            return Ok(());
        };
        cache.pending = true;
        self.finish_earlier(cache, &intent)?;
        notices.push(Notice {
            code: "change-finished",
            message: format!(
                "A change that was interrupted is finished now: {} (begun {}).",
                intent.what, intent.at
            ),
        });
        Ok(())
    }

    /// Brings the files into the order of the outline and returns the resulting view.
    fn align(&self, cache: &mut Cache, notices: &mut Vec<Notice>) -> Result<Recovered, StoreError> {
        let (facts, recovered) = self.recovered(&cache.manifest)?;
        let (mut steps, told) = align::steps(
            &facts,
            &recovered,
            &self.plan,
            &self.paths,
            &self.language,
            &self.disk,
        )?;
        notices.extend(told);
        rename_records(&mut cache.manifest, &recovered, &self.plan);
        if steps.is_empty() {
            return Ok(recovered);
        }
        steps.push(Step::Assemble);
        let what = "bring the chunk files into the order of the outline";
        let intent = Intent::new(what, self.disk.now(), steps);
        self.change(cache, &intent)?;
        Ok(self.recovered(&cache.manifest)?.1)
    }

    /// Brings the records into step with outline and files. A record keeps what it knows of
    /// generation; what an author changed is noted.
    fn record_facts(&self, manifest: &mut Manifest, recovered: &Recovered) {
        // Without an outline (a brief that can't be read, say) nothing can be told.
        if self.plan.is_empty() {
            return;
        }
        self.language.as_str().clone_into(&mut manifest.language);
        let mut old = std::mem::take(&mut manifest.chunks);
        old.append(&mut manifest.removed);
        for (planned, chunk) in self.plan.iter().zip(&recovered.view.chunks) {
            let known = old.iter().position(|record| record.beat == planned.beat);
            let mut record = match known {
                Some(at) => old.swap_remove(at),
                None => ChunkRecord::missing(planned.number, planned.beat.clone()).into(),
            };
            record.number = planned.number;
            record.title.clone_from(&planned.title);
            record.target_words = planned.target_words;
            if planned.body.is_some() {
                record.body_sha256.clone_from(&planned.body);
            }
            let file = chunk
                .path
                .strip_prefix(&self.paths.root)
                .unwrap_or(&chunk.path);
            record.file = file.to_string_lossy().replace('\\', "/");
            record_text(&mut record, chunk, self.disk.exact_now());
            if let Ok(file) = self.state_file(&chunk.path) {
                record.state_file = file;
            }
            if record.revision.is_some() {
                let path = self.revision_path(&chunk.path);
                let is_there = self.disk.metadata(&path).is_ok_and(|found| found.is_some());
                record.revision = is_there.then(|| self.inside(&path));
            }
            manifest.chunks.push(record);
        }
        old.retain(|record| record.says_something());
        old.sort_by(|a, b| a.beat.cmp(&b.beat));
        manifest.removed = old;
    }
}

/// Returns the indices of the complete texts that the author changed since the last job.
fn edited_since(manifest: &Manifest, view: &SessionView) -> Vec<usize> {
    let is_news = |chunk: &ChunkView| {
        let record = manifest.record(&chunk.beat);
        let known = record.and_then(|record| record.content_sha256.as_ref());
        chunk.edited && known.is_some_and(|known| known != &chunk.digest)
    };
    let chunks = view.chunks.iter().enumerate();
    chunks
        .filter(|(_, chunk)| is_news(chunk))
        .map(|(index, _)| index)
        .collect()
}

/// Returns the changelog's lines about them.
fn edited_lines(
    edited: &[usize],
    manifest: &Manifest,
    view: &SessionView,
    now: Timestamp,
) -> Vec<String> {
    let line = |index: &usize| {
        let chunk = &view.chunks[*index];
        let record = manifest.record(&chunk.beat)?;
        let event = format!(
            "chunk {} ({}) was edited by hand: {} before, {} now",
            chunk.number, chunk.beat, record.words, chunk.words
        );
        Some(changelog::line(now, &event))
    };
    edited.iter().filter_map(line).collect()
}

/// Notes what the chunk's text is now.
fn record_text(record: &mut ChunkRecord, chunk: &ChunkView, now: Timestamp) {
    record.status = chunk.status;
    // What is gone from the file may come back; its digests stay.
    if chunk.text.is_empty() {
        return;
    }
    record.origin = chunk.origin;
    record.words = chunk.words;
    if chunk.status == ChunkStatus::Complete
        && chunk.origin == Some(Origin::Generated)
        && record.generated_sha256.is_none()
    {
        record.generated_sha256 = Some(chunk.digest.clone());
    }
    if record.content_sha256.as_ref() != Some(&chunk.digest) {
        record.content_sha256 = Some(chunk.digest.clone());
        if record.authors_text().is_some() {
            record.noted = Some(now);
        }
    }
}

fn rename_records(manifest: &mut Manifest, recovered: &Recovered, plan: &[PlannedChunk]) {
    for (index, old) in &recovered.matching.renamed {
        if let Some(record) = manifest.record_mut(old) {
            let new = &plan[*index].beat;
            record.formerly.retain(|beat| beat != old && beat != new);
            record.formerly.push(old.clone());
            record.beat.clone_from(new);
        }
    }
}

/// Loads the manifest, or makes a new one after keeping aside what can't be used.
fn load_manifest(
    folder: &StoryFolder,
    id: &SessionId,
    paths: &SessionPaths,
    language: &Language,
    disk: &Disk,
    notices: &mut Vec<Notice>,
) -> Result<(Manifest, Option<Digest>), StoreError> {
    let path = paths.manifest();
    let (fact, seen) = manifest::read(&path, id.as_str(), disk)?;
    match fact {
        ManifestFact::Read(manifest) => return Ok((*manifest, seen)),
        ManifestFact::Missing => {}
        ManifestFact::Unusable(reason) => {
            let aside = manifest::kept_aside(&path, disk)?;
            disk.rename_file(&path, &aside)?;
            notices.push(Notice {
                code: "manifest-rebuilt",
                message: format!(
                    "{} {reason}. It is kept as {}, and a new one was made from the chunk files; only timings and \
                     cost are not in it.",
                    path.display(),
                    aside.display()
                ),
            });
        }
    }
    let now = disk.now();
    let manifest = Manifest::new(id.as_str(), folder.brief_name(), language.as_str(), now);
    Ok((manifest, None))
}
