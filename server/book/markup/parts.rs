//! Defines what prose is read as.

use crate::story::Language;

/// The marks deeper than this are read as if they were one level higher.
pub(super) const MOST_DEPTH: usize = 24;

/// A block of prose.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    Heading(Vec<Inline>),
    Quote(Vec<Block>),
    List {
        /// The first number; `None` where items have none.
        first: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    /// Text whose line ends count.
    Code(String),
    /// A scene break.
    Break,
}

/// A part of a paragraph.
#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    Text(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Strike(Vec<Inline>),
    Code(String),
    Link {
        to: String,
        content: Vec<Inline>,
    },
    LineBreak,
    /// A footnote, by its place in [`Prose::notes`].
    Note(usize),
}

/// A text that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prose {
    pub blocks: Vec<Block>,
    /// The footnotes in the order in which they are called.
    pub notes: Vec<Vec<Block>>,
}

/// Whether marks that were typed become those of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typography {
    AsTyped,
    /// Straight quotes, hyphens for dashes, dots and blanks before marks become the language's own.
    Of(Language),
}
