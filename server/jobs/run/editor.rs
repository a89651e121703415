//! The editor as the engine sees it: who holds the truth of a file, and how text gets into a
//! file that is open.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use crate::session::{ClientEdit, NoEditor, Owners};
use crate::story::{BeatId, ChunkNumber};

/// An editor in which files may be open.
#[async_trait]
pub trait Editor: Owners {
    /// A page on which the prose of a chunk is shown while it is written. Costs nothing when
    /// the file is not open; notices when it is opened or closed on the way.
    fn stream(&self, chunk: &StreamTarget<'_>) -> Box<dyn BufferStream>;

    /// Changes an open file to a whole new text, by the smallest edit. Bounded in time.
    ///
    /// # Errors
    /// [`BufferStop::AuthorEdited`] when the file has changes of the author's: it is left alone.
    /// [`BufferStop::Unresponsive`] when the editor did not take the edit in time.
    async fn replace(&self, edit: &ClientEdit) -> Result<(), BufferStop>;
}

/// Which chunk a page shows.
#[derive(Clone)]
pub struct StreamTarget<'a> {
    pub path: &'a Path,
    pub number: ChunkNumber,
    pub beat: &'a BeatId,
    /// The prose that the job goes on from; empty where it writes anew. The place where text
    /// grows is at its end, and follows the author's edits from the beginning of the page.
    pub begins: &'a str,
    /// The prose that stands there and is to be replaced, when a chunk is rewritten. The author
    /// may edit it until it is.
    pub replaces: Option<&'a str>,
    pub keep: KeepReplaced,
}

/// Puts a prose into history that a page is about to replace, where it is not there yet; whether
/// it is safe now.
pub type KeepReplaced = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Shows one chunk as it grows. The text is safe on disk before it is shown.
#[async_trait]
pub trait BufferStream: Send {
    /// Brings the open file up to `prose`, the whole prose so far.
    ///
    /// # Errors
    /// [`BufferStop::AuthorEdited`] when the author typed where the text grows: the stream has
    /// to stop there. [`BufferStop::Unresponsive`] when the editor did not take the edit in
    /// time: the text is in the journal, and a later call tries again.
    async fn show(&mut self, prose: &str, finished: bool) -> Result<(), BufferStop>;

    /// Returns when the editor shows what was given last, or does not take it. Bounded in
    /// time.
    async fn close(&mut self);
}

/// Why text could not be brought into an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BufferStop {
    #[error("it has changes that are not saved")]
    AuthorEdited,
    #[error("the editor did not take the edit")]
    Unresponsive,
    #[error("this editor does not let a server change open files")]
    CannotEdit(Hint),
}

/// Whether the author has been told what becomes of this file.
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

/// The page of a file that no editor shows.
struct ClosedBuffer;

#[async_trait]
impl BufferStream for ClosedBuffer {
    async fn show(&mut self, _prose: &str, _finished: bool) -> Result<(), BufferStop> {
        Ok(())
    }

    async fn close(&mut self) {}
}
