//! The story as data: the brief with its positions and problems, beats, cast, words.
//!
//! Pure: values in, values out. Nothing in here does I/O, asks the time or knows an editor.

mod after;
pub mod attributes;
pub mod brief;
pub mod carried_comments;
mod cast;
pub mod checks;
pub mod comments;
pub mod conflict_markers;
pub mod contradiction;
pub mod controls;
mod document;
pub mod edits;
pub mod encoding;
pub mod front_matter;
pub mod ids;
mod labels;
pub mod language;
pub mod leftovers;
pub mod lint;
pub mod margin_notes;
pub mod metadata;
pub mod names;
pub mod new_beats;
mod numbers;
mod outline;
pub mod problem;
pub mod quote;
pub mod recall;
mod rules;
pub mod sections;
pub mod sizes;
pub mod slug;
mod spelling;
pub mod state;
pub mod terms;
pub mod title_page;
pub mod words;

pub use brief::{Beat, Brief, CastEntry, Chapter, MarginNote, Rule, Section, SectionKind};
pub use front_matter::FrontMatter;
pub use ids::{BeatId, ChunkNumber, Digest};
pub use language::Language;
pub use problem::{Problem, Severity, Span};
pub use sizes::{SizeDefaults, beat_count, plan_sizes};

#[cfg(test)]
mod tests;
