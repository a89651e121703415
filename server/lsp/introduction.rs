//! Reads what the client reported of itself in `initialize`, and what follows from it.

use std::path::PathBuf;

use serde_json::Value;
use tower_lsp::lsp_types::{
    ClientCapabilities, MarkupKind, TextDocumentClientCapabilities, WindowClientCapabilities,
    WorkspaceClientCapabilities,
};

use super::newer_capabilities::NewerCapabilities;

/// Holds what the client said of itself.
#[derive(Default)]
pub struct Introduction {
    pub capabilities: ClientCapabilities,
    /// What those leave out.
    pub newer: NewerCapabilities,
    /// Its name, where it gave one.
    pub client_name: Option<String>,
    pub folders: Vec<PathBuf>,
    /// From the initialization options: the layer below what the client tells later.
    pub initial_settings: Option<Value>,
}

impl Introduction {
    /// Tells whether the client applies edits that the server asks for. One that says nothing may.
    pub fn applies_edits(&self) -> bool {
        let apply_edit = self.workspace().and_then(|workspace| workspace.apply_edit);
        apply_edit.unwrap_or(true)
    }

    /// Tells whether the client drops an edit for another version than the buffer's and answers all
    /// the same that it applied it. Seen in Neovim 0.11.4.
    pub fn drops_stale_edits(&self) -> bool {
        self.client_name.as_deref() == Some("Neovim")
    }

    /// Tells whether the client joins edits of one label into one step of undo: a plug-in of ours
    /// says so by `capabilities.experimental.storywright.joinsEdits`.
    pub fn joins_edits(&self) -> bool {
        let experimental = self.capabilities.experimental.as_ref();
        let joins = experimental.and_then(|value| value.pointer("/storywright/joinsEdits"));
        joins.and_then(Value::as_bool).unwrap_or(false)
    }

    /// Tells whether a question of the editor's stands beside the text and holds nobody up: a plug-in of ours
    /// says so by `capabilities.experimental.storywright.asksBesideText`.
    pub fn asks_beside_the_text(&self) -> bool {
        let experimental = self.capabilities.experimental.as_ref();
        let asks = experimental.and_then(|value| value.pointer("/storywright/asksBesideText"));
        self.asks_questions() && asks.and_then(Value::as_bool).unwrap_or(false)
    }

    /// Tells whether the editor shows questions with answers to choose from.
    pub fn asks_questions(&self) -> bool {
        let show = self
            .window()
            .and_then(|window| window.show_message.as_ref());
        show.is_some_and(|show| show.message_action_item.is_some())
    }

    /// Tells whether the editor opens a document that the server names.
    pub fn shows_documents(&self) -> bool {
        let show = self
            .window()
            .and_then(|window| window.show_document.as_ref());
        show.is_some_and(|show| show.support)
    }

    /// Tells whether the editor opens pages of the server's that are no files.
    pub fn asks_for_pages(&self) -> bool {
        self.newer.asks_for_documents && self.shows_documents()
    }

    /// Tells whether the editor shows the progress of jobs.
    pub fn shows_progress(&self) -> bool {
        let progress = self.window().and_then(|window| window.work_done_progress);
        progress.unwrap_or(false)
    }

    /// Tells whether the client asks for the diagnostics of its open documents, and asks again when it is told to. One
    /// that can't be told (Neovim 0.11) would show those of its last key for good: it is sent them instead.
    pub fn pulls_diagnostics(&self) -> bool {
        let document = self.text_document();
        document.is_some_and(|document| document.diagnostic.is_some())
            && self.newer.refreshes_diagnostics
    }

    /// Tells whether a diagnostic may name other places.
    pub fn shows_related_information(&self) -> bool {
        let published = self
            .text_document()
            .and_then(|document| document.publish_diagnostics.as_ref());
        published.is_some_and(|published| published.related_information == Some(true))
    }

    /// Tells whether the client shows edits with a word about them before it makes them.
    pub fn annotates_changes(&self) -> bool {
        let edit = self
            .workspace()
            .and_then(|workspace| workspace.workspace_edit.as_ref());
        edit.is_some_and(|edit| edit.change_annotation_support.is_some())
    }

    /// Tells whether the client can be asked for the editor's settings.
    pub fn tells_settings(&self) -> bool {
        let configuration = self
            .workspace()
            .and_then(|workspace| workspace.configuration);
        configuration.unwrap_or(false)
    }

    /// Tells whether the client can be asked to tell of files that change.
    pub fn watches_files(&self) -> bool {
        let watched = self
            .workspace()
            .and_then(|workspace| workspace.did_change_watched_files.as_ref());
        watched
            .and_then(|watched| watched.dynamic_registration)
            .unwrap_or(false)
    }

    /// Tells whether the client takes links for answers, each with the span that it leads from.
    pub fn follows_links(&self) -> bool {
        let definition = self
            .text_document()
            .and_then(|document| document.definition.as_ref());
        definition.is_some_and(|definition| definition.link_support == Some(true))
    }

    /// Tells whether the client shows the symbols of a document as a tree.
    pub fn shows_symbol_trees(&self) -> bool {
        let symbols = self
            .text_document()
            .and_then(|document| document.document_symbol.as_ref());
        symbols.is_some_and(|it| it.hierarchical_document_symbol_support == Some(true))
    }

    /// Tells whether the client renders markdown in hovers.
    pub fn renders_markdown_in_hovers(&self) -> bool {
        let hover = self
            .text_document()
            .and_then(|document| document.hover.as_ref());
        let formats = hover.and_then(|hover| hover.content_format.as_ref());
        formats.is_some_and(|formats| formats.contains(&MarkupKind::Markdown))
    }

    /// Tells whether the client puts the cursor where a snippet says.
    pub fn takes_snippets(&self) -> bool {
        let completion = self
            .text_document()
            .and_then(|document| document.completion.as_ref());
        let item = completion.and_then(|completion| completion.completion_item.as_ref());
        item.is_some_and(|item| item.snippet_support == Some(true))
    }

    /// Tells whether the client can be asked to ask anew for code lenses.
    pub fn refreshes_lenses(&self) -> bool {
        let lens = self
            .workspace()
            .and_then(|workspace| workspace.code_lens.as_ref());
        lens.is_some_and(|lens| lens.refresh_support == Some(true))
    }

    /// Tells whether the client can be asked to ask anew for inlay hints.
    pub fn refreshes_hints(&self) -> bool {
        let hint = self
            .workspace()
            .and_then(|workspace| workspace.inlay_hint.as_ref());
        hint.is_some_and(|hint| hint.refresh_support == Some(true))
    }

    fn window(&self) -> Option<&WindowClientCapabilities> {
        self.capabilities.window.as_ref()
    }

    fn workspace(&self) -> Option<&WorkspaceClientCapabilities> {
        self.capabilities.workspace.as_ref()
    }

    fn text_document(&self) -> Option<&TextDocumentClientCapabilities> {
        self.capabilities.text_document.as_ref()
    }
}
