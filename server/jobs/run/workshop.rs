//! The environment in which jobs are made, the disk, and the sessions that this process has open. Several
//! jobs may share a session; a chunk belongs to one of them at a time.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::error::JobError;
use crate::analysis::error::StoryError;
pub use crate::analysis::selection::{ChapterRef, ChunkRef, Selection};
use crate::analysis::snapshot::{StorySnapshot, StorySource};
use crate::analysis::snapshots::{Look, Snapshots};
use crate::analysis::story_file::StoryFile;
use crate::events::job::Work;
use crate::session::{
    Disk, Notice, OutlineLock, Owners, PlannedChunk, ReadFiles, Session, SessionId, StoryFolder,
    Stray,
};
use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::story::{BeatId, ChunkNumber};

/// A request for a job.
#[derive(Debug, Clone)]
pub struct JobRequest {
    /// A name that is unique in this process, such as `job-1`.
    pub job: String,
    /// The brief's file.
    pub brief: PathBuf,
    /// The outermost folder whose `storywright.toml` counts.
    pub workspace: Option<PathBuf>,
    /// The draft to work on; `None`: the current one, or a new one.
    pub session: Option<SessionId>,
    pub naming: Naming,
    pub scope: Scope,
    /// The `storywright` section of the editor's settings.
    pub editor_settings: Option<Value>,
    /// Settings of the command line by dotted name.
    pub flags: Map<String, Value>,
}

/// The origin of the session's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// The author named it: it has to exist.
    ByAuthor,
    /// The folder of a file that is open in an editor; the file may be the first of its session.
    ByPlace,
}

/// The chunks that a job writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that are missing, partial or failed.
    Remaining,
    /// The named chunks, from where they end; nothing where they are complete.
    Chunks(Selection),
    /// All up to this one, as `Remaining`.
    UpTo(ChunkRef),
    /// The chunks of one chapter, as `Remaining`.
    Chapter(ChapterRef),
    /// The named chunks, anew; what they replace is kept in history/.
    Rewrite(Selection),
    /// Other texts of one complete chunk, as many as are missing, which wait for the author; with a note as below.
    Candidates {
        chunk: ChunkRef,
        count: u32,
        note: Option<String>,
    },
    /// One chunk, anew, with this note and no other: one of the margin, or what the author says now.
    RewriteWithNote {
        chunk: ChunkRef,
        note: String,
        /// The code of the finding that it is to put right.
        answers: Option<String>,
    },
    /// This chunk and all after it, without those that the author edited or locked.
    RewriteFrom(ChunkRef),
    /// The chunks that are stale when the job begins, without those that the author edited or locked.
    RewriteStale(Reach),
    /// Writes none: facts are extracted from complete chunks for later ones.
    Read(Which),
    /// Refines one complete chunk. The rewrite is proposed; with `apply`, or where the settings say so, it
    /// replaces the text.
    Refine { chunk: ChunkRef, apply: bool },
    /// Audits one complete chunk for contradictions, or all of them.
    Audit(Option<ChunkRef>),
}

/// The reach of a rewriting of stale chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The chunks that are stale when it begins. Those that become stale by it are named.
    Stale,
    /// Also the chunks that become stale by the rewriting itself, each at most once.
    Following,
}

/// The chunks that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// `None`: all.
    pub chunk: Option<ChunkRef>,
    /// Whether chunks are read again whose state is known. For a named chunk this also replaces what the
    /// author wrote, which then is in history/.
    pub again: bool,
}

impl JobRequest {
    /// Returns the source of the job's story and settings.
    pub fn source(&self) -> StorySource<'_> {
        StorySource {
            brief: &self.brief,
            workspace: self.workspace.as_deref(),
            editor_settings: self.editor_settings.as_ref(),
            flags: Some(&self.flags),
        }
    }
}

impl Scope {
    /// Returns the chunks that it names, each once and in story order; `None` where the chunks depend on the
    /// state of the session.
    ///
    /// # Errors
    /// A name that the plan does not have.
    pub fn named(&self, plan: &[PlannedChunk]) -> Result<Option<Vec<ChunkNumber>>, JobError> {
        let all = || plan.iter().map(|chunk| chunk.number);
        Ok(Some(match self {
            Scope::Remaining | Scope::RewriteStale(_) => return Ok(None),
            Scope::Chunks(chunks) | Scope::Rewrite(chunks) => chunks.resolve(plan)?,
            Scope::Chapter(chapter) => chapter.resolve(plan)?,
            Scope::UpTo(chunk) => {
                let last = chunk.resolve(plan)?;
                all().filter(|number| *number <= last).collect()
            }
            Scope::RewriteFrom(chunk) => {
                let first = chunk.resolve(plan)?;
                all().filter(|number| *number >= first).collect()
            }
            Scope::Refine { chunk, .. }
            | Scope::Candidates { chunk, .. }
            | Scope::RewriteWithNote { chunk, .. } => {
                vec![chunk.resolve(plan)?]
            }
            Scope::Read(Which { chunk, .. }) | Scope::Audit(chunk) => match chunk {
                Some(chunk) => vec![chunk.resolve(plan)?],
                None => return Ok(None),
            },
        }))
    }

    /// Returns the work of a job with this scope.
    pub fn work(&self) -> Work {
        match self {
            Scope::Read(_) => Work::Read,
            Scope::Refine { .. } => Work::Refine,
            Scope::Candidates { .. } => Work::Candidates,
            Scope::Audit(_) => Work::Audit,
            _ => Work::Write,
        }
    }
}

/// The environment of all jobs of a process. Cheap to clone.
#[derive(Clone)]
pub struct Workshop {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    disk: Disk,
    /// The name of this process in a session's lock.
    holder: String,
    snapshots: Snapshots,
    sessions: Mutex<HashMap<PathBuf, Weak<OpenSession>>>,
    /// The briefs whose outline is being planned.
    planned: Mutex<HashSet<PathBuf>>,
}

impl Workshop {
    pub fn new(environment: Environment, disk: Disk, holder: impl Into<String>) -> Workshop {
        Workshop {
            inner: Arc::new(Inner {
                snapshots: Snapshots::new(environment.clone(), disk.clone()),
                environment,
                disk,
                holder: holder.into(),
                sessions: Mutex::default(),
                planned: Mutex::default(),
            }),
        }
    }

    pub fn environment(&self) -> &Environment {
        &self.inner.environment
    }

    pub fn disk(&self) -> &Disk {
        &self.inner.disk
    }

    /// Begins a look at a story, the texts of open files as `owners` have them.
    pub fn look<'a>(&'a self, source: &StorySource<'_>, owners: &'a dyn Owners) -> Look<'a> {
        self.inner.snapshots.look(source, owners)
    }

    /// Reads a story with the settings in force, for a job: what is kept of an earlier look counts only where
    /// the brief has the same text. Blocks on the file system.
    ///
    /// # Errors
    /// As [`StorySnapshot::read`].
    pub fn read_story(
        &self,
        source: &StorySource<'_>,
        owners: &dyn Owners,
    ) -> Result<StorySnapshot, StoryError> {
        let kept = self.look(source, owners).story()?;
        match kept.story.stands(owners) {
            true => Ok(kept.as_ref().clone()),
            false => {
                let noted = ReadFiles::default();
                StorySnapshot::read(self.environment(), source, owners, &noted)
            }
        }
    }

    /// Reads the settings that are in force now for a story that was read before. Blocks on the file system.
    pub(crate) fn settings_of(
        &self,
        source: &StorySource<'_>,
        story: &StoryFile,
        owners: &dyn Owners,
    ) -> Settings {
        StorySnapshot::settings_of(self.environment(), source, story, owners)
    }

    /// Claims the outline of a brief for planning.
    ///
    /// # Errors
    /// [`JobError::BeingPlanned`] where another job has it, [`JobError::Busy`] where one writes
    /// the story.
    pub(crate) fn claim_outline(&self, brief: &Path) -> Result<OutlineClaim, JobError> {
        let sessions = lock(&self.inner.sessions);
        let open = sessions.values().filter_map(Weak::upgrade);
        for open in open.filter(|open| open.session.folder().brief() == brief) {
            if let Some((number, job)) = open.writing_job() {
                return Err(JobError::Busy { number, job });
            }
        }
        if !lock(&self.inner.planned).insert(brief.to_owned()) {
            return Err(JobError::BeingPlanned);
        }
        Ok(OutlineClaim {
            workshop: self.clone(),
            brief: brief.to_owned(),
        })
    }

    /// Finds the job of this process that writes a chunk of a session, if there is one.
    pub(crate) fn job_on_chunk(&self, session_root: &Path, chunk: ChunkNumber) -> Option<String> {
        let sessions = lock(&self.inner.sessions);
        let open = sessions.get(session_root).and_then(Weak::upgrade)?;
        let claims = lock(&open.claims);
        claims.chunks.get(&chunk).cloned()
    }

    /// Locks the outline of a brief against other processes. Blocks on the file system.
    pub(crate) fn lock_outline(&self, folder: &StoryFolder) -> Result<OutlineLock, JobError> {
        Ok(folder.lock_outline(&self.inner.holder, self.disk())?)
    }

    /// Fails while the outline is being planned, since chunks are its beats. Blocks on the file system.
    ///
    /// # Errors
    /// [`JobError::BeingPlanned`], or the same as a [`StoreError`](crate::session::StoreError) where
    /// another process does.
    pub(crate) fn check_not_planned(&self, folder: &StoryFolder) -> Result<(), JobError> {
        if lock(&self.inner.planned).contains(folder.brief()) {
            return Err(JobError::BeingPlanned);
        }
        Ok(folder.check_not_planned(self.disk())?)
    }

    /// Opens a session for writing, or joins the jobs that have it open here.
    ///
    /// Blocks on the file system.
    pub(crate) fn open_session(
        &self,
        story: &StoryFile,
        wanted: Option<&SessionId>,
        plan: &[PlannedChunk],
        owners: Arc<dyn Owners>,
    ) -> Result<(Arc<OpenSession>, Vec<Notice>), JobError> {
        let disk = self.disk();
        story.check_merged()?;
        // Held over the opening, so that two jobs that start together share one session.
        let mut sessions = lock(&self.inner.sessions);
        check_no_file(&story.folder.generated())?;
        let current = match wanted {
            Some(id) => Some(id.clone()),
            None => story.folder.current_session(disk)?,
        };
        // Held over the opening too: another process must find the new session.
        let mut _choosing = None;
        let id = match current {
            Some(id) => id,
            None => {
                _choosing = Some(story.folder.choosing(disk)?);
                match story.folder.current_session(disk)? {
                    Some(id) => id,
                    None => {
                        refuse_strays(story, plan, disk)?;
                        story.folder.new_session_id(&story.brief.title, disk)?
                    }
                }
            }
        };
        let root = story.folder.session_root(&id);
        check_no_file(&root)?;
        if let Some(open) = sessions.get(&root).and_then(Weak::upgrade) {
            open.check_plan(plan)?;
            open.session.refuse_unmerged()?;
            return Ok((open, Vec::new()));
        }
        let opened = Session::open(
            &story.folder,
            &id,
            plan,
            &story.brief.language,
            &self.inner.holder,
            owners,
            disk.clone(),
        )?;
        let open = Arc::new(OpenSession {
            session: opened.session,
            beats: plan.iter().map(|chunk| chunk.beat.clone()).collect(),
            claims: Mutex::default(),
            released: Notify::new(),
        });
        sessions.retain(|_, session| session.strong_count() > 0);
        sessions.insert(root, Arc::downgrade(&open));
        Ok((open, opened.notices))
    }
}

/// Fails where the brief of a draft was renamed: a new draft would pay for the whole story again.
fn refuse_strays(story: &StoryFile, plan: &[PlannedChunk], disk: &Disk) -> Result<(), JobError> {
    let mut strays = story.folder.strays(plan, disk)?;
    strays.retain(Stray::is_likely);
    if strays.is_empty() {
        return Ok(());
    }
    Err(JobError::Adoptable {
        brief: story.folder.brief_name().to_owned(),
        strays,
    })
}

/// Fails where a file has the name of a folder that is needed, and asks the author to move it.
pub(crate) fn check_no_file(folder: &Path) -> Result<(), JobError> {
    if folder.is_file() {
        return Err(JobError::FileInTheWay {
            path: folder.to_owned(),
        });
    }
    Ok(())
}

/// A session that this process has open for writing, and the job of each of its chunks.
pub(crate) struct OpenSession {
    pub session: Session,
    beats: Vec<BeatId>,
    claims: Mutex<Claims>,
    released: Notify,
}

#[derive(Default)]
struct Claims {
    /// The job that writes everything that remains.
    story: Option<String>,
    chunks: HashMap<ChunkNumber, String>,
}

/// The claim of a job on an outline; ends when dropped.
pub(crate) struct OutlineClaim {
    workshop: Workshop,
    brief: PathBuf,
}

impl Drop for OutlineClaim {
    fn drop(&mut self) {
        lock(&self.workshop.inner.planned).remove(&self.brief);
    }
}

/// The claim of a job on a chunk, or on the story as a whole; ends when dropped.
pub(crate) struct Claim {
    session: Arc<OpenSession>,
    chunk: Option<ChunkNumber>,
}

impl OpenSession {
    /// Checks that the outline is the one that the session was opened with, since numbers would mean other beats.
    /// The job that opened it may be about to write, though no chunk is claimed yet.
    fn check_plan(&self, plan: &[PlannedChunk]) -> Result<(), JobError> {
        let same = plan.iter().map(|chunk| &chunk.beat).eq(self.beats.iter());
        match self.writing_job() {
            _ if same => Ok(()),
            Some((number, job)) => Err(JobError::Busy {
                number,
                job: format!("{job}, with the outline as it was before your change"),
            }),
            None => Err(JobError::OtherOutline),
        }
    }

    /// Returns a job that writes in this session, with one of its chunks.
    fn writing_job(&self) -> Option<(ChunkNumber, String)> {
        let claims = lock(&self.claims);
        let story = claims.story.as_ref().map(|job| (ChunkNumber(1), job));
        let chunks = claims.chunks.iter().map(|(number, job)| (*number, job));
        let job = story.or_else(|| chunks.into_iter().next());
        job.map(|(number, job)| (number, job.clone()))
    }

    /// Claims a chunk, or with `None` the story; fails with the job that has it.
    pub fn claim(self: &Arc<Self>, chunk: Option<ChunkNumber>, job: &str) -> Result<Claim, String> {
        let mut claims = lock(&self.claims);
        let holder = match chunk {
            Some(number) => claims.chunks.get(&number),
            None => claims.story.as_ref(),
        };
        if let Some(holder) = holder {
            return Err(holder.clone());
        }
        match chunk {
            Some(number) => {
                claims.chunks.insert(number, job.to_owned());
            }
            None => claims.story = Some(job.to_owned()),
        }
        Ok(Claim {
            session: Arc::clone(self),
            chunk,
        })
    }

    /// Claims a chunk, after waiting for other jobs that have it.
    pub async fn claim_in_turn(self: &Arc<Self>, chunk: ChunkNumber, job: &str) -> Claim {
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            // Registered before looking, so that a release in between is not missed.
            released.as_mut().enable();
            if let Ok(claim) = self.claim(Some(chunk), job) {
                return claim;
            }
            released.await;
        }
    }
}

impl Claim {
    /// Tells whether it is a claim on the story as a whole.
    pub fn is_story(&self) -> bool {
        self.chunk.is_none()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = lock(&self.session.claims);
        match self.chunk {
            Some(number) => {
                claims.chunks.remove(&number);
            }
            None => claims.story = None,
        }
        drop(claims);
        self.session.released.notify_waiters();
    }
}

/// Locks a mutex. A poisoned lock's data is still whole here: every holder changes it in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::NoEditor;

    #[test]
    fn who_comes_with_another_outline_joins_no_session() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("story.md");
        let brief = "---\ntitle: Lamp\n---\n# Premise\nA keeper.\n# Outline\n## The Stair\nDown.\n";
        let workshop = Workshop::new(Environment::of(&[], None), Disk::real(), "test");
        let source = StorySource {
            brief: &path,
            workspace: None,
            editor_settings: None,
            flags: None,
        };
        let open = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let read = workshop.read_story(&source, &NoEditor).unwrap();
            let plan = read.story.plan(&read.settings);
            workshop.open_session(&read.story, None, &plan, Arc::new(NoEditor))
        };
        let longer = format!("{brief}## The Lamp\nUp.\n");
        // Nobody writes yet.
        let (first, _) = open(&longer).unwrap();
        let refused = open(brief).err();
        assert!(
            matches!(refused, Some(JobError::OtherOutline)),
            "{refused:?}"
        );
        let (again, _) = open(&longer).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let _claim = again.claim(Some(ChunkNumber(2)), "write").unwrap();
        let refused = open(brief).err();
        assert!(
            matches!(refused, Some(JobError::Busy { .. })),
            "{refused:?}"
        );
        drop((_claim, first, again));
        let (second, _) = open(brief).unwrap();
        assert_eq!(second.session.plan().len(), 1);
    }
}
