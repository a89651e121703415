//! Reads the brief: what the author says about a story before it is written.
//!
//! [`Brief::parse`] never fails: it returns all that could be understood, and a
//! [`Problem`](super::Problem) with its place for everything that could not.

mod after;
pub(crate) mod attributes;
mod cast;
pub mod checks;
pub mod front_matter;
mod labels;
pub mod matter;
mod metadata;
pub mod new_beats;
mod outline;
mod parse;
mod parts;
mod rules;
mod section_kind;
mod sections;
pub mod sizes;

pub use attributes::ATTRIBUTES;
pub(crate) use attributes::NAME_SEPARATORS;
pub use metadata::KEYS;
pub use parse::UNCLOSED_COMMENT;
pub use parts::{Beat, Brief, CastEntry, Chapter, Rule, Section};
pub use section_kind::{SECTION_TITLES, SectionKind};
