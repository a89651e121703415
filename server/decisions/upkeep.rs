//! Carries out an author's decisions about chunks, without a model: bring a version back, keep a stale text,
//! accept or reject a revision, lock a text.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::candidates;
use super::carrying_out::carry_out;
use crate::analysis::error::StoryError;
use crate::analysis::selection::Selection;
use crate::analysis::snapshot::StorySource;
use crate::analysis::stale::{self, CurrentInputs};
use crate::analysis::status::{ChunkOverview, StoryStatus};
use crate::analysis::story_file::StoryFile;
use crate::analysis::story_sessions;
use crate::analysis::written::Written;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{OpenSession, Workshop};
use crate::session::{ChunkStatus, ClientEdit, Disk, Lock, Owners, Saved, SessionId};
use crate::settings::Settings;
use crate::story::ChunkNumber;
use crate::story::ids::chunks;

/// A decision about chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Brings an earlier version back, counted from 1, the oldest; `None`: the last one replaced.
    Restore(Option<usize>),
    /// Keeps a stale text: it counts as fresh from now on.
    Keep,
    AcceptRevision,
    RejectRevision,
    /// Takes one of the candidates, by its number.
    TakeCandidate(u32),
    /// Turns all candidates down.
    RejectCandidates,
    /// Lets nothing but the author change the text from now on.
    Lock,
    Unlock,
}

/// The chunks that a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Named(Selection),
    /// All chunks that it applies to: the stale ones, those with a revision, the complete or the locked ones.
    All,
}

/// A decision with the story and the chunks that it is about.
#[derive(Debug, Clone)]
pub struct UpkeepRequest {
    pub brief: PathBuf,
    pub workspace: Option<PathBuf>,
    pub session: Option<SessionId>,
    pub about: About,
    pub decision: Decision,
    pub editor_settings: Option<Value>,
    /// Settings of the command line: what a chunk would be written from goes by them.
    pub flags: Map<String, Value>,
}

/// The result of a decision, as `keep --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct Decided {
    pub story: String,
    pub session: String,
    /// The command's name.
    pub decision: &'static str,
    /// The chunks for which it was carried out, as they are now.
    pub chunks: Vec<ChunkOverview>,
    /// The other chunks, with the reason for each.
    pub failed: Vec<Refused>,
    /// The result as a sentence.
    pub message: String,
}

/// A chunk for which a decision could not be carried out.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    pub chunk: ChunkNumber,
    pub message: String,
}

/// Carries out a decision, chunk by chunk; a chunk for which it fails holds up no other.
///
/// # Errors
/// As for a job that can't begin. What is said of single chunks, such as [`JobError::Busy`] for
/// one that a job is writing, is in [`Decided::failed`]; where one chunk is named, it is the error.
pub async fn decide(
    workshop: &Workshop,
    request: UpkeepRequest,
    editor: Arc<dyn Editor>,
) -> Result<Decided, JobError> {
    let work = move |workshop: &Workshop, editor| in_session(workshop, &request, editor);
    carry_out(workshop, editor, work).await
}

fn in_session(
    workshop: &Workshop,
    request: &UpkeepRequest,
    editor: Arc<dyn Editor>,
) -> Result<(Decided, Vec<ClientEdit>), JobError> {
    let source = StorySource {
        brief: &request.brief,
        workspace: request.workspace.as_deref(),
        editor_settings: request.editor_settings.as_ref(),
        flags: Some(&request.flags),
    };
    let (story, settings, _) = workshop.read_story(&source, editor.as_ref())?.usable()?;
    let plan = story.plan(&settings);
    let named = match &request.about {
        About::Named(selection) => Some(selection.resolve(&plan)?),
        About::All => None,
    };
    let disk = workshop.disk();
    match &request.session {
        // A mistyped name, or a look at what is not there, must not begin a draft.
        Some(id) => story_sessions::known(&story, id, disk)?,
        None if story.folder.current_session(disk)?.is_none() => {
            return Err(StoryError::NothingWritten(request.decision.name()).into());
        }
        None => {}
    }
    let owners = Arc::clone(&editor);
    let (open, _) = workshop.open_session(&story, request.session.as_ref(), &plan, owners)?;
    let id = open.session.id().clone();
    let look = workshop.look(&source, editor.as_ref());
    let status = || Ok::<_, JobError>(StoryStatus::clone(&*look.status(Some(&id))?));
    let decision = request.decision;
    let numbers = match &named {
        Some(numbers) => numbers.clone(),
        None => decision.all(&status()?),
    };
    let written = Written::of_session(&open.session, &story, &settings)?;
    let inside = disk.within(story.folder.root());
    let from = (editor.as_ref() as &dyn Owners, &inside);
    let deciding = Deciding::new(&open, &story, &settings, decision, (&written, from));
    let (mut done, mut as_it_is) = (Vec::new(), Vec::new());
    let (mut failed, mut edits) = (Vec::new(), Vec::new());
    for number in numbers {
        match deciding.about(number) {
            Ok(Some(saved)) => {
                done.push(number);
                edits.extend(saved.client_edits);
            }
            Ok(None) => as_it_is.push(number),
            Err(error) if named.as_ref().is_some_and(|named| named.len() == 1) => {
                return Err(error);
            }
            Err(error) => failed.push(Refused {
                chunk: number,
                message: error.to_string(),
            }),
        }
    }
    let mut status = status()?;
    let is_decided = |number: &ChunkNumber| done.contains(number) || as_it_is.contains(number);
    status.chunks.retain(|chunk| is_decided(&chunk.number));
    let decided = Decided {
        story: status.story,
        session: id.to_string(),
        decision: decision.name(),
        chunks: status.chunks,
        message: match (done.is_empty(), as_it_is.is_empty()) {
            (true, false) => decision.nothing_to_do(&as_it_is),
            _ => decision.message(&done),
        },
        failed,
    };
    Ok((decided, edits))
}

/// A decision that is being carried out.
struct Deciding<'a> {
    open: &'a Arc<OpenSession>,
    story: &'a StoryFile,
    settings: &'a Settings,
    decision: Decision,
    written: &'a Written,
    owners: &'a dyn Owners,
    disk: &'a Disk,
    /// What a kept text counts as written from; only who keeps one asks for it.
    inputs: OnceCell<CurrentInputs<'a>>,
    /// Whether each chunk is stale, in story order.
    stale: Vec<bool>,
}

impl<'a> Deciding<'a> {
    fn new(
        open: &'a Arc<OpenSession>,
        story: &'a StoryFile,
        settings: &'a Settings,
        decision: Decision,
        (written, (owners, disk)): (&'a Written, (&'a dyn Owners, &'a Disk)),
    ) -> Deciding<'a> {
        let reasons = stale::reasons(story, written, settings);
        Deciding {
            open,
            story,
            settings,
            decision,
            written,
            owners,
            disk,
            inputs: OnceCell::new(),
            stale: reasons.iter().map(|reasons| !reasons.is_empty()).collect(),
        }
    }

    /// Carries out the decision for one chunk; returns `None` where there is nothing to change.
    fn about(&self, number: ChunkNumber) -> Result<Option<Saved>, JobError> {
        let _claim = self
            .open
            .claim(Some(number), "an author's decision")
            .map_err(|job| JobError::Busy { number, job })?;
        let session = &self.open.session;
        let chunk = self.written.view.chunk(number);
        let is_locked = chunk.is_some_and(|chunk| chunk.locked);
        Ok(Some(match self.decision {
            Decision::Restore(version) => session.restore_version(number, version)?,
            Decision::Keep => return self.keep(number),
            Decision::AcceptRevision => session.accept_revision(number)?,
            Decision::RejectRevision => {
                session.reject_revision(number)?;
                Saved::default()
            }
            Decision::TakeCandidate(candidate) => self.candidates(number)?.take(candidate)?,
            Decision::RejectCandidates => {
                self.candidates(number)?.reject_all()?;
                Saved::default()
            }
            Decision::Lock if is_locked => return Ok(None),
            Decision::Lock => session.set_lock(number, Lock::Locked)?,
            Decision::Unlock if !is_locked => return Ok(None),
            Decision::Unlock => session.set_lock(number, Lock::Unlocked)?,
        }))
    }

    /// Returns what decides about the candidates of a chunk.
    fn candidates(&self, number: ChunkNumber) -> Result<candidates::Deciding<'_>, JobError> {
        let chunk = self.written.view.chunk(number);
        Ok(candidates::Deciding {
            session: &self.open.session,
            view: &self.written.view,
            chunk: chunk.ok_or(JobError::NotComplete { number })?,
            owners: self.owners,
            disk: self.disk,
        })
    }

    fn keep(&self, number: ChunkNumber) -> Result<Option<Saved>, JobError> {
        let index = (number.0 as usize).saturating_sub(1);
        let chunk = self.written.view.chunks.get(index);
        if chunk.is_none_or(|chunk| chunk.status != ChunkStatus::Complete) {
            return Err(JobError::NothingToKeep { number });
        }
        if self.stale.get(index) != Some(&true) {
            return Ok(None);
        }
        let new = || CurrentInputs::new(self.story, self.written, self.settings);
        let inputs = self.inputs.get_or_init(new).of(index);
        self.open.session.keep_chunk(number, inputs)?;
        Ok(Some(Saved::default()))
    }
}

impl Decision {
    /// Returns the name of the command in a shell.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Restore(_) => "restore",
            Decision::Keep => "keep",
            Decision::AcceptRevision | Decision::TakeCandidate(_) => "accept",
            Decision::RejectRevision | Decision::RejectCandidates => "reject",
            Decision::Lock => "lock",
            Decision::Unlock => "unlock",
        }
    }

    /// Returns the chunks that the decision applies to.
    fn all(self, status: &StoryStatus) -> Vec<ChunkNumber> {
        let is_meant = |chunk: &&ChunkOverview| match self {
            Decision::Restore(_) => chunk.has_history,
            Decision::Keep => chunk.stale,
            Decision::AcceptRevision | Decision::RejectRevision => chunk.has_revision,
            Decision::TakeCandidate(_) | Decision::RejectCandidates => !chunk.candidates.is_empty(),
            Decision::Lock => chunk.is_complete() && !chunk.locked,
            Decision::Unlock => chunk.locked,
        };
        let chunks = status.chunks.iter().filter(is_meant);
        chunks.map(|chunk| chunk.number).collect()
    }

    /// Returns a sentence about chunks for which there is nothing to change.
    fn nothing_to_do(self, numbers: &[ChunkNumber]) -> String {
        let is = if numbers.len() == 1 { "is" } else { "are" };
        let what = match self {
            Decision::Lock => "locked already",
            Decision::Unlock => "not locked",
            _ => "not stale, so there is nothing to keep",
        };
        format!("{} {is} {what}", chunks(numbers))
    }

    /// Returns a sentence about the chunks for which it was carried out.
    fn message(self, done: &[ChunkNumber]) -> String {
        let names = chunks(done);
        let several = done.len() > 1;
        let is = if several { "are" } else { "is" };
        let text = if several { "the texts" } else { "the text" };
        match (self, done) {
            (Decision::Keep, []) => "no chunk is stale, so there is nothing to keep".to_owned(),
            (Decision::AcceptRevision | Decision::RejectRevision, []) => {
                "no revision waits".to_owned()
            }
            (Decision::Lock, []) => "there is no complete chunk that is not locked".to_owned(),
            (Decision::Unlock, []) => "no chunk is locked".to_owned(),
            (Decision::Restore(_), []) => "no chunk has an earlier version".to_owned(),
            (Decision::Restore(_), _) => format!(
                "{names} {is} back to an earlier version; {text} that it replaces is in history/"
            ),
            (Decision::Keep, [_]) => format!("{names} is kept as it is and no longer stale"),
            (Decision::Keep, _) => format!("{names} are kept as they are and no longer stale"),
            (Decision::AcceptRevision, [_]) => {
                format!("the revision is {names} now; the text that it replaces is in history/")
            }
            (Decision::AcceptRevision, _) => format!(
                "the revisions are {names} now; the texts that they replace are in history/"
            ),
            (Decision::RejectRevision, [_]) => {
                format!("{names} stays; the rejected revision is in history/")
            }
            (Decision::RejectRevision, _) => {
                format!("{names} stay; the rejected revisions are in history/")
            }
            (Decision::TakeCandidate(_) | Decision::RejectCandidates, []) => {
                "no chunk has candidates".to_owned()
            }
            (Decision::TakeCandidate(candidate), _) => format!(
                "candidate {candidate} is {names} now; {text} that it replaces and the other candidates are in history/"
            ),
            (Decision::RejectCandidates, _) => {
                format!("{names} stays as it is; the candidates are in history/")
            }
            (Decision::Lock, _) => {
                format!(
                    "{names} {is} locked: nothing but you changes {text} until `storywright unlock`"
                )
            }
            (Decision::Unlock, _) => format!("{names} {is} unlocked"),
        }
    }
}
