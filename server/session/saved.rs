//! Defines what a save leaves to its caller: edits for the editor, and notices.

use std::path::PathBuf;

use super::notice::Notice;

/// The results of a save other than the files on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Files that are open in the editor and so were not touched on disk.
    pub client_edits: Vec<ClientEdit>,
    pub notices: Vec<Notice>,
}

impl Saved {
    /// Adds what another save has left to do.
    pub fn add(&mut self, more: Saved) {
        self.client_edits.extend(more.client_edits);
        self.notices.extend(more.notices);
    }
}

/// A text that the caller has to bring into the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEdit {
    pub path: PathBuf,
    /// The whole file as it should be.
    pub text: String,
    /// The editor's text that this was made for; where the author has typed since, the change
    /// from this to `text` is what is meant.
    pub base: String,
}
