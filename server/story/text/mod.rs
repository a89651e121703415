//! Handles text in any script: words, sentences, names and marks, of any story.

pub mod boundaries;
pub mod carried_comments;
pub mod comments;
pub mod conflict_markers;
pub mod controls;
pub mod counted;
pub(super) mod document;
pub mod edits;
pub mod encoding;
pub mod file_names;
pub mod language;
pub mod margin_notes;
pub mod names;
pub(crate) mod numbers;
pub mod quote;
pub mod scripts;
pub mod sentences;
pub mod slug;
pub(crate) mod spelling;
pub mod terms;
pub mod white_space;
pub mod words;
