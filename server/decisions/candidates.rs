//! Carries out what an author decides about the candidates of a chunk: one takes the place of its text, or all are turned
//! down.
//!
//! Each goes by way of a proposed revision, so that whatever happens at any instant it is in its file, in revisions/ or
//! in history/. A file is removed last of all.

use crate::analysis::candidate_files::{self as candidates, CandidateFile};
use crate::jobs::run::error::JobError;
use crate::session::{
    ChunkView, Disk, Owners, Proposed, Revision, Saved, Session, SessionView, StoreError,
};
use crate::story::ChunkNumber;

/// The candidates of a chunk, in the session that a decision is about.
pub struct Deciding<'a> {
    pub session: &'a Session,
    pub view: &'a SessionView,
    pub chunk: &'a ChunkView,
    pub owners: &'a dyn Owners,
    pub disk: &'a Disk,
}

impl Deciding<'_> {
    /// Takes a candidate: it becomes the chunk; the text that it replaces and the other candidates go to history.
    ///
    /// # Errors
    /// [`JobError::NoCandidate`]; a chunk that is locked; a revision of the author's that waits.
    pub fn take(&self, candidate: u32) -> Result<Saved, JobError> {
        let number = self.chunk.number;
        let mut there = self.there()?;
        let at = there.iter().position(|it| it.number == candidate);
        let taken = match at {
            Some(at) => there.remove(at),
            None => return Err(self.no_candidate(Some(candidate), &there)),
        };
        if self.chunk.locked {
            return Err(StoreError::ChunkLocked { number }.into());
        }
        // First, so that the last version in history is the text that is replaced.
        for other in &there {
            self.turn_down(other)?;
        }
        self.propose(&taken)?;
        let saved = self.session.accept_revision(number)?;
        if !taken.made.inputs.is_empty() {
            // What it was written from is what it is held against from now on.
            self.session.keep_chunk(number, taken.made.inputs.clone())?;
        }
        self.remove(&taken)?;
        Ok(saved)
    }

    /// Turns all candidates down: they go to history.
    ///
    /// # Errors
    /// [`JobError::NoCandidate`] where there is none; a revision of the author's that waits.
    pub fn reject_all(&self) -> Result<(), JobError> {
        let there = self.there()?;
        if there.is_empty() {
            return Err(self.no_candidate(None, &there));
        }
        there.iter().try_for_each(|it| self.turn_down(it))
    }

    fn there(&self) -> Result<Vec<CandidateFile>, JobError> {
        Ok(candidates::read(
            self.view,
            self.chunk,
            self.owners,
            self.disk,
        )?)
    }

    fn no_candidate(&self, candidate: Option<u32>, there: &[CandidateFile]) -> JobError {
        JobError::NoCandidate {
            number: self.chunk.number,
            candidate,
            there: there.iter().map(|it| it.number).collect(),
        }
    }

    fn turn_down(&self, candidate: &CandidateFile) -> Result<(), JobError> {
        self.propose(candidate)?;
        self.session.reject_revision(self.chunk.number)?;
        self.remove(candidate)
    }

    /// Puts a candidate where revisions wait.
    fn propose(&self, candidate: &CandidateFile) -> Result<(), JobError> {
        let number: ChunkNumber = self.chunk.number;
        let revision = Revision {
            number,
            of: candidate
                .of
                .clone()
                .unwrap_or_else(|| self.chunk.digest.clone()),
            prose: candidate.prose.clone(),
        };
        match self.session.propose_revision(&revision)? {
            Proposed::Waits(_) => Ok(()),
            Proposed::Aside(_) => Err(JobError::RevisionInTheWay { number }),
        }
    }

    fn remove(&self, candidate: &CandidateFile) -> Result<(), JobError> {
        let disk = self.disk;
        disk.remove(&candidate.path)?;
        Ok(disk.remove(&candidate.path.with_extension("json"))?)
    }
}
