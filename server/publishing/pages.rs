//! Makes markdown documents about a story for an editor to show, and writes them into `.work/` for one that shows
//! files alone.

use std::path::PathBuf;

use crate::analysis::error::StoryError;
use crate::analysis::selection::ChunkRef;
use crate::analysis::snapshots::Look;
use crate::analysis::story_file::StoryFile;
use crate::session::{Disk, SessionId, StoreError, make_work_folder};
use crate::story::ChunkNumber;

/// Names a document about a draft: the one that is named, else the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub subject: Subject,
    pub session: Option<SessionId>,
}

/// Says what a document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The prompt of a chunk.
    Prompt(ChunkNumber),
    /// What changed in a chunk since one of its versions, counted from 1.
    Changes(ChunkNumber, usize),
    /// One of the versions of a chunk, counted from 1, as the chunk's file would be with it.
    Version(ChunkNumber, usize),
    /// The threads of the story.
    Threads,
    /// The candidates of a chunk.
    Candidates(ChunkNumber),
}

impl Subject {
    /// Returns the chunk that the document is about, where it is about one.
    pub fn chunk(self) -> Option<ChunkNumber> {
        match self {
            Subject::Prompt(chunk)
            | Subject::Changes(chunk, _)
            | Subject::Version(chunk, _)
            | Subject::Candidates(chunk) => Some(chunk),
            Subject::Threads => None,
        }
    }
}

impl Page {
    /// Returns the name of the document's file beside a brief of that name: `story-chunk_03.md`.
    pub fn file_name(&self, brief_name: &str) -> String {
        let brief = brief_name.trim_end_matches(".md");
        match self.subject {
            Subject::Prompt(chunk) => format!("{brief}-chunk_{:02}.md", chunk.0),
            Subject::Changes(chunk, version) => {
                format!("{brief}-chunk_{:02}-version_{version}.md", chunk.0)
            }
            Subject::Version(chunk, version) => {
                format!("{brief}-chunk_{:02}-version_{version}-text.md", chunk.0)
            }
            Subject::Threads => format!("{brief}-threads.md"),
            Subject::Candidates(chunk) => format!("{brief}-chunk_{:02}-candidates.md", chunk.0),
        }
    }

    /// Returns the text of the document as it is now. Writes nothing.
    ///
    /// # Errors
    /// As the look at what it shows.
    pub fn text(&self, look: &Look<'_>) -> Result<String, StoryError> {
        let session = self.session.as_ref();
        match self.subject {
            Subject::Prompt(chunk) => {
                let found = look.explanation(session, Some(&ChunkRef::Number(chunk)))?;
                Ok(found.markdown())
            }
            Subject::Changes(chunk, version) => {
                let found = look.comparison(session, &ChunkRef::Number(chunk), Some(version))?;
                Ok(found.markdown())
            }
            Subject::Version(chunk, version) => {
                look.version_as_file(session, &ChunkRef::Number(chunk), version)
            }
            Subject::Threads => Ok(look.ledger(session)?.markdown()),
            Subject::Candidates(chunk) => {
                let found = look.candidates(session, &ChunkRef::Number(chunk))?;
                Ok(found.markdown())
            }
        }
    }

    /// Writes the document with a text; returns its path.
    ///
    /// # Errors
    /// Where the story's folder can't be written, or leads out of the workspace.
    pub fn save(&self, text: &str, story: &StoryFile, disk: &Disk) -> Result<PathBuf, StoreError> {
        let disk = &disk.within(story.folder.root());
        let session = match &self.session {
            Some(id) => Some(id.clone()),
            None => story.folder.current_session(disk)?,
        };
        let work = match &session {
            Some(id) => story.folder.session_work(id),
            None => story.folder.work(),
        };
        make_work_folder(&work, disk)?;
        let folder = story.folder.explain_pages(session.as_ref());
        disk.make_folder(&folder)?;
        let path = folder.join(self.file_name(story.folder.brief_name()));
        disk.write(&path, text.as_bytes())?;
        Ok(path)
    }
}
