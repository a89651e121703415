//! The story as data: the brief with its positions and problems, beats, cast, words.
//!
//! Pure: values in, values out. Nothing in here does I/O, asks the time or knows an editor.

pub mod archive_limits;
pub mod brief;
pub mod chunk_file;
pub mod chunk_text;
pub mod contradiction;
pub mod dismissed;
pub mod ids;
pub(crate) mod journal;
pub mod leftovers;
pub mod lint;
pub mod problem;
pub mod shared_text;
pub mod state;
pub mod state_file;
pub mod sync_copies;
#[cfg(test)]
pub(crate) mod table;
pub mod text;
pub mod title_page;

pub use brief::front_matter::FrontMatter;
pub use brief::sizes::{SizeDefaults, beat_count, plan_sizes};
pub use brief::{Beat, Brief, CastEntry, Chapter, Rule, Section, SectionKind};
pub use brief::{checks, new_beats, sizes};
pub use ids::{BeatId, ChunkNumber, Digest};
pub use problem::{Problem, Severity, Span};
pub use shared_text::SharedText;
pub use text::language::Language;
pub use text::margin_notes::MarginNote;
pub use text::{
    carried_comments, comments, conflict_markers, controls, counted, edits, encoding, file_names,
    margin_notes, names, quote, slug, terms, words,
};

#[cfg(test)]
mod tests;
