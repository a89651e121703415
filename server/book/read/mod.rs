//! Reads books that other programs made, as one value: chapters, scenes, people, background.
//!
//! Files come in as bytes and nothing is asked of a disk. What a file may ask of memory and stack is bounded; what
//! can't be read is an error that names the file and the reason.

mod assembly;
pub mod brief;
mod card;
mod docx;
mod epub;
mod folder;
mod front_matter;
mod heading_lines;
mod html;
mod imported;
mod kind;
mod longform;
mod lorebook;
mod markdown;
mod novelwriter;
mod people;
mod person;
mod plain;
mod png;
mod reading;
mod rtf;
mod scrivener;
mod source;
mod spaced;
mod styled;
mod table;
mod xml;

#[cfg(test)]
mod tests;

pub use imported::{Background, ImportedBook, ImportedChapter, ImportedScene, Person};
pub use kind::{Kind, kind_of};
pub use people::add_people;
pub use person::Telling;
pub use reading::read;
pub use source::{Source, SourceFile, Unreadable};
