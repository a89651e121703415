//! Keeps the snapshots of stories, where cli and lsp ask all questions; each answer is kept until something
//! changes that it was read from.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::chunk_files::ChunkFiles;
use super::error::StoryError;
use super::explain::Explanation;
use super::findings::{self, Findings};
use super::index::{MentionMemory, StoryIndex};
use super::inputs::{Inputs, Memo};
use super::ledger::Ledger;
use super::selection::ChunkRef;
use super::session_snapshot::SessionSnapshot;
use super::sessions::{self, Sessions};
use super::snapshot::{StorySnapshot, StorySource};
use super::stale::StaleMemory;
use super::status::{Edits, StoryStatus};
use super::versions::{self, Comparison, Versions};
use super::written::Written;
use crate::session::{Disk, Owners, SessionId, SessionMemory};
use crate::settings::environment::Environment;

/// The number of stories, and of sessions of each, that are remembered.
const REMEMBERED: usize = 8;

/// The kept answers about stories.
pub struct Snapshots {
    environment: Environment,
    disk: Disk,
    stories: Recent<Story>,
}

/// The kept answers about one story under one choice of settings.
#[derive(Default)]
struct Story {
    source: Source,
    snapshot: Memo<StorySnapshot>,
    sessions: Recent<Kept>,
}

/// The kept answers about one session.
#[derive(Default)]
struct Kept {
    /// `None` for the current one, whichever that is.
    id: Option<SessionId>,
    snapshot: Memo<SessionSnapshot>,
    read: Mutex<SessionMemory>,
    stale: Arc<StaleMemory>,
    status: Memo<StoryStatus>,
    findings: Memo<Findings>,
    files: Mutex<ChunkFiles>,
    index: Memo<StoryIndex>,
    mentions: Mutex<MentionMemory>,
}

/// Keeps the few things that were asked for last; the latest is the last.
struct Recent<T>(Mutex<Vec<Arc<T>>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Recent(Mutex::default())
    }
}

impl<T> Recent<T> {
    /// Returns the one for which `is_it` holds; else makes it, and forgets the one that was not asked for the
    /// longest.
    fn get(&self, is_it: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = lock(&self.0);
        let known = kept.iter().position(|one| is_it(one));
        let found = match known {
            Some(at) => kept.remove(at),
            None => Arc::new(make()),
        };
        if kept.len() >= REMEMBERED {
            kept.remove(0);
        }
        kept.push(Arc::clone(&found));
        found
    }
}

/// An owned [`StorySource`].
#[derive(Debug, Default, PartialEq)]
struct Source {
    brief: PathBuf,
    workspace: Option<PathBuf>,
    editor_settings: Option<Value>,
    flags: Option<Map<String, Value>>,
}

impl Snapshots {
    pub fn new(environment: Environment, disk: Disk) -> Snapshots {
        Snapshots {
            environment,
            disk,
            stories: Recent::default(),
        }
    }

    /// Begins a look at a story, the texts of open files as `owners` have them.
    pub fn look<'a>(&'a self, source: &StorySource<'_>, owners: &'a dyn Owners) -> Look<'a> {
        Look {
            snapshots: self,
            owners,
            story: self.story(source),
        }
    }

    fn story(&self, source: &StorySource<'_>) -> Arc<Story> {
        let make = || Story {
            source: Source::of(source),
            ..Story::default()
        };
        self.stories.get(|story| story.source.is(source), make)
    }
}

impl Source {
    fn of(source: &StorySource<'_>) -> Source {
        Source {
            brief: source.brief.to_owned(),
            workspace: source.workspace.map(ToOwned::to_owned),
            editor_settings: source.editor_settings.cloned(),
            flags: source.flags.cloned(),
        }
    }

    fn as_source(&self) -> StorySource<'_> {
        StorySource {
            brief: &self.brief,
            workspace: self.workspace.as_deref(),
            editor_settings: self.editor_settings.as_ref(),
            flags: self.flags.as_ref(),
        }
    }

    fn is(&self, source: &StorySource<'_>) -> bool {
        self.brief == source.brief
            && self.workspace.as_deref() == source.workspace
            && self.editor_settings.as_ref() == source.editor_settings
            && self.flags.as_ref() == source.flags
    }
}

/// Answers questions about one story. Nothing here writes or asks a model; every call may block on the file
/// system.
pub struct Look<'a> {
    snapshots: &'a Snapshots,
    owners: &'a dyn Owners,
    story: Arc<Story>,
}

impl Look<'_> {
    /// Returns the brief with the settings in force.
    ///
    /// # Errors
    /// As [`StorySnapshot::read`].
    pub fn story(&self) -> Result<Arc<StorySnapshot>, StoryError> {
        Ok(self.noted_story()?.1)
    }

    /// Returns a session with the states of its chunks; one that does not exist has no chunk of text.
    ///
    /// # Errors
    /// Where the brief or the session can't be read.
    pub fn session(&self, session: &SessionId) -> Result<Arc<SessionSnapshot>, StoryError> {
        Ok(self.noted_session(session)?.1)
    }

    /// Returns the progress of a session: the one that is named, else the current one.
    ///
    /// # Errors
    /// As [`Look::session`]; a brief with an unresolved merge conflict.
    pub fn status(&self, wanted: Option<&SessionId>) -> Result<Arc<StoryStatus>, StoryError> {
        let found = self.kept(wanted).status.get(self.owners, |inputs| {
            self.find_status(wanted, Edits::Noted, inputs)
        });
        Ok(found?.1)
    }

    /// Returns the progress with the author's changes of each chunk.
    ///
    /// # Errors
    /// As [`Look::status`].
    pub fn compared_status(&self, wanted: Option<&SessionId>) -> Result<StoryStatus, StoryError> {
        self.find_status(wanted, Edits::Compared, &Inputs::default())
    }

    /// Returns the findings about the chunk files of a session: the one that is named, else the current one.
    ///
    /// # Errors
    /// As [`Look::session`].
    pub fn findings(&self, wanted: Option<&SessionId>) -> Result<Arc<Findings>, StoryError> {
        let kept = self.kept(wanted);
        let found = kept.findings.get(self.owners, |inputs| {
            let (owners, disk) = (inputs.owners(self.owners), inputs.disk(self.disk()));
            match self.wanted_session(wanted, inputs)? {
                (read, None) => Ok(findings::of_nothing(&read)),
                (_, Some(session)) => {
                    findings::of_session(&session, &owners, &disk, &mut lock(&kept.files))
                }
            }
        });
        Ok(found?.1)
    }

    /// Returns the threads of the story: in the session that is named, else in the current one.
    ///
    /// # Errors
    /// As [`Look::session`].
    pub fn ledger(&self, wanted: Option<&SessionId>) -> Result<Ledger, StoryError> {
        let (read, session) = self.wanted_session(wanted, &Inputs::default())?;
        Ok(Ledger::of(&read, session.as_deref()))
    }

    /// Returns where the texts of a session stand and whom they name: of the one that is named, else of the current
    /// one.
    ///
    /// # Errors
    /// As [`Look::session`].
    pub fn index(&self, wanted: Option<&SessionId>) -> Result<Arc<StoryIndex>, StoryError> {
        let kept = self.kept(wanted);
        let found = kept.index.get(self.owners, |inputs| {
            let (owners, disk) = (inputs.owners(self.owners), inputs.disk(self.disk()));
            let (read, session) = self.wanted_session(wanted, inputs)?;
            StoryIndex::read(read, session, &owners, &disk, &mut lock(&kept.mentions))
        });
        Ok(found?.1)
    }

    /// Returns the prompt of a chunk, as [`Explanation::of_session`].
    ///
    /// # Errors
    /// As [`Explanation::of_session`] and [`Look::session`].
    pub fn explanation(
        &self,
        wanted: Option<&SessionId>,
        chunk: Option<&ChunkRef>,
    ) -> Result<Explanation, StoryError> {
        let (read, disk) = (self.story()?, self.disk());
        read.story.check()?;
        let folder = &read.story.folder;
        let session = match wanted {
            Some(id) => id.clone(),
            None => match folder.current_session(disk)? {
                Some(id) => id,
                // Nothing is written yet, and nothing is: a draft that is not there is empty.
                None => folder.new_session_id(&read.story.brief.title, disk)?,
            },
        };
        Explanation::of_session(&*self.session(&session)?, chunk, disk)
    }

    /// Lists the sessions of the story.
    ///
    /// # Errors
    /// As [`Look::status`].
    pub fn sessions(&self) -> Result<Sessions, StoryError> {
        let status = |id: &SessionId| self.status(Some(id));
        sessions::list(&*self.story()?, self.disk(), status)
    }

    /// Lists the earlier versions of a chunk.
    ///
    /// # Errors
    /// A chunk that there is none of; [`StoryError::NothingWritten`] where there is no session.
    pub fn versions(
        &self,
        wanted: Option<&SessionId>,
        chunk: &ChunkRef,
    ) -> Result<Versions, StoryError> {
        let snapshot = self.written_session(wanted, chunk, "versions")?;
        versions::list(&snapshot, chunk, self.disk())
    }

    /// Compares a version of a chunk, counted from 1, with its text; `None`: the one that was replaced last.
    ///
    /// # Errors
    /// As [`Look::versions`]; [`StoreError::NoVersion`](crate::session::StoreError::NoVersion) where there is
    /// no such version.
    pub fn comparison(
        &self,
        wanted: Option<&SessionId>,
        chunk: &ChunkRef,
        version: Option<usize>,
    ) -> Result<Comparison, StoryError> {
        let snapshot = self.written_session(wanted, chunk, "diff")?;
        versions::compare(&snapshot, chunk, version, self.disk())
    }

    /// Returns a version of a chunk, counted from 1, as the chunk's file would be with it.
    ///
    /// # Errors
    /// As [`Look::comparison`].
    pub fn version_as_file(
        &self,
        wanted: Option<&SessionId>,
        chunk: &ChunkRef,
        version: usize,
    ) -> Result<String, StoryError> {
        let snapshot = self.written_session(wanted, chunk, "diff")?;
        versions::as_file(&snapshot, chunk, version, self.disk())
    }

    pub(super) fn owners(&self) -> &dyn Owners {
        self.owners
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.snapshots.disk
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.snapshots.environment
    }

    pub(super) fn source(&self) -> StorySource<'_> {
        self.story.source.as_source()
    }

    fn noted_story(&self) -> Result<(Arc<Inputs>, Arc<StorySnapshot>), StoryError> {
        self.story.snapshot.get(self.owners, |inputs| {
            let owners = inputs.owners(self.owners);
            let environment = &self.snapshots.environment;
            let source = self.story.source.as_source();
            StorySnapshot::read(environment, &source, &owners, inputs.files())
        })
    }

    fn noted_session(
        &self,
        session: &SessionId,
    ) -> Result<(Arc<Inputs>, Arc<SessionSnapshot>), StoryError> {
        let kept = self.kept(Some(session));
        kept.snapshot.get(self.owners, |inputs| {
            let read = self.story_for(inputs)?;
            let plan = read.story.plan(&read.settings);
            let (owners, disk) = (inputs.owners(self.owners), inputs.disk(self.disk()));
            let (story, settings) = (&read.story, &read.settings);
            let mut memory = lock(&kept.read);
            let from = (&disk, &mut *memory);
            let written = Written::read_again(story, session, &plan, settings, &owners, from)?;
            let before = Arc::clone(&kept.stale);
            Ok(SessionSnapshot::new(
                read,
                plan,
                session.clone(),
                written,
                before,
            ))
        })
    }

    /// Returns the story for another answer, which then depends on it.
    fn story_for(&self, inputs: &Inputs) -> Result<Arc<StorySnapshot>, StoryError> {
        let (noted, story) = self.noted_story()?;
        inputs.add(noted);
        Ok(story)
    }

    /// Returns a session for another answer, which then depends on it.
    fn session_for(
        &self,
        session: &SessionId,
        inputs: &Inputs,
    ) -> Result<Arc<SessionSnapshot>, StoryError> {
        let (noted, snapshot) = self.noted_session(session)?;
        inputs.add(noted);
        Ok(snapshot)
    }

    /// Returns the kept answers about a session.
    fn kept(&self, wanted: Option<&SessionId>) -> Arc<Kept> {
        let make = || Kept {
            id: wanted.cloned(),
            ..Kept::default()
        };
        let is_it = |kept: &Kept| kept.id.as_ref() == wanted;
        self.story.sessions.get(is_it, make)
    }

    /// Returns the story and the session that is named, else the current one, for another answer; no session
    /// before the first word is written.
    fn wanted_session(
        &self,
        wanted: Option<&SessionId>,
        inputs: &Inputs,
    ) -> Result<(Arc<StorySnapshot>, Option<Arc<SessionSnapshot>>), StoryError> {
        let read = self.story_for(inputs)?;
        let session = match wanted {
            Some(id) => Some(id.clone()),
            None => {
                let disk = inputs.disk(self.disk());
                read.story.folder.current_session(&disk)?
            }
        };
        let session = session
            .map(|id| self.session_for(&id, inputs))
            .transpose()?;
        Ok((read, session))
    }

    fn find_status(
        &self,
        wanted: Option<&SessionId>,
        edits: Edits,
        inputs: &Inputs,
    ) -> Result<StoryStatus, StoryError> {
        let read = self.story_for(inputs)?;
        let disk = inputs.disk(self.disk());
        match StoryStatus::session_of(&read.story, wanted, &disk)? {
            Some(session) => {
                StoryStatus::of_session(&*self.session_for(&session, inputs)?, edits, &disk)
            }
            None => StoryStatus::of_nothing(&read, wanted.is_none(), &disk),
        }
    }

    /// Returns the session that has a chunk's earlier versions.
    fn written_session(
        &self,
        wanted: Option<&SessionId>,
        chunk: &ChunkRef,
        doing: &'static str,
    ) -> Result<Arc<SessionSnapshot>, StoryError> {
        let (read, disk) = (self.story()?, self.disk());
        chunk.resolve(&read.story.plan(&read.settings))?;
        let session = match wanted {
            Some(id) => {
                super::story_sessions::known(&read.story, id, disk)?;
                id.clone()
            }
            None => {
                let current = read.story.folder.current_session(disk)?;
                current.ok_or(StoryError::NothingWritten(doing))?
            }
        };
        self.session(&session)
    }
}

/// Locks what is kept. That of a poisoned lock is still whole: each holder changes it in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
