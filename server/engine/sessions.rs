//! Several drafts of one story: which there are, a new one, and which one `write` goes on with.
//!
//! The choice is kept in `generated/.current.json`, a file for git like the rest. Without it, or
//! without the session that it names, the newest session is the current one; so nothing that
//! is lost there loses more than a choice.

use std::sync::Arc;

use serde::Serialize;

use super::error::{JobError, offer};
use super::settings::Settings;
use super::status::StoryStatus;
use super::story_file::StoryFile;
use super::workshop::{Workshop, check_no_file};
use crate::session::{ChunkStatus, Disk, Owners, SessionId, StoreError, Stray};
use crate::story::counted::counted;

/// All sessions of a story, as `status --all --json` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Sessions {
    pub story: String,
    pub brief: String,
    /// The one that `write` goes on with.
    pub current: Option<String>,
    /// Oldest first.
    pub sessions: Vec<SessionState>,
    /// Drafts whose brief is gone and whose beats are this story's, while it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adoptable: Vec<String>,
    /// A sentence about them.
    #[serde(skip)]
    pub offer: Option<String>,
    /// "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
}

/// How far a session is.
#[derive(Debug, Clone, Serialize)]
pub struct SessionState {
    pub session: String,
    pub current: bool,
    pub words: u32,
    pub target_words: u32,
    pub chunks: usize,
    pub complete: usize,
    pub partial: usize,
    pub failed: usize,
    pub missing: usize,
    pub stale: usize,
    pub edited: usize,
}

/// Looks at every session of a story. Writes nothing.
pub fn list(
    story: &StoryFile,
    settings: &Settings,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<Sessions, JobError> {
    let current = story.folder.current_session(disk)?;
    let mut sessions = Vec::new();
    for id in story.folder.sessions(disk)? {
        let status = StoryStatus::read(story, settings, Some(&id), owners, disk)?;
        sessions.push(SessionState::of(
            &id,
            current.as_ref() == Some(&id),
            &status,
        ));
    }
    let adoptable = match sessions.is_empty() {
        true => adoptable(story, settings, disk)?,
        false => None,
    };
    let (adoptable, offer) = adoptable.unzip();
    Ok(Sessions {
        adoptable: adoptable.unwrap_or_default(),
        offer,
        story: story.brief.title.clone(),
        brief: story.folder.brief_name().to_owned(),
        current: current.as_ref().map(ToString::to_string),
        sessions,
        unit: story.brief.language.unit(),
    })
}

/// Begins a draft and makes it the current one; without a name it gets the next number. Nothing
/// is written into it yet. Blocks on the file system.
///
/// # Errors
/// [`JobError::SessionExists`] where something of the name is there.
pub fn create(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    name: Option<&SessionId>,
    owners: Arc<dyn Owners>,
) -> Result<SessionId, JobError> {
    let disk = workshop.disk().within(story.folder.root());
    let generated = story.folder.generated();
    check_no_file(&generated)?;
    disk.make_folder(&generated)?;
    // Two that begin a draft at the same moment get one each.
    let id = loop {
        let id = match name {
            Some(name) => name.clone(),
            None => story.folder.untaken_session_id(&story.brief.title, &disk)?,
        };
        if disk.make_new_folder(&story.folder.session_root(&id))? {
            break id;
        }
        if name.is_some() {
            return Err(JobError::SessionExists(id));
        }
    };
    workshop.open_session(story, Some(&id), &story.plan(settings), owners)?;
    story.folder.switch_session(&id, &disk)?;
    Ok(id)
}

/// Makes a session the one that `write` goes on with.
///
/// # Errors
/// [`StoreError::NoSession`] where this story has no such session.
pub fn switch(story: &StoryFile, id: &SessionId, disk: &Disk) -> Result<(), JobError> {
    Ok(story.folder.switch_session(id, disk)?)
}

/// Makes a draft whose brief is gone one of this story, and the current one. Without a name it is
/// the one whose beats are this story's. Blocks on the file system.
///
/// # Errors
/// [`JobError::NothingToAdopt`] where there is none, [`JobError::Adoptable`] where there are
/// several, [`StoreError::NoSession`] where the named one is none whose brief is gone.
pub fn adopt(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    name: Option<&SessionId>,
    owners: Arc<dyn Owners>,
) -> Result<SessionId, JobError> {
    let disk = workshop.disk();
    let plan = story.plan(settings);
    let brief = || story.folder.brief_name().to_owned();
    let mut strays = story.folder.strays(&plan, disk)?;
    strays.retain(|stray| name.map_or(stray.is_likely(), |name| &stray.session == name));
    let id = match (strays.as_slice(), name) {
        ([stray], _) => stray.session.clone(),
        ([], None) => return Err(JobError::NothingToAdopt(brief())),
        ([], Some(name)) => {
            return Err(StoreError::NoSession {
                id: name.to_string(),
                generated: story.folder.generated(),
            }
            .into());
        }
        _ => {
            let brief = brief();
            return Err(JobError::Adoptable { brief, strays });
        }
    };
    let (open, _) = workshop.open_session(story, Some(&id), &plan, owners)?;
    open.session.adopt()?;
    let _ = open.session.update_index();
    story.folder.switch_session(&id, disk)?;
    Ok(id)
}

/// Brings the drafts of a brief that was renamed in its folder to its new name. Blocks.
///
/// # Errors
/// Where a draft can't be read or written; the others are brought over all the same at the next
/// try, by [`adopt`].
pub fn follow_rename(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    former: &str,
    owners: &Arc<dyn Owners>,
) -> Result<Vec<SessionId>, JobError> {
    let disk = workshop.disk();
    let plan = story.plan(settings);
    let chosen = story.folder.chosen_session(former, disk)?;
    let mut adopted = Vec::new();
    for stray in story.folder.strays(&plan, disk)? {
        if stray.former_brief != former {
            continue;
        }
        let id = stray.session;
        let (open, _) = workshop.open_session(story, Some(&id), &plan, Arc::clone(owners))?;
        open.session.adopt()?;
        let _ = open.session.update_index();
        adopted.push(id);
    }
    if let Some(chosen) = chosen.filter(|chosen| adopted.contains(chosen)) {
        story.folder.switch_session(&chosen, disk)?;
    }
    Ok(adopted)
}

/// The drafts that a story without one may go on with, and a sentence about them.
pub(super) fn adoptable(
    story: &StoryFile,
    settings: &Settings,
    disk: &Disk,
) -> Result<Option<(Vec<String>, String)>, StoreError> {
    let mut strays = story.folder.strays(&story.plan(settings), disk)?;
    strays.retain(Stray::is_likely);
    if strays.is_empty() {
        return Ok(None);
    }
    let ids = strays.iter().map(|stray| stray.session.to_string());
    let told = offer(story.folder.brief_name(), &strays);
    Ok(Some((ids.collect(), told)))
}

/// # Errors
/// [`StoreError::NoSession`] where there is nothing of that name, [`StoreError::Outside`] where
/// it would be elsewhere.
pub(super) fn known(story: &StoryFile, id: &SessionId, disk: &Disk) -> Result<(), JobError> {
    let (generated, root) = (story.folder.generated(), story.folder.root());
    if let Some(real) = disk.resolve(&generated)?
        && !real.starts_with(root)
    {
        let (path, root) = (generated, root.to_owned());
        return Err(StoreError::Outside { path, root }.into());
    }
    match disk.metadata(&story.folder.session_root(id))? {
        Some(_) => Ok(()),
        None => Err(StoreError::NoSession {
            id: id.to_string(),
            generated: story.folder.generated(),
        }
        .into()),
    }
}

impl SessionState {
    fn of(id: &SessionId, current: bool, status: &StoryStatus) -> SessionState {
        let count = |wanted| {
            let chunks = status.chunks.iter();
            chunks.filter(|chunk| chunk.status == wanted).count()
        };
        SessionState {
            session: id.to_string(),
            current,
            words: status.words,
            target_words: status.target_words,
            chunks: status.chunks.len(),
            complete: count(ChunkStatus::Complete),
            partial: count(ChunkStatus::Partial),
            failed: count(ChunkStatus::Failed),
            missing: count(ChunkStatus::Missing),
            stale: status.chunks.iter().filter(|chunk| chunk.stale).count(),
            edited: status.chunks.iter().filter(|chunk| chunk.edited).count(),
        }
    }

    /// A line for people.
    fn line(&self, unit: &str) -> String {
        let mut line = format!(
            "{} {}: {} complete, {} of {} {unit}",
            if self.current { "*" } else { " " },
            self.session,
            counted(format!("{} of {}", self.complete, self.chunks), "chunk"),
            self.words,
            self.target_words
        );
        for (count, what) in [
            (self.partial, "partial"),
            (self.failed, "failed"),
            (self.stale, "stale"),
            (self.edited, "edited"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {what}"));
            }
        }
        line
    }
}

impl Sessions {
    /// For people: one line a session, the current one marked.
    pub fn table(&self) -> String {
        if let Some(offer) = &self.offer {
            return format!("{}: {offer}", self.story);
        }
        if self.sessions.is_empty() {
            return format!(
                "{}: nothing is written yet; `storywright write` begins",
                self.story
            );
        }
        let lines = self.sessions.iter().map(|session| session.line(self.unit));
        let lines: Vec<String> = lines.collect();
        format!("{}\n{}", self.story, lines.join("\n"))
    }
}
