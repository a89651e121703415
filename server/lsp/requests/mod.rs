//! The requests and notifications of the client: one file a method, which takes the parameters apart, asks, and converts
//! the answer. `server.rs` has the list of them, `capabilities.rs` tells the client.

pub mod cancel_progress;
pub mod code_action;
pub mod code_lens;
pub mod completion;
pub mod definition;
pub mod diagnostic;
pub mod did_change_configuration;
pub mod did_change_watched_files;
pub mod did_rename_files;
pub mod document_highlight;
pub mod document_link;
pub mod document_symbol;
pub mod document_sync;
pub mod execute_command;
pub mod folding_range;
pub mod hover;
pub mod initialize;
pub mod initialized;
pub mod inlay_hint;
pub mod inline_completion;
pub mod references;
pub mod rename;
pub mod selection_range;
pub mod semantic_tokens;
pub mod text_document_content;
pub mod workspace_symbol;
