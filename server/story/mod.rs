//! The story as data: the brief with its positions and problems, beats, cast, words.
//!
//! Pure: values in, values out. Nothing in here does I/O, asks the time or knows an editor.

pub mod brief;
pub mod ids;
pub mod language;
pub mod problem;
pub mod slug;
pub mod words;

pub use brief::{Beat, Brief, CastEntry, MarginNote, Rule, Section, SectionKind};
pub use ids::{BeatId, ChunkNumber, Digest};
pub use language::Language;
pub use problem::{Problem, Severity, Span};
