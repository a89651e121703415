//! The editor as jobs see it: which files are open in it, and how text gets into an open file.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use crate::session::{ClientEdit, NoEditor, Owners};
use crate::story::{BeatId, ChunkNumber};

/// An editor that may have files open.
#[async_trait]
pub trait Editor: Owners {
    /// Opens a stream that shows the prose of a chunk in its file while it is written. Costs nothing when the
    /// file is not open, and follows when it is opened or closed meanwhile.
    fn stream(&self, chunk: &StreamTarget<'_>) -> Box<dyn BufferStream>;

    /// Changes an open file to a new text, by the smallest edit. Bounded in time.
    ///
    /// # Errors
    /// [`BufferStop::AuthorEdited`] when the file has changes of the author's: it is left alone.
    /// [`BufferStop::Unresponsive`] when the editor did not take the edit in time.
    async fn replace(&self, edit: &ClientEdit) -> Result<(), BufferStop>;
}

/// The chunk that a stream shows.
#[derive(Clone)]
pub struct StreamTarget<'a> {
    pub path: &'a Path,
    pub number: ChunkNumber,
    pub beat: &'a BeatId,
    /// The prose that the job continues; empty for a new one. Text grows at its end, which follows the
    /// author's edits from the beginning of the stream.
    pub begins: &'a str,
    /// The prose that is to be replaced, when a chunk is rewritten. The author may edit it until then.
    pub replaces: Option<&'a str>,
    pub keep: KeepReplaced,
}

/// Puts the prose that a stream is about to replace into history, if it is not there yet; returns whether it
/// is safe now.
pub type KeepReplaced = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// A stream of one chunk's prose into its open file. The text is safe on disk before it is shown.
#[async_trait]
pub trait BufferStream: Send {
    /// Changes the open file to end with `prose`, the whole prose so far.
    ///
    /// # Errors
    /// [`BufferStop::AuthorEdited`] when the author typed where the text grows: the stream has
    /// to stop there. [`BufferStop::Unresponsive`] when the editor did not take the edit in
    /// time: the text is in the journal, and a later call tries again.
    async fn show(&mut self, prose: &str, finished: bool) -> Result<(), BufferStop>;

    /// Waits until the editor shows the last text, or does not take it. Bounded in time.
    async fn close(&mut self);
}

/// A stream of text into one place of an open document, and nothing else of it.
#[async_trait]
pub trait PlaceStream: BufferStream + Sync {
    /// Waits until the author changes that place, or closes the document; else for ever.
    async fn touched(&mut self);
}

/// The reason why text could not be put into an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BufferStop {
    #[error("it has changes that are not saved")]
    AuthorEdited,
    #[error("the editor did not take the edit")]
    Unresponsive,
    #[error("this editor does not let a server change open files")]
    CannotEdit(Hint),
}

/// The history of hints about a file: whether the author was told before that it can't be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    New,
    GivenBefore,
}

#[async_trait]
impl Editor for NoEditor {
    fn stream(&self, _chunk: &StreamTarget<'_>) -> Box<dyn BufferStream> {
        Box::new(ClosedBuffer)
    }

    async fn replace(&self, _edit: &ClientEdit) -> Result<(), BufferStop> {
        Ok(())
    }
}

/// The stream for a file that no editor shows.
struct ClosedBuffer;

#[async_trait]
impl BufferStream for ClosedBuffer {
    async fn show(&mut self, _prose: &str, _finished: bool) -> Result<(), BufferStop> {
        Ok(())
    }

    async fn close(&mut self) {}
}
