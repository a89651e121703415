//! The story as data: the brief with its positions and problems, beats, cast, words.
//!
//! Pure: values in, values out. Nothing in here does I/O, asks the time or knows an editor.

pub mod brief;
pub mod carried_comments;
pub mod comments;
pub mod conflict_markers;
pub mod contradiction;
pub mod controls;
mod document;
pub mod edits;
pub mod encoding;
pub mod ids;
pub mod language;
pub mod leftovers;
pub mod lint;
pub mod margin_notes;
pub mod names;
mod numbers;
pub mod problem;
pub mod quote;
pub mod recall;
pub mod slug;
mod spelling;
pub mod state;
pub mod terms;
pub mod title_page;
pub mod words;

pub use brief::front_matter::FrontMatter;
pub use brief::sizes::{SizeDefaults, beat_count, plan_sizes};
pub use brief::{Beat, Brief, CastEntry, Chapter, Rule, Section, SectionKind};
pub use brief::{checks, new_beats, sizes};
pub use ids::{BeatId, ChunkNumber, Digest};
pub use language::Language;
pub use margin_notes::MarginNote;
pub use problem::{Problem, Severity, Span};

#[cfg(test)]
mod tests;
