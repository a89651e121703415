//! Describes a command as a row of the table.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{Diagnostic, MessageType, Position, Range, Url};

use super::arguments::{Arguments, Takes};
use crate::analysis::status::{ChunkOverview, StoryStatus};
use crate::jobs::run::blocking::blocking;
use crate::lsp::page_address::SCHEME;
use crate::lsp::state::State;
use crate::lsp::target::Target;
use crate::story::ChunkNumber;

/// Describes a command: everything that names, lists, runs or offers commands reads it here.
pub struct Command {
    /// As clients ask for it: `storywright.write`.
    pub name: &'static str,
    /// As the palettes of editors show it.
    pub title: &'static str,
    /// Where the palettes of editors show it.
    pub palette: Palette,
    pub takes: Takes,
    pub runs: fn(Call) -> BoxFuture<'static, Answer>,
    /// Where code actions offer it, and as what.
    pub offered: &'static [On],
    /// The codes of the diagnostics that it is a quick fix for.
    pub answers: &'static [&'static str],
}

/// Says where the palette of an editor shows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    Everywhere,
    /// Where a markdown document is shown: it is about that one.
    InMarkdown,
}

/// Answers a command: what the client gets as data, or a sentence for the author.
pub type Answer = Result<Value, String>;

/// Holds what a command is run with.
#[derive(Clone)]
pub struct Call {
    pub state: Arc<State>,
    pub arguments: Arguments,
}

impl Call {
    /// Runs what asks the file system where it holds no other message up.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<State>, &Arguments) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let call = self.clone();
        blocking(move || work(&call.state, &call.arguments)).await
    }

    /// Finds what the command is about.
    pub async fn target(&self) -> Result<Target, String> {
        self.blocking(|state, arguments| arguments.target(state))
            .await
    }

    /// Tells the author in a message what was done, unless a program shows it itself.
    pub fn tell(&self, message: &str) {
        if let Some(client) = self.state.client().filter(|_| !self.arguments.quiet) {
            client.show(MessageType::INFO, format!("Storywright: {message}"));
        }
    }

    /// Opens a file in the editor, where it does so for a server.
    pub fn show_document(&self, path: &Path) {
        if let (Some(client), Ok(url)) = (self.state.client(), Url::from_file_path(path))
            && self.state.introduction().shows_documents()
            && !self.arguments.quiet
        {
            client.show_document(url);
        }
    }

    /// Opens a page about a story in the editor, where it does so for a server; elsewhere says where it is. One that it
    /// shows already is read anew.
    pub fn show_story_page(&self, url: Url) {
        let Some(client) = self.state.client().filter(|_| !self.arguments.quiet) else {
            return;
        };
        if !self.state.introduction().shows_documents() {
            if let Ok(path) = url.to_file_path() {
                self.tell(&format!("the page is {}", path.display()));
            }
            return;
        }
        if url.scheme() == SCHEME {
            client.refresh_content(url.clone());
        }
        client.show_document(url);
    }

    /// Opens a page in the browser, where the client does so for a server.
    pub fn show_page(&self, path: &Path) {
        if let (Some(client), Ok(url)) = (self.state.client(), Url::from_file_path(path))
            && self.state.introduction().shows_documents()
        {
            client.show_page(url);
        }
    }
}

/// Says where code actions offer a command, in the order in which menus show them; in one place, the
/// order is that of the table.
#[derive(Clone, Copy)]
pub enum On {
    /// A brief, whatever is known of its drafts.
    Brief(fn(&Arc<State>, &Place) -> Option<Offer>),
    /// A story that a job is at work on.
    BusyStory(fn(&Here) -> Option<Offer>),
    /// A note in the margin of a chunk, or of its beat.
    Note(fn(&Here, &ChunkOverview, note: &str) -> Option<Offer>),
    /// A chunk or its beat, before all else that can be done with it.
    ChunkFirst(fn(&Here, &ChunkOverview) -> Option<Offer>),
    /// A chunk or its beat.
    Chunk(fn(&Here, &ChunkOverview) -> Option<Offer>),
    /// A draft of a brief that was renamed, where a story has none; nothing else is offered on that story.
    LostDraft(fn(&Here, draft: &str) -> Offer),
    /// A story whose outline has beats.
    Story(fn(&Here) -> Option<Offer>),
    /// Any text that is open.
    Text(fn(&Text) -> Option<Offer>),
}

/// Offers to run a command.
pub struct Offer {
    /// What it does here; menus show it after the name of the program.
    pub title: String,
    pub arguments: Value,
    /// The diagnostics that it puts right, of those that the client sent.
    pub answers: Vec<Diagnostic>,
}

impl Offer {
    /// Makes an offer that puts no diagnostic right.
    pub fn new(title: String, arguments: Value) -> Offer {
        Offer {
            title,
            arguments,
            answers: Vec::new(),
        }
    }
}

/// Says where in a document actions are asked for.
pub struct Place<'a> {
    pub url: &'a Url,
    pub position: Position,
    /// Where what is selected ends; the position where nothing is.
    pub end: Position,
    /// The diagnostics that the client knows there; none where it wants no quick fixes.
    pub diagnostics: &'a [Diagnostic],
}

/// Says where in an open text actions are asked for, whatever it belongs to.
pub struct Text<'a> {
    pub url: &'a Url,
    pub range: Range,
    /// Whether the range is more than a cursor.
    pub is_selection: bool,
    /// Whether the range begins below the head of the document.
    pub is_in_body: bool,
    /// Whether a job writes in it that is no story's.
    pub is_busy: bool,
}

/// Says what a place is about, and how far that is.
pub struct Here<'a> {
    pub url: &'a Url,
    pub target: &'a Target,
    pub status: &'a StoryStatus,
    /// The chunks that jobs write at the moment.
    pub being_written: &'a [ChunkNumber],
}

impl Here<'_> {
    /// Tells whether a job writes a chunk at the moment.
    pub fn is_being_written(&self, chunk: &ChunkOverview) -> bool {
        self.being_written.contains(&chunk.number)
    }

    /// Returns the session that the place is in, for the arguments of a command.
    pub fn session(&self) -> Option<&str> {
        self.target.session.as_ref().map(|session| session.as_str())
    }

    /// Names a chunk as menus do.
    pub fn name(&self, chunk: &ChunkOverview) -> String {
        format!("chunk {} “{}”", chunk.number, chunk.title)
    }

    /// Makes an offer that is about the story.
    pub fn offer(&self, title: String) -> Offer {
        let arguments = json!({ "uri": self.url, "session": self.session() });
        Offer::new(title, arguments)
    }

    /// Makes an offer that is about a chunk.
    pub fn offer_on(&self, chunk: &ChunkOverview, title: String) -> Offer {
        let arguments = json!({ "uri": self.url, "beat": chunk.beat, "session": self.session() });
        Offer::new(title, arguments)
    }
}
