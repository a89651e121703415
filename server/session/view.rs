//! Describes the current state of a session: its chunks, what is known of each, and what is to be written
//! next. Pure.

pub(super) mod facts;
pub(super) mod gathering;
pub(super) mod matching;
pub(super) mod reading;
pub(super) mod recover;
pub(super) mod session_memory;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use super::layout::SessionId;
use super::manifest::Manifest;
use super::manifest::record::{ChunkStatus, Origin};
use super::notice::Notice;
use super::renames::Renames;
use super::shared_record::SharedRecord;
use crate::story::SharedText;
use crate::story::comments;
use crate::story::{BeatId, ChunkNumber, Digest};

/// The current state of a session, as files, journals and open editors have it.
#[derive(Debug, Clone)]
pub struct SessionView {
    pub id: SessionId,
    pub root: PathBuf,
    /// One a beat of the outline, in story order.
    pub chunks: Vec<ChunkView>,
    /// Texts that belong to no beat of the outline.
    pub orphans: Vec<Orphan>,
    pub notices: Vec<Notice>,
    /// The manifest, with what was logged since; made from the facts where there is none.
    pub manifest: Arc<Manifest>,
    /// The names that were changed since the records were made.
    pub renames: Renames,
}

/// The current state of one chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct ChunkView {
    pub number: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The path of the chunk file, which may not exist yet.
    pub path: PathBuf,
    pub status: ChunkStatus,
    /// `None` while it is missing.
    pub origin: Option<Origin>,
    /// Length in words (characters for CJK).
    pub words: u32,
    pub target_words: u32,
    /// The author changed it after it was generated.
    pub edited: bool,
    /// Whether the author locked the chunk: nothing but the author changes its text.
    pub locked: bool,
    /// The story's text, without front matter and comments, with LF line ends; empty when
    /// missing.
    pub text: SharedText,
    /// The text with the author's comments; `None` where it has none.
    pub(super) commented: Option<SharedText>,
    /// The line, from 1, where its file has a merge conflict that is not resolved. Nothing of
    /// the file is then read.
    pub conflict: Option<usize>,
    pub digest: Digest,
    /// The record of the last generated text, if there is one.
    pub record: Option<SharedRecord>,
    /// The copies of the chunk's file that a sync tool made, where the chunk has no file of its own and the
    /// author has to choose.
    pub in_conflict: Vec<PathBuf>,
}

/// A text without a beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub beat: Option<BeatId>,
    pub path: PathBuf,
    pub words: u32,
    pub kind: OrphanKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanKind {
    /// Its beat was removed from the outline.
    BeatRemoved,
    /// A second file for a beat, made by the author or by a sync tool.
    Copy,
    /// The beat is unknown.
    Unknown,
}

impl ChunkView {
    /// Returns the prose of the file, the author's comments included.
    pub fn source(&self) -> &str {
        self.commented.as_deref().unwrap_or(&self.text)
    }

    /// Takes the prose out, comments included; nothing of it is left in the view.
    pub fn take_source(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.commented.take().unwrap_or(text).to_string()
    }

    /// Returns a draft that continues this text, with the author's comments where they were.
    pub fn going_on<'a>(&self, draft: &'a str) -> Cow<'a, str> {
        let source = self.commented.as_deref().map(str::trim_end);
        match (source, draft.strip_prefix(self.text.trim_end())) {
            (Some(source), Some(rest)) => Cow::Owned(comments::go_on(source, rest)),
            _ => Cow::Borrowed(draft),
        }
    }
}

/// Names what `write` does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Write a chunk from its start.
    Write(ChunkNumber),
    /// Go on from the last words of a chunk.
    Continue(ChunkNumber),
    /// Every chunk is complete.
    Done,
}

impl SessionView {
    pub fn chunk(&self, number: ChunkNumber) -> Option<&ChunkView> {
        self.chunks.iter().find(|chunk| chunk.number == number)
    }

    /// Returns the first thing that there is to do, in story order.
    pub fn next_step(&self) -> NextStep {
        let open = |chunk: &&ChunkView| chunk.status != ChunkStatus::Complete;
        match self.chunks.iter().find(open) {
            None => NextStep::Done,
            Some(chunk) if chunk.text.is_empty() => NextStep::Write(chunk.number),
            Some(chunk) => NextStep::Continue(chunk.number),
        }
    }

    /// Returns the length of all chunks, partial ones included.
    pub fn words(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.words)).sum()
    }
}
