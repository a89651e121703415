//! Answers what an editor asks about a place of a document: what stands there, where else it does, what it is
//! made of. Pure: documents, briefs and drafts come in as they were at one moment, spans of bytes go out.

pub mod completion;
pub mod document;
pub mod folding;
pub mod hover;
pub mod keys;
pub mod links;
pub mod navigation;
pub mod note;
pub mod progress;
pub mod selections;
pub mod subject;
pub mod symbols;
pub mod tokens;

#[cfg(test)]
mod marked;
